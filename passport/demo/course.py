"""A course of 200 people that was wrong: recorded by one file, and taken back as a whole.

The employer's program sends the file to the batches of the HTTP API; the server's worker does it. Then it asks for the
undo: each award is withdrawn as issued in error, and what it had superseded is recorded again.
"""

import csv
import io
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.batches.columns import COLUMNS
from passport.db import reading
from passport.demo.invented_staff import FIRST_ASSIGNMENT
from passport.demo.program import Program
from passport.organisations import service as organisations
from passport.staff.models import Employment, Person
from passport.standards.models import Standard

EMPLOYER: Final = "X1V2A"
STANDARD: Final = "MH2"
PEOPLE: Final = 200
TAUGHT: Final = timedelta(days=3)  # before the first day
KIND: Final = "record_awards"
DONE_WITHIN: Final = 120  # seconds
LOOK_AGAIN_AFTER: Final = 0.3  # seconds


class BatchStuckError(Exception):
    """No worker did the batch."""


def happen(program: Program, *, today: date, now: datetime) -> dict[str, Any]:
    """Record the course, look, take it back, look again.

    Args:
        program: the employer's.
        today: the day of the first run.
        now: UTC.

    Returns:
        How many people hold the standard and the course before, after the file and after the undo.
    """
    token, taught_on = program.token(now=now), today - TAUGHT
    people, before = _people(now.date()), _counts(taught_on)
    request = program.send_file("/v1/batches", _file(people, taught_on), token=token, key="course", kind=KIND)
    recorded = _wait(program, token, request["id"])
    after_file = _counts(taught_on)
    undoing = program.post(f"/v1/batches/{request['id']}/undoing", {}, token=token, key="course-undo")
    undone = _wait(program, token, undoing["id"])
    return {
        "employer": EMPLOYER, "standard": STANDARD, "taught_on": taught_on.isoformat(), "batch": request["id"],
        "undo": undoing["id"], "recorded": recorded["done"], "undone": undone["done"],
        "failed": recorded["failed"] + undone["failed"], "before": before, "after_file": after_file,
        "after_undo": _counts(taught_on),
    }  # fmt: skip


def _file(numbers: Sequence[str], taught_on: date) -> bytes:
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(column.heading for column in COLUMNS[KIND])
    facts = (STANDARD, "0", taught_on.isoformat(), "", "face_to_face", "yes", "record", "authoritative")
    out.writerows((number, "", *facts) for number in numbers)
    return text.getvalue().encode("utf-8")


def _wait(program: Program, token: str, batch_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + DONE_WITHIN
    while time.monotonic() < deadline:
        stand = program.get(f"/v1/batches/{batch_id}", token=token)
        if stand["state"] == "finished":
            return stand
        time.sleep(LOOK_AGAIN_AFTER)
    raise BatchStuckError(f"The batch was not done within {DONE_WITHIN} seconds.")


def _people(on: date) -> Sequence[str]:
    """Return the passport numbers of the first invented staff of the employer who still work there."""
    with reading() as session:
        employed = (
            select(Person.passport_number)
            .join(Employment, Employment.person_id == Person.id)
            .where(
                Employment.organisation_id == organisations.by_ods(session, EMPLOYER).id,
                Employment.assignment_number >= str(FIRST_ASSIGNMENT),
                Employment.assignment_number < str(FIRST_ASSIGNMENT + 1_000_000),
                Employment.ended_on.is_(None) | (Employment.ended_on >= on),
            )
            .order_by(Employment.assignment_number)
        )
        return session.scalars(employed.limit(PEOPLE)).all()


def _counts(taught_on: date) -> dict[str, int]:
    """Return how many current awards of the standard the employer has, and how many of them are of the course."""
    with reading() as session:
        return {"hold_standard": _count(session), "hold_course": _count(session, Award.awarded_on == taught_on)}


def _count(session: Session, *more: Any) -> int:
    current = (
        select(func.count())
        .select_from(Award)
        .join(Standard, Standard.id == Award.standard_id)
        .where(
            Award.organisation_id == organisations.by_ods(session, EMPLOYER).id, Standard.code == STANDARD,
            Award.ended_at.is_(None), *more,
        )
    )  # fmt: skip
    return session.scalar(current) or 0
