"""The rules of people: identity, registrations and employments. Flushes, never commits.

In the order of the code: find a person; find one who joins with a passport in hand; register one; record a
registration. Where two records of one person were merged (`passport.records`), the one that stands is found under both
numbers and both ids. A person belongs to nobody: an organisation sees those whom it employs, from the day the
employment is recorded to its last day; for all others a person who exists and one who does not look the same.
Employments have their rules in `employments`, which are part of this room's face. Which person a row of a file means is
decided in `matching`. Errors and audit entries hold no personal data.
"""

import os
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, selectinload

from passport.audit import service as audit
from passport.errors import Conflict, Fault, Invalid
from passport.staff import names, numbers, registrations
from passport.staff.cautions import NAME_MIXES_SCRIPTS, Caution
from passport.staff.employments import (
    AssignmentTaken,
    EmploymentEnded,
    EmploymentNotFound,
    change_assignment,
    employ,
    employment_of,
    end_employment,
)
from passport.staff.models import REGISTRATION_METHODS, Employment, Person, Registration
from passport.staff.standing import PersonNotFound, same_person_ids, stands_for, take
from passport.web import limits

__all__ = [
    "AssignmentTaken", "EmploymentEnded", "EmploymentNotFound", "PersonNotFound", "RegistrationTaken",
    "add_registration", "by_number", "cautions", "change_assignment", "employ", "employed_by", "employment_of",
    "end_employment", "find", "joiner", "member", "of_organisation", "register", "same_person_ids", "stands_for",
    "take",
]  # fmt: skip
EARLIEST_BIRTH: Final = date(1900, 1, 1)
YOUNGEST_YEARS: Final = 14  # nobody younger works; a birth date after that is a slip of the pen
GUESSES_A_DAY: Final = 10  # at the date of birth that belongs to a passport number: there are about 16,000


class RegistrationTaken(Conflict):
    """A registration number names one person. It is public, so to say that it is taken tells nothing."""

    code = "registration_taken"
    title = "This registration number belongs to another record"
    constraint = "uq_registration_body_number"


def by_number(session: Session, number: str) -> Person:
    """Return the person with a passport number, for the service's own use: no organisation is asked about.

    Raises:
        PersonNotFound: there is none, or the text is no passport number.
    """
    person = session.scalar(select(Person).where(Person.passport_number == _stored(number)))
    if person is None:
        raise PersonNotFound
    return session.get_one(Person, stands_for(session, person.id))


def of_organisation(session: Session, number: str, organisation_id: UUID, *, now: datetime) -> Person:
    """Return a person whom an organisation employs, with registrations and employments loaded.

    Args:
        session: an open transaction.
        number: the passport number, as written.
        organisation_id: who asks.
        now: UTC; an employment counts up to its last day, and before its first one too.

    Raises:
        PersonNotFound: there is none, or the organisation does not employ them: both look the same.
    """
    return _employed(session, Person.passport_number == _stored(number), organisation_id, now.date())


def member(session: Session, person_id: UUID, *, organisation_id: UUID, now: datetime) -> Person:
    """Return a person whom an organisation employs by the record's id, with registrations and employments loaded.

    Raises:
        PersonNotFound: there is none, or the organisation does not employ them: both look the same.
    """
    return _employed(session, Person.id == person_id, organisation_id, now.date())


def employed_by(organisation_id: UUID, on: date) -> ColumnElement[bool]:
    """Return the condition that an organisation employs, or is about to employ, a person on a day."""
    return exists().where(
        Employment.person_id == Person.id,
        Employment.organisation_id == organisation_id,
        or_(Employment.ended_on.is_(None), Employment.ended_on >= on),
    )


def find(
    session: Session,
    *,
    organisation_id: UUID,
    now: datetime,
    registration: str | None = None,
    assignment: str | None = None,
    employee: str | None = None,
) -> list[Person]:
    """Return the people of an organisation who carry a number. There is no search by name.

    Args:
        session: an open transaction.
        organisation_id: who asks.
        now: UTC.
        registration: body and number, as `NMC:71A2998E`.
        assignment: the assignment number at this employer.
        employee: the employee number at this employer.

    Raises:
        Invalid: not exactly one of the three was given, or it has not the form of one.
    """
    given = [value for value in (registration, assignment, employee) if value is not None]
    if len(given) != 1:
        raise Invalid("Give one of registration, assignment and employee.", (Fault("/", "Give exactly one number."),))
    carries = _carries(organisation_id, registration, assignment, employee)
    people = _with_details().where(employed_by(organisation_id, now.date()), carries)
    return list(session.scalars(people.order_by(Person.passport_number)))


def joiner(
    session: Session, number: str, *, organisation_id: UUID, date_of_birth: date | None = None, now: datetime
) -> Person:
    """Return the person whom an organisation may give an employment: its own, or one who hands over their passport.

    Somebody employed elsewhere is found only by passport number and date of birth together. Both come from the person,
    so to tell them is to agree.

    Raises:
        PersonNotFound: there is none, or the two do not belong together: both look the same.
        TooMany: dates of birth are being tried on this passport number.
    """
    stored = _stored(number)
    named = select(Person).where(_standing(session, Person.passport_number == stored), Person.closed_at.is_(None))
    person = session.scalar(named.where(employed_by(organisation_id, now.date())))
    if person is None and date_of_birth is not None:
        limits.guess("date_of_birth", stored, a_day=GUESSES_A_DAY, now=now)
        person = session.scalar(named.where(Person.date_of_birth == date_of_birth))
    if person is None:
        raise PersonNotFound
    return person


def register(
    session: Session,
    *,
    given_name: str,
    family_name: str,
    date_of_birth: date,
    actor: str,
    organisation_id: UUID,
    now: datetime,
) -> Person:
    """Add a person and give them a passport number.

    Args:
        session: an open transaction.
        given_name: as the person writes it.
        family_name: as the person writes it.
        date_of_birth: confirms later that the right person is meant.
        actor: who acts.
        organisation_id: for which organisation. The person is employed there only by `employ`.
        now: UTC.

    Raises:
        Invalid: a name holds what a name does not, or the date of birth can't be.
    """
    person = Person(
        passport_number=numbers.make(os.urandom),
        given_name=names.normalise(given_name, pointer="/given_name"),
        family_name=names.normalise(family_name, pointer="/family_name"),
        date_of_birth=_checked_birth(date_of_birth, now.date()),
        recorded_at=now,
    )
    session.add(person)
    session.flush()
    _record(session, "person.registered", person.id, actor, organisation_id, now)
    return person


def cautions(person: Person) -> tuple[Caution, ...]:
    """Return what a human should look at twice in a person's record."""
    mixed = names.mixes_scripts(person.given_name) or names.mixes_scripts(person.family_name)
    return (NAME_MIXES_SCRIPTS,) if mixed else ()


def add_registration(
    session: Session,
    *,
    person_id: UUID,
    body: str,
    number: str,
    checked_at: datetime,
    method: str,
    annotations: Iterable[str] = (),
    organisation_id: UUID,
    actor: str,
    now: datetime,
) -> Registration:
    """Record a professional registration, or a newer look at one that is known.

    Args:
        session: an open transaction.
        person_id: whose.
        body: as `NMC`.
        number: as written.
        checked_at: when the register, or what stands in for it, was looked at; UTC.
        method: how, one of `REGISTRATION_METHODS`.
        annotations: prescribing annotations on the register at that time.
        organisation_id: who looked.
        actor: who acts.
        now: UTC.

    Returns:
        The registration; a look that is older than the one on record changes nothing.

    Raises:
        PersonNotFound: the person's record was closed.
        Invalid: the number, the method or an annotation is not one, or the look is in the future.
        RegistrationTaken: the number belongs to another person.
    """
    named, noted = registrations.normalise(body, number), sorted(set(annotations))
    _check_look(method, noted, checked_at, now)
    person_id = take(session, person_id)
    known = session.scalar(
        select(Registration).where(Registration.body == named.body, Registration.number == named.number)
    )
    if known is not None and known.person_id != person_id:
        raise RegistrationTaken
    look = {"checked_at": checked_at, "checked_by_id": organisation_id, "method": method, "annotations": noted}
    if known is None:
        known = Registration(person_id=person_id, body=named.body, number=named.number, **look)
        session.add(known)
    elif known.checked_at < checked_at:
        for column, value in look.items():
            setattr(known, column, value)
    session.flush()
    _record(session, "person.registration_recorded", person_id, actor, organisation_id, now, body=named.body)
    return known


def _employed(session: Session, named: ColumnElement[bool], organisation_id: UUID, on: date) -> Person:
    theirs = _with_details().where(employed_by(organisation_id, on))
    found = session.scalar(theirs.where(named)) or session.scalar(theirs.where(_standing(session, named)))
    if found is None:
        raise PersonNotFound
    return found


def _standing(session: Session, named: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return the condition that names the record which stands for somebody; the same one where nothing was merged."""
    merged_into = session.scalar(select(Person.merged_into_id).where(named))
    return named if merged_into is None else Person.id == stands_for(session, merged_into)


def _with_details() -> Select[Person]:
    return select(Person).options(selectinload(Person.registrations), selectinload(Person.employments))


def _stored(number: str) -> str:
    try:
        return numbers.normalise(number)
    except Invalid:
        raise PersonNotFound from None


def _carries(
    organisation_id: UUID, registration: str | None, assignment: str | None, employee: str | None
) -> ColumnElement[bool]:
    if registration is not None:
        body, _, number = registration.partition(":")
        try:
            named = registrations.normalise(body, number)
        except Invalid as wrong:
            message = f"Give body and number, as NMC:71A2998E. {wrong.detail}"
            raise Invalid(message, (Fault("/registration", message),)) from None
        return exists().where(
            Registration.person_id == Person.id, Registration.body == named.body, Registration.number == named.number
        )
    number_is = Employment.assignment_number == assignment if assignment else Employment.employee_number == employee
    return exists().where(
        and_(Employment.person_id == Person.id, Employment.organisation_id == organisation_id, number_is)
    )


def _checked_birth(birth: date, today: date) -> date:
    if birth >= EARLIEST_BIRTH and birth.year <= today.year - YOUNGEST_YEARS:
        return birth
    raise Invalid.at("/date_of_birth", "This can't be the date of birth of a member of staff.")


def _check_look(method: str, annotations: list[str], checked_at: datetime, now: datetime) -> None:
    if method not in REGISTRATION_METHODS:
        raise Invalid.at("/method", f"This must be one of: {', '.join(REGISTRATION_METHODS)}.")
    if not set(annotations) <= set(registrations.ANNOTATIONS):
        raise Invalid.at("/annotations", f"An annotation is one of: {', '.join(registrations.ANNOTATIONS)}.")
    if checked_at > now:
        raise Invalid.at("/checked_at", "A look at the register can't be in the future.")


def _record(
    session: Session, action: str, person_id: UUID, actor: str, organisation_id: UUID, now: datetime, **detail: str
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"person:{person_id}", now=now,
        detail=detail,
    )  # fmt: skip
