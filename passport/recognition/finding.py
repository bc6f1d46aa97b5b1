"""Find applications for recognition: one's own, those that name one as the employer, and trainees.

An application is seen by the organisation that decides on it (or what that became) and by the employer that it names;
for everybody else it is not there.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, literal, or_, select
from sqlalchemy.orm import Session

from passport.organisations import service as organisations
from passport.recognition.errors import ApplicationNotFound
from passport.recognition.models import ApplicationStep, RecognitionApplication
from passport.recognition.steps import Step

NEVER: Final = date(9999, 12, 31)


def of_organisation(
    session: Session, application_id: UUID, organisation_id: UUID, *, lock: bool = False
) -> RecognitionApplication:
    """Return an application that an organisation decides on.

    Raises:
        ApplicationNotFound: there is none, or it is another organisation's.
    """
    found = _by_id(session, application_id, lock=lock)
    return _if_seen(session, found, found.organisation_id, organisation_id)


def of_employer(
    session: Session, application_id: UUID, organisation_id: UUID, *, lock: bool = False
) -> RecognitionApplication:
    """Return an application that names an organisation as the employer.

    Raises:
        ApplicationNotFound: there is none, or it names another.
    """
    found = _by_id(session, application_id, lock=lock)
    return _if_seen(session, found, found.employer_id, organisation_id)


def all_of(organisation_id: UUID, *, step: Step | None = None, ended: bool = False) -> Select[Any]:
    """Return the statement that lists the open applications that an organisation decides on, or the ended ones."""
    when = RecognitionApplication.ended_at
    listed = select(RecognitionApplication).where(
        RecognitionApplication.organisation_id.in_(organisations.with_predecessors(organisation_id)),
        when.is_not(None) if ended else when.is_(None),
    )
    return listed.where(RecognitionApplication.step == step) if step else listed


def naming(employer_id: UUID) -> Select[Any]:
    """Return the statement that lists the applications that name an employer, ended ones too."""
    return select(RecognitionApplication).where(
        RecognitionApplication.employer_id.in_(organisations.with_predecessors(employer_id))
    )


def next_due() -> ColumnElement[date]:
    """Return the deadline that an application runs towards, to sort by: what is overdue comes first."""
    due = case(
        (RecognitionApplication.step == "learning_needs_analysis", RecognitionApplication.evidence_due_on),
        (RecognitionApplication.step == "half_of_evidence", RecognitionApplication.submission_due_on),
    )
    return func.coalesce(due, literal(NEVER))


def trainees(on: date) -> Select[Any]:
    """Return the statement that lists who was on the way to a recognition when a day ended: trainees, counted apart.

    Each has an open application or enrolment; none is recognised by that (facts, section 5).
    """
    next_day = datetime.combine(on + timedelta(days=1), time(), UTC)
    return select(RecognitionApplication).where(
        RecognitionApplication.begun_on <= on,
        or_(RecognitionApplication.ended_at.is_(None), RecognitionApplication.ended_at >= next_day),
    )


def open_of(session: Session, person_id: UUID) -> RecognitionApplication | None:
    """Return the open application of a person; None: there is none."""
    return session.scalar(
        select(RecognitionApplication).where(
            RecognitionApplication.person_id == person_id, RecognitionApplication.ended_at.is_(None)
        )
    )


def reached(session: Session, application_id: UUID) -> Mapping[Step, date]:
    """Return the steps that an application has reached, each with its day."""
    own = select(ApplicationStep).where(ApplicationStep.application_id == application_id)
    return {each.step: each.reached_on for each in session.scalars(own.order_by(ApplicationStep.id))}


def _by_id(session: Session, application_id: UUID, *, lock: bool) -> RecognitionApplication:
    found = session.get(RecognitionApplication, application_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise ApplicationNotFound
    return found


def _if_seen(
    session: Session, found: RecognitionApplication, whose: UUID | None, organisation_id: UUID
) -> RecognitionApplication:
    if whose is None:
        raise ApplicationNotFound
    named = organisations.by_id(session, whose)
    if organisation_id not in (named.id, organisations.successor(named).id):
        raise ApplicationNotFound
    return found
