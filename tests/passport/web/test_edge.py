"""What every answer carries, how failures are told, what is logged and counted."""

import json
import logging
from io import StringIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport import errors
from passport.app import create_app
from passport.errors import PassportError
from passport.settings import Settings
from passport.web import logs, problems
from passport.web.problems import STATUS, known_errors, status_of
from tests.callers import Clock

GIVEN_ID = "5d6f3c1e-7c0a-4d0e-9c55-0a7f6c1b2d3e"
THINGS = "/v1/things"


def test_a_good_body_comes_through_in_its_one_spelling(http: FlaskClient) -> None:
    body = {"family_name": "  Zoe\u0301\u00a0Inventeds ", "at": "2026-08-06T10:00:00+01:00", "number": 7}
    body |= {"on": "2026-08-06", "revoked": True, "kind": "one", "notes": "a\nb", "parts": [{"name": "x"}]}
    answer = http.post(THINGS, json=body).get_json()
    expected = {"family_name": "Zo\u00e9 Inventeds", "at": "2026-08-06T09:00:00Z", "parts": [{"name": "x"}]}
    assert answer == body | expected


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"on": "20260806"}, "/on", "field_form"),
        ({"on": "2026-02-30"}, "/on", "field_form"),
        ({"on": "2026-W32-4"}, "/on", "field_form"),
        ({"on": "1899-12-31"}, "/on", "field_range"),
        ({"at": "2026-08-06T09:00:00"}, "/at", "field_form"),
        ({"at": "2026-08-06"}, "/at", "field_form"),
        ({"at": "2026-08-06T24:01:00Z"}, "/at", "field_form"),
        ({"at": 1785834000}, "/at", "field_form"),
        ({"kind": "three"}, "/kind", "field_choice"),
        ({"kind": ["one"]}, "/kind", "field_choice"),
        ({"family_name": ""}, "/family_name", "field_length"),
        ({"family_name": "   "}, "/family_name", "field_length"),
        ({"family_name": "x" * 41}, "/family_name", "field_length"),
        ({"family_name": None}, "/family_name", "field_null"),
        ({"family_name": 7}, "/family_name", "field_type"),
        ({"parts": [{"name": "x"}, {}]}, "/parts/1/name", "field_missing"),
        ({"parts": {}}, "/parts", "field_type"),
        ({"a/b~c": 1}, "/a~1b~0c", "unknown_field"),
    ],
)
def test_a_wrong_field_is_named_by_pointer_and_code(
    http: FlaskClient, body: dict[str, object], pointer: str, code: str
) -> None:
    answer = http.post(THINGS, json=body)
    assert answer.status_code == 422
    error = answer.get_json()["errors"][0]
    assert (error["pointer"], error["code"]) == (pointer, code)


def test_several_faults_are_listed_together(http: FlaskClient) -> None:
    body = http.post(THINGS, json={"kind": "three", "number": -1}).get_json()
    assert (body["code"], len(body["errors"])) == ("fields_invalid", 2)


def test_a_flood_of_faults_is_answered_shortly(http: FlaskClient) -> None:
    body = http.post(THINGS, json={f"{number}" * 40: 1 for number in range(5000)}).get_json()
    assert len(body["errors"]) == 50


@pytest.mark.parametrize(("kind", "status"), [("invalid", 422), ("conflict", 409), ("unavailable", 503)])
def test_a_foreseen_failure_has_the_status_of_its_kind(http: FlaskClient, kind: str, status: int) -> None:
    answer = http.get(f"{THINGS}/failing/{kind}")
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    if kind == "invalid":
        assert answer.get_json()["errors"] == [{"pointer": "/name", "detail": "Use letters."}]


def test_every_kind_of_failure_has_a_status() -> None:
    of_ours = {error for error in known_errors().values() if error.__module__ in {errors.__name__, problems.__name__}}
    assert {error for error in of_ours if status_of(error) == 500} == {PassportError}
    assert set(STATUS) <= of_ours


def test_a_failure_without_a_kind_is_told_to_nobody(app: Flask) -> None:
    class Internal(PassportError):
        """A failure of the program's own."""

    with app.test_request_context():
        answer = problems.from_error(Internal("connection string"))
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")
    assert b"connection" not in answer.get_data()


def test_every_code_has_a_page(http: FlaskClient) -> None:
    for code in known_errors():
        page = http.get(f"/problems/{code}")
        assert (page.status_code, page.get_json()["code"]) == (200, code)
    assert http.get("/problems/none").status_code == 404


def test_a_request_has_an_id_and_says_it(http: FlaskClient) -> None:
    assert http.get("/healthz", headers={"X-Request-ID": GIVEN_ID}).headers["X-Request-ID"] == GIVEN_ID
    for odd in ("", "Nia.Exampleton", "a b", "x" * 65, "é", '"><script>'):
        made = http.get("/healthz", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
        assert made != odd
        assert len(made) == 36


def test_a_correlation_id_is_mirrored_where_it_is_plain(http: FlaskClient) -> None:
    assert http.get("/healthz", headers={"X-Correlation-ID": "c1"}).headers["X-Correlation-ID"] == "c1"
    assert "X-Correlation-ID" not in http.get("/healthz", headers={"X-Correlation-ID": "a b"}).headers


@pytest.mark.parametrize("path", ["/healthz", "/nothing", THINGS])
def test_every_answer_carries_the_headers_that_protect_it(http: FlaskClient, session: Session, path: str) -> None:
    headers = http.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-store"
    assert "Server" not in headers


def test_over_https_the_browser_is_told_to_stay_there(settings: Settings, clock: Clock, tmp_path: object) -> None:
    secure = Settings(home=settings.home, public_url="https://passport.example", secret_key="s" * 32)
    headers = create_app(secure, clock=clock).test_client().get("/healthz").headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_readiness_says_what_is_missing_without_a_key(http: FlaskClient, session: Session) -> None:
    answer = http.get("/readyz")
    assert (answer.status_code, answer.get_json()["code"]) == (503, "not_ready")
    assert "passport" in answer.get_json()["detail"]


def test_the_figures_are_for_operators(http: FlaskClient, settings: Settings, clock: Clock) -> None:
    http.get("/problems/none")
    figures = http.get("/metrics").get_data(as_text=True)
    assert 'passport_requests_total{method="GET",route="/problems/<code>",status="404"}' in figures
    assert "/problems/none" not in figures
    assert http.get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.1"}).status_code == 401
    assert http.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 401
    guarded = Settings(home=settings.home, secret_key="s" * 32, metrics_token="t" * 32)
    operator = create_app(guarded, clock=clock).test_client()
    assert operator.get("/metrics").status_code == 401
    assert operator.get("/metrics", headers={"Authorization": "Bearer " + "u" * 32}).status_code == 401
    assert operator.get("/metrics", headers={"Authorization": "Bearer " + "t" * 32}).status_code == 200


def test_a_log_line_names_the_route_and_no_person(
    known: FlaskClient, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        known.get(f"{THINGS}/01234567T?secret=Gwen", headers={"X-Request-ID": GIVEN_ID})
        known.post(THINGS, json={"family_name": "Gwen"})
        known.get(f"{THINGS}/failing/surprise")
    formatter = logs.Formatter(logs.FIELDS, rename_fields=logs.RENAMED, style="{")
    lines = [formatter.format(record) for record in caplog.records]
    first = json.loads(lines[0])
    assert (first["route"], first["status"], first["request_id"]) == ("/v1/things/<name>", 404, GIVEN_ID)
    assert first["level"] == "INFO"
    text = "\n".join(lines)
    assert not any(piece in text for piece in ("01234567T", "Gwen", "Bearer", "eyJ", "connection string"))
    assert "ValueError: (text left out)" in json.loads(next(line for line in lines if "unforeseen" in line))["exc_info"]


def test_the_whole_log_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StringIO()
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    monkeypatch.setattr("sys.stderr", stream)
    try:
        logs.configure("INFO")
        logging.getLogger("sqlalchemy.engine").info("SELECT 'Gwen'")
        logging.getLogger("anything").warning("said")
    finally:
        root.handlers[:], root.level = before, level
    assert [json.loads(line)["message"] for line in stream.getvalue().splitlines()] == ["said"]
