"""Which table answers which question: the one place where the API, the pages and the CSV files get their figures.

So a figure is the same in all three. Each function takes who asks (`service.ask`) and what for, and returns a table and
the month or day that it stands for.
"""

from datetime import date
from typing import Final

from sqlalchemy.orm import Session

from passport.reporting import compliance, service, time_saved
from passport.reporting.models import Measure
from passport.reporting.picture import Table
from passport.reporting.service import CREDENTIAL, LEVELS, Asked

HOLDERS: Final = "People who hold it"
HELD: Final = "Credentials held"  # of several, so who holds two is in it twice
Answer = tuple[Table, str | None]


def counted(
    session: Session,
    asked: Asked,
    measure: Measure,
    *,
    by: str,
    category: str | None = None,
    month: str | None = None,
    today: date,
) -> Answer:
    """Return the table of practitioners or holders of credentials by place, by category or by month.

    Args:
        session: an open transaction.
        asked: who looks at which place.
        measure: what is counted.
        by: `place`, `category` or `month`.
        category: one profession or credential; None for all.
        month: as `2026-07`; None for this month.
        today: the day on which it is asked.

    Raises:
        Invalid: the month is none, or to come.
    """
    of = service.month_from(month, today=today)
    if by == "month":
        return service.by_month(session, asked, measure, category=category, today=today), f"{today:%Y-%m}"
    seen = service.picture(session, asked, measure, month=of, today=today)
    if by == "place":
        column = LEVELS.get(measure, HOLDERS if category else HELD)
        return seen.by_place(asked.place, {column: service.chosen(seen, category)}), f"{of:%Y-%m}"
    lines = [line for line in service.categories(session, measure, seen) if category in (None, line[2])]
    head, column = ("Credential", HOLDERS) if measure == CREDENTIAL else ("Profession", LEVELS[measure])
    # Holders of several credentials add up to no number of people, so there is no total.
    return seen.by_category(asked.place, lines, head=head, column=column, total=measure != CREDENTIAL), f"{of:%Y-%m}"


def training(session: Session, asked: Asked, *, subject: str | None, today: date) -> Answer:
    """Return how staff stand with their training: by subject, or for one subject by place."""
    seen = compliance.picture(session, asked, today=today)
    whole = asked.view.own is not None and not asked.places.children(asked.place)
    day = (compliance.counted_on(session, asked.view.own) or today) if whole else compliance.counted_on(session)
    found = compliance.by_place(seen, asked.place, subject) if subject else compliance.by_subject(seen, asked.place)
    return found, day.isoformat() if day else None


def saved(session: Session, asked: Asked, *, by: str, today: date) -> Answer:
    """Return the induction time saved in the last twelve months, by month or by place."""
    sums = time_saved.sums(session, today=today)
    found = time_saved.by_place(asked, sums) if by == "place" else time_saved.by_month(asked, sums, today=today)
    return found, today.isoformat()
