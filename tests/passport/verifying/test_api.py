"""`/v1/verifications` over HTTP: the answers, hostile bodies, tenants, limits."""

import json
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from marshmallow import Schema
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from passport.organisations.models import Organisation
from passport.verifying import api
from passport.verifying.models import Verification
from passport.verifying.schemas import VerdictOut
from passport.web.limits import Limit
from tests.callers import sign_in
from tests.credentials.passport_samples import OTHER_ISSUER, issued
from tests.factories import OrganisationFactory
from tests.receiving import Shown

PATH = "/v1/verifications"
ANSWER_MEMBERS = {"id", "outcome", "reason", "checks", "current", "not_withdrawn", "holder", "awards"}


def assert_described(answer: dict[str, Any], schema: type[Schema] = VerdictOut) -> None:
    """Fail where an answer holds what the OpenAPI document does not describe, or lacks what it promises."""
    assert schema().validate(answer) == {}


def test_the_answer_is_the_verdict_with_the_id_of_the_check(
    verifier: FlaskClient, session: Session, shown: Shown
) -> None:
    answer = verifier.post(PATH, json={"presentation": shown.text})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert set(answer.get_json()) == ANSWER_MEMBERS
    assert answer.get_json()["outcome"] == "genuine"
    assert answer.get_json()["awards"][0]["issuer"]["kind"] == "nhs_trust"
    assert answer.headers["Cache-Control"] == "no-store"
    assert_described(answer.get_json())


def test_a_refused_text_is_an_answer_and_not_an_error(verifier: FlaskClient) -> None:
    answer = verifier.post(PATH, json={"presentation": "nonsense"})
    assert answer.status_code == 200
    assert set(answer.get_json()) == ANSWER_MEMBERS
    assert (answer.get_json()["outcome"], answer.get_json()["reason"]) == ("refused", "malformed")
    assert [each["reason"] for each in answer.get_json()["checks"] if each["result"] == "failed"] == ["malformed"]
    assert_described(answer.get_json())


@pytest.mark.parametrize("presentation", ["", "\u0000", "\u202e" * 50, "é~" * 300, "~" * 5000, "." * 5000, "[" * 9000])
def test_hostile_texts_get_a_verdict(verifier: FlaskClient, presentation: str) -> None:
    answer = verifier.post(PATH, json={"presentation": presentation})
    assert answer.status_code == 200
    assert answer.get_json()["outcome"] == "refused"
    assert presentation.strip() == "" or presentation not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({}, "field_missing", "/presentation"),
        ({"presentation": 7}, "field_type", "/presentation"),
        ({"presentation": None}, "field_type", "/presentation"),
        ({"presentation": ["x"]}, "field_type", "/presentation"),
        ({"presentation": "x", "colour": "red"}, "unknown_field", "/colour"),
        ({"presentation": "x", "at": "yesterday"}, "field_form", "/at"),
        ({"presentation": "x", "at": "2026-08-06T09:00:00"}, "field_form", "/at"),
        ({"presentation": "x", "at": 1}, "field_form", "/at"),
        ([], "field_type", ""),
        ("x", "field_type", ""),
    ],
)
def test_a_body_that_is_no_request_is_refused_with_its_wrong_place(
    verifier: FlaskClient, session: Session, body: Any, code: str, pointer: str
) -> None:
    answer = verifier.post(PATH, json=body)
    assert answer.status_code == 422
    assert [(error["code"], error["pointer"]) for error in answer.get_json()["errors"]] == [(code, pointer)]
    assert session.scalar(select(func.count()).select_from(Verification)) == 0


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"presentation": "a", "presentation": "b"}', "application/json", 400),
        (b'{"presentation": "\\ud800"}', "application/json", 422),
        (b'{"presentation": "x"}', "text/plain", 415),
        (b'{"presentation": "' + b"x" * 1_000_001 + b'"}', "application/json", 413),
    ],
)
def test_a_body_that_can_not_be_read_is_refused(
    verifier: FlaskClient, body: bytes, media_type: str, status: int
) -> None:
    assert verifier.post(PATH, data=body, content_type=media_type).status_code == status


def test_a_large_text_within_the_limit_is_too_large_for_a_passport(verifier: FlaskClient) -> None:
    answer = verifier.post(PATH, json={"presentation": "x" * 900_000})
    assert (answer.status_code, answer.get_json()["reason"]) == (200, "too_large")


@pytest.mark.parametrize("at", ["2025-08-01T00:00:00Z", "2026-08-06T09:05:00Z", "2199-01-01T00:00:00Z"])
def test_a_moment_out_of_range_is_refused(verifier: FlaskClient, at: str) -> None:
    answer = verifier.post(PATH, json={"presentation": "x", "at": at})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "at_out_of_range")


def test_a_hundred_passports_are_checked_in_one_request_and_one_more_is_refused(
    verifier: FlaskClient, session: Session, shown: Shown
) -> None:
    texts = [shown.text if number % 2 else f"nonsense {number}" for number in range(100)]
    answer = verifier.post(f"{PATH}/batch", json={"presentations": texts})
    assert answer.status_code == 200
    assert [item["outcome"] for item in answer.get_json()["items"]] == ["refused", "genuine"] * 50
    assert len({item["id"] for item in answer.get_json()["items"]}) == 100
    assert session.scalar(select(func.count()).select_from(Verification)) == 100
    for item in answer.get_json()["items"]:
        assert set(item) == ANSWER_MEMBERS
    refused = verifier.post(f"{PATH}/batch", json={"presentations": [*texts, "x"]})
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (422, "field_length")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"presentations": []}, "/presentations"),
        ({"presentations": ["x", 1]}, "/presentations/1"),
        ({"presentations": "x"}, "/presentations"),
        ({"presentations": {}}, "/presentations"),
    ],
)
def test_a_batch_that_is_no_list_of_texts_is_refused(verifier: FlaskClient, body: Any, pointer: str) -> None:
    answer = verifier.post(f"{PATH}/batch", json=body)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, pointer)


def test_a_batch_may_be_larger_than_other_bodies(verifier: FlaskClient) -> None:
    texts = ["x" * 35_000] * 100
    assert verifier.post(f"{PATH}/batch", json={"presentations": texts}).status_code == 200
    too_many = ["x" * 41_000] * 100
    assert verifier.post(f"{PATH}/batch", json={"presentations": too_many}).status_code == 413


def test_the_organisation_that_checked_reads_the_same_verdict_again(verifier: FlaskClient, shown: Shown) -> None:
    checked = verifier.post(PATH, json={"presentation": shown.text}).get_json()
    again = verifier.get(f"{PATH}/{checked['id']}")
    assert (again.status_code, again.get_json()) == (200, checked)


def test_a_check_of_another_organisation_and_an_unknown_one_look_the_same(
    app: Flask, session: Session, verifier: FlaskClient, shown: Shown
) -> None:
    foreign = verifier.post(PATH, json={"presentation": shown.text}).get_json()["id"]
    other = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    answers = [other.get(f"{PATH}/{each}") for each in (foreign, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    first, second = ({**answer.get_json(), "request_id": ""} for answer in answers)
    assert first == second


def test_a_verifier_may_verify_and_neither_list_checks_nor_read_staff(verifier: FlaskClient) -> None:
    assert verifier.get(PATH).status_code == 405
    assert verifier.get("/v1/staff").status_code == 403
    assert verifier.get("/v1/induction-plans").status_code == 403


def test_a_program_without_the_scope_or_without_a_token_may_not_verify(
    app: Flask, session: Session, http: FlaskClient, receiver: Organisation
) -> None:
    without = sign_in(app, session, receiver.id, "staff:read", "induction:decide")
    for path in (PATH, f"{PATH}/batch"):
        assert without.post(path, json={"presentation": "x"}).status_code == 403
        assert http.post(path, json={"presentation": "x"}).status_code == 401
    assert without.get(f"{PATH}/{uuid4()}").status_code == 403


def test_whoever_checks_too_often_waits_and_nobody_else_does(
    app: Flask, session: Session, verifier: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.CHECKS, "per_minute", 3)
    monkeypatch.setattr(api.CHECKS, "block", 1)
    other = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    answers = [verifier.post(PATH, json={"presentation": "x"}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert other.post(PATH, json={"presentation": "x"}).status_code == 200


def test_the_limits_are_those_that_are_documented() -> None:
    assert isinstance(api.CHECKS, Limit)
    assert (api.CHECKS.per_minute, api.BATCHES.per_minute) == (6_000, 60)


def test_the_same_request_again_makes_one_check(verifier: FlaskClient, session: Session, shown: Shown) -> None:
    headers = {"Idempotency-Key": "invented-1"}
    first, second = (verifier.post(PATH, json={"presentation": shown.text}, headers=headers) for _ in range(2))
    assert first.get_data() == second.get_data()
    assert session.scalar(select(func.count()).select_from(Verification)) == 1


def test_two_verifiers_at_once_have_nothing_to_do_with_each_other(
    app: Flask, session: Session, verifier: FlaskClient, shown: Shown
) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    first, second = (client.post(PATH, json={"presentation": shown.text}).get_json() for client in (verifier, other))
    assert first["id"] != second["id"]
    assert {**first, "id": ""} == {**second, "id": ""}
    assert other.get(f"{PATH}/{first['id']}").status_code == 404


def test_a_passport_of_an_issuer_that_is_not_listed_is_refused(verifier: FlaskClient, shown: Shown) -> None:
    answer = verifier.post(PATH, json={"presentation": issued(issuer=OTHER_ISSUER)})
    assert (answer.get_json()["outcome"], answer.get_json()["reason"]) == ("refused", "issuer_untrusted")


def test_recorded_checks_can_not_be_changed_by_the_service(
    verifier: FlaskClient, session: Session, shown: Shown
) -> None:
    verifier.post(PATH, json={"presentation": shown.text})
    with pytest.raises(Exception, match="permission denied"), session.begin_nested():
        session.execute(text("UPDATE verification SET outcome = 'refused'"))


def test_the_openapi_document_describes_bodies_and_verdicts(http: FlaskClient, session: Session) -> None:
    document = json.loads(http.get("/openapi.json").get_data())
    operation = document["paths"][PATH]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][body]["properties"]) == {"presentation", "at"}
    verdict = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert set(document["components"]["schemas"][verdict]["properties"]) >= ANSWER_MEMBERS
