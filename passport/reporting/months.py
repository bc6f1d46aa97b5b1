"""Closing months: what counted at the end of each is kept, so that it reads the same for ever.

In the order of the code: close a month; which are due; whether its national figure may be shown exactly. It may where
the figure gives nobody away by itself, nor beside any earlier month's that is shown (`control.gives_nobody_away`). A
figure that may not be shown is made from what is shown of organisations, as all others are.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final, get_args
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.periods import add_months
from passport.reporting.control import gives_nobody_away, small_average, stands_for
from passport.reporting.counting import Counts, closed_counts, month_of, recount
from passport.reporting.models import Measure, MonthCount, NationalCount, WorkforceStint

MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
MOST_MONTHS: Final = 24  # that are made up for at the first start


def due(session: Session, *, today: date) -> list[date]:
    """Return the months that are over and not closed yet, the oldest first."""
    this = month_of(today)
    last = session.scalar(select(func.max(NationalCount.month)))
    begun = add_months(last, 1) if last else session.scalar(select(func.min(WorkforceStint.from_month)))
    begun = max(begun or this, add_months(this, -MOST_MONTHS))
    return list(_months(begun, this))


def close(session: Session, month: date, *, now: datetime) -> None:
    """Keep the counts of a month that is over, and say of which national figures the exact one is shown.

    Args:
        session: the transaction of a job.
        month: its first day.
        now: UTC.
    """
    for measure in MEASURES:
        counts = recount(session, measure, month=month)
        session.add_all(
            MonthCount(measure=measure, month=month, category=category, organisation_id=organisation_id, people=people)
            for (organisation_id, category), people in counts.items()
        )
        for category in sorted({category for _, category in counts} | _known(session, measure)):
            parts = of_category(counts, category)
            people, shown = sum(parts.values()), _may_be_shown(session, measure, category, parts)
            row = NationalCount(
                measure=measure, month=month, category=category, people=people, is_shown=shown, recorded_at=now
            )
            if shown:
                row.small = small_average(people, parts.values())
                row.beyond = people - sum(stands_for(part, row.small) for part in parts.values())
            session.add(row)
    session.flush()


def of_category(counts: Counts, category: str) -> dict[UUID, int]:
    """Return the counts of one category by organisation."""
    return {organisation_id: people for (organisation_id, name), people in counts.items() if name == category}


def _known(session: Session, measure: Measure) -> set[str]:
    return set(session.scalars(select(NationalCount.category).where(NationalCount.measure == measure).distinct()))


def _may_be_shown(session: Session, measure: Measure, category: str, after: Mapping[UUID, int]) -> bool:
    if not gives_nobody_away({}, after):
        return False
    earlier = [of_category(closed_counts(session, measure, month=month), category)
               for month in _shown_months(session, measure, category)]  # fmt: skip
    return all(gives_nobody_away(before, after) for before in earlier)


def _shown_months(session: Session, measure: Measure, category: str) -> Sequence[date]:
    shown = select(NationalCount.month).where(
        NationalCount.measure == measure, NationalCount.category == category, NationalCount.is_shown
    )
    return session.scalars(shown).all()


def _months(begun: date, this: date) -> Iterator[date]:
    while begun < this:
        yield begun
        begun = add_months(begun, 1)
