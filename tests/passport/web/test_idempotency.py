"""The same request twice, one effect: IDM-001 to IDM-006 and AUT-047 of the catalogue of attacks."""

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport import db
from passport.access.models import ApiClient
from passport.web import idempotency
from passport.web.models import IdempotentAnswer
from tests.callers import Clock, sign_in, token_for
from tests.factories import OrganisationFactory

PROGRAMS = "/v1/things/programs"


def make(http: FlaskClient, key: str, name: str = "one", **options: Any) -> Any:
    return http.post(PROGRAMS, json={"name": name} | options, headers={"Idempotency-Key": key})


def made(session: Session, name: str = "one") -> int:
    return session.scalar(select(func.count()).select_from(ApiClient).filter_by(name=name)) or 0


def test_idm_001_the_same_request_again_changes_nothing_and_has_the_same_answer(
    known: FlaskClient, session: Session
) -> None:
    first, second = make(known, "monday"), make(known, "monday")
    assert first.status_code == second.status_code == 201
    assert first.get_data() == second.get_data()
    assert first.headers["Location"] == second.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert made(session) == 1


def test_without_a_key_each_request_counts(known: FlaskClient, session: Session) -> None:
    for _ in range(2):
        assert known.post(PROGRAMS, json={"name": "one"}).status_code == 201
    assert made(session) == 2


def test_idm_002_the_same_key_for_another_request_is_refused(known: FlaskClient) -> None:
    make(known, "monday")
    answer = make(known, "monday", name="two")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_mismatch")
    elsewhere = known.post(
        "/v1/things/upload", data={"file": (io.BytesIO(b"a"), "a.csv")}, headers={"Idempotency-Key": "monday"}
    )
    assert elsewhere.get_json()["code"] == "idempotency_mismatch"


def test_idm_003_of_twenty_at_once_one_is_done_and_all_get_its_answer(app: Flask, database_url: str) -> None:
    with db.transaction() as session:
        known = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    authorisation = known.environ_base["HTTP_AUTHORIZATION"]

    def once(_: int) -> tuple[int, bytes]:
        http = app.test_client()
        http.environ_base["HTTP_AUTHORIZATION"] = authorisation
        answer = make(http, "race")
        return answer.status_code, answer.get_data()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(once, range(20)))
    assert len(answers) == 1
    assert answers.pop()[0] == 201
    with db.reading() as session:
        assert made(session) == 1


def test_idm_004_after_a_day_the_key_is_new(known: FlaskClient, session: Session, app: Flask, clock: Clock) -> None:
    first = make(known, "monday").get_data()
    clock.advance(hours=23, minutes=59)
    fresh = sign_in_again(app, session, known)
    assert make(fresh, "monday").get_data() == first
    clock.advance(minutes=1)
    fresh = sign_in_again(app, session, known)
    assert make(fresh, "monday").get_data() != first
    assert made(session) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "k" * 10_240, "schlüssel", "tab\there", "\x7f"])
def test_idm_005_a_key_that_is_no_key_is_refused(known: FlaskClient, key: str) -> None:
    answer = known.post(PROGRAMS, json={"name": "one"}, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency_key_invalid")


def test_idm_006_and_aut_047_a_key_belongs_to_one_client(app: Flask, known: FlaskClient, session: Session) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    assert make(known, "monday").get_json() != make(other, "monday").get_json()
    assert made(session) == 2


def test_a_request_that_failed_leaves_no_key_and_no_change(known: FlaskClient, session: Session) -> None:
    assert make(known, "monday", fail=True).status_code == 409
    assert made(session) == 0
    assert session.scalars(select(IdempotentAnswer)).all() == []
    assert make(known, "monday").status_code == 201


def test_a_request_that_was_refused_can_be_corrected_under_its_key(known: FlaskClient) -> None:
    assert make(known, "monday", name="far too long a name for this field").status_code == 422
    assert make(known, "monday").status_code == 201


def test_the_answer_is_stored_with_the_change_or_not_at_all(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OSError

    with db.transaction() as session:
        known = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    with monkeypatch.context() as broken:
        broken.setattr(idempotency, "_store", fails)
        assert make(known, "monday").status_code == 500
    with db.reading() as session:
        assert made(session) == 0
    assert make(known, "monday").status_code == 201


def test_an_upload_counts_by_its_content_not_by_the_boundary_between_its_parts(known: FlaskClient) -> None:
    def upload(content: bytes, name: str = "staff.csv") -> Any:
        data = {"file": (io.BytesIO(content), name), "layout": "bulk"}
        return known.post("/v1/things/upload", data=data, headers={"Idempotency-Key": "file"})

    first = upload(b"a,b")
    assert first.get_json()["size"] == 3
    assert upload(b"a,b").get_data() == first.get_data()
    assert upload(b"a,c").get_json()["code"] == "idempotency_mismatch"


def test_old_answers_are_forgotten(known: FlaskClient, session: Session, clock: Clock) -> None:
    make(known, "monday")
    idempotency.forget_old_answers(session, at=clock.now)
    assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 1
    idempotency.forget_old_answers(session, at=clock.advance(hours=24))
    assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 0


def sign_in_again(app: Flask, session: Session, known: FlaskClient) -> FlaskClient:
    """Give a client a new token: the one before has expired."""
    token = token_for(app, session, session.scalars(select(ApiClient).order_by(ApiClient.id)).all()[0])
    known.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return known
