"""An employer's staff as a list: found by name or number, filtered by what is to do, in pages.

In the order of the code: the filters; the statement of the list, and that of some people whom a filter leaves; what
stands beside each person of a page, in a query each; a person's awards with their standards and issuers. Who needs
action is whoever the own page tells so, whoever issued the award (`passport.awards.lasting`). That is a reminder for
the employer: what counts elsewhere is the receiver's rule. Every condition is one that the database finds by an index
(migration 0010): so names are compared as they begin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    TextClause,
    Uuid,
    and_,
    any_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    text,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from passport.awards import lasting
from passport.awards.holders import begins
from passport.awards.models import Award
from passport.errors import Invalid
from passport.issuing.models import BADGE, Credential
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.staff.standing import is_numbered
from passport.standards.models import Standard

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
    """An award with what a page says of it."""

    award: Award
    standard: Standard
    issuer: Organisation


def listing(session: Session, organisation_id: UUID, *, search: str, only: str, now: datetime) -> Select[Any]:
    """Return the statement that lists an employer's staff; its keys are `KEYS`.

    Args:
        session: the session that will run the statement.
        organisation_id: the employer.
        search: the beginning of a family or given name, both with a blank between, or a number; empty for all. One
            letter alone begins a family name: too many given names do.
        only: one of `FILTERS`.
        now: UTC.
    """
    # One plan for all employers would serve neither a large one nor a small one, so each question is planned anew.
    _plan(session, "force_custom_plan")
    today = now.date()
    listed = select(Person).where(staff.employed_by(organisation_id, today))
    if search:
        listed = listed.where(_found(organisation_id, search))
    if only == NEEDS_ACTION:
        # The awards of people who work elsewhere are not looked at: the database would begin with them.
        works_here = staff.employed_by(organisation_id, today)
        listed = listed.where(case((works_here, lasting.needs_action(today)), else_=false()))
    if only == NO_PASSPORT:
        listed = listed.where(Person.id.in_(_without_passport(organisation_id, now)))
    return listed


def among(
    session: Session, person_ids: Sequence[UUID], *, only: str, now: datetime
) -> tuple[Select[Any], Sequence[Any]]:
    """Return the statement of those of some people whom a filter leaves, and its keys, which are those of the list.

    The people are put in order before they are asked about, so that a page stops asking when it is full.

    Args:
        session: the session that will run the statement.
        person_ids: who may be listed.
        only: one of `FILTERS`, not everybody.
        now: UTC.
    """
    _plan(session, "auto")
    some = select(Person).where(Person.id == any_(literal(person_ids, ARRAY(Uuid)))).order_by(*KEYS)
    person = aliased(Person, some.subquery("person"), name="person")
    has_passport = exists().where(Credential.person_id == person.id, *_is_live(now))
    fits: Mapping[str, ColumnElement[bool] | TextClause] = {
        NEEDS_ACTION: lasting.needs_action(now.date()), NO_PASSPORT: ~has_passport,
    }  # fmt: skip
    return select(person).where(fits[only]), (person.family_name, person.given_name, person.id)


def described(session: Session, people: Sequence[Person], *, only: str = EVERYBODY, now: datetime) -> list[Listed]:
    """Return the people of a page with their states: asked for them alone, not for all of an employer's staff.

    Args:
        session: any session.
        people: whom the page lists.
        only: the filter that they passed already; its own question is not asked again.
        now: UTC.
    """
    ids = [person.id for person in people]
    found = {state: set(ids) for state in (NEEDS_ACTION, NO_PASSPORT)}
    for state in (found.keys() - {only}) if ids else ():
        asked, (*_, its_id) = among(session, ids, only=state, now=now)
        found[state] = set(session.scalars(asked.with_only_columns(its_id)))
    due, without = found[NEEDS_ACTION], found[NO_PASSPORT]
    return [Listed(person, person.id in due, person.id not in without) for person in people]


def held(session: Session, person_id: UUID) -> list[Held]:
    """Return every award of a person, ended ones and those of merged records too, the newest day first."""
    rows = session.execute(
        select(Award, Standard, Organisation)
        .join(Standard, Standard.id == Award.standard_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(Award.person_id.in_(staff.same_person_ids(session, person_id)))
        .order_by(Award.awarded_on.desc(), Award.id.desc())
    )
    return [Held(*row) for row in rows]


def passports(session: Session, person_id: UUID, *, now: datetime) -> Sequence[Credential]:
    """Return the copies of a person's passport that verifiers accept now, the oldest first; badges are none."""
    query = select(Credential).where(Credential.person_id == person_id, *_is_live(now))
    return session.scalars(query.order_by(Credential.planned_at, Credential.id)).all()


def _plan(session: Session, mode: str) -> None:
    """Say whether the questions that follow are planned anew each time."""
    session.execute(text("SELECT set_config('plan_cache_mode', :mode, true)"), {"mode": mode})


def _without_passport(organisation_id: UUID, now: datetime) -> Select[UUID]:
    """Return who worked for an employer and has no copy of the passport that verifiers accept now."""
    has_one = exists().where(Credential.person_id == Employment.person_id, *_is_live(now))
    return select(Employment.person_id).where(Employment.organisation_id == organisation_id, ~has_one)


def _is_live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a copy is a passport, not a badge, which verifiers accept now."""
    is_passport = Credential.carrier != BADGE
    return Credential.state == "issued", Credential.revoked_at.is_(None), Credential.expires_at > now, is_passport


def _found(organisation_id: UUID, search: str) -> ColumnElement[bool]:
    words = " ".join(search.split())
    numbered = select(Employment.person_id).where(
        Employment.organisation_id == organisation_id,
        or_(Employment.employee_number == words, Employment.assignment_number == words),
    )
    if len(words) == 1:
        # Also as the list is sorted, so that it is read from there on and not from its beginning.
        from_here = Person.family_name >= func.least(func.lower(words), func.upper(words))
        return and_(from_here, _begins(Person.family_name, Person.given_name, words))
    return or_(
        _begins(Person.given_name, Person.family_name, words),
        _begins(Person.family_name, Person.given_name, words),
        Person.id == any_(func.array(numbered.scalar_subquery(), type_=ARRAY(Uuid))),
        is_numbered(_passport_number(search)),
    )


def _begins(name: InstrumentedAttribute[str], other: InstrumentedAttribute[str], words: str) -> ColumnElement[bool]:
    """Return the condition that both names, one after the other, begin with these words.

    The first word alone is what the index finds.
    """
    first, blank, _ = words.partition(" ")
    return and_(begins(name, first), begins(name + " " + other, words)) if blank else begins(name, first)


def _passport_number(search: str) -> str | None:
    try:
        return numbers.normalise(search)
    except Invalid:
        return None
