"""Pages of an auditor: the log, and a record as it was known."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.inspection import checkpoints
from passport.inspection.models import Inspection
from tests.factories import OrganisationFactory
from tests.receiving import Shown
from tests.visitors import Browser, visit


def day(on: datetime) -> dict[str, str]:
    return {"as_of_on-day": str(on.day), "as_of_on-month": str(on.month), "as_of_on-year": str(on.year)}


def begin(auditor: Browser, shown: Shown, now: datetime, **changed: str) -> str:
    fields = {"number": shown.nurse.number, "reason": "Yearly audit", **day(now)} | changed
    answer = auditor.post("/inspections/new", **fields)
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_an_auditor_sees_what_was_known_of_a_person(auditor: Browser, shown: Shown, now: datetime) -> None:
    assert "Nobody inspected a record yet" in auditor.get("/inspections")
    page = auditor.get(begin(auditor, shown, now))
    assert "On record on that day" in page
    assert "Yearly audit" in page
    assert "No change" in page
    assert "Nothing was decided by that day" in page
    assert "Audrey Imagined" in auditor.get("/inspections")


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"number": "0000-0000-0"}, "Your organisation has no record of a person with this number"),
        ({"number": ""}, "Enter the passport number"),
        ({"reason": ""}, "Say why you look"),
        ({"reason": "why"}, "Give a reason of 5 to 500 characters"),
        ({"as_of_on-year": "2100"}, "The day must be today or in the past"),
        ({"as_of_on-day": "99"}, "Which day?"),
    ],
)
def test_what_is_wrong_is_said_beside_its_question(
    auditor: Browser, session: Session, shown: Shown, now: datetime, changed: dict[str, str], says: str
) -> None:
    fields = {"number": shown.nurse.number, "reason": "Yearly audit", **day(now)} | changed
    answer = auditor.post("/inspections/new", **fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert session.scalars(select(Inspection)).all() == []


def test_nobody_else_reads_an_inspection(
    app: Flask, session: Session, auditor: Browser, shown: Shown, now: datetime
) -> None:
    address = begin(auditor, shown, now)
    visit(app, session, shown.nurse.organisation_id, "hr").get(address, status=403)
    visit(app, session, OrganisationFactory.create(session).id, "auditor").get(address, status=404)


def test_the_log_shows_the_own_organisation_alone_and_can_be_narrowed(
    app: Flask, session: Session, auditor: Browser, shown: Shown, now: datetime
) -> None:
    begin(auditor, shown, now)
    assert "Person inspected" in auditor.get("/audit-log")
    assert "Person inspected" in auditor.get("/audit-log?action=person")
    assert "No entry fits" in auditor.get("/audit-log?action=per%25")
    assert "No entry fits" in auditor.get("/audit-log?until_on-day=1&until_on-month=1&until_on-year=2020")
    assert "Person inspected" not in visit(app, session, OrganisationFactory.create(session).id, "auditor").get(
        "/audit-log"
    )


def test_a_wrong_day_is_an_error_and_not_the_whole_log(auditor: Browser, shown: Shown) -> None:
    page = auditor.get("/audit-log?from_on-day=99&from_on-month=1&from_on-year=2026", status=422)
    assert "There is a problem" in page


def test_the_log_is_a_file_that_a_spreadsheet_can_open_safely(
    auditor: Browser, session: Session, shown: Shown, now: datetime
) -> None:
    audit.record(
        session, actor="=cmd()", organisation_id=shown.nurse.organisation_id, action="award.recorded",
        subject="award:1", now=now,
    )  # fmt: skip
    session.commit()
    text = auditor.get("/audit-log.csv?action=award.recorded")
    assert "'=cmd()" in text
    assert text.splitlines()[0].endswith("SHA-256")


def test_the_newest_checkpoint_is_public(app: Flask, session: Session, shown: Shown, now: datetime) -> None:
    anybody = app.test_client()
    assert anybody.get("/audit-checkpoint").status_code == 404
    checkpoints.sign(session, now=now)
    session.commit()
    answer = anybody.get("/audit-checkpoint")
    assert answer.mimetype == "application/audit-checkpoint+jwt"
    assert checkpoints.check(session, answer.text, now=now).sequence >= 1
