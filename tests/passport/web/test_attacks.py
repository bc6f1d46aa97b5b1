"""API-001 to API-040 of the catalogue of attacks on the HTTP interface."""

import gzip
import io
import json
import logging
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.callers import sign_in
from tests.factories import OrganisationFactory
from tests.passport.web.room import SECRET_OF_THE_PROGRAM

THINGS = "/v1/things"


def send(http: FlaskClient, body: bytes | str, content_type: str = "application/json", **options: Any) -> Any:
    return http.post(THINGS, data=body, content_type=content_type, **options)


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.get_json(force=True)
    assert (answer.status_code, answer.mimetype, body["code"]) == (status, "application/problem+json", code)
    assert body["type"] == f"/problems/{code}"
    assert body["status"] == status
    assert body["request_id"] == answer.headers["X-Request-ID"]
    return body


@pytest.mark.parametrize("body", ["[" * 100_000, "[" * 2_000 + "]" * 2_000, '{"a":' * 17 + "1" + "}" * 17])
def test_api_001_and_002_deep_nesting_is_refused(http: FlaskClient, body: str) -> None:
    refused(send(http, body), 400, "json_invalid")


@pytest.mark.parametrize("body", ['{"number":NaN}', '{"number":Infinity}', '{"number":-Infinity}', '{"number":1e999}'])
def test_api_003_what_is_not_a_number_is_refused(http: FlaskClient, body: str) -> None:
    assert send(http, body).status_code in {400, 422}
    if "e999" not in body:
        refused(send(http, body), 400, "json_invalid")


def test_api_004_a_member_named_twice_is_refused(http: FlaskClient) -> None:
    refused(send(http, '{"kind":"one","kind":"two"}'), 400, "json_duplicate_key")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig", "utf-16-le", "latin-1"])
def test_api_005_json_is_utf_8_without_a_mark(http: FlaskClient, encoding: str) -> None:
    refused(send(http, '{"family_name":"Zoé"}'.encode(encoding)), 400, "json_invalid")


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("API-006 half of a surrogate pair", r'{"family_name":"\ud800"}'),
        ("API-007 NUL", r'{"family_name":"a\u0000b"}'),
        ("a control character", r'{"family_name":"a\u0007b"}'),
        ("a line feed", r'{"family_name":"a\nb"}'),
        ("a direction mark", r'{"family_name":"a\u202eb"}'),
        ("a zero-width blank", r'{"family_name":"a\u200bb"}'),
        ("a tag", r'{"family_name":"a\udb40\udc41b"}'),
        ("private use", r'{"family_name":"a\ue000b"}'),
        ("unassigned", r'{"family_name":"a\u0378b"}'),
        ("a line separator", r'{"notes":"a\u2028b"}'),
        ("a carriage return", r'{"notes":"a\rb"}'),
    ],
)
def test_api_006_and_007_characters_that_cannot_be_seen_are_refused(http: FlaskClient, name: str, body: str) -> None:
    refused(send(http, body), 422, "field_charset")


@pytest.mark.parametrize("number", ["9" * 4_000, "9223372036854775808", "-9223372036854775809", "1001", "-1", "1e300"])
def test_api_008_and_009_numbers_beyond_the_bounds_are_refused(http: FlaskClient, number: str) -> None:
    code = "field_type" if "e" in number else "field_range"
    refused(send(http, f'{{"number":{number}}}'), 422, code)


@pytest.mark.parametrize("value", ['"９９"', '"1_000"', "1.9", '"99"', "1.0", "true", '" 1"', "[]", "{}"])
def test_api_010_to_012_a_number_is_a_whole_json_number(http: FlaskClient, value: str) -> None:
    body = refused(send(http, f'{{"number":{value}}}'), 422, "field_type")
    assert body["errors"] == [
        {"pointer": "/number", "code": "field_type", "detail": "This must be a whole number."},
    ]


@pytest.mark.parametrize("value", ['"yes"', '"true"', "1", "0", '"on"', "[]"])
def test_api_013_a_flag_is_true_or_false(http: FlaskClient, value: str) -> None:
    refused(send(http, f'{{"revoked":{value}}}'), 422, "field_type")


def test_api_014_an_unknown_member_is_refused(http: FlaskClient) -> None:
    body = refused(send(http, '{"family_name":"A","is_admin":true}'), 422, "unknown_field")
    assert body["errors"][0]["pointer"] == "/is_admin"


@pytest.mark.parametrize("body", ["[null,null]", "null", "1", '"text"', "[]", "true", '[{"kind":"one"}]'])
def test_api_015_and_016_a_body_that_is_no_object_is_refused(http: FlaskClient, body: str) -> None:
    assert send(http, body).status_code in {400, 422}


@pytest.mark.parametrize("body", ["", " ", "\n"])
def test_api_017_an_empty_body_is_refused(http: FlaskClient, body: str) -> None:
    refused(send(http, body), 400, "json_invalid")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
        "application/jsonp",
        "application/ld+json",
        "",
    ],
)
def test_api_018_to_020_another_media_type_is_refused(http: FlaskClient, content_type: str) -> None:
    refused(send(http, "{}", content_type), 415, "unsupported_media_type")


def test_api_021_a_body_that_is_announced_too_large_is_not_read(http: FlaskClient) -> None:
    class Untouched(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise AssertionError("the body was read")

    answer = http.post(
        THINGS,
        input_stream=Untouched(),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": "20000000"},
    )
    refused(answer, 413, "body_too_large")


@pytest.mark.parametrize(("size", "status"), [(1_000_000, 400), (1_000_001, 413), (3_000_000, 413)])
def test_api_022_a_chunked_body_is_counted_and_never_cut(http: FlaskClient, size: int, status: int) -> None:
    answer = http.post(
        THINGS,
        input_stream=io.BytesIO(b" " * size),
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert answer.status_code == status


def test_a_route_may_take_more_than_usual_and_no_more_than_it_says(http: FlaskClient) -> None:
    assert http.post(f"{THINGS}/large", data=b" " * 5_000_000).get_json() == {"bytes": 5_000_000}
    refused(http.post(f"{THINGS}/large", data=b" " * 5_000_001), 413, "body_too_large")


def test_api_023_a_compressed_body_is_refused(http: FlaskClient) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    refused(send(http, bomb, headers={"Content-Encoding": "gzip"}), 415, "unsupported_media_type")


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "LINK", "XYZ"])
def test_api_025_another_method_is_refused_and_the_right_ones_are_named(http: FlaskClient, method: str) -> None:
    answer = http.open(THINGS, method=method)
    refused(answer, 405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("header", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_api_026_a_method_is_not_overridden(http: FlaskClient, header: str) -> None:
    assert send(http, "{}", headers={header: "DELETE"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2fetc%2fpasswd",
        "../../etc/passwd",
        "%00",
        "a%00b",
        "%0d%0aSet-Cookie:x",
        "%ed%a0%80",
        "A" * 10_000,
    ],
)
def test_api_027_to_029_an_odd_id_is_not_found(http: FlaskClient, session: Session, path: str) -> None:
    assert http.get(f"{THINGS}/{path}").status_code == 404


@pytest.mark.parametrize("limit", ["1000000000", "101", "0", "-1", "", "１０", "1_0", "1.0", "9" * 5000, "ten"])
def test_api_030_and_031_the_length_of_a_page_is_bounded(http: FlaskClient, limit: str) -> None:
    body = http.get(THINGS, query_string={"limit": limit}).get_json(force=True)
    assert (body["status"], body["errors"][0]["parameter"]) == (422, "limit")


def test_api_032_a_forged_cursor_is_refused(http: FlaskClient, session: Session) -> None:
    for cursor in ("W10", "eyJhIjoxfQ", "a.b", "0", "W1siVVVJRCIsIngiXV0.AAAA", "é"):
        refused(http.get(THINGS, query_string={"cursor": cursor}), 400, "cursor_invalid")


def test_api_032_a_cursor_of_another_list_or_client_is_refused(app: Flask, http: FlaskClient, session: Session) -> None:
    trusts = (
        OrganisationFactory.create_batch(3, session=session)
        if False
        else [OrganisationFactory.create(session) for _ in range(3)]
    )
    one, other = (sign_in(app, session, trust.id, "verify") for trust in trusts[:2])
    cursor = one.get(f"{THINGS}/mine?limit=1").get_json()["next"]
    assert one.get(f"{THINGS}/mine", query_string={"cursor": cursor}).status_code == 200
    refused(other.get(f"{THINGS}/mine", query_string={"cursor": cursor}), 400, "cursor_invalid")
    refused(http.get(THINGS, query_string={"cursor": cursor}), 400, "cursor_invalid")


def test_api_033_a_list_is_sorted_by_no_other_column(http: FlaskClient) -> None:
    body = refused(http.get(THINGS, query_string={"sort": "password_hash"}), 422, "unknown_field")
    assert body["errors"][0]["parameter"] == "sort"


def test_api_034_sql_in_a_filter_is_only_text(http: FlaskClient, session: Session) -> None:
    OrganisationFactory.create(session)
    assert http.get(THINGS, query_string={"name": "x' OR 1=1--"}).get_json()["items"] == []


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1.evil.example", "passport.example.evil.example", "", "a b"])
def test_api_035_another_host_is_refused(http: FlaskClient, name: str) -> None:
    refused(http.get("/healthz", headers={"Host": name}), 400, "bad_request")


@pytest.mark.parametrize("name", ["127.0.0.1:8000", "localhost:8000", "passport.example"])
def test_api_035_our_own_names_are_served(http: FlaskClient, name: str) -> None:
    assert http.get("/healthz", headers={"Host": name}).status_code == 200


def test_api_036_a_forged_address_does_not_lift_the_limit(known: FlaskClient) -> None:
    codes = [
        known.post(f"{THINGS}/limited", headers={"X-Forwarded-For": f"203.0.113.{number}"}).status_code
        for number in range(7)
    ]
    assert codes == [200] * 5 + [429] * 2


@pytest.mark.parametrize("path", [THINGS, "/v1/nothing", f"{THINGS}/failing/surprise"])
def test_api_037_whoever_wants_html_gets_a_problem(http: FlaskClient, path: str) -> None:
    answer = http.get(path, headers={"Accept": "text/html"})
    assert (answer.status_code, answer.mimetype) == (404 if "nothing" in path else 406, "application/problem+json")


def test_api_037_a_browser_that_takes_anything_is_answered(http: FlaskClient, session: Session) -> None:
    assert http.get(THINGS, headers={"Accept": "text/html,*/*;q=0.8"}).status_code == 200


def test_api_038_a_surprise_tells_the_caller_its_id_and_nothing_else(
    http: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = http.get(f"{THINGS}/failing/surprise")
    body = refused(answer, 500, "internal_error")
    assert set(body) == {"type", "title", "status", "code", "detail", "request_id"}
    text = json.dumps(body)
    assert not any(piece in text for piece in (SECRET_OF_THE_PROGRAM, "ValueError", "Traceback", ".py", "/work"))
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [getattr(record, "request_id", None) for record in logged] == [body["request_id"]]


def test_api_038_a_write_where_only_reading_is_allowed_is_such_a_surprise(http: FlaskClient, session: Session) -> None:
    answer = http.get(f"{THINGS}/writing")
    refused(answer, 500, "internal_error")
    assert b"organisation" not in answer.get_data()


def test_api_039_no_other_page_reads_personal_answers(known: FlaskClient) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}):
        answer = known.get(f"{THINGS}/mine", headers=headers)
        assert not any(name.startswith("Access-Control-") for name, _ in answer.headers)


def test_api_039_public_documents_may_be_read_by_every_page_without_credentials(http: FlaskClient) -> None:
    headers = http.get(f"{THINGS}/shared", headers={"Origin": "https://evil.example"}).headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


def test_api_040_personal_answers_are_not_kept_and_public_ones_may_be(known: FlaskClient) -> None:
    assert known.get(f"{THINGS}/mine").headers["Cache-Control"] == "no-store"
    assert known.get(f"{THINGS}/shared").headers["Cache-Control"] == "public, max-age=60"
