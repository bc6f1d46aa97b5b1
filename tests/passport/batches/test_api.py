"""`/v1/batches`: what programs may ask for, once, and what they read of it."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.batches import reading
from passport.batches.models import Batch
from passport.staff.models import Person
from tests.batch_files import Sender, as_csv, as_json_lines, make_sender
from tests.callers import sign_in


@pytest.fixture
def api(app: Flask, session: Session, sender: Sender) -> FlaskClient:
    return sign_in(app, session, sender.organisation.id)


def send(api: FlaskClient, content: bytes, kind: str = "record_awards", key: str | None = None, **form: str) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    data = {"kind": kind, "file": (io.BytesIO(content), "rows.csv"), **form}
    return api.post("/v1/batches", data=data, headers=headers)


def work(sender: Sender, answer: Any) -> Batch:
    batch = sender.session.get_one(Batch, answer.get_json()["id"])
    sender.work(batch)
    return batch


def test_a_batch_is_asked_for_done_and_read_row_by_row(api: FlaskClient, sender: Sender) -> None:
    answer = send(api, as_csv(*sender.awards(0, 1), *sender.awards(1)))
    assert answer.status_code == 201, answer.text
    assert answer.get_json() | {"id": "", "requested_at": ""} == {
        "id": "", "requested_at": "", "finished_at": None, "kind": "record_awards", "dry_run": False, "undoes": None,
        "state": "running", "total": 3, "done": 0, "failed": 1, "cancelled": 0, "left": 2,
    }  # fmt: skip
    address = answer.headers["Location"]
    work(sender, answer)
    done = api.get(address).get_json()
    assert (done["state"], done["done"], done["failed"]) == ("finished", 2, 1)
    first = api.get(f"{address}/rows?limit=2").get_json()
    assert [row["line"] for row in first["items"]] == [2, 3]
    assert first["items"][0]["result"] == str(sender.held(0)[0].id)
    [rest] = api.get(f"{address}/rows?limit=2&cursor={first['next']}").get_json()["items"]
    assert (rest["line"], rest["outcome"], rest["code"]) == (4, "failed", "row_twice")
    [failed] = api.get(f"{address}/rows?outcome=failed").get_json()["items"]
    assert failed == rest
    assert [each["id"] for each in api.get("/v1/batches").get_json()["items"]] == [done["id"]]


def test_the_same_request_twice_is_one_batch(api: FlaskClient, session: Session, sender: Sender) -> None:
    content = as_csv(*sender.rows(0))
    first, second = (send(api, content, "issue_passports", key="once") for _ in range(2))
    assert first.get_json() == second.get_json()
    assert session.scalar(select(func.count()).select_from(Batch)) == 1
    other = send(api, as_csv(*sender.rows(1)), "issue_passports", key="once")
    assert (other.status_code, other.get_json()["code"]) == (422, "idempotency_mismatch")


def test_a_dry_run_changes_nothing(api: FlaskClient, sender: Sender) -> None:
    answer = send(api, as_csv(*sender.awards(0)), dry_run="true")
    work(sender, answer)
    assert (answer.get_json()["state"], sender.held(0)) == ("checked", [])


def test_a_row_beyond_the_rights_stops_the_file_and_is_named(
    api: FlaskClient, session: Session, sender: Sender
) -> None:
    other = make_sender(session, sender.now)
    answer = send(api, as_csv(*sender.rows(0), *other.rows(0)), "issue_passports")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "batch_exceeds_rights")
    assert answer.get_json()["errors"] == [
        {"pointer": "line 3, column Passport number", "detail": "You do not employ this person."}
    ]
    assert session.scalar(select(func.count()).select_from(Batch)) == 0


@pytest.mark.parametrize(("kind", "scope"), [("issue_passports", "awards:write"), ("record_awards", "passports:issue")])
def test_a_batch_needs_the_scope_of_what_it_does(
    app: Flask, session: Session, sender: Sender, kind: str, scope: str
) -> None:
    api = sign_in(app, session, sender.organisation.id, "batches", scope)
    answer = send(api, as_csv(*sender.awards(0)), kind)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "insufficient_scope")
    batch = sender.request(kind, as_csv(*(sender.awards(0) if kind == "record_awards" else sender.rows(0))))
    for what in ("cancellation", "undoing"):
        refused = api.post(f"/v1/batches/{batch.id}/{what}", json={})
        assert (refused.status_code, refused.get_json()["code"]) == (403, "insufficient_scope")


def test_a_batch_is_cancelled_once(api: FlaskClient, sender: Sender) -> None:
    address = send(api, as_csv(*sender.awards(0))).headers["Location"]
    cancelled = api.post(f"{address}/cancellation")
    assert (cancelled.get_json()["state"], cancelled.get_json()["cancelled"]) == ("cancelled", 1)
    again = api.post(f"{address}/cancellation")
    assert (again.status_code, again.get_json()["code"]) == (409, "batch_over")


def test_a_batch_is_undone_once_after_a_look(api: FlaskClient, sender: Sender) -> None:
    answer = send(api, as_csv(*sender.awards(0, 1)))
    address = answer.headers["Location"]
    assert api.post(f"{address}/undoing", json={}).get_json()["code"] == "batch_running"
    work(sender, answer)
    look = api.post(f"{address}/undoing", json={"dry_run": True})
    assert (look.status_code, look.get_json()["state"]) == (201, "checked")
    back = api.post(f"{address}/undoing", json={})
    assert (back.status_code, back.get_json()["undoes"]) == (201, answer.get_json()["id"])
    work(sender, back)
    assert api.get(back.headers["Location"]).get_json()["done"] == 2
    assert (sender.held(0), sender.held(1)) == ([], [])
    assert api.post(f"{address}/undoing", json={}).get_json()["code"] == "batch_undone"


def test_another_organisation_finds_no_batch(app: Flask, session: Session, sender: Sender) -> None:
    batch = sender.send("record_awards", as_csv(*sender.awards(0)))
    other = sign_in(app, session, make_sender(session, sender.now).organisation.id)
    foreign, unknown = f"/v1/batches/{batch.id}", "/v1/batches/00000000-0000-7000-8000-000000000000"
    for what in ("", "/rows"):
        answers = [other.get(address + what).get_json() for address in (foreign, unknown)]
        assert answers[0] | {"request_id": ""} == answers[1] | {"request_id": ""}
        assert answers[0]["status"] == 404
    for what in ("/cancellation", "/undoing"):
        assert [other.post(address + what, json={}).status_code for address in (foreign, unknown)] == [404, 404]
    assert other.get("/v1/batches").get_json()["items"] == []


FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "The selected file is empty"),
    "blank": (b"\xef\xbb\xbf \r\n", "The selected file is empty"),
    "only a header": (b"Passport number\r\n", "The selected file has no rows"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0", "The selected file must be a CSV"),
    "another encoding": (b"Passport number\r\n\x81\r\n", "The selected file must be a CSV saved as UTF-8"),
    "too large": (b"x" * 5001, "The selected file must be smaller than 10MB"),
    "another column": (b"Passport number,Wage\r\n1,2\r\n", "must use the template. Column 2 is not in"),
    "a column twice": (b"Passport number,passport  NUMBER\r\n1,2\r\n", "Column 2 is there twice"),
    "a missing column": (b"\r\n1\r\n", "Columns are missing: Passport number"),
    "a broken quote": (b'Passport number\r\n"0"1\r\n', "The quotes or line ends are broken at line 2"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "sentence"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_read_is_refused_in_words(
    api: FlaskClient, content: bytes, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 5000)
    answer = send(api, content, "issue_passports")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "batch_file_invalid")
    assert sentence in answer.get_json()["detail"]


def test_a_cell_without_end_is_called_too_long(api: FlaskClient) -> None:
    answer = send(api, b"Passport number\r\n" + b"x" * 131_073 + b"\r\n", "issue_passports")
    assert answer.status_code == 422
    assert "A cell at line 2 has more than 131,072 characters" in answer.get_json()["detail"]


LINES: dict[str, bytes] = {
    "row_json": b'{"passport_number": 1.5}\n[]\n{"standard": "1", "standard": "1"}\n{"passport_number": {}}',
    "row_members": b'{"passport_number": "1", "wage": 2}',
    "cell_missing": b'{}\n{"passport_number": null}',
    "cell_form": b'{"passport_number": true}\n{"passport_number": "\\u202e"}\n{"passport_number": 9007199254740991}',
}


@pytest.mark.parametrize(("code", "lines"), LINES.items(), ids=LINES.keys())
def test_json_that_is_not_plain_is_that_lines_fault(api: FlaskClient, sender: Sender, code: str, lines: bytes) -> None:
    if not lines.startswith(b"{"):
        lines = b"{}\n" + lines
    batch = work(sender, send(api, lines, "issue_passports"))
    assert {outcome.partition(" ")[2] for outcome in sender.outcomes(batch)} == {f"failed {code}"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_files_come_in_the_encodings_that_spreadsheets_write(api: FlaskClient, sender: Sender, encoding: str) -> None:
    row = {"Passport number": sender.number(0).replace("-", "\u2013")}
    batch = work(sender, send(api, as_csv(row, encoding=encoding), "issue_passports"))
    assert sender.outcomes(batch) == ["2 done"]


def test_lines_are_counted_as_a_spreadsheet_counts_them(api: FlaskClient, sender: Sender) -> None:
    number = sender.number(0)
    content = f'Passport number\r\n\r\n"x\r\ny"\r\nx,y\r\n{number}\r\n'.encode()
    assert sender.outcomes(work(sender, send(api, content, "issue_passports"))) == [
        "3 failed cell_form", "5 failed row_width", "6 done",
    ]  # fmt: skip


def test_no_name_or_birthday_is_kept_of_the_file(api: FlaskClient, session: Session, sender: Sender) -> None:
    row = {
        "passport_number": sender.number(0), "date_of_birth": "1990-02-03", "standard": "FS",
        "awarded_on": "2026-03-02", "delivery": "blended", "verification_method": "record", "pedigree": "sourced",
    }  # fmt: skip
    send(api, as_json_lines(row))
    assert session.scalar(select(func.count()).select_from(Person)) == 4
    kept = str(session.connection().exec_driver_sql("SELECT * FROM batch_row").all())
    assert "1990" not in kept
    assert sender.staff[0].passport_number not in kept
