"""Which record stands for a person: the same one, or another where two records of one person were merged.

In the order of the code: the record that stands, and all that it stands for; the same, held by whoever adds to it;
the records that stand under many passport numbers at once; the condition that one stands under a number, for a larger
statement. Part of this room's face (`service`).
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CTE, ColumnElement, Text, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import Session

from passport.errors import NotFound
from passport.staff.models import Person


class PersonNotFound(NotFound):
    """There is no such person, or the caller's organisation does not employ them."""

    code = "person_not_found"
    title = "There is no such person"


def stands_for(session: Session, person_id: UUID) -> UUID:
    """Return the record that stands for a person now: another one where two records were merged."""
    merged_into = session.scalar(select(Person.merged_into_id).where(Person.id == person_id))
    return person_id if merged_into is None else stands_for(session, merged_into)


def same_person_ids(session: Session, person_id: UUID) -> tuple[UUID, ...]:
    """Return the ids under which facts of a person were ever recorded: the own one first, then those merged into it."""
    merged = session.scalars(select(Person.id).where(Person.merged_into_id == person_id).order_by(Person.id)).all()
    return (person_id, *(each for inner in merged for each in same_person_ids(session, inner)))


def take(session: Session, person_id: UUID) -> UUID:
    """Return the record that stands for a person, and keep it from being merged until the transaction ends.

    Whoever adds to a record asks first: what was added while the record went would stay behind.

    Raises:
        PersonNotFound: there is none, or the record was closed.
    """
    held = select(Person.merged_into_id, Person.closed_at).where(Person.id == person_id).with_for_update(read=True)
    found = session.execute(held).one_or_none()
    if found is not None and found.merged_into_id is not None:
        return take(session, found.merged_into_id)
    if found is None or found.closed_at is not None:
        raise PersonNotFound
    return person_id


def standing_ids(session: Session, numbers: Iterable[str]) -> dict[str, UUID]:
    """Return the ids of the records that stand under stored passport numbers; who is unknown is not in it."""
    named = Person.passport_number == any_(bindparam("numbers", list(numbers), type_=ARRAY(Text)))
    found = session.execute(select(Person.passport_number, Person.id, Person.merged_into_id).where(named))
    return {number: stands_for(session, merged_into) if merged_into else id_ for number, id_, merged_into in found}


def is_numbered(number: str | None) -> ColumnElement[bool]:
    """Return the condition that a record stands under a stored passport number; None is nobody's."""
    led = _led(Person.passport_number == number)
    found = select(led.c.id).where(led.c.merged_into_id.is_(None)).scalar_subquery()
    # A list that is there before people are looked at, so that an index finds them, also beside other conditions.
    return Person.id == any_(func.array(found, type_=ARRAY(Uuid)))


def _led(numbered: ColumnElement[bool]) -> CTE:
    """Return each record that carries such a number, and every one that it was merged into."""
    merged: Any = Person.__table__.alias("merged")
    led = select(Person.passport_number.label("number"), Person.id, Person.merged_into_id).where(numbered)
    each = led.cte("led", recursive=True)
    return each.union(
        select(each.c.number, merged.c.id, merged.c.merged_into_id).where(merged.c.id == each.c.merged_into_id)
    )
