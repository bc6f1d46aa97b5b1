"""Many people who join with a passport in hand, at once: what `service.joiner` is for one. Reads, and counts tries.

A passport number and a date of birth together name somebody whom another organisation employs. The tries at each
number are counted beside the transaction, so a file can't be used to find out dates of birth.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select
from sqlalchemy.orm import Session

from passport.staff.models import Person
from passport.staff.service import GUESSES_A_DAY
from passport.staff.standing import standing_ids
from passport.web import limits


def joiners(
    session: Session, named: Iterable[tuple[str, date]], *, now: datetime
) -> dict[tuple[str, date], UUID | None]:
    """Return those of many people whose passport number and date of birth belong together.

    Args:
        session: an open transaction.
        named: stored passport numbers with dates of birth. Each different date is a try at the number's secret.
        now: UTC.

    Returns:
        The ids of the records that stand and are open; None where the day's tries at a number are used up. Whoever
        is not found is not in it.
    """
    asked = set(named)
    if not asked:
        return {}
    tries = Counter(number for number, _ in asked)
    used_up = limits.guesses("date_of_birth", tries, a_day=GUESSES_A_DAY, now=now)
    standing = standing_ids(session, tries)
    named_ones = Person.id == any_(bindparam("ids", list(standing.values()), type_=ARRAY(Uuid)))
    open_ones = select(Person.id, Person.date_of_birth).where(named_ones, Person.closed_at.is_(None))
    births = dict(session.execute(open_ones).all())
    known = {(number, births[who]): who for number, who in standing.items() if who in births}
    found: dict[tuple[str, date], UUID | None] = {each: known[each] for each in asked & known.keys()}
    return found | dict.fromkeys((each for each in asked if each[0] in used_up), None)
