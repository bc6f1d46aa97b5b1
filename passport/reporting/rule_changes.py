"""What a change of a renewal rule would do: who changes colour, before anybody confirms it. Reads only.

The rule in force on the first day of the proposal is compared with the proposed one, for everybody who is employed on
that day and holds the standard. How long an award counts is not stored with it, so a confirmed rule
(`standards.service.change_renewal`) re-evaluates everybody at once and re-issues nothing. In the order of the code: a
proposal; the counts, of which `previews` says what may be shown; the people of one employer, for that employer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from passport.errors import Invalid
from passport.reporting.places import View
from passport.reporting.previews import Preview, beside
from passport.standards import service as standards
from passport.standards.service import MOST_MONTHS

Change = Literal["lapses", "sooner", "later", "revives", "same"]
CHANGES: Final[Mapping[Change, str]] = {
    "lapses": "Current, would lapse", "sooner": "Would end sooner", "later": "Would end later",
    "revives": "Lapsed, would count again", "same": "No change",
}  # fmt: skip
MOST_PEOPLE: Final = 500
# An award whose last day nobody sets counts without end. A standard of several parts ends with its first part.
HOLDERS: Final = """
    WITH rule AS MATERIALIZED (
        SELECT months FROM renewal_rule WHERE standard_id = :standard AND (from_on IS NULL OR from_on <= :on)
            AND (until_on IS NULL OR until_on >= :on)
        ORDER BY from_on DESC NULLS LAST LIMIT 1
    ), counted AS (
        SELECT person_id, part,
               max(coalesce(least((awarded_on + make_interval(months => (SELECT months FROM rule)))::date, valid_until),
                            'infinity')) AS before_on,
               max(coalesce(least((awarded_on + make_interval(months => CAST(:months AS int)))::date, valid_until),
                            'infinity')) AS after_on
        FROM award WHERE standard_id = :standard AND ended_at IS NULL GROUP BY person_id, part
    ), holder AS (
        SELECT person_id, min(before_on) AS before_on, min(after_on) AS after_on FROM counted GROUP BY person_id
    ), changed AS (
        SELECT person_id, before_on, after_on, CASE
            WHEN before_on >= :on AND after_on < :on THEN 'lapses'
            WHEN before_on < :on AND after_on >= :on THEN 'revives'
            WHEN before_on < :on OR before_on = after_on THEN 'same'
            WHEN after_on < before_on THEN 'sooner' ELSE 'later' END AS change
        FROM holder
    ), staff AS (
        SELECT DISTINCT person_id, organisation_id FROM employment
        WHERE started_on <= :on AND (ended_on IS NULL OR ended_on >= :on)
    )
"""
COUNT: Final = text(
    HOLDERS + "SELECT organisation_id, change, count(*) FROM changed JOIN staff USING (person_id) GROUP BY 1, 2"  # noqa: S608 (our own constants)
)
PEOPLE: Final = text(
    HOLDERS  # noqa: S608 (our own constants)
    + """
    SELECT p.given_name, p.family_name, p.passport_number, c.change,
           nullif(c.before_on, 'infinity') AS before_on, nullif(c.after_on, 'infinity') AS after_on
    FROM changed c JOIN staff USING (person_id) JOIN person p ON p.id = c.person_id
    WHERE organisation_id = :organisation AND change <> 'same'
    ORDER BY array_position(ARRAY['lapses', 'sooner', 'revives', 'later'], change), c.after_on, p.family_name,
             p.given_name, p.id
    LIMIT :most
"""
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new renewal period of a standard from a day on. `months` None leaves it to each employer."""

    standard_code: str
    months: int | None
    from_on: date


@dataclass(frozen=True, slots=True)
class Affected:
    """One person for whom a proposal changes something; a day is None where nobody sets the last one."""

    name: str
    passport_number: str
    change: Change
    before_on: date | None
    after_on: date | None


def count(session: Session, view: View, proposal: Proposal, *, today: date) -> Preview[Change]:
    """Return how many people would change how, by their employer.

    Args:
        session: an open transaction.
        view: who looks.
        proposal: what would change.
        today: the day on which it is asked.

    Raises:
        StandardNotFound: there is no such standard.
        Invalid: the period is not one of 1 to 600 months.
    """
    rows = session.execute(COUNT, _values(session, proposal))
    counts: dict[tuple[UUID, Change], int] = {(employer, change): people for employer, change, people in rows}
    standard = standards.standard_by_code(session, proposal.standard_code)
    return Preview(view, tuple(CHANGES), counts, beside(session, standard, today=today))


def people(session: Session, organisation_id: UUID, proposal: Proposal) -> Sequence[Affected]:
    """Return the people of one employer for whom something would change, the most urgent first.

    Args:
        session: an open transaction.
        organisation_id: the employer, who alone may see the names.
        proposal: what would change.

    Raises:
        StandardNotFound, Invalid: as `count`.
    """
    values = _values(session, proposal) | {"organisation": organisation_id, "most": MOST_PEOPLE}
    return [
        Affected(f"{row.given_name} {row.family_name}", row.passport_number, row.change, row.before_on, row.after_on)
        for row in session.execute(PEOPLE, values)
    ]


def _values(session: Session, proposal: Proposal) -> dict[str, Any]:
    if proposal.months is not None and not 1 <= proposal.months <= MOST_MONTHS:
        raise Invalid.at("/months", f"A period has 1 to {MOST_MONTHS} months.")
    standard = standards.standard_by_code(session, proposal.standard_code)
    return {"standard": standard.id, "months": proposal.months, "on": proposal.from_on}
