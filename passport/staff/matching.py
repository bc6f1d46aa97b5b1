"""Which person does a row of somebody else's file mean? Decided by numbers; never by name.

A row is matched by the assignment or employee number within the employer, or by a registration number. Name and date
of birth only confirm a match or cast doubt on it (facts, section 1): numbers are mistyped, names change and are spelt
in many ways. So there are three answers: `Matched`, with the number that did it; `Uncertain`, with the reason and the
people in question, for a person to decide; `NoMatch`.

The rules, in the order of the code: numbers that name different people are a doubt; so is a date of birth that
differs; so are a given and a family name of which neither agrees, unless the date of birth confirms. A registration
number is public, and so is a name: a row with the number of somebody who is not employed here is a doubt that tells no
more than that, whatever else the row says. A row whose numbers nobody carries is a doubt where somebody of the employer
has the same name and date of birth, else no match. How alike two names are is a number from 0 to 100 that is shown to a
person and decides nothing.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from rapidfuzz import fuzz
from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session, selectinload

from passport.errors import Invalid
from passport.staff import names, registrations
from passport.staff.models import Employment, Person, Registration

Key = Literal["assignment_number", "employee_number", "registration_number"]
Doubt = Literal[
    "numbers_disagree", "date_of_birth_differs", "names_differ", "not_employed_here", "only_name_and_birth_agree"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """What a row says of its person."""

    given_name: str
    family_name: str
    date_of_birth: date | None = None
    assignment_number: str | None = None
    employee_number: str | None = None
    registration_body: str | None = None
    registration_number: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody whom the row may mean. `name_likeness` is from 0 to 100; None where the row or we have no date."""

    person_id: UUID
    name_likeness: int
    date_of_birth_agrees: bool | None


@dataclass(frozen=True, slots=True)
class Matched:
    """The row means this person; `by` is the number that says so."""

    person_id: UUID
    by: Key


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A person must look. People of other organisations are never among the candidates."""

    reason: Doubt
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nobody carries one of the row's numbers."""


Match = Matched | Uncertain | NoMatch


def match(session: Session, claimed: Claimed, *, organisation_id: UUID) -> Match:
    """Say which person a row of an employer's file means.

    Args:
        session: an open transaction.
        claimed: what the row says. A registration that can't be one counts as none.
        organisation_id: the employer whose file it is.
    """
    found = _by_numbers(session, claimed, organisation_id)
    if not found:
        return _by_nobody(session, claimed, organisation_id)
    if not all(_employed(person, organisation_id) for _, person in found):
        return Uncertain("not_employed_here", ())
    people = {person.id: person for _, person in found}
    if len(people) > 1:
        return _uncertain("numbers_disagree", list(people.values()), claimed)
    key, person = found[0]
    doubt = _doubt(person, claimed)
    return _uncertain(doubt, [person], claimed) if doubt else Matched(person.id, key)


def likeness(person: Person, claimed: Claimed) -> int:
    """Return how alike the names are, from 0 to 100, without regard to case, accents and the order of words."""
    ours, theirs = f"{person.given_name} {person.family_name}", f"{claimed.given_name} {claimed.family_name}"
    return round(fuzz.token_sort_ratio(_words(ours), _words(theirs)))


def _by_numbers(session: Session, claimed: Claimed, organisation_id: UUID) -> list[tuple[Key, Person]]:
    """Find everybody who carries one of the row's numbers, the employer's own numbers first."""
    found: list[tuple[Key, Person]] = []
    for key, carries in _conditions(claimed, organisation_id):
        statement = select(Person).where(carries).options(selectinload(Person.employments)).order_by(Person.id)
        found += [(key, person) for person in session.scalars(statement)]
    return found


def _conditions(claimed: Claimed, organisation_id: UUID) -> list[tuple[Key, ColumnElement[bool]]]:
    conditions: list[tuple[Key, ColumnElement[bool]]] = []
    here = Employment.organisation_id == organisation_id
    if claimed.assignment_number:
        number = Employment.assignment_number == claimed.assignment_number
        conditions.append(("assignment_number", Person.employments.any(and_(here, number))))
    if claimed.employee_number:
        number = Employment.employee_number == claimed.employee_number
        conditions.append(("employee_number", Person.employments.any(and_(here, number))))
    registration = _registration(claimed)
    if registration is not None:
        conditions.append(("registration_number", Person.registrations.any(registration)))
    return conditions


def _registration(claimed: Claimed) -> ColumnElement[bool] | None:
    if not claimed.registration_body or not claimed.registration_number:
        return None
    try:
        named = registrations.normalise(claimed.registration_body, claimed.registration_number)
    except Invalid:
        return None
    return and_(Registration.body == named.body, Registration.number == named.number)


def _by_nobody(session: Session, claimed: Claimed, organisation_id: UUID) -> Match:
    if claimed.date_of_birth is None:
        return NoMatch()
    born_then = (
        select(Person)
        .where(
            Person.date_of_birth == claimed.date_of_birth,
            Person.employments.any(Employment.organisation_id == organisation_id),
        )
        .options(selectinload(Person.employments))
        .order_by(Person.id)
    )
    same = [person for person in session.scalars(born_then) if all(_names_agree(person, claimed))]
    return _uncertain("only_name_and_birth_agree", same, claimed) if same else NoMatch()


def _doubt(person: Person, claimed: Claimed) -> Doubt | None:
    born_alike = _born_alike(person, claimed)
    if born_alike is False:
        return "date_of_birth_differs"
    if born_alike is None and not any(_names_agree(person, claimed)):
        return "names_differ"
    return None


def _born_alike(person: Person, claimed: Claimed) -> bool | None:
    return None if claimed.date_of_birth is None else person.date_of_birth == claimed.date_of_birth


def _names_agree(person: Person, claimed: Claimed) -> tuple[bool, bool]:
    """Say of the given and of the family name whether it is the same but for case, accents and punctuation."""
    given, family = names.fold(claimed.given_name), names.fold(claimed.family_name)
    return given == names.fold(person.given_name), family == names.fold(person.family_name)


def _employed(person: Person, organisation_id: UUID) -> bool:
    return any(employment.organisation_id == organisation_id for employment in person.employments)


def _uncertain(reason: Doubt, people: list[Person], claimed: Claimed) -> Uncertain:
    candidates = (Candidate(person.id, likeness(person, claimed), _born_alike(person, claimed)) for person in people)
    return Uncertain(reason, tuple(candidates))


def _words(name: str) -> str:
    return " ".join(names.fold(word) for word in name.split())
