"""`/v1/imports` over HTTP: send a file, read its rows page by page, and never another organisation's."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from passport.awards.models import Award
from tests.callers import sign_in
from tests.esr_files import Employer, bulk, make_employer, personal


@pytest.fixture
def known(app: Flask, trust: Employer) -> FlaskClient:
    return sign_in(app, trust.session, trust.id, "imports:write")


def send(http: FlaskClient, content: bytes, *, key: str | None = None, **form: str) -> TestResponse:
    data: dict[str, Any] = {"file": (io.BytesIO(content), "esr.csv"), **form}
    headers = {"Idempotency-Key": key} if key else {}
    return http.post("/v1/imports", data=data, content_type="multipart/form-data", headers=headers)


def test_a_file_is_taken_and_every_row_is_told(known: FlaskClient) -> None:
    sent = send(known, bulk({}, {"Date Awarded": "soon"}, {"Competency Name": "NHS|CSTF|Basket Weaving|"}))
    assert sent.status_code == 201
    assert sent.json is not None
    assert sent.json["counts"] == {
        "new": 1, "unchanged": 0, "updated": 0, "superseded_older": 0, "set_aside": 1, "local": 0, "refused": 1,
    }  # fmt: skip
    assert (known.get(sent.headers["Location"])).json == sent.json
    rows = known.get(f"{sent.headers['Location']}/rows").json
    assert rows == {
        "items": [
            {"line": 2, "outcome": "new", "column": None, "code": None, "sentence": None},
            {
                "line": 3, "outcome": "refused", "column": "Date Awarded", "code": "date_form",
                "sentence": "The date is not in a form that means one day. Use 2026-08-06, 06-Aug-2026 or 2026/08/06.",
            },
            {
                "line": 4, "outcome": "set_aside", "column": "Competency Name", "code": "standard_unknown",
                "sentence": "The competency name is not one that the catalogue knows.",
            },
        ],
        "next": None,
    }  # fmt: skip


def test_rows_come_in_pages_and_by_outcome(known: FlaskClient) -> None:
    rows = [{"Date Awarded": "" if number % 2 else "2026-01-01"} for number in range(2301)]
    location = send(known, bulk(*rows)).headers["Location"]
    lines: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = known.get(f"{location}/rows?outcome=refused&limit=100" + (f"&cursor={cursor}" if cursor else "")).json
        assert page is not None
        lines += [row["line"] for row in page["items"]]
        cursor = page["next"]
    assert lines == list(range(3, 2303, 2))


def test_a_dry_run_changes_nothing(known: FlaskClient, trust: Employer) -> None:
    sent = send(known, bulk({}), dry_run="true")
    assert sent.status_code == 201
    assert sent.json is not None
    assert (sent.json["dry_run"], sent.json["counts"]["new"]) == (True, 1)
    assert trust.session.scalar(select(func.count()).select_from(Award)) == 0


def test_the_export_of_one_person_names_them_beside_the_file(known: FlaskClient) -> None:
    send(known, bulk({}))
    sent = send(
        known,
        personal({"Competency Name": "NHS|CSTF|Safeguarding Adults - Level 1|"}),
        layout="personal",
        assignment="30000001",
    )
    assert sent.json is not None
    assert sent.json["counts"]["new"] == 1


def test_the_same_request_again_gets_the_same_answer(known: FlaskClient) -> None:
    first = send(known, bulk({}), key="invented-key")
    again = send(known, bulk({}), key="invented-key")
    assert (first.json, again.headers.get("Idempotency-Replayed")) == (again.json, "true")
    assert send(known, bulk({}, {}), key="invented-key").status_code == 422


def test_another_organisation_s_import_looks_like_none(app: Flask, known: FlaskClient, trust: Employer) -> None:
    location = send(known, bulk({})).headers["Location"]
    neighbour = make_employer(trust.session, trust.now, ods="X9V9Z", vpd="458")
    other = sign_in(app, trust.session, neighbour.id, "imports:write")
    unknown = "/v1/imports/00000000-0000-7000-8000-000000000000"
    for tail in ("", "/rows"):
        foreign, none = other.get(location + tail), other.get(unknown + tail)
        assert foreign.status_code == none.status_code == 404
        assert foreign.json is not None
        assert none.json is not None
        assert foreign.json["code"] == none.json["code"] == "import_not_found"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"layout": "sideways"}, 422),
        ({"dry_run": "yes"}, 422),
        ({"is_admin": "true"}, 422),
        ({"assignment": "30000001"}, 422),
        ({"layout": "personal", "assignment": "3\x00"}, 422),
    ],
)
def test_a_wrong_form_is_refused(known: FlaskClient, form: dict[str, str], status: int) -> None:
    assert send(known, bulk({}), **form).status_code == status


def test_a_file_that_can_not_be_read_is_a_problem_with_its_place(known: FlaskClient) -> None:
    sent = send(known, b"Name,Wage\r\n")
    assert sent.status_code == 422
    assert sent.json is not None
    assert sent.json["code"] == "esr_file_invalid"
    assert "Assignment Number" in sent.json["detail"]


def test_a_request_without_a_file_or_of_another_type_is_refused(known: FlaskClient) -> None:
    assert known.post("/v1/imports", data={}, content_type="multipart/form-data").status_code == 422
    assert known.post("/v1/imports", json={"file": "x"}).status_code == 415


def test_only_who_may_import_imports(app: Flask, http: FlaskClient, trust: Employer) -> None:
    assert send(http, bulk({})).status_code == 401
    assert send(sign_in(app, trust.session, trust.id, "awards:write"), bulk({})).status_code == 403
