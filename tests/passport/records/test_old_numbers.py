"""Every way to a person by the number or id of a record that was merged leads to the one that stands."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.issuing.models import Credential
from passport.records import closing
from passport.staff import joining, numbers
from passport.staff import service as staff
from passport.staff.models import Employment, Invitation, Person
from tests.callers import sign_in
from tests.esr_files import bulk, make_employer
from tests.merges import current, join, merge
from tests.passport.records.conftest import Twice
from tests.visitors import visit

NONCE = re.compile('nonce="[^"]+"')


@pytest.fixture
def merged(session: Session, twice: Twice, now: datetime) -> Twice:
    """A nurse whose two records are one."""
    merge(session, twice, now)
    session.commit()
    return twice


def test_programs_read_the_record_that_stands(app: Flask, session: Session, merged: Twice) -> None:
    http = sign_in(app, session, merged.gone.organisation_id)
    for path in ("/v1/staff/{}", "/v1/staff/{}/passport", "/v1/staff/{}/fhir"):
        old, kept = (http.get(path.format(each.number)) for each in (merged.gone, merged.kept))
        assert (old.status_code, old.data) == (200, kept.data), path
    issued = http.post(f"/v1/staff/{merged.gone.number}/credentials", json={})
    assert issued.status_code == 201, issued.text
    assert session.scalars(select(Credential.person_id)).all() == [merged.kept.person_id]


def test_programs_do_not_read_a_record_that_was_closed(
    app: Flask, session: Session, merged: Twice, now: datetime
) -> None:
    yesterday = now.date() - timedelta(days=1)
    closing.close(
        session, merged.kept.person_id, reason="died", on=yesterday, organisation_id=merged.registry_id, actor="x",
        now=now,
    )  # fmt: skip
    session.commit()
    http = sign_in(app, session, merged.gone.organisation_id)
    unknown = http.get("/v1/staff/0123-4567-T/fhir").get_json()
    for path in ("/v1/staff/{}", "/v1/staff/{}/passport", "/v1/staff/{}/fhir"):
        for nurse in (merged.gone, merged.kept):
            answer = http.get(path.format(nurse.number))
            assert (answer.status_code, answer.get_json()["detail"]) == (404, unknown["detail"]), path


def test_the_pages_of_a_workforce_team_find_it_by_number_and_by_id(app: Flask, session: Session, merged: Twice) -> None:
    hr = visit(app, session, merged.gone.organisation_id, "hr")
    old, kept = (hr.get(f"/people/{each.person_id}") for each in (merged.gone, merged.kept))
    assert NONCE.sub("", old) == NONCE.sub("", kept)
    assert f"/people/{merged.kept.person_id}" in hr.search("/people", numbers.show(merged.gone.number))
    hr.post(f"/people/{merged.gone.person_id}/passport")
    assert session.scalars(select(Credential.person_id)).all() == [merged.kept.person_id]
    sent = hr.post("/invitations", people=f"{numbers.show(merged.gone.number)}, testa@x1v2a.example")
    assert sent.status_code == 303, sent.text
    assert session.scalars(select(Invitation.person_id)).all() == [merged.kept.person_id]


def test_an_old_number_and_the_date_of_birth_name_the_record_that_stands_while_it_is_open(
    session: Session, merged: Twice, now: datetime
) -> None:
    birth = session.get_one(Person, merged.kept.person_id).date_of_birth
    pair = (merged.gone.number, birth)
    assert joining.joiners(session, [pair], now=now) == {pair: merged.kept.person_id}
    session.get_one(Person, merged.kept.person_id).closed_at = now
    session.flush()
    assert joining.joiners(session, [pair], now=now) == {}


def test_what_is_added_to_a_record_that_went_stands_at_the_other(
    session: Session, merged: Twice, now: datetime
) -> None:
    acting: dict[str, Any] = {"organisation_id": merged.gone.organisation_id, "actor": "x", "now": now}
    employed = staff.employ(session, person_id=merged.gone.person_id, started_on=now.date(), **acting)
    looked = staff.add_registration(
        session, person_id=merged.gone.person_id, body="NMC", number="99A9999E", checked_at=now,
        method="employer_record", **acting,
    )  # fmt: skip
    assert {employed.person_id, looked.person_id} == {merged.kept.person_id}
    session.get_one(Person, merged.kept.person_id).closed_at = now
    session.flush()
    with pytest.raises(staff.PersonNotFound):
        staff.employ(session, person_id=merged.gone.person_id, started_on=now.date(), **acting)


def test_an_import_brings_what_it_says_of_a_record_that_went_to_the_other(session: Session, now: datetime) -> None:
    employer = make_employer(session, now)
    for assignment in ("30000001", "30000002"):
        number = {"Assignment Number": assignment, "Employee Number": f"2{assignment[1:]}"}
        namesake = {} if assignment == "30000001" else {"Last Name": "Inventedlonger"}
        assert employer.outcomes(bulk(number | namesake)) == ["new"]
    kept, gone = session.scalars(select(Employment.person_id).order_by(Employment.assignment_number)).all()
    join(session, gone, kept, organisation_id=employer.id, now=now)
    newer = {
        "Assignment Number": "30000002", "Employee Number": "20000002", "Date Awarded": "2026/07/01 00:00:00"
    }  # fmt: skip
    assert employer.outcomes(bulk(newer)) == ["superseded_older"]
    assert [len(current(session, person_id)) for person_id in (kept, gone)] == [1, 0]
    assert current(session, kept)[0].awarded_on.isoformat() == "2026-07-01"
    assert session.scalars(select(Award.person_id).where(Award.ended_at.is_(None))).all() == [kept]
