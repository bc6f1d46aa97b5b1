"""The exact counts of who counts where, as the database keeps them. For this room's own use: nothing here is hidden.

Counts are sums of `workforce_movement`, which the database writes in the transaction of each change: they are those of
this moment, and equal to a count of the people themselves (`recount`). A month's count is that of its last day. `fold`
keeps the sums short: what moved before this month becomes one row for each count. `counts` is all that a page needs.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from passport.reporting.models import Measure, MonthCount, NationalCount, WorkforceMovement, WorkforceStint

Counts = Mapping[tuple[UUID, str], int]  # by organisation and category
FOLD: Final = text("""
    WITH taken AS (DELETE FROM workforce_movement RETURNING organisation_id, measure, category, month, people)
    INSERT INTO workforce_movement (organisation_id, measure, category, month, people)
    SELECT organisation_id, measure, category, greatest(month, :month), sum(people)
    FROM taken GROUP BY 1, 2, 3, 4 HAVING sum(people) <> 0
""")


def month_of(on: date) -> date:
    """Return the first day of a day's month: how months are named here."""
    return on.replace(day=1)


def counts(session: Session, measure: Measure, *, month: date, category: str | None = None) -> Counts:
    """Return the counts of this month by organisation and category; nobody is left out.

    Args:
        session: an open transaction.
        measure: what is counted.
        month: this month.
        category: one profession or credential; None for all.
    """
    summed = func.sum(WorkforceMovement.people)
    statement = (
        select(WorkforceMovement.organisation_id, WorkforceMovement.category, summed)
        .where(WorkforceMovement.measure == measure, WorkforceMovement.month <= month)
        .group_by(WorkforceMovement.organisation_id, WorkforceMovement.category)
        .having(summed != 0)
    )
    if category is not None:
        statement = statement.where(WorkforceMovement.category == category)
    return {(organisation_id, name): people for organisation_id, name, people in session.execute(statement)}


def national(session: Session, measure: Measure, *, month: date, category: str | None = None) -> int:
    """Return the exact count of the whole country this month."""
    statement = select(func.coalesce(func.sum(WorkforceMovement.people), 0)).where(
        WorkforceMovement.measure == measure, WorkforceMovement.month <= month
    )
    if category is not None:
        statement = statement.where(WorkforceMovement.category == category)
    return int(session.scalar(statement) or 0)


def recount(session: Session, measure: Measure, *, month: date) -> Counts:
    """Return the counts of a month from the people themselves: slow, for months that end and for checks."""
    statement: Any = (
        select(WorkforceStint.organisation_id, WorkforceStint.category, func.count())
        .where(WorkforceStint.measure == measure, WorkforceStint.from_month <= month)
        .where(WorkforceStint.until_month.is_(None) | (WorkforceStint.until_month > month))
        .group_by(WorkforceStint.organisation_id, WorkforceStint.category)
    )
    return {(organisation_id, name): people for organisation_id, name, people in session.execute(statement)}


def closed_counts(session: Session, measure: Measure, *, month: date) -> Counts:
    """Return the counts of a month that is over, as they were known when it was closed."""
    statement = select(MonthCount).where(MonthCount.measure == measure, MonthCount.month == month)
    return {(row.organisation_id, row.category): row.people for row in session.scalars(statement)}


def is_closed(session: Session, month: date) -> bool:
    """Say whether the counts of a month were kept when it was over; where nobody counted, there is nothing to keep."""
    kept = select(NationalCount.month).where(NationalCount.month == month).limit(1)
    return session.scalar(kept) is not None


def fold(session: Session, *, month: date) -> None:
    """Make one row of what moved before a month, and one of each month after. No count changes.

    Args:
        session: an open transaction, as the worker.
        month: this month: those before are closed, so nobody asks for their movements again.
    """
    session.execute(FOLD, {"month": month})
