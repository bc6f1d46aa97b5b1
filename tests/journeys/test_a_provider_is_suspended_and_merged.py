"""Whole stories over HTTP: a provider that is suspended, trusts that merge, and what verifiers see, offline too.

The offline verifier is `passport verify`, which gets the published files alone.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport.organisations import service as organisations
from passport.publishing import refreshing
from passport.standards import service as standards
from passport.verifying.commands import verify
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory
from tests.passports import make_service

CREDENTIAL = "MPC-PAEDIATRICS"
AWARD = {"delivery": "blended", "assessed": True, "verification_method": "record", "pedigree": "authoritative"}
BIRTH = "1990-02-03"


@dataclass(frozen=True)
class Parties:
    """The programs of those who take part, what everybody can read, and the clock."""

    academy: FlaskClient
    provider: FlaskClient
    trust: FlaskClient
    successor: FlaskClient
    receiver: FlaskClient
    world: FlaskClient
    clock: Clock


@pytest.fixture
def parties(app: Flask, session: Session, http: FlaskClient, clock: Clock) -> Parties:
    """A service with the shipped catalogue, a provider that was approved over HTTP, and three trusts."""
    standards.load_catalogue(session, now=clock.now)
    make_service(session, clock.now)
    for ods, name, kind in (
        ("X4A5D", "Invented Academy", "academy"),
        ("X5P5X", "Invented College of Practice", "education_provider"),
        ("X1V2A", "Invented Vale NHS Trust", "nhs_trust"),
        ("X6V6A", "Invented Vale and Hill NHS Trust", "nhs_trust"),
        ("X3M4C", "Invented Moor NHS Trust", "nhs_trust"),
    ):
        OrganisationFactory.create(session, ods_code=ods, name=name, kind=kind)
    academy = program(app, session, "X4A5D", "standards:write", "registrar")
    approval = {"organisation": "X5P5X", "standard": CREDENTIAL, "state": "approved", "from_on": "2025-01-01"}
    done(academy.post("/v1/accreditations", json=approval), 201)
    trust = ("staff:write", "awards:write", "awards:read", "passports:issue")
    return Parties(
        academy=academy,
        provider=program(app, session, "X5P5X", "awards:write"),
        trust=program(app, session, "X1V2A", *trust),
        successor=program(app, session, "X6V6A", *trust),
        receiver=program(app, session, "X3M4C", "verify", "awards:write"),
        world=http,
        clock=clock,
    )


def program(app: Flask, session: Session, ods: str, *scopes: str) -> FlaskClient:
    return sign_in(app, session, organisations.by_ods(session, ods).id, *scopes)


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def nurse_of(trust: FlaskClient) -> str:
    person = {
        "given_name": "Testa", "family_name": "Inventedname", "date_of_birth": BIRTH, "started_on": "2022-04-01",
        "employee_number": "20000001", "assignment_number": "20000001",
    }  # fmt: skip
    return str(done(trust.post("/v1/staff", json=person), 201)["number"])


def award(issuer: FlaskClient, number: str, standard: str, on: str, status: int = 201) -> Any:
    body = AWARD | {"number": number, "date_of_birth": BIRTH, "standard": standard, "awarded_on": on}
    return done(issuer.post("/v1/awards", json=body), status)


def issue(parties: Parties, session: Session, number: str) -> dict[str, Any]:
    """Publish what was recorded, and issue a passport to the nurse."""
    session.commit()
    refreshing.refresh_all(now=parties.clock.now)
    issued: dict[str, Any] = done(parties.trust.post(f"/v1/staff/{number}/credentials"), 201)
    return issued


def facts(verdict: dict[str, Any]) -> list[tuple[str, bool, bool]]:
    return [(each["issuer"]["name"], each["accredited_then"], each["accredited_now"]) for each in verdict["awards"]]


def said_offline(world: FlaskClient, folder: Path, issued: dict[str, Any], at: datetime) -> str:
    """Fetch what everybody can read, and check the passport with that alone."""
    status_list = issued["status"]["status_list"]["uri"].removeprefix("https://passport.example")
    paths = {"root": "/trust-root", "trust-list": "/trust-list", "status-list": status_list}
    for name, path in paths.items():
        (folder / name).write_bytes(world.get(path).get_data())
    (folder / "passport").write_text(issued["credential"])
    options = [part for name in paths for part in (f"--{name}", str(folder / name))]
    checked = CliRunner().invoke(verify, [str(folder / "passport"), *options, "--at", at.isoformat()])
    assert checked.exit_code == 0, checked.output
    return checked.stdout


def test_a_suspension_stops_new_awards_and_both_facts_reach_every_verifier(
    parties: Parties, app: Flask, session: Session, tmp_path: Path
) -> None:
    number, clock = nurse_of(parties.trust), parties.clock
    award(parties.provider, number, CREDENTIAL, "2026-03-02")
    issued = issue(parties, session, number)
    show = {"presentation": issued["credential"]}
    before = done(parties.receiver.post("/v1/verifications", json=show))
    assert facts(before) == [("Invented College of Practice", True, True)]
    assert "accredited for it, then and now" in said_offline(parties.world, tmp_path, issued, clock.now)

    approval = parties.academy.get("/v1/accreditation-standings").get_json()["items"][0]
    suspension = {"state": "suspended", "from_on": "2026-08-06", "note": "Two complaints"}
    path, tag = f"/v1/accreditations/{approval['id']}", {"If-Match": '"1"'}
    suspended = done(parties.academy.post(f"{path}/state", json=suspension, headers=tag))
    for day in ("2026-08-06", "2026-03-03"):  # today, and an earlier day
        assert award(parties.provider, number, CREDENTIAL, day, 403)["code"] == "provider_suspended"
    session.commit()
    refreshing.refresh_all(now=clock.advance(minutes=5))

    after = done(parties.receiver.post("/v1/verifications", json=show))
    assert (after["outcome"], after["not_withdrawn"]["result"]) == ("genuine", True)
    assert facts(after) == [("Invented College of Practice", True, False)]
    assert "accredited for it then, suspended now" in said_offline(parties.world, tmp_path, issued, clock.now)

    lifting = {"state": "approved", "from_on": "2026-08-07"}
    done(parties.academy.post(f"/v1/accreditations/{suspended['id']}/state", json=lifting, headers=tag))
    clock.advance(days=1)
    session.commit()
    refreshing.refresh_all(now=clock.now)
    receiver = program(app, session, "X3M4C", "verify")  # a token lives for ten minutes
    assert facts(done(receiver.post("/v1/verifications", json=show)))[0][1:] == (True, True)


def test_a_successor_answers_for_its_predecessor_whose_signature_and_name_stay(
    parties: Parties, session: Session, tmp_path: Path
) -> None:
    number, clock = nurse_of(parties.trust), parties.clock
    wrong, mistaken = (award(parties.trust, number, code, "2026-03-02")["id"] for code in ("FS", "IPC2"))
    issued = issue(parties, session, number)
    merger = {"into": "X6V6A", "on": "2026-08-05"}
    done(parties.academy.post("/v1/organisations/X1V2A/merger", json=merger))
    session.commit()
    refreshing.refresh_all(now=clock.advance(minutes=5))

    shown = done(parties.receiver.post("/v1/verifications", json={"presentation": issued["credential"]}))
    assert (shown["outcome"], {name for name, _, _ in facts(shown)}) == ("genuine", {"Invented Vale NHS Trust"})
    assert "by Invented Vale NHS Trust (X1V2A)" in said_offline(parties.world, tmp_path, issued, clock.now)
    refused = award(parties.trust, number, "MH2", "2026-08-06", 403)
    assert (refused["code"], refused["detail"]) == ("not_accredited", "The organisation closed on 5 August 2026.")

    reason = {"reason": "issued_in_error"}
    for stranger in (parties.provider, parties.receiver):
        assert stranger.post(f"/v1/awards/{mistaken}/withdrawal", json=reason).status_code == 404
        assert stranger.post(f"/v1/awards/{wrong}/corrections", json={"assessed": False}).status_code == 404
    right = done(parties.successor.post(f"/v1/awards/{wrong}/corrections", json={"awarded_on": "2026-03-01"}), 201)
    assert right["issuer"] == "X1V2A"
    done(parties.successor.post(f"/v1/awards/{mistaken}/withdrawal", json=reason))
    again = done(parties.receiver.post("/v1/verifications", json={"presentation": issued["credential"]}))
    assert [each["withdrawn"]["reason"] for each in again["awards"]] == ["corrected", "issued_in_error"]


def test_an_approval_is_not_inherited_and_ends_with_its_provider(
    parties: Parties, app: Flask, session: Session, tmp_path: Path
) -> None:
    number, clock = nurse_of(parties.trust), parties.clock
    award(parties.provider, number, CREDENTIAL, "2026-03-02")
    issued = issue(parties, session, number)
    OrganisationFactory.create(session, ods_code="X7P7X", name="Invented University", kind="education_provider")
    done(parties.academy.post("/v1/organisations/X5P5X/merger", json={"into": "X7P7X", "on": "2026-08-05"}))
    session.commit()
    refreshing.refresh_all(now=clock.advance(minutes=5))
    heir = program(app, session, "X7P7X", "awards:write")
    assert award(heir, number, CREDENTIAL, "2026-08-06", 403)["code"] == "not_accredited"
    shown = done(parties.receiver.post("/v1/verifications", json={"presentation": issued["credential"]}))
    assert facts(shown) == [("Invented College of Practice", True, False)]
    offline = said_offline(parties.world, tmp_path, issued, clock.now)
    assert "by Invented College of Practice (X5P5X); accredited for it then, no longer now" in offline
