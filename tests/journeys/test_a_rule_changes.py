"""A rule changes: what counts changes its colour for everybody, and not one credential is issued or revoked.

A nurse holds a really signed passport. The Academy shortens a renewal period and replaces the framework by a new
version, on its pages; or an award is superseded. The same token stays genuine, and its status list as it was.
"""

import json
import re
from base64 import urlsafe_b64decode
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.issuing.models import Credential
from passport.publishing import refreshing
from passport.staff.models import Person
from passport.standards import service as standards
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory
from tests.passports import ISSUER, make_service
from tests.visitors import Browser, visit

DAY = {"from_on-day": "6", "from_on-month": "8", "from_on-year": "2026", "source": "Invented framework, page 4"}
FIRE = {"standard": "FS", "months": "12"} | DAY
VERSION = {"version": "2.0", "others": "as_before", "for-IPC2": "in_part", "for-HSW": "unclear"} | DAY
AWARD = {"delivery": "face_to_face", "assessed": True, "verification_method": "record", "pedigree": "authoritative"}
POLICY = {
    "accepted_issuer_kinds": ["nhs_trust"], "alignment_needed_in": [], "accreditation_needed_in": [],
    "signatory_needed": False, "practical_deliveries": ["face_to_face"], "shorter_periods": [], "does_not_lapse": [],
}  # fmt: skip
REQUIRED = [{"id": code, "standard": code, "minutes": 60} for code in ("FS", "IPC2", "HSW")]


@dataclass(frozen=True)
class Parties:
    """Those who take part, and the nurse's passport as it was issued before the rules changed."""

    session: Session
    academy: Browser
    sender: FlaskClient
    receiver: FlaskClient
    nurse: Browser
    world: FlaskClient
    number: str
    token: str


@pytest.fixture
def parties(app: Flask, session: Session, clock: Clock) -> Parties:
    standards.load_catalogue(session, now=clock.now)
    make_service(session, clock.now)
    academy, trust, receiver = (
        OrganisationFactory.create(session, kind=kind) for kind in ("academy", "nhs_trust", "nhs_trust")
    )
    sender = sign_in(app, session, trust.id, "staff:write", "awards:write", "passports:issue")
    at_receiver = sign_in(app, session, receiver.id, "verify", "induction:write", "induction:decide", "statistics:read")
    number = done(sender.post("/v1/staff", json={
        "given_name": "Testa", "family_name": "Inventedname", "date_of_birth": "1990-02-03",
        "employee_number": "20000001", "assignment_number": "20000001", "started_on": "2022-04-01",
    }), 201)["number"]  # fmt: skip
    for standard in ("FS", "IPC2", "HSW"):
        award = {"number": number, "standard": standard, "awarded_on": "2025-08-01", **AWARD}
        if standard == "IPC2":
            award["awarded_on"] = "2026-03-02"
        done(sender.post("/v1/awards", json=award), 201)
    profile = {"code": "ward", "title": "Ward", "rules": {"requirements": REQUIRED}}
    done(at_receiver.post("/v1/requirement-profiles", json=profile), 201)
    done(at_receiver.post("/v1/acceptance-policies", json={"code": "all", "title": "All", "rules": POLICY}), 201)
    session.commit()
    refreshing.refresh_all(now=clock.now)
    token = done(sender.post(f"/v1/staff/{number}/credentials"), 201)["credential"]
    person = session.scalars(select(Person)).one()
    return Parties(
        session, visit(app, session, academy.id, "academy"), sender, at_receiver,
        visit(app, session, trust.id, "staff", person_id=person.id), app.test_client(), number, token,
    )  # fmt: skip


def done(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def decided(parties: Parties, starts_on: str = "2026-08-06") -> dict[str, str]:
    """Check the token, which must be genuine and not withdrawn, and return what is decided of each requirement."""
    verdict = done(parties.receiver.post("/v1/verifications", json={"presentation": parties.token}))
    assert (verdict["outcome"], verdict["current"]["result"], verdict["not_withdrawn"]["result"]) == (
        "genuine", True, True,
    )  # fmt: skip
    question = {"verification_id": verdict["id"], "profile": "ward", "starts_on": starts_on}
    plan = done(parties.receiver.post("/v1/induction-plans", json=question), 201)
    return {each["requirement"]: each["code"] for each in plan["decisions"]}


def issued(parties: Parties) -> tuple[Any, ...]:
    """Return what is issued, and what the status list says that everybody reads."""
    columns = (Credential.id, Credential.state, Credential.status_index, Credential.signature, Credential.revoked_at)
    rows = parties.session.execute(select(*columns).order_by(Credential.id)).all()
    address = payload(parties.token)["status"]["status_list"]["uri"].removeprefix(ISSUER)
    return list(map(tuple, rows)), payload(parties.world.get(address).text)["status_list"]


def hours_saved(parties: Parties) -> int:
    """Return how much of the induction the receiver's plans saved, as its own program reads it."""
    total = done(parties.receiver.get("/v1/statistics/time-saved"))["total"]["figures"]
    assert {figure["kind"] for figure in total} == {"exact"}
    return int(total[2]["count"])


def payload(token: str) -> Any:
    middle = token.split(".")[1]
    return json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


def standings(parties: Parties) -> dict[str, str]:
    """Return the colour of each award on the nurse's own page, by title."""
    cards = re.findall(r"<bdi>([^<]+)</bdi>.{0,40}nhsuk-tag--(\w+)", parties.nurse.get("/my-passport"), re.S)
    return dict(cards)


def test_changed_rules_change_colours_and_reissue_nothing(parties: Parties, clock: Clock) -> None:
    before = issued(parties)
    assert decided(parties) == {"FS": "current", "IPC2": "current", "HSW": "current"}
    assert set(standings(parties).values()) == {"green"}

    assert parties.academy.post("/rules/confirm", **FIRE).status_code == 303
    assert parties.academy.post("/rules/frameworks/CSTF/confirm", **VERSION).status_code == 303
    refreshing.refresh_all(now=clock.now)

    assert hours_saved(parties) == 3
    assert decided(parties) == {"FS": "lapsed", "IPC2": "new_content_outstanding", "HSW": "version_unclear"}
    assert standings(parties) == {
        "Fire safety": "red", "Infection prevention and control (Level 2)": "yellow",
        "Health safety and welfare": "grey",
    }  # fmt: skip
    assert issued(parties) == before
    codes = {each["code"]: each for each in payload(parties.world.get("/code-list").text)["standards"]}
    assert [each["worth"] for each in codes["IPC2"]["carry_overs"]] == ["in_part"]  # for who decides offline


def test_a_newer_award_supersedes_and_revokes_nothing(parties: Parties, clock: Clock) -> None:
    before = issued(parties)
    award = {"number": parties.number, "standard": "FS", "awarded_on": "2026-08-06", **AWARD}
    done(parties.sender.post("/v1/awards", json=award), 201)
    refreshing.refresh_all(now=clock.now)
    assert decided(parties, "2027-08-07")["FS"] == "lapses_before_start"  # of what the copy shows
    assert issued(parties) == before
    fresh = done(parties.sender.post(f"/v1/staff/{parties.number}/credentials"), 201)["credential"]
    assert decided(replace(parties, token=fresh), "2027-08-07")["FS"] == "current"
    assert decided(parties)["FS"] == "current"  # both copies are genuine
