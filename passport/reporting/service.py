"""Counts of advanced practitioners, trainees and holders of credentials, as somebody may see them. Reads only.

In the order of the code: who asks for what; the picture of a month; the three tables of it (by place, by category, by
month). This month's counts are those of this moment; those of a month that is over are the ones it was closed with.
What a `*` stands for in a sum comes from the newest national figure that is shown. Nothing leaves this room but by
`picture.Picture`, which applies disclosure control. Exact counts are in `counting`, closing of months in `months`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.periods import MONTHS, add_months
from passport.errors import Fault, Invalid
from passport.reporting import counting
from passport.reporting.counting import Counts, month_of
from passport.reporting.models import Measure, MonthCount, NationalCount
from passport.reporting.picture import Picture, Row, Table
from passport.reporting.places import Place, Places, View, tree, view
from passport.standards.models import Standard

LEVELS: Final[dict[Measure, str]] = {
    "advanced": "Advanced practitioners",
    "consultant": "Consultant practitioners",
    "enhanced": "Enhanced practitioners",
    "trainee": "Trainee advanced practitioners",
}
CREDENTIAL: Final[Measure] = "credential"
SHOWN_MONTHS: Final = 12  # of a row of months, this month included


@dataclass(frozen=True, slots=True)
class Asked:
    """Who looks at which place: the start of every picture."""

    places: Places
    view: View
    place: Place


def ask(session: Session, organisation_id: UUID, *, place: str | None = None, role: str | None = None) -> Asked:
    """Return who looks at which place.

    Args:
        session: an open transaction.
        organisation_id: for whom they act.
        place: ODS code of a place at or below it, `national` for the whole country; None for the highest they may see.
        role: their role on pages; None for a program.

    Raises:
        PlaceNotFound: there is no such place at or below.
    """
    places = tree(session)
    seen = view(places, organisation_id, role=role)
    return Asked(places, seen, places.find(place, top=seen.top) if place else seen.top)


def month_from(text: str | None, *, today: date) -> date:
    """Return the month that a text as `2026-08` names, this month where there is none.

    Raises:
        Invalid: it is no month, or one to come.
    """
    if not text:
        return month_of(today)
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        month = date.max
    if month > today:
        raise _no_such_month("Give a month that is not to come, for example 2026-07.")
    return month


def month_in_words(month: date) -> str:
    """Write a month, as `August 2026`."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def picture(session: Session, asked: Asked, measure: Measure, *, month: date, today: date) -> Picture[str]:
    """Return what may be seen of a measure in a month, by organisation and by profession or credential.

    Raises:
        Invalid: the month is over and was not closed, so nobody knows its counts: they are not zero.
    """
    is_over = month < month_of(today)
    if is_over and not counting.is_closed(session, month):
        raise _no_such_month("There are no counts of this month. They are ready the day after it ends.")
    read = counting.closed_counts if is_over else counting.counts
    return _picture(asked, read(session, measure, month=month), _shown(session, measure), month)


def by_month(session: Session, asked: Asked, measure: Measure, *, category: str | None, today: date) -> Table:
    """Return the row of months up to this one, of one profession or credential or of all."""
    this, rows = month_of(today), []
    shown, closed = _shown(session, measure), _closed(session, measure, add_months(this, 1 - SHOWN_MONTHS))
    for month, counts in (*closed.items(), (this, counting.counts(session, measure, month=this))):
        seen = _picture(asked, counts, shown, month)
        figure = seen.figure(asked.place, [category] if category else seen.categories)
        rows.append(Row(f"{month:%Y-%m}", month_in_words(month), (figure,)))
    return Table("Month", ("People",), tuple(rows))


def categories(session: Session, measure: Measure, seen: Picture[str]) -> Sequence[tuple[str, str, str]]:
    """Return the code, the name and the category of each line: credentials have titles, professions name themselves."""
    titles: Mapping[str, str] = {}
    if measure == CREDENTIAL:
        found = session.execute(select(Standard.code, Standard.title).where(Standard.kind == CREDENTIAL))
        titles = {row.code: row.title for row in found}
    names = {*seen.categories, *titles}
    return sorted(((name, titles.get(name, name), name) for name in names), key=lambda line: line[1].casefold())


def chosen(seen: Picture[str], category: str | None) -> Collection[str]:
    """Return the categories that a filter leaves: one, or all."""
    return [category] if category else seen.categories


def _no_such_month(message: str) -> Invalid:
    return Invalid(message, (Fault("/month", message),))


def _picture(asked: Asked, counts: Counts, shown: Sequence[NationalCount], month: date) -> Picture[str]:
    """A `*` stands for its average in the newest national figure until then; later ones never change a month."""
    until = [row for row in shown if row.month <= month]
    small = {row.category: row.small for row in until if row.small is not None}
    national = {row.category: row.people for row in until if row.month == month}
    beyond = {row.category: row.beyond for row in until if row.beyond is not None}
    return Picture(asked.places, asked.view, counts, small=small, national=national, beyond=beyond)


def _shown(session: Session, measure: Measure) -> Sequence[NationalCount]:
    """Return the national figures that are shown exactly, the newest last."""
    statement = select(NationalCount).where(NationalCount.measure == measure, NationalCount.is_shown)
    return session.scalars(statement.order_by(NationalCount.month)).all()


def _closed(session: Session, measure: Measure, begun: date) -> dict[date, Counts]:
    months = select(NationalCount.month).where(NationalCount.measure == measure, NationalCount.month >= begun)
    found: dict[date, Counts] = {month: {} for month in session.scalars(months.distinct().order_by("month"))}
    kept = select(MonthCount).where(MonthCount.measure == measure, MonthCount.month >= begun)
    for month, rows in groupby(session.scalars(kept.order_by(MonthCount.month)), key=lambda row: row.month):
        found[month] = {(row.organisation_id, row.category): row.people for row in rows}
    return found
