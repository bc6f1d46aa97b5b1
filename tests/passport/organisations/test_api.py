"""`/v1/organisations` as programs see it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.callers import sign_in
from tests.factories import OrganisationFactory

TRUST = {"ods": "X1V2A", "name": "Invented Vale NHS Trust", "kind": "nhs_trust", "source": "invented"}


@pytest.fixture
def registrar(app: Flask, session: Session) -> FlaskClient:
    """A program that may register organisations."""
    body = OrganisationFactory.create(session, ods_code="X0N0X", kind="national_body")
    return sign_in(app, session, body.id, "registrar")


@pytest.fixture
def send(registrar: FlaskClient) -> Callable[..., Any]:
    """Send a change of the trust and return its JSON."""

    def post(path: str, **body: Any) -> Any:
        answer = registrar.post(f"/v1/organisations/X1V2A/{path}", json=body)
        assert answer.status_code == 200, answer.get_json()
        return answer.get_json()

    registrar.post("/v1/organisations", json=TRUST)
    return post


def test_a_registered_organisation_is_where_the_answer_says(registrar: FlaskClient) -> None:
    answer = registrar.post("/v1/organisations", json=TRUST | {"ods": "x1v2a", "opened_on": "2020-04-01"})
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/v1/organisations/X1V2A"
    assert registrar.get(answer.headers["Location"]).get_json() == answer.get_json()
    assert answer.get_json() == TRUST | {
        "parent": None, "opened_on": "2020-04-01", "closed_on": None, "successor": None, "current": "X1V2A",
        "agreement": None, "vpds": [],
    }  # fmt: skip


def test_the_life_of_an_organisation_shows(registrar: FlaskClient, send: Callable[..., Any]) -> None:
    registrar.post("/v1/organisations", json=TRUST | {"ods": "X2V2A"})
    assert send("parent", parent="X0N0X")["parent"] == "X0N0X"
    assert send("vpds", vpd="457")["vpds"] == ["457"]
    assert send("agreement", from_on="2025-05-01")["agreement"] == {"from_on": "2025-05-01", "until_on": None}
    assert send("closure", on="2026-03-31")["closed_on"] == "2026-03-31"
    merged = send("merger", into="x2v2a", on="2026-03-31")
    assert (merged["successor"], merged["current"]) == ("X2V2A", "X2V2A")


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"ods": "X1-2A"}, "/ods"),
        ({"ods": None}, "/ods"),
        ({"kind": "hospital"}, "/kind"),
        ({"name": "Invented\u202etrust"}, "/name"),
        ({"parent": "X9X9X"}, "/parent"),
        ({"opened_on": "01/04/2020"}, "/opened_on"),
        ({"region": "Y56"}, "/region"),
    ],
)
def test_a_wrong_field_is_named(registrar: FlaskClient, changed: dict[str, Any], pointer: str) -> None:
    answer = registrar.post("/v1/organisations", json=TRUST | changed)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_a_taken_code_is_a_conflict(registrar: FlaskClient) -> None:
    registrar.post("/v1/organisations", json=TRUST)
    answer = registrar.post("/v1/organisations", json=TRUST)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "organisation_exists")


@pytest.mark.parametrize("ods", ["X9X9X", "nonsense-code", "%F0%9F%8F%A5"])
def test_what_is_not_there_is_not_found(registrar: FlaskClient, ods: str) -> None:
    answer = registrar.get(f"/v1/organisations/{ods}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "organisation_not_found")


def test_the_list_goes_through_all_pages_by_code(registrar: FlaskClient) -> None:
    for code in ("X3C", "X1A", "X2B"):
        registrar.post("/v1/organisations", json=TRUST | {"ods": code})
    first = registrar.get("/v1/organisations?kind=nhs_trust&limit=2").get_json()
    second = registrar.get(f"/v1/organisations?kind=nhs_trust&limit=2&cursor={first['next']}").get_json()
    assert [row["ods"] for row in first["items"] + second["items"]] == ["X1A", "X2B", "X3C"]
    assert second["next"] is None


def test_a_trust_may_not_touch_organisations(app: Flask, session: Session) -> None:
    trust = OrganisationFactory.create(session)
    http = sign_in(app, session, trust.id, "staff:write", "awards:write")
    answers = [http.get("/v1/organisations"), http.post("/v1/organisations", json=TRUST)]
    assert [answer.status_code for answer in answers] == [403, 403]
