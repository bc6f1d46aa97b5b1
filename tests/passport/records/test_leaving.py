"""Several employers at once, leaving one of them, and coming back."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.staff import service as staff
from passport.staff.models import EMPLOYMENT_KINDS
from tests.callers import Clock, sign_in
from tests.factories import EmploymentFactory, OrganisationFactory
from tests.passports import Nurse, make_nurse


@pytest.fixture
def nurse(session: Session) -> Nurse:
    return make_nurse(session)


def employed(**changes: Any) -> dict[str, Any]:
    return {"employee_number": "20009999", "started_on": "2026-08-01", "date_of_birth": "1990-02-03", **changes}


@pytest.mark.parametrize("kind", EMPLOYMENT_KINDS)
def test_an_employment_says_of_which_kind_it_is(app: Flask, session: Session, nurse: Nurse, kind: str) -> None:
    bank = OrganisationFactory.create(session)
    http = sign_in(app, session, bank.id)
    made = http.post(f"/v1/staff/{nurse.number}/employments", json=employed(kind=kind))
    assert (made.status_code, made.get_json()["kind"]) == (201, kind)
    [shown] = http.get(f"/v1/staff/{nurse.number}").get_json()["employments"]
    assert shown["kind"] == kind


def test_another_kind_is_refused(app: Flask, session: Session, nurse: Nurse) -> None:
    http = sign_in(app, session, nurse.organisation_id)
    answer = http.post(f"/v1/staff/{nurse.number}/employments", json=employed(kind="pirate"))
    assert answer.status_code == 422


def test_each_employer_sees_the_passport_and_its_own_employment_alone(
    app: Flask, session: Session, nurse: Nurse
) -> None:
    agency = OrganisationFactory.create(session)
    EmploymentFactory.create(session, person_id=nurse.person_id, organisation_id=agency.id, kind="agency")
    for employer, kind in ((nurse.organisation_id, "substantive"), (agency.id, "agency")):
        shown = sign_in(app, session, employer).get(f"/v1/staff/{nurse.number}").get_json()
        assert [each["kind"] for each in shown["employments"]] == [kind]


def test_the_passport_names_the_substantive_employer(session: Session, nurse: Nurse, now: Any) -> None:
    bank = OrganisationFactory.create(session)
    EmploymentFactory.create(
        session, person_id=nurse.person_id, organisation_id=bank.id, kind="bank", started_on=date(2026, 8, 1)
    )
    employer = awards.passport_content(session, nurse.person_id, now=now).employer
    assert employer is not None
    assert employer.ods != bank.ods_code


def test_who_has_left_is_not_found_from_the_next_day_and_the_awards_stay(
    app: Flask, session: Session, clock: Clock, nurse: Nurse
) -> None:
    http = sign_in(app, session, nurse.organisation_id)
    [employment] = http.get(f"/v1/staff/{nurse.number}").get_json()["employments"]
    answer = http.post(
        f"/v1/staff/{nurse.number}/employments/{employment['id']}/end", json={"on": clock.now.date().isoformat()}
    )
    assert answer.status_code == 200
    assert http.get(f"/v1/staff/{nurse.number}").status_code == 200
    clock.advance(days=1)
    later = sign_in(app, session, nurse.organisation_id)
    for path in ("", "/passport", "/fhir"):
        assert later.get(f"/v1/staff/{nurse.number}{path}").status_code == 404
    assert len(awards.passport_content(session, nurse.person_id, now=clock.now).training) == 1
    assert later.get(f"/v1/awards/{nurse.award_id}").status_code == 200  # its own award stays its own


def test_who_comes_back_has_the_same_passport(app: Flask, session: Session, clock: Clock, nurse: Nurse) -> None:
    [employment] = staff.of_organisation(session, nurse.number, nurse.organisation_id, now=clock.now).employments
    staff.end_employment(
        session, employment_id=employment.id, organisation_id=nurse.organisation_id, on=clock.now.date(), actor="x",
        now=clock.now,
    )  # fmt: skip
    clock.now += timedelta(days=200)
    http = sign_in(app, session, nurse.organisation_id)
    stranger = http.post(f"/v1/staff/{nurse.number}/employments", json=employed(date_of_birth="1990-02-04"))
    assert stranger.status_code == 404
    back = http.post(f"/v1/staff/{nurse.number}/employments", json=employed(started_on="2027-02-22"))
    assert back.status_code == 201
    shown = http.get(f"/v1/staff/{nurse.number}").get_json()
    assert [each["ended_on"] is None for each in shown["employments"]] == [False, True]
    assert len(http.get(f"/v1/staff/{nurse.number}/passport").get_json()["training"]) == 1
