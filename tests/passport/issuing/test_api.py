"""Issue and revoke over HTTP: scope, organisation, idempotency, and what the answer says."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.issuing.models import Credential
from passport.settings import Settings
from tests.callers import Clock, lend_app, sign_in
from tests.factories import EmploymentFactory, OrganisationFactory
from tests.passports import Nurse, checked


@pytest.fixture
def app(settings: Settings, nurse: Nurse, now: datetime) -> Flask:
    return lend_app(settings, Clock(now))


def test_a_passport_is_issued_to_staff_of_the_caller(app: Flask, session: Session, nurse: Nurse, now: datetime) -> None:
    http = sign_in(app, session, nurse.organisation_id, "passports:issue")
    session.commit()
    answer = http.post(f"/v1/staff/{nurse.number}/credentials")
    assert answer.status_code == 201
    assert set(answer.get_json()) == {"id", "credential", "expires_at", "status"}
    assert answer.get_json()["expires_at"] == "2026-11-04T09:00:00Z"
    assert answer.headers["Cache-Control"] == "no-store"
    place = answer.get_json()["status"]["status_list"]
    assert checked(session, answer.get_json()["credential"], place["uri"], now).outcome == "genuine"
    assert session.get_one(Credential, answer.get_json()["id"]).requested_by.startswith("client:")


def test_a_repeated_request_gets_the_same_copy(app: Flask, session: Session, nurse: Nurse) -> None:
    http = sign_in(app, session, nurse.organisation_id, "passports:issue")
    session.commit()
    answers = [
        http.post(f"/v1/staff/{nurse.number}/credentials", headers={"Idempotency-Key": "one"}).get_data()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(session.scalars(select(Credential)).all()) == 1


def test_staff_of_another_trust_are_not_found(app: Flask, session: Session, nurse: Nurse) -> None:
    http = sign_in(app, session, OrganisationFactory.create(session).id, "passports:issue")
    session.commit()
    foreign = http.post(f"/v1/staff/{nurse.number}/credentials")
    unknown = http.post("/v1/staff/0123-4567-X/credentials")
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.get_json()["code"] == unknown.get_json()["code"]
    assert session.scalars(select(Credential)).all() == []


def test_another_scope_issues_nothing(app: Flask, session: Session, nurse: Nurse) -> None:
    http = sign_in(app, session, nurse.organisation_id, "staff:read", "awards:write")
    session.commit()
    assert http.post(f"/v1/staff/{nurse.number}/credentials").status_code == 403


def test_a_revoked_copy_is_withdrawn_in_the_next_get_of_its_list(
    app: Flask, session: Session, nurse: Nurse, now: datetime
) -> None:
    http = sign_in(app, session, nurse.organisation_id, "passports:issue")
    session.commit()
    issued = http.post(f"/v1/staff/{nurse.number}/credentials").get_json()
    place = issued["status"]["status_list"]
    path = place["uri"].removeprefix("https://passport.example")
    before = http.get(path)
    answers = [http.post(f"/v1/credentials/{issued['id']}/revocation", json={"reason": "lost"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_json() == answers[1].get_json() == {
        "id": issued["id"], "revoked_at": "2026-08-06T09:00:00Z", "reason": "lost",
    }  # fmt: skip
    after = http.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.headers["Cache-Control"]) == (200, "public, no-cache")
    assert checked(session, issued["credential"], place["uri"], now).not_withdrawn.result is False


def test_another_trust_revokes_nothing(app: Flask, session: Session, nurse: Nurse) -> None:
    http = sign_in(app, session, nurse.organisation_id, "passports:issue")
    stranger = sign_in(app, session, OrganisationFactory.create(session).id, "passports:issue")
    session.commit()
    issued = http.post(f"/v1/staff/{nurse.number}/credentials").get_json()
    foreign = stranger.post(f"/v1/credentials/{issued['id']}/revocation", json={"reason": "lost"})
    unknown = stranger.post(f"/v1/credentials/{nurse.person_id}/revocation", json={"reason": "lost"})
    assert (foreign.status_code, unknown.status_code) == (404, 404)
    assert foreign.get_json()["code"] == unknown.get_json()["code"]


def test_a_second_employer_can_not_take_back_what_the_first_one_issued(
    app: Flask, session: Session, nurse: Nurse
) -> None:
    other = OrganisationFactory.create(session)
    EmploymentFactory.create(session, person_id=nurse.person_id, organisation_id=other.id)
    first = sign_in(app, session, nurse.organisation_id, "passports:issue")
    second = sign_in(app, session, other.id, "passports:issue")
    session.commit()
    issued = first.post(f"/v1/staff/{nurse.number}/credentials").get_json()
    assert second.post(f"/v1/credentials/{issued['id']}/revocation", json={"reason": "lost"}).status_code == 404
    assert first.post(f"/v1/credentials/{issued['id']}/revocation", json={"reason": "lost"}).status_code == 200


@pytest.mark.parametrize(
    "body", [{}, {"reason": "because"}, {"reason": None}, {"reason": "lost", "until": "never"}, []]
)
def test_a_revocation_needs_one_of_the_known_reasons(app: Flask, session: Session, nurse: Nurse, body: object) -> None:
    http = sign_in(app, session, nurse.organisation_id, "passports:issue")
    session.commit()
    issued = http.post(f"/v1/staff/{nurse.number}/credentials").get_json()
    assert http.post(f"/v1/credentials/{issued['id']}/revocation", json=body).status_code == 422
    session.expire_all()
    assert session.get_one(Credential, issued["id"]).revoked_at is None


def test_the_list_of_another_day_is_not_kept(app: Flask, session: Session, nurse: Nurse, now: datetime) -> None:
    http = sign_in(app, session, nurse.organisation_id, "passports:issue")
    session.commit()
    http.post(f"/v1/staff/{nurse.number}/credentials")
    then = int((now - timedelta(days=1)).timestamp())
    assert app.test_client().get(f"/status-lists/1?time={then}").status_code == 501
