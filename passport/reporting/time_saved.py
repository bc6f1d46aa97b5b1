"""The time that accepted training saves at induction: what the plans of receiving organisations add up to.

Method: a requirement of an organisation's profile says how many minutes its training takes; a plan accepts some of
them; the minutes of those are saved. One plan counts for each check of a passport, the newest, in the month in which
it was decided. Plans are counts and go through disclosure control. What an organisation accepted and saved in a month
is in a figure, in hours to the nearest five, only where at least eight plans stand behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from credentials.periods import add_months
from passport.reporting.control import NEAREST, SMALLEST_SHOWN, Figure, control, stands_for
from passport.reporting.counting import month_of
from passport.reporting.picture import Row, Table
from passport.reporting.places import Place
from passport.reporting.service import SHOWN_MONTHS, Asked, month_in_words

COLUMNS: Final = ("Induction plans", "Accepted items", "Hours saved")
MINUTES: Final = 60
SUMS: Final = text("""
    WITH newest AS (
        SELECT DISTINCT ON (verification_id) organisation_id, decided_at, plan FROM induction_plan
        WHERE decided_at >= :begun ORDER BY verification_id, decided_at DESC
    )
    SELECT organisation_id, date_trunc('month', decided_at AT TIME ZONE 'UTC')::date AS month, count(*) AS plans,
           sum(jsonb_array_length(plan -> 'accepted')) AS items, sum((plan ->> 'minutes_saved')::int) AS minutes
    FROM newest GROUP BY 1, 2
""")


@dataclass(frozen=True, slots=True)
class Saved:
    """What the plans of one organisation in one month come to."""

    plans: int
    items: int
    minutes: int


Sums = Mapping[tuple[UUID, date], Saved]


def sums(session: Session, *, today: date) -> Sums:
    """Return what was saved in each month up to this one, exactly."""
    found = session.execute(SUMS, {"begun": add_months(month_of(today), 1 - SHOWN_MONTHS)})
    return {(row.organisation_id, row.month): Saved(row.plans, row.items, row.minutes) for row in found}


def by_month(asked: Asked, saved: Sums, *, today: date) -> Table:
    """Return the row of months of a place."""
    this = month_of(today)
    months = [add_months(this, -back) for back in reversed(range(SHOWN_MONTHS))]
    rows = tuple(
        Row(f"{month:%Y-%m}", month_in_words(month), _figures(asked, saved, asked.place, [month])) for month in months
    )
    return Table("Month", COLUMNS, rows, Row("total", "All", _figures(asked, saved, asked.place, months)))


def by_place(asked: Asked, saved: Sums) -> Table:
    """Return the table of the places below one, over all months."""
    months = sorted({month for _, month in saved})
    rows = (
        Row(each.code, each.name, _figures(asked, saved, each, months), each)
        for each in asked.places.children(asked.place)
    )
    total = Row(asked.place.code, asked.place.name, _figures(asked, saved, asked.place, months), asked.place)
    return Table("Place", COLUMNS, tuple(row for row in rows if row.figures[0].count != 0), total)


def _figures(asked: Asked, saved: Sums, place: Place, months: list[date]) -> tuple[Figure, ...]:
    below = set(asked.places.organisations(place))
    here = {key: each for key, each in saved.items() if key[0] in below and key[1] in months}
    if place.id is not None and place.id == asked.view.own and not asked.places.children(place):
        minutes = sum(each.minutes for each in here.values())
        counts = (sum(each.plans for each in here.values()), sum(each.items for each in here.values()))
        return tuple(Figure(count, exact=True) for count in (*counts, minutes // MINUTES))
    shown = [each for each in here.values() if each.plans >= SMALLEST_SHOWN]
    return (
        control(sum(stands_for(each.plans) for each in here.values())),
        control(sum(stands_for(each.items) for each in shown)),
        Figure(sum(NEAREST * round(each.minutes / MINUTES / NEAREST) for each in shown)),
    )
