"""What a new version of a framework would do: whose awards would count in part or be unclear. Reads only.

An award keeps the version that it was made against, and the new version says what such awards are worth from its first
day on (`standards.frameworks`). In the order of the code: a proposal; the counts of each standard, of which `previews`
says what may be shown; the table of them; the people of one employer, for that employer. What an award is worth
until then may be less already, by a version between; then nothing changes. Neither does anything for an award that has
lapsed by that day. A standard of several parts is worth what the part of the least worth is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from credentials.catalogue import WORTHS, Worth
from passport.awards.lasting import RULES, last_day
from passport.reporting.picture import Row, Table
from passport.reporting.places import View
from passport.reporting.previews import UNCHANGED, Preview, beside
from passport.reporting.rule_changes import MOST_PEOPLE
from passport.standards.frameworks import standards_of
from passport.standards.wording import in_full

Change = Literal["unclear", "in_part", "same"]
CHANGES: Final[Mapping[Change, str]] = {
    "unclear": "A person would decide", "in_part": "A part would be left to do", "same": "No change",
}  # fmt: skip
WOULD_CHANGE: Final = "Would change"
HOLDERS: Final = f"""
    WITH {RULES}, proposed AS (
        SELECT s.id AS standard_id, s.code, s.title, s.level, s.variant, p.worth FROM standard s
        JOIN unnest(CAST(:codes AS text[]), CAST(:worths AS text[])) AS p (code, worth) USING (code)
    ), held AS (
        SELECT a.person_id, a.standard_id, a.part, coalesce({last_day("a", "rule")}, 'infinity') AS last_on, (
            SELECT coalesce(max(array_position(CAST(:ordered AS text[]), k.worth)), 1) FROM carry_over k
            JOIN framework_version newer ON newer.id = k.framework_version_id AND newer.from_on <= :today
            JOIN framework_version made ON made.id = a.framework_version_id
            WHERE k.standard_id = a.standard_id AND coalesce(made.from_on, '-infinity') < newer.from_on
        ) AS worth
        FROM award a JOIN proposed USING (standard_id) LEFT JOIN rule USING (standard_id) WHERE a.ended_at IS NULL
    ), part AS (
        SELECT person_id, standard_id, max(last_on) AS last_on, min(worth) FILTER (WHERE last_on >= :today) AS worth
        FROM held GROUP BY person_id, standard_id, part
    ), holder AS (
        SELECT person_id, standard_id, min(last_on) AS last_on, max(worth) AS worth
        FROM part GROUP BY person_id, standard_id
    ), changed AS (
        SELECT person_id, code, title, level, variant, last_on, CASE
            WHEN last_on < :today OR holder.worth >= array_position(CAST(:ordered AS text[]), p.worth)
            THEN 'same' ELSE p.worth END AS change
        FROM holder JOIN proposed p USING (standard_id)
    ), staff AS (
        SELECT DISTINCT person_id, organisation_id FROM employment
        WHERE started_on <= :today AND (ended_on IS NULL OR ended_on >= :today)
    )
"""  # noqa: S608 (our own constants)
COUNT: Final = text(
    HOLDERS  # noqa: S608 (our own constants)
    + "SELECT organisation_id, code, change, count(*) FROM changed JOIN staff USING (person_id) GROUP BY 1, 2, 3"
)
PEOPLE: Final = text(
    HOLDERS  # noqa: S608 (our own constants)
    + """
    SELECT p.given_name, p.family_name, p.passport_number, c.title, c.level, c.variant, c.change,
           nullif(c.last_on, 'infinity') AS last_on
    FROM changed c JOIN staff USING (person_id) JOIN person p ON p.id = c.person_id
    WHERE organisation_id = :organisation AND change <> 'same'
    ORDER BY array_position(ARRAY['unclear', 'in_part'], change), p.family_name, p.given_name, p.id, c.title, c.code
    LIMIT :most
"""
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A new version of a framework from a day on.

    `worth` says by code of a standard what awards made against earlier versions are worth from then on.
    """

    framework_code: str
    version: str
    from_on: date
    worth: Mapping[str, Worth]

    @property
    def changing(self) -> Mapping[str, Change]:
        """The standards of which not all counts as before."""
        return {code: worth for code, worth in self.worth.items() if worth != "as_before"}


@dataclass(frozen=True, slots=True)
class Affected:
    """One person for whom a proposal changes something of one standard; `last_on` None: nobody sets the last day."""

    name: str
    passport_number: str
    standard: str
    change: Change
    last_on: date | None


def count(session: Session, view: View, proposal: Proposal, *, today: date) -> Mapping[str, Preview[Change]]:
    """Return how many people would change how, by their employer; for each standard that would change, by its code.

    Args:
        session: an open transaction.
        view: who looks.
        proposal: what would change.
        today: the day on which it is asked.
    """
    counts: dict[str, dict[tuple[UUID, Change], int]] = {code: {} for code in proposal.changing}
    for employer, code, change, number in session.execute(COUNT, _values(proposal)):
        counts[code][employer, change] = number
    known = {each.code: each for each in standards_of(session, proposal.framework_code)}
    return {
        code: Preview(view, (change, UNCHANGED), counts[code], beside(session, known[code], today=today))
        for code, change in proposal.changing.items()
    }


def by_standard(seen: Mapping[str, Preview[Change]], proposal: Proposal, titles: Mapping[str, str]) -> Table:
    """Return the table of the standards that would change, with the figures of each, by title.

    Args:
        seen: as `count` returned it.
        proposal: what would change.
        titles: by code of a standard.
    """
    rows = []
    for code, preview in seen.items():
        figures = preview.figures()
        change = proposal.changing[code]
        label = f"{titles[code]}: {CHANGES[change].lower()}"
        rows.append(Row(code, label, (figures[change], figures[UNCHANGED])))
    return Table("Standard", (WOULD_CHANGE, CHANGES[UNCHANGED]), tuple(sorted(rows, key=lambda row: row.label)))


def people(session: Session, organisation_id: UUID, proposal: Proposal) -> Sequence[Affected]:
    """Return the people of one employer for whom something would change, once for each standard.

    Args:
        session: an open transaction.
        organisation_id: the employer, who alone may see the names.
        proposal: what would change.
    """
    values = _values(proposal) | {"organisation": organisation_id, "most": MOST_PEOPLE}
    return [
        Affected(
            f"{row.given_name} {row.family_name}", row.passport_number, in_full(row.title, row.level, row.variant),
            row.change, row.last_on,
        )
        for row in session.execute(PEOPLE, values)
    ]  # fmt: skip


def proposal(
    session: Session, *, framework_code: str, version: str, from_on: date, others: Worth, worth: Mapping[str, Worth]
) -> Proposal:
    """Return a proposal that speaks of every standard of a framework.

    Args:
        session: an open transaction.
        framework_code: as `CSTF`.
        version: the new version's name.
        from_on: its first day.
        others: what awards of the standards that `worth` does not name are worth.
        worth: by code of a standard.

    Raises:
        FrameworkNotFound: there is no such framework.
    """
    said = {each.code: worth.get(each.code, others) for each in standards_of(session, framework_code)}
    return Proposal(framework_code, version, from_on, said)


def _values(proposal: Proposal) -> dict[str, Any]:
    changing = proposal.changing
    return {
        "codes": list(changing), "worths": list(changing.values()), "ordered": list(WORTHS), "today": proposal.from_on,
    }  # fmt: skip
