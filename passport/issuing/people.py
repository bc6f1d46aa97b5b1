"""An employer's staff as a list: found by name or number, filtered by what is to do, in pages.

In the order of the code: the filters; the statement of the list; what stands beside each person of a page, in one
query; a person's awards with their standards and issuers. An award is about to end where its own last day, or its
standard's renewal period counted from the award, lies within `SOON`. That is a reminder for the employer: what counts
elsewhere is the receiver's rule.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Date, Interval, Select, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.errors import Invalid
from passport.issuing.models import Credential
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.standards.models import RenewalRule, Standard

SOON: Final = timedelta(days=60)
NEEDS_ACTION: Final = "needs_action"
NO_PASSPORT: Final = "no_passport"
EVERYBODY: Final = "everybody"
FILTERS: Final = {EVERYBODY: "Everybody", NEEDS_ACTION: "Needs action", NO_PASSPORT: "No passport"}
KEYS: Final = (Person.family_name, Person.given_name, Person.id)


@dataclass(frozen=True, slots=True)
class Listed:
    """A person of a page of the list."""

    person: Person
    needs_action: bool
    has_passport: bool


@dataclass(frozen=True, slots=True)
class Held:
    """An award with what a page says of it. `ends_on`: its last day as the employer reckons, None where it has none."""

    award: Award
    standard: Standard
    issuer: Organisation
    ends_on: date | None


def listing(organisation_id: UUID, *, search: str, only: str, now: datetime) -> Select[Any]:
    """Return the statement that lists an employer's staff; its keys are `KEYS`.

    Args:
        organisation_id: the employer.
        search: the beginning of a family or given name, both with a blank between, or a number; empty for all.
        only: one of `FILTERS`.
        now: UTC.
    """
    listed = select(Person).where(staff.employed_by(organisation_id, now.date()))
    if search:
        listed = listed.where(_found(organisation_id, search))
    if only == NEEDS_ACTION:
        listed = listed.where(needs_action(organisation_id, now.date()))
    if only == NO_PASSPORT:
        listed = listed.where(~has_passport(now))
    return listed


def described(session: Session, people: Sequence[Person], *, organisation_id: UUID, now: datetime) -> list[Listed]:
    """Return the people of a page with their states: asked for them alone, not for all of an employer's staff."""
    ids = [person.id for person in people]
    acting = select(Award.person_id).where(
        Award.person_id.in_(ids), Award.organisation_id == organisation_id, *_ends_soon(now.date())
    )
    holding = select(Credential.person_id).where(Credential.person_id.in_(ids), *_is_live(now))
    due, holders = set(session.scalars(acting)), set(session.scalars(holding))
    return [Listed(person, person.id in due, person.id in holders) for person in people]


def needs_action(organisation_id: UUID, today: date) -> ColumnElement[bool]:
    """Return the condition that an award of this employer for a person has ended, or is about to."""
    return exists().where(
        Award.person_id == Person.id,
        Award.organisation_id == organisation_id,
        *_ends_soon(today),
    )


def has_passport(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a person has a copy of the passport that verifiers accept now."""
    return exists().where(Credential.person_id == Person.id, *_is_live(now))


def held(session: Session, person_id: UUID) -> list[Held]:
    """Return every award of a person, ended ones and those of merged records too, the newest day first."""
    rows = session.execute(
        select(Award, Standard, Organisation, _ends_on().label("ends_on"))
        .join(Standard, Standard.id == Award.standard_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(Award.person_id.in_(staff.same_person_ids(session, person_id)))
        .order_by(Award.awarded_on.desc(), Award.id.desc())
    )
    return [Held(*row) for row in rows]


def _is_live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return Credential.state == "issued", Credential.revoked_at.is_(None), Credential.expires_at > now


def _ends_soon(today: date) -> tuple[ColumnElement[bool], ...]:
    return Award.ended_at.is_(None), _ends_on() <= today + SOON


def _ends_on() -> ColumnElement[date]:
    """Return an award's last day: its issuer's own, else by the renewal rule of its standard on that day."""
    months = (
        select(func.min(RenewalRule.months))
        .where(
            RenewalRule.standard_id == Award.standard_id,
            or_(RenewalRule.from_on.is_(None), RenewalRule.from_on <= Award.awarded_on),
            or_(RenewalRule.until_on.is_(None), RenewalRule.until_on >= Award.awarded_on),
        )
        .correlate(Award)
        .scalar_subquery()
    )
    by_rule = cast(Award.awarded_on + months * cast(literal("1 month"), Interval), Date)
    return func.coalesce(Award.valid_until, by_rule)


def _found(organisation_id: UUID, search: str) -> ColumnElement[bool]:
    words = " ".join(search.split()).lower()
    given, family = func.lower(Person.given_name), func.lower(Person.family_name)
    both = [
        given.startswith(words, autoescape=True),
        family.startswith(words, autoescape=True),
        (given + " " + family).startswith(words, autoescape=True),
        (family + " " + given).startswith(words, autoescape=True),
    ]
    carries = exists().where(
        and_(
            Employment.person_id == Person.id,
            Employment.organisation_id == organisation_id,
            or_(Employment.employee_number == words, Employment.assignment_number == words),
        )
    )
    return or_(*both, carries, Person.passport_number == _passport_number(search))


def _passport_number(search: str) -> str | None:
    try:
        return numbers.normalise(search)
    except Invalid:
        return None
