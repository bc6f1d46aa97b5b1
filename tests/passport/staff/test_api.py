"""`/v1/staff` as the programs of two trusts see it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport.staff import numbers
from tests.callers import sign_in
from tests.factories import OrganisationFactory

ANN = {
    "given_name": "Ann", "family_name": "O’Invented-Łukasz", "date_of_birth": "1990-02-03",
    "employee_number": "10000001", "assignment_number": "20000001", "started_on": "2024-04-01",
}  # fmt: skip
NMC = {"body": "nmc", "number": "71a 2998e", "checked_at": "2026-08-01T10:00:00+01:00", "method": "register_lookup"}
NOBODY = numbers.show(numbers.with_check("00000000"))


@pytest.fixture
def a(app: Flask, session: Session) -> FlaskClient:
    """A program of trust A."""
    return sign_in(app, session, OrganisationFactory.create(session).id, "staff:read", "staff:write")


@pytest.fixture
def b(app: Flask, session: Session) -> FlaskClient:
    """A program of trust B."""
    return sign_in(app, session, OrganisationFactory.create(session).id, "staff:read", "staff:write")


@pytest.fixture
def ann(a: FlaskClient) -> Any:
    """Ann, whom trust A employs, as the answer shows her."""
    answer = a.post("/v1/staff", json=ANN)
    assert answer.status_code == 201, answer.get_json()
    return answer.get_json()


@pytest.fixture
def address(ann: Any) -> str:
    """Where Ann is."""
    return f"/v1/staff/{ann['number']}"


def without_request_id(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.get_json().items() if name != "request_id"}


def test_a_registered_person_is_where_the_answer_says(a: FlaskClient) -> None:
    answer = a.post("/v1/staff", json=ANN)
    person = answer.get_json()
    assert answer.headers["Location"] == f"/v1/staff/{person['number']}"
    assert a.get(answer.headers["Location"]).get_json() == person
    assert numbers.show(numbers.normalise(person["number"])) == person["number"]
    assert [person[name] for name in ("given_name", "family_name", "date_of_birth")] == [
        "Ann", "O’Invented-Łukasz", "1990-02-03",
    ]  # fmt: skip
    assert [row["assignment_number"] for row in person["employments"]] == ["20000001"]
    assert (person["registrations"], person["cautions"]) == ([], [])


def test_a_number_in_an_address_is_read_as_people_write_it(a: FlaskClient, ann: Any) -> None:
    assert a.get(f"/v1/staff/{ann['number'].replace('-', '').lower()}").get_json() == ann


def test_a_name_of_mixed_scripts_comes_with_a_caution(a: FlaskClient) -> None:
    person = a.post("/v1/staff", json=ANN | {"family_name": "Ѕmith"}).get_json()
    assert [caution["code"] for caution in person["cautions"]] == ["name_mixes_scripts"]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"given_name": "Ann 🙂"}, "/given_name"),
        ({"family_name": "Ann\u202e"}, "/family_name"),
        ({"family_name": None}, "/family_name"),
        ({"date_of_birth": "2020-01-01"}, "/date_of_birth"),
        ({"date_of_birth": "03/02/1990"}, "/date_of_birth"),
        ({"assignment_number": "2000001"}, "/assignment_number"),
        ({"employee_number": "ABCDEFGH"}, "/employee_number"),
        ({"started_on": "2024-04-31"}, "/started_on"),
        ({"organisation": "X9V9A"}, "/organisation"),
        ({"organisation_id": "00000000-0000-0000-0000-000000000000"}, "/organisation_id"),
        ({"passport_number": NOBODY}, "/passport_number"),
    ],
)
def test_a_wrong_or_foreign_field_is_named(a: FlaskClient, changed: dict[str, Any], pointer: str) -> None:
    answer = a.post("/v1/staff", json=ANN | changed)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_a_foreign_person_and_an_unknown_one_get_the_same_answer(b: FlaskClient, ann: Any) -> None:
    requests: list[Callable[[str], Any]] = [
        lambda number: b.get(f"/v1/staff/{number}"),
        lambda number: b.post(f"/v1/staff/{number}/registrations", json=NMC),
        lambda number: b.post(f"/v1/staff/{number}/employments", json={"started_on": "2026-09-01"}),
        lambda number: b.post(
            f"/v1/staff/{number}/employments", json={"started_on": "2026-09-01", "date_of_birth": "1990-02-04"}
        ),
        lambda number: b.post(
            f"/v1/staff/{number}/employments/{ann['employments'][0]['id']}/end", json={"on": "2026-09-01"}
        ),
        lambda number: b.post(
            f"/v1/staff/{number}/employments/{ann['employments'][0]['id']}/assignment",
            json={"assignment_number": "20000009", "on": "2026-09-01"},
        ),
    ]
    for request in requests:
        foreign, unknown = request(ann["number"]), request(NOBODY)
        assert (foreign.status_code, unknown.status_code) == (404, 404)
        assert without_request_id(foreign) == without_request_id(unknown)


def test_nobody_of_another_trust_is_ever_listed(a: FlaskClient, b: FlaskClient, address: str) -> None:
    a.post(f"{address}/registrations", json=NMC)
    for wanted in ("registration=NMC:71A2998E", "assignment=20000001", "employee=10000001"):
        assert len(a.get(f"/v1/staff?{wanted}").get_json()["items"]) == 1
        assert b.get(f"/v1/staff?{wanted}").get_json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    "query", ["", "?family_name=Invented", "?registration=71A2998E", "?assignment=20000001&employee=10000001"]
)
def test_there_is_no_search_but_by_one_number(a: FlaskClient, ann: Any, query: str) -> None:
    assert a.get(f"/v1/staff{query}").status_code == 422


def test_a_joiner_who_hands_over_number_and_birth_date_is_employed_by_both(
    a: FlaskClient, b: FlaskClient, ann: Any, address: str
) -> None:
    joined = b.post(f"{address}/employments", json={"started_on": "2026-09-01", "date_of_birth": "1990-02-03"})
    assert joined.status_code == 201
    seen = b.get(joined.headers["Location"]).get_json()
    assert [row["id"] for row in seen["employments"]] == [joined.get_json()["id"]]
    assert a.get(address).get_json() == ann


def test_a_leaver_is_seen_to_the_last_day_and_then_no_more(a: FlaskClient, ann: Any, address: str) -> None:
    end = f"{address}/employments/{ann['employments'][0]['id']}/end"
    assert a.post(end, json={"on": "2026-08-06"}).get_json()["ended_on"] == "2026-08-06"
    assert a.get(address).status_code == 200
    assert a.post(end, json={"on": "2026-08-05"}).get_json()["ended_on"] == "2026-08-05"
    assert without_request_id(a.get(address)) == without_request_id(a.get(f"/v1/staff/{NOBODY}"))


def test_an_assignment_number_changes_from_a_day_on(a: FlaskClient, ann: Any, address: str) -> None:
    employment = ann["employments"][0]["id"]
    body = {"assignment_number": "20000009", "on": "2026-09-01"}
    begun = a.post(f"{address}/employments/{employment}/assignment", json=body)
    assert (begun.status_code, begun.get_json()["started_on"]) == (200, "2026-09-01")
    rows = a.get(address).get_json()["employments"]
    assert [(row["assignment_number"], row["ended_on"]) for row in rows] == [
        ("20000001", "2026-08-31"),
        ("20000009", None),
    ]


def test_an_employment_of_somebody_else_is_not_found_under_ones_own_person(a: FlaskClient, ann: Any) -> None:
    bea = a.post("/v1/staff", json=ANN | {"assignment_number": "20000002", "employee_number": "10000002"}).get_json()
    address = f"/v1/staff/{bea['number']}/employments/{ann['employments'][0]['id']}"
    assert a.post(f"{address}/end", json={"on": "2026-09-01"}).status_code == 404


def test_an_employment_without_an_assignment_number_has_none_to_change(a: FlaskClient, address: str) -> None:
    employment = a.post(f"{address}/employments", json={"started_on": "2026-01-01"}).get_json()["id"]
    body = {"assignment_number": "20000009", "on": "2026-09-01"}
    answer = a.post(f"{address}/employments/{employment}/assignment", json=body)
    assert answer.get_json()["errors"][0]["pointer"] == "/assignment_number"


def test_a_registration_is_recorded_in_its_normal_form(a: FlaskClient, address: str) -> None:
    answer = a.post(f"{address}/registrations", json=NMC | {"annotations": ["V300"]})
    assert (answer.status_code, answer.get_json()) == (
        201,
        {
            "body": "NMC", "number": "71A2998E", "checked_at": "2026-08-01T09:00:00Z", "method": "register_lookup",
            "annotations": ["V300"], "cautions": [],
        },
    )  # fmt: skip
    assert a.get(address).get_json()["registrations"] == [answer.get_json()]


def test_an_unusual_registration_number_comes_with_a_caution(a: FlaskClient, address: str) -> None:
    answer = a.post(f"{address}/registrations", json=NMC | {"body": "GMC", "number": "L123456"}).get_json()
    assert [caution["code"] for caution in answer["cautions"]] == ["registration_number_unusual"]


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"number": "nonsense"}, "/number"),
        ({"body": "ABC"}, "/body"),
        ({"method": "hearsay"}, "/method"),
        ({"annotations": ["V999"]}, "/annotations/0"),
        ({"checked_at": "2026-08-07T00:00:00Z"}, "/checked_at"),
        ({"checked_at": "2026-08-01T10:00:00"}, "/checked_at"),
        ({"checked_by": "X9V9A"}, "/checked_by"),
    ],
)
def test_a_wrong_field_of_a_registration_is_named(
    a: FlaskClient, address: str, changed: dict[str, Any], pointer: str
) -> None:
    answer = a.post(f"{address}/registrations", json=NMC | changed)
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.get_json()["errors"]] == [pointer]


def test_a_taken_number_is_a_conflict(a: FlaskClient, address: str) -> None:
    a.post(f"{address}/registrations", json=NMC)
    again = a.post("/v1/staff", json=ANN)
    assert (again.status_code, again.get_json()["code"]) == (409, "assignment_taken")
    bea = a.post("/v1/staff", json=ANN | {"assignment_number": "20000002"}).get_json()
    taken = a.post(f"/v1/staff/{bea['number']}/registrations", json=NMC)
    assert (taken.status_code, taken.get_json()["code"]) == (409, "registration_taken")


def test_the_same_request_under_one_key_registers_one_person(a: FlaskClient) -> None:
    headers = {"Idempotency-Key": "invented-key-1"}
    one, two = (a.post("/v1/staff", json=ANN, headers=headers).get_json() for _ in range(2))
    assert one == two


def test_reading_does_not_allow_writing(app: Flask, session: Session, ann: Any, address: str) -> None:
    reader = sign_in(app, session, OrganisationFactory.create(session).id, "staff:read")
    answers = [
        reader.post("/v1/staff", json=ANN),
        reader.post(f"{address}/employments", json={"started_on": "2026-09-01"}),
        reader.post(f"{address}/registrations", json=NMC),
    ]
    assert [answer.status_code for answer in answers] == [403, 403, 403]
