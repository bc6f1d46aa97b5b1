"""A nurse moves trust: what she has learnt is recorded, signed, shown, checked, decided on, and withdrawn, over HTTP.

The story runs through the API alone, each party as its own program; the receiving trust then does the same again
offline, from published files.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.induction.commands import decide_offline
from passport.organisations import service as organisations
from passport.publishing import refreshing
from passport.standards import service as standards
from passport.verifying.commands import verify
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory
from tests.passports import make_service

AT = "2026-08-06T09:00:00Z"
STARTS_ON = "2026-09-01"
REQUIREMENTS = [
    {"id": "fire", "standard": "FS", "minutes": 45},
    {"id": "infection", "standard": "IPC2", "minutes": 45},
    {"id": "moving", "standard": "MH2", "minutes": 180, "practical_needed": True, "practical_minutes": 90},
    {"id": "resuscitation", "standard": "RES2A", "minutes": 120},
    {"id": "ward-fire", "local": "Fire procedure of the ward", "minutes": 20},
]
POLICY = {
    "accepted_issuer_kinds": ["nhs_trust", "national_body", "education_provider"],
    "alignment_needed_in": ["CSTF"],
    "accreditation_needed_in": [],
    "signatory_needed": True,
    "practical_deliveries": ["face_to_face", "blended"],
    "shorter_periods": [{"standard": "FS", "months": 12, "source": "invented fire policy, section 4"}],
    "does_not_lapse": [],
}
AWARDS = (
    ("FS", "2026-03-02", "face_to_face"),
    ("IPC2", "2025-06-10", "e_learning"),
    ("MH2", "2026-02-11", "e_learning"),
)


@dataclass(frozen=True)
class Parties:
    """The programs of those who take part."""

    registrar: FlaskClient
    sender: FlaskClient
    receiver: FlaskClient
    world: FlaskClient


@pytest.fixture
def parties(app: Flask, session: Session, http: FlaskClient, clock: Clock) -> Parties:
    """A service with the shipped catalogue, and two trusts that were registered over HTTP."""
    standards.load_catalogue(session, now=clock.now)
    make_service(session, clock.now)
    operator = organisations.register(
        session, ods_code="X9R9Z", name="Invented registrar", kind="national_body", source="invented",
        actor="operator", now=clock.now,
    )  # fmt: skip
    registrar = sign_in(app, session, operator.id, "registrar")
    standards_body = OrganisationFactory.create(session, ods_code="X4A5D", name="Invented Academy", kind="academy")
    academy = sign_in(app, session, standards_body.id, "standards:write", "alignments:write")
    for ods, name in (("X1V2A", "Invented Vale NHS Trust"), ("X3M4C", "Invented Moor NHS Trust")):
        body = {"ods": ods, "name": name, "kind": "nhs_trust", "source": "invented"}
        done(registrar.post("/v1/organisations", json=body), 201)
    done(registrar.post("/v1/organisations/X1V2A/agreement", json={"from_on": "2025-05-01"}))
    listed = done(registrar.get("/v1/standards?limit=100"))["items"]
    wanted = {"FS", "IPC2", "MH2", "RES2A"}
    for subject in {each["subject"] for each in listed if each["code"] in wanted}:
        body = {"organisation": "X1V2A", "framework": "CSTF", "subject": subject, "from_on": "2020-01-01"}
        done(academy.post("/v1/alignments", json=body), 201)
    session.commit()
    refreshing.refresh_all(now=clock.now)
    sender, receiver = (organisations.by_ods(session, ods).id for ods in ("X1V2A", "X3M4C"))
    return Parties(
        registrar=registrar,
        sender=sign_in(app, session, sender, "staff:write", "awards:write", "awards:read", "passports:issue"),
        receiver=sign_in(app, session, receiver, "verify", "induction:read", "induction:write", "induction:decide"),
        world=http,
    )


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def trained_nurse(sender: FlaskClient) -> tuple[str, dict[str, str]]:
    """Register a nurse and record what she has learnt; return her number and the ids of her awards."""
    person = {
        "given_name": "Testa", "family_name": "Inventedname", "date_of_birth": "1990-02-03",
        "employee_number": "20000001", "assignment_number": "20000001", "started_on": "2022-04-01",
    }  # fmt: skip
    number = done(sender.post("/v1/staff", json=person), 201)["number"]
    ids = {}
    for standard, awarded_on, delivery in AWARDS:
        award = {
            "number": number, "standard": standard, "awarded_on": awarded_on, "delivery": delivery, "assessed": True,
            "verification_method": "record", "pedigree": "authoritative",
        }  # fmt: skip
        ids[standard] = done(sender.post("/v1/awards", json=award), 201)["id"]
    return number, ids


def write_rules(receiver: FlaskClient) -> None:
    profile = {"code": "ward-nurse", "title": "Ward nurse", "rules": {"requirements": REQUIREMENTS}}
    done(receiver.post("/v1/requirement-profiles", json=profile), 201)
    done(receiver.post("/v1/acceptance-policies", json={"code": "movers", "title": "Movers", "rules": POLICY}), 201)


def published_files(world: FlaskClient, folder: Path, status_list: str) -> None:
    """Fetch what everybody can read, as an offline verifier does once a day."""
    paths = {"trust-root": "/trust-root", "trust-list": "/trust-list", "code-list": "/code-list"}
    for name, path in {**paths, "status-list": status_list.removeprefix("https://passport.example")}.items():
        answer = world.get(path)
        assert answer.status_code == 200
        (folder / name).write_bytes(answer.get_data())


def test_a_nurse_moves_trust_and_does_not_repeat_her_fire_training(
    parties: Parties, session: Session, tmp_path: Path
) -> None:
    number, ids = trained_nurse(parties.sender)
    issued = done(parties.sender.post(f"/v1/staff/{number}/credentials"), 201)
    write_rules(parties.receiver)

    verdict = done(parties.receiver.post("/v1/verifications", json={"presentation": issued["credential"]}))
    assert (verdict["outcome"], verdict["current"]["result"], verdict["not_withdrawn"]["result"]) == (
        "genuine", True, True,
    )  # fmt: skip
    assert verdict["holder"]["family_name"] == "Inventedname"
    assert {award["issuer"]["name"] for award in verdict["awards"]} == {"Invented Vale NHS Trust"}

    question = {"verification_id": verdict["id"], "profile": "ward-nurse", "starts_on": STARTS_ON}
    made = parties.receiver.post("/v1/induction-plans", json=question)
    plan = done(made, 201)
    assert {each["requirement"]: (each["outcome"], each["code"]) for each in plan["decisions"]} == {
        "fire": ("ACCEPT_UNTIL", "current"),
        "infection": ("REFUSE", "lapsed"),
        "moving": ("PARTIAL", "practical_outstanding"),
        "resuscitation": ("REFUSE", "not_held"),
        "ward-fire": ("REFUSE", "local_only"),
    }
    assert (plan["minutes_saved"], plan["minutes_left"]) == (45 + 90, 45 + 90 + 120 + 20)
    fire = plan["decisions"][0]
    assert fire["accepted_until"] == "2027-03-02"
    assert "invented fire policy, section 4" in fire["rule"]["source"]

    decided_offline(parties.world, tmp_path, issued, plan)

    withdrawal = {"reason": "issued_in_error"}
    done(parties.sender.post(f"/v1/awards/{ids['FS']}/withdrawal", json=withdrawal))
    again = done(parties.receiver.post("/v1/verifications", json={"presentation": issued["credential"]}))
    named = [award["withdrawn"] for award in again["awards"] if "withdrawn" in award]
    assert named == [{"reason": "issued_in_error"}]
    later = done(parties.receiver.post("/v1/induction-plans", json=question | {"verification_id": again["id"]}), 201)
    assert later["decisions"][0]["code"] == "withdrawn"
    assert parties.receiver.get(made.headers["Location"]).get_data() == made.get_data()
    assert audit.broken_entries(session) == []


def decided_offline(world: FlaskClient, folder: Path, issued: dict[str, Any], plan: dict[str, Any]) -> None:
    """The same passport and rules give the same decisions from files alone."""
    published_files(world, folder, issued["status"]["status_list"]["uri"])
    (folder / "passport").write_text(issued["credential"])
    profile = {"id": "ward-nurse", "version": 1, "title": "Ward nurse", "requirements": REQUIREMENTS}
    (folder / "profile").write_text(json.dumps(profile))
    (folder / "policy").write_text(json.dumps({"id": "movers", "version": 1, **POLICY}))
    lists = ["--root", str(folder / "trust-root"), "--trust-list", str(folder / "trust-list"), "--at", AT]
    statuses = ["--status-list", str(folder / "status-list")]
    checked = CliRunner().invoke(verify, [str(folder / "passport"), *lists, *statuses, "--json"])
    assert checked.exit_code == 0, checked.stderr
    (folder / "checked").write_text(checked.stdout)
    rules = ["--profile", str(folder / "profile"), "--policy", str(folder / "policy"), "--on", STARTS_ON]
    codes = ["--code-list", str(folder / "code-list")]
    decided = CliRunner().invoke(decide_offline, [str(folder / "checked"), *rules, *lists, *codes, "--json"])
    assert decided.exit_code == 0, decided.stderr
    assert json.loads(decided.stdout)["decisions"] == plan["decisions"]
