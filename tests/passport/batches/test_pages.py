"""Pages of batches: a file is checked, looked at, confirmed, watched, stopped and taken back; nobody sees another's."""

import io
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.batches import reading
from passport.batches.models import Batch
from passport.standards import service as standards
from tests.batch_files import Sender, as_csv, make_sender
from tests.visitors import Browser, visit


@pytest.fixture
def hr(app: Flask, session: Session, sender: Sender) -> Browser:
    return visit(app, session, sender.organisation.id, "hr")


def check(browser: Browser, content: bytes, kind: str = "record_awards") -> str:
    """Check a file and return the address of its report."""
    answer = browser.post("/batches/new", kind=kind, file=(io.BytesIO(content), "rows.csv"))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def run(browser: Browser, checked: str) -> str:
    """Run what was checked and return the address of the batch."""
    answer = browser.post(f"{checked}/run")
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


def work(sender: Sender, address: str) -> Batch:
    batch = sender.session.get_one(Batch, UUID(address.rpartition("/")[2]))
    sender.work(batch)
    return batch


def test_a_file_is_checked_confirmed_watched_and_done(hr: Browser, sender: Sender) -> None:
    assert "There is no batch yet." in hr.get("/batches")
    checked = check(hr, as_csv(*sender.awards(0, 1), *sender.awards(1)))
    report = hr.get(checked)
    assert 'href="#line-4">Line 4: An earlier row of this file asks for the same.' in report
    assert "1 row cannot be done" in report
    assert "Nothing has changed yet." in report
    assert "The rows that cannot be done are left out." in hr.get(f"{checked}/run")
    batch = run(hr, checked)
    watched = hr.get(batch)
    assert '<meta http-equiv="refresh" content="5">' in watched
    assert 'max="3" value="1"' in watched
    assert 'aria-live="polite"' in watched
    work(sender, batch)
    done = hr.get(batch)
    assert "refresh" not in done
    assert "1 row was not done" in done
    assert len(sender.held(0)) == 1
    assert hr.post(f"{checked}/run").status_code == 409
    assert "Record awards" in hr.get("/batches")


def test_an_undo_says_first_what_it_does_and_what_is_left(hr: Browser, sender: Sender) -> None:
    batch = run(hr, check(hr, as_csv(*sender.awards(0, 1))))
    assert hr.http.get(f"{batch}/undo").status_code == 409
    work(sender, batch)
    sender.send("record_awards", as_csv(*sender.awards(1, Awarded_on="2026-07-01")))
    asked = hr.get(f"{batch}/undo")
    assert "This is done for 1 row." in asked
    assert "Line 3: The award was superseded since, so it was left." in asked
    back = hr.post(f"{batch}/undo").headers["Location"]
    work(sender, back)
    assert (len(sender.held(0)), len(sender.held(1))) == (0, 1)
    assert "This batch was undone" in hr.get(batch)
    assert "Undo: record awards" in hr.get(back)
    assert hr.http.get(f"{batch}/undo").status_code == 409


def test_a_batch_that_runs_is_stopped(hr: Browser, sender: Sender) -> None:
    batch = run(hr, check(hr, as_csv(*sender.awards(0))))
    assert hr.post(f"{batch}/stop").status_code == 303
    stopped = hr.get(batch)
    assert "What had not begun was stopped." in stopped
    assert "Undo the batch" not in stopped  # nothing was done


def test_a_file_beyond_the_rights_can_not_be_run(hr: Browser, session: Session, sender: Sender) -> None:
    other = make_sender(session, sender.now)
    checked = check(hr, as_csv(*sender.rows(0), *other.rows(0)), "issue_passports")
    report = hr.get(checked)
    assert "The file asks for more than your organisation may do." in report
    assert "Continue" not in report
    assert hr.http.get(f"{checked}/run").status_code == 409


def test_revocation_says_that_it_can_not_be_undone(hr: Browser, sender: Sender) -> None:
    sender.send("issue_passports", as_csv(*sender.rows(0)))
    rows = [row | {"Reason": "lost"} for row in sender.rows(0)]
    checked = check(hr, as_csv(*rows), "revoke_copies")
    assert "You cannot undo this" in hr.get(f"{checked}/run")
    batch = run(hr, checked)
    work(sender, batch)
    assert "Undo the batch" not in hr.get(batch)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no file": ({"kind": "record_awards"}, "Select a file"),
    "no kind": ({"file": (b"x", "x.csv")}, "Choose what you want to do"),
    "another kind": ({"kind": "delete", "file": (b"x", "x.csv")}, "Choose what you want to do"),
    "empty": ({"kind": "record_awards", "file": (b"", "x.csv")}, "The selected file is empty"),
    "no table": ({"kind": "record_awards", "file": (b"\0", "x.png")}, "The selected file must be a CSV"),
    "too large": (
        {"kind": "record_awards", "file": (b"x" * 5001, "x.csv")}, "The selected file must be smaller than 10MB",
    ),
    "no template": ({"kind": "record_awards", "file": (b"a\r\n1", "x.csv")}, "The selected file must use the template"),
}  # fmt: skip


@pytest.mark.parametrize(("fields", "sentence"), WRONG.values(), ids=WRONG.keys())
def test_what_is_wrong_with_a_file_is_said_in_words(
    hr: Browser, fields: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 5000)
    sent: dict[str, Any] = {
        name: (io.BytesIO(value[0]), value[1]) if name == "file" else value for name, value in fields.items()
    }
    answer = hr.post("/batches/new", **sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert "There is a problem" in answer.text


def test_the_rows_are_a_file_to_download(hr: Browser, sender: Sender) -> None:
    checked = check(hr, as_csv(*sender.awards(0), *sender.awards(0)))
    every = hr.get(f"{checked}/rows.csv").splitlines()
    number = sender.number(0)
    assert every[1:] == [
        f"2,Not yet,,,{number},,,,", "3,Not done,,An earlier row of this file asks for the same.,,,,,",
    ]  # fmt: skip
    assert len(hr.get(f"{checked}/rows.csv?only=failed").splitlines()) == 2


def test_templates_are_for_those_who_may_use_them(app: Flask, session: Session, hr: Browser, sender: Sender) -> None:
    assert hr.get("/batches/templates/issue_passports.csv").splitlines()[1] == "0123-4567-T"
    hr.get("/batches/templates/nothing.csv", status=404)
    academy = visit(app, session, sender.organisation.id, "academy")
    academy.get("/batches/templates/record_awards.csv")
    academy.get("/batches/templates/issue_passports.csv", status=404)
    assert "Issue passports" not in academy.get("/batches/new")


def test_another_organisation_and_another_role_find_no_batch(app: Flask, session: Session, sender: Sender) -> None:
    batch = sender.send("issue_passports", as_csv(*sender.rows(0)))
    stranger = visit(app, session, make_sender(session, sender.now).organisation.id, "hr")
    for browser in (stranger, visit(app, session, sender.organisation.id, "academy")):
        for what in ("", "/run", "/undo", "/confirm", "/rows.csv"):
            browser.get(f"/batches/{batch.id}{what}", status=404)
        for what in ("/run", "/undo", "/confirm", "/stop"):
            assert browser.post(f"/batches/{batch.id}{what}").status_code == 404
        assert "There is no batch yet." in browser.get("/batches")


def test_two_people_withdraw_professional_credentials(
    app: Flask, session: Session, hr: Browser, sender: Sender
) -> None:
    standards.accredit(
        session, organisation_id=sender.organisation.id, standard_code="MPC-PAEDIATRICS", from_on=date(2024, 4, 1),
        actor="operator", now=sender.now,
    )  # fmt: skip
    sender.send("record_awards", as_csv(*sender.awards(0, Standard="MPC-PAEDIATRICS")))
    row = sender.rows(0)[0] | {"Standard": "MPC-PAEDIATRICS", "Reason": "issued_in_error"}
    checked = check(hr, as_csv(row), "withdraw_awards")
    assert "A colleague must confirm" in hr.get(f"{checked}/run")
    batch = run(hr, checked)
    assert "A colleague must confirm this." in hr.get(batch)
    assert hr.http.get(f"{batch}/confirm").status_code == 403
    second = visit(app, session, sender.organisation.id, "hr", "Sekunda Inventedname")
    assert "Look and confirm" in second.get(batch)
    assert "It needs you as the second person." in second.get(f"{batch}/confirm")
    assert second.post(f"{batch}/confirm").status_code == 303
    work(sender, batch)
    assert sender.held(0) == []
    assert session.scalars(select(Batch.confirmed_by).where(Batch.confirmed_by.is_not(None))).all()
