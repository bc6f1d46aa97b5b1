"""Requirement profiles and acceptance policies over HTTP: versions, lost updates, faults with their places, tenants."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.acceptance_rules import read_policy, read_profile
from passport.audit.models import AuditEntry
from tests.callers import sign_in
from tests.factories import OrganisationFactory

PROFILES = "/v1/requirement-profiles"
POLICIES = "/v1/acceptance-policies"


def changed(policy: dict[str, Any]) -> dict[str, Any]:
    return {**policy, "signatory_needed": True}


def test_a_profile_is_written_and_read_as_the_engine_reads_it(ruled: FlaskClient, app: Flask) -> None:
    answer = ruled.get(f"{PROFILES}/ward-nurse")
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"1"')
    assert (answer.get_json()["code"], answer.get_json()["title"], answer.get_json()["version"]) == (
        "ward-nurse",
        "Ward nurse",
        1,
    )
    rules = read_profile(app.json.dumps(answer.get_json()["rules"]).encode())
    assert (rules.id, rules.version, rules.title) == ("ward-nurse", 1, "Ward nurse")


def test_a_policy_is_written_and_read_as_the_engine_reads_it(ruled: FlaskClient, app: Flask) -> None:
    rules = read_policy(app.json.dumps(ruled.get(f"{POLICIES}/movers").get_json()["rules"]).encode())
    assert rules.name == "acceptance policy movers, version 1"


def test_writing_answers_where_the_version_is(trust: FlaskClient, policy: dict[str, Any]) -> None:
    answer = trust.post(POLICIES, json={"code": "movers", "title": "Staff who move", "rules": policy})
    assert (answer.status_code, answer.headers["ETag"]) == (201, '"1"')
    assert trust.get(answer.headers["Location"]).get_json() == answer.get_json()


def test_rules_may_name_themselves_as_in_a_file_but_not_as_others(trust: FlaskClient, policy: dict[str, Any]) -> None:
    named = {"id": "movers", "version": 1, **policy}
    body = {"code": "movers", "title": "Staff who move", "rules": named}
    for name, wrong in (("id", "others"), ("version", 2)):
        refused = trust.post(POLICIES, json=body | {"rules": named | {name: wrong}})
        assert (refused.status_code, refused.get_json()["errors"][0]["pointer"]) == (422, f"/rules/{name}")
    assert trust.post(POLICIES, json=body).status_code == 201


def test_a_new_version_leaves_the_old_one_as_it_was(ruled: FlaskClient, policy: dict[str, Any]) -> None:
    first = ruled.get(f"{POLICIES}/movers").get_json()
    body = {"rules": changed(policy)}
    answer = ruled.post(f"{POLICIES}/movers/versions", json=body, headers={"If-Match": '"1"'})
    assert (answer.status_code, answer.get_json()["version"], answer.headers["ETag"]) == (201, 2, '"2"')
    assert ruled.get(f"{POLICIES}/movers").get_json()["rules"]["signatory_needed"] is True
    assert ruled.get(f"{POLICIES}/movers/versions/1").get_json() == first
    assert [each["version"] for each in ruled.get(f"{POLICIES}/movers/versions").get_json()["items"]] == [1, 2]


@pytest.mark.parametrize("tag", ['"2"', '"0"', 'W/"1"', "*", "1", '"1", "2"', ""])
def test_a_version_written_from_another_one_is_a_lost_update(
    ruled: FlaskClient, policy: dict[str, Any], tag: str
) -> None:
    answer = ruled.post(f"{POLICIES}/movers/versions", json={"rules": policy}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert ruled.get(f"{POLICIES}/movers").get_json()["version"] == 1


def test_of_two_who_write_from_the_same_version_the_second_is_told(ruled: FlaskClient, policy: dict[str, Any]) -> None:
    statuses = [
        ruled.post(f"{POLICIES}/movers/versions", json={"rules": policy}, headers={"If-Match": '"1"'}).status_code
        for _ in range(2)
    ]
    assert statuses == [201, 412]


def test_a_version_without_saying_from_which_one_is_not_taken(ruled: FlaskClient, policy: dict[str, Any]) -> None:
    assert ruled.post(f"{POLICIES}/movers/versions", json={"rules": policy}).status_code == 428


def test_a_code_is_used_once_in_an_organisation(
    app: Flask, session: Session, ruled: FlaskClient, policy: dict[str, Any]
) -> None:
    body = {"code": "movers", "title": "Others", "rules": policy}
    again = ruled.post(POLICIES, json=body)
    assert (again.status_code, again.get_json()["code"]) == (409, "acceptance_policy_exists")
    other = sign_in(app, session, OrganisationFactory.create(session).id, "induction:write")
    assert other.post(POLICIES, json=body).status_code == 201


@pytest.mark.parametrize(
    ("requirement", "pointer"),
    [
        ({"id": "a", "minutes": -1, "local": "x"}, "/rules/requirements/0/minutes"),
        ({"id": "a", "minutes": 1.5, "local": "x"}, "/rules/requirements/0/minutes"),
        ({"id": "a", "minutes": 1}, "/rules/requirements/0"),
        ({"id": "a", "minutes": 1, "local": "x", "colour": "red"}, "/rules/requirements/0"),
        ({"id": "a", "minutes": 1, "standard": "NO-SUCH"}, "/rules/requirements/0/standard"),
        ({"id": "a b", "minutes": 1, "local": "x"}, "/rules/requirements/0/id"),
        ({"id": "a", "minutes": 1, "local": "x\u0000"}, "/rules"),
    ],
)
def test_a_fault_in_a_profile_is_named_with_its_place(
    trust: FlaskClient, requirement: dict[str, Any], pointer: str
) -> None:
    body = {"code": "p", "title": "P", "rules": {"requirements": [requirement]}}
    answer = trust.post(PROFILES, json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "rules_invalid")
    assert answer.get_json()["errors"][0]["pointer"] == pointer
    assert trust.get(PROFILES).get_json()["items"] == []


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [
        ({"accepted_issuer_kinds": ["friend"]}, "/rules/accepted_issuer_kinds/0"),
        ({"signatory_needed": "yes"}, "/rules/signatory_needed"),
        ({"shorter_periods": [{"standard": "NO", "months": 1, "source": "x"}]}, "/rules/shorter_periods/0/standard"),
        ({"points": 72}, "/rules"),
    ],
)
def test_a_fault_in_a_policy_is_named_with_its_place(
    trust: FlaskClient, policy: dict[str, Any], fault: dict[str, Any], pointer: str
) -> None:
    answer = trust.post(POLICIES, json={"code": "p", "title": "P", "rules": policy | fault})
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"code": "../x", "title": "P", "rules": {}},
        {"code": "p", "title": "", "rules": {}},
        {"code": "p", "title": "P\u0000", "rules": {}},
        {"code": "p", "title": "P", "rules": []},
        {"code": "p", "title": "P", "rules": "x"},
        {"code": "p", "title": "P", "rules": None},
        {"code": "p" * 65, "title": "P", "rules": {}},
        {"code": "p", "title": "P", "rules": {}, "more": 1},
    ],
)
@pytest.mark.parametrize("path", [PROFILES, POLICIES])
def test_a_body_that_says_something_else_is_refused(trust: FlaskClient, path: str, body: Any) -> None:
    assert trust.post(path, json=body).status_code == 422


def test_rules_of_another_organisation_look_as_if_there_were_none(
    app: Flask, session: Session, ruled: FlaskClient, policy: dict[str, Any]
) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id)
    assert other.get(POLICIES).get_json() == {"items": [], "next": None}
    for path in (f"{POLICIES}/movers", f"{POLICIES}/movers/versions", f"{POLICIES}/movers/versions/1"):
        foreign, unknown = other.get(path), other.get(path.replace("movers", "unknown"))
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert foreign.get_json()["code"] == unknown.get_json()["code"]
    written = other.post(f"{POLICIES}/movers/versions", json={"rules": policy}, headers={"If-Match": '"1"'})
    assert written.status_code == 404


def test_reading_and_writing_are_different_scopes(
    app: Flask, session: Session, ruled: FlaskClient, policy: dict[str, Any]
) -> None:
    organisation = OrganisationFactory.create(session).id
    reader = sign_in(app, session, organisation, "induction:read")
    writer = sign_in(app, session, organisation, "induction:write")
    body = {"code": "p", "title": "P", "rules": policy}
    assert reader.post(POLICIES, json=body).status_code == 403
    assert writer.post(POLICIES, json=body).status_code == 201
    assert (reader.get(f"{POLICIES}/p").status_code, writer.get(f"{POLICIES}/p").status_code) == (200, 403)


def test_lists_come_in_pages(trust: FlaskClient, policy: dict[str, Any]) -> None:
    for code in ("a", "b", "c"):
        trust.post(POLICIES, json={"code": code, "title": code, "rules": policy})
    first = trust.get(f"{POLICIES}?limit=2").get_json()
    second = trust.get(POLICIES, query_string={"limit": 2, "cursor": first["next"]}).get_json()
    assert [item["code"] for page in (first, second) for item in page["items"]] == ["a", "b", "c"]
    assert second["next"] is None


def test_each_version_is_in_the_audit_log(ruled: FlaskClient, session: Session) -> None:
    entries = session.scalars(select(AuditEntry).where(AuditEntry.action.like("%versioned"))).all()
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("requirement_profile.versioned", {"version": 1}),
        ("acceptance_policy.versioned", {"version": 1}),
    ]
