"""The rules of employments: who employs whom, under which numbers of its ESR. Flushes, never commits.

In the order of the code: employ; find; change an assignment number; end an employment. An assignment number belongs to
one employer and names one employment there for ever; when it changes, the old employment ends the day before and a new
one begins, so that records under either number are found (facts, section 3).
"""

import re
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.errors import Conflict, Invalid, NotFound
from passport.staff.models import EMPLOYMENT_KINDS, Employment
from passport.staff.standing import take

EMPLOYEE_NUMBER: Final = re.compile(r"[0-9]{8}")  # facts, section 3
ASSIGNMENT_NUMBER: Final = re.compile(r"[0-9]{8}(-[0-9]{1,2})?")  # ESR adds -2, -3 for a person's further assignments


class EmploymentNotFound(NotFound):
    """The organisation has no employment with this number."""

    code = "employment_not_found"
    title = "There is no such employment"


class AssignmentTaken(Conflict):
    """An assignment number names one employment of its employer."""

    code = "assignment_taken"
    title = "This assignment number is in use"
    constraint = "uq_employment_organisation_id_assignment_number"


class EmploymentEnded(Conflict):
    """The employment has ended already."""

    code = "employment_ended"
    title = "The employment has ended"


def employ(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    employee_number: str | None = None,
    assignment_number: str | None = None,
    started_on: date,
    ended_on: date | None = None,
    kind: str = "substantive",
    actor: str,
    now: datetime,
) -> Employment:
    """Record that an organisation employs a person.

    Args:
        session: an open transaction.
        person_id: whom; of a record that was merged, the one that stands.
        organisation_id: the employer.
        employee_number: the employer's number of the person, eight digits.
        assignment_number: the employer's number of this employment.
        started_on: its first day.
        ended_on: its last day, where known.
        kind: one of `EMPLOYMENT_KINDS`; several employments may run at once.
        actor: who acts.
        now: UTC.

    Raises:
        PersonNotFound: the person's record was closed.
        Invalid: a number has not its form, the kind is not one, or the last day is before the first.
        AssignmentTaken: the employer has, or had, another employment with this number.
    """
    _check_form(employee_number, EMPLOYEE_NUMBER, "/employee_number", "An employee number has eight digits.")
    _check_form(assignment_number, ASSIGNMENT_NUMBER, "/assignment_number", "An assignment number has eight digits.")
    _check_order(started_on, ended_on)
    if kind not in EMPLOYMENT_KINDS:
        raise Invalid.at("/kind", f"The kind must be one of: {', '.join(EMPLOYMENT_KINDS)}.")
    if assignment_number is not None and _assignment(session, organisation_id, assignment_number) is not None:
        raise AssignmentTaken
    person_id = take(session, person_id)
    employment = Employment(
        person_id=person_id, organisation_id=organisation_id, employee_number=employee_number,
        assignment_number=assignment_number, started_on=started_on, ended_on=ended_on, kind=kind,
    )  # fmt: skip
    session.add(employment)
    session.flush()
    _record(session, "person.employed", person_id, actor, organisation_id, now, employment=str(employment.id))
    return employment


def employment_of(session: Session, employment_id: UUID, *, person_id: UUID, organisation_id: UUID) -> Employment:
    """Return an employment of a person at an organisation.

    Raises:
        EmploymentNotFound: there is none, or it is another person's or another organisation's: all look the same.
    """
    employment = session.get(Employment, employment_id)
    if employment is None or (employment.person_id, employment.organisation_id) != (person_id, organisation_id):
        raise EmploymentNotFound
    return employment


def change_assignment(
    session: Session, *, organisation_id: UUID, old: str, new: str, on: date, actor: str, now: datetime
) -> Employment:
    """Give an employment a new assignment number from a day on: the old one ends the day before, a new one begins.

    Raises:
        EmploymentNotFound: the organisation has no employment with the old number.
        EmploymentEnded: it ended before that day.
        AssignmentTaken: the new number is in use.
        Invalid: the day is not after the first day of the old employment.
    """
    ending = _assignment(session, organisation_id, old)
    if ending is None:
        raise EmploymentNotFound
    if ending.ended_on is not None and ending.ended_on < on:
        raise EmploymentEnded
    last_day, ending.ended_on = ending.ended_on, on - timedelta(days=1)
    _check_order(ending.started_on, ending.ended_on, pointer="/on")
    return employ(
        session, person_id=ending.person_id, organisation_id=organisation_id, employee_number=ending.employee_number,
        assignment_number=new, started_on=on, ended_on=last_day, kind=ending.kind, actor=actor, now=now,
    )  # fmt: skip


def end_employment(
    session: Session, *, employment_id: UUID, organisation_id: UUID, on: date, actor: str, now: datetime
) -> Employment:
    """Set the last day of an employment.

    Raises:
        EmploymentNotFound: the organisation has no such employment.
        EmploymentEnded: it has another last day that is past.
        Invalid: the day is before the first one.
    """
    employment = session.get(Employment, employment_id)
    if employment is None or employment.organisation_id != organisation_id:
        raise EmploymentNotFound
    if employment.ended_on is not None and employment.ended_on < now.date():
        raise EmploymentEnded
    _check_order(employment.started_on, on, pointer="/on")
    employment.ended_on = on
    session.flush()
    _record(session, "person.left", employment.person_id, actor, organisation_id, now, employment=str(employment_id))
    return employment


def _assignment(session: Session, organisation_id: UUID, assignment_number: str) -> Employment | None:
    return session.scalar(
        select(Employment).where(
            Employment.organisation_id == organisation_id, Employment.assignment_number == assignment_number
        )
    )


def _check_form(value: str | None, form: re.Pattern[str], pointer: str, message: str) -> None:
    if value is not None and not form.fullmatch(value):
        raise Invalid.at(pointer, message)


def _check_order(started_on: date, ended_on: date | None, *, pointer: str = "/ended_on") -> None:
    if ended_on is not None and ended_on < started_on:
        raise Invalid.at(pointer, "The last day can't be before the first.")


def _record(
    session: Session, action: str, person_id: UUID, actor: str, organisation_id: UUID, now: datetime, **detail: str
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"person:{person_id}", now=now,
        detail=detail,
    )  # fmt: skip
