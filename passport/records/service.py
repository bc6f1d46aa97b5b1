"""What the room's rules share: finding a record by its passport number, comparing two, and the history of corrections.

Flushes, never commits. The rules themselves: `merging` joins two records of one person and takes that back, `parting`
gives back what an import gave to the wrong person, `closing` ends a record (death, or somebody who left for good),
`erasing` removes a person, `retention` says how long what is kept, `whole_record` is what a person is given on
request. Only registrars see two records side by side: all others see one, or none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased, selectinload

from passport.access import accounts
from passport.audit import service as audit
from passport.awards.models import Recognition
from passport.errors import Conflict, Fault, Invalid, NotFound
from passport.issuing import people
from passport.issuing.people import Held
from passport.organisations.models import Organisation
from passport.records.models import IdentityCorrection
from passport.staff import names, numbers
from passport.staff import service as staff
from passport.staff.models import Contact, Employment, Person, Registration

LONGEST_REASON: Final = 500


class RecordNotFound(NotFound):
    """There is no such record, or the caller may not know that there is."""

    code = "record_not_found"
    title = "There is no such record"


class CorrectionNotFound(NotFound):
    """There is no such correction."""

    code = "correction_not_found"
    title = "There is no such correction"


class RecordNotOpen(Conflict):
    """The record was closed, merged into another, or erased."""

    code = "record_not_open"
    title = "This record is not open any more"


@dataclass(frozen=True, slots=True)
class Side:
    """One record as a registrar compares it with another."""

    person: Person
    number: str
    employments: Sequence[tuple[Employment, str]]
    held: Sequence[Held]
    recognition: Recognition | None
    has_account: bool
    has_address: bool


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for two records being one person, or against it. Names alone never decide."""

    sentence: str
    speaks_for: bool


def by_number(session: Session, number: str) -> Person:
    """Return the very record with a passport number, merged or not, with its registrations.

    Raises:
        RecordNotFound: there is none, or the text is no passport number.
    """
    try:
        stored = numbers.normalise(number)
    except Invalid:
        raise RecordNotFound("Check the passport number.") from None
    found = session.scalar(
        select(Person).where(Person.passport_number == stored).options(selectinload(Person.registrations))
    )
    if found is None:
        raise RecordNotFound("Check the passport number.")
    return found


def by_id(session: Session, person_id: UUID) -> Person:
    """Return a record by its id.

    Raises:
        RecordNotFound: there is none.
    """
    found = session.scalar(select(Person).where(Person.id == person_id).options(selectinload(Person.registrations)))
    if found is None:
        raise RecordNotFound
    return found


def locked(session: Session, *person_ids: UUID) -> list[Person]:
    """Return open records in the order asked for, taken in the order of their ids until the transaction ends.

    Raises:
        RecordNotFound: there is none.
        RecordNotOpen: one is closed, merged or erased.
    """
    taking = select(Person).where(Person.id.in_(person_ids)).order_by(Person.id).with_for_update(key_share=True)
    found = {person.id: person for person in session.scalars(taking, execution_options={"populate_existing": True})}
    if set(found) != set(person_ids):
        raise RecordNotFound
    if any(person.closed_at is not None or person.merged_into_id is not None for person in found.values()):
        raise RecordNotOpen("Look at the history of the record: it was closed or merged.")
    return [found[person_id] for person_id in person_ids]


def side(session: Session, person_id: UUID) -> Side:
    """Return a record as it is compared with another."""
    person = by_id(session, person_id)
    employed = select(Employment, Organisation.name).join(Organisation, Organisation.id == Employment.organisation_id)
    worked = employed.where(Employment.person_id == person_id).order_by(Employment.started_on, Employment.id)
    current = select(Recognition).where(Recognition.person_id == person_id, Recognition.ended_at.is_(None))
    return Side(
        person=person,
        number=numbers.show(person.passport_number),
        employments=[(row, name) for row, name in session.execute(worked)],
        held=[each for each in people.held(session, person_id) if each.award.person_id == person_id],
        recognition=session.scalar(current),
        has_account=accounts.of_person(session, person_id) is not None,
        has_address=session.get(Contact, person_id) is not None,
    )


def evidence(one: Side, other: Side) -> list[Evidence]:
    """Return what speaks for two records being one person, and what against it."""
    found = [
        _same(one.person.date_of_birth == other.person.date_of_birth, "The dates of birth"),
        _same(names.fold(one.person.family_name) == names.fold(other.person.family_name), "The family names"),
        _same(names.fold(one.person.given_name) == names.fold(other.person.given_name), "The given names"),
    ]
    ours, theirs = (_registered(each.person.registrations) for each in (one, other))
    found += [
        Evidence(f"Both have a registration with the {body}, and the numbers differ.", speaks_for=False)
        for body in sorted(ours & theirs)
    ]
    shared = _employee_numbers(one) & _employee_numbers(other)
    if shared:
        found.append(Evidence("An employer has them under one employee number.", speaks_for=True))
    return found


def corrections_of(session: Session, person_id: UUID) -> Sequence[IdentityCorrection]:
    """Return the corrections that a record was part of, the newest first."""
    everyone = staff.same_person_ids(session, person_id)
    about = or_(IdentityCorrection.from_person_id.in_(everyone), IdentityCorrection.to_person_id.in_(everyone))
    newest = (IdentityCorrection.proposed_at.desc(), IdentityCorrection.id.desc())
    return session.scalars(select(IdentityCorrection).where(about).order_by(*newest)).all()


def waiting(session: Session) -> list[tuple[IdentityCorrection, str, str]]:
    """Return the merges that wait, the oldest first, with the stored numbers of the record that goes and the other."""
    gone, kept = aliased(Person), aliased(Person)
    proposed = (
        select(IdentityCorrection, gone.passport_number, kept.passport_number)
        .join(gone, gone.id == IdentityCorrection.from_person_id)
        .join(kept, kept.id == IdentityCorrection.to_person_id)
        .where(IdentityCorrection.state == "proposed")
    )
    oldest = (IdentityCorrection.proposed_at, IdentityCorrection.id)
    return [(each, going, staying) for each, going, staying in session.execute(proposed.order_by(*oldest))]


def correction(session: Session, correction_id: UUID, *, lock: bool = False) -> IdentityCorrection:
    """Return a correction.

    Raises:
        CorrectionNotFound: there is none.
    """
    found = session.get(IdentityCorrection, correction_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise CorrectionNotFound
    return found


def words(text: str, *, pointer: str) -> str:
    """Return a reason that a registrar gave, trimmed.

    Raises:
        Invalid: it is empty or too long.
    """
    given = text.strip()
    if 1 <= len(given) <= LONGEST_REASON:
        return given
    message = f"Say why, in at most {LONGEST_REASON} characters."
    raise Invalid(message, (Fault(pointer, message),))


def trace(
    session: Session,
    action: str,
    person_id: UUID,
    *,
    actor: str,
    organisation_id: UUID | None,
    now: datetime,
    **detail: str | int,
) -> None:
    """Write the audit entry of something that was done to a record: ids and counts, no words."""
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"person:{person_id}", now=now,
        detail=detail,
    )  # fmt: skip


def _same(agree: bool, what: str) -> Evidence:
    return Evidence(f"{what} {'agree' if agree else 'differ'}.", speaks_for=agree)


def _registered(registrations: Sequence[Registration]) -> set[str]:
    return {row.body for row in registrations}


def _employee_numbers(one: Side) -> set[tuple[UUID, str]]:
    return {(row.organisation_id, row.employee_number) for row, _ in one.employments if row.employee_number}
