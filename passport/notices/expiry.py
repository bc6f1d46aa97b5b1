"""Whose training ends soon, found by one statement: the rules of the catalogue on a day, applied by the database.

The rule is that of every list (`passport.awards.lasting`). An award is left out where the holder questioned it, or
where another one outlasts it. Only people whom the organisation employs on that day are looked at. An award counts for
the shortest of the organisation's lengths of time in which it ends, so that one run never names it twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import Integer, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from passport.awards.lasting import RULES, is_disputed, is_outlasted, last_day

WORK_MEMORY: Final = text("SET LOCAL work_mem = '128MB'")  # hundreds of thousands of awards are compared in memory
# `ending`: person_id, award_id, last_on, days, and whether a letter can reach the person.
ENDING: Final = f"""
WITH {RULES},
soon AS MATERIALIZED (
    SELECT * FROM (
        SELECT a.id, a.person_id, a.standard_id, a.part, a.awarded_on, {last_day("a", "r")} AS last_on
        FROM award a
        LEFT JOIN rule r ON r.standard_id = a.standard_id
        -- By the index, person by person: the awards of everybody else need not be read.
        WHERE a.ended_at IS NULL AND a.person_id = ANY (ARRAY(
            SELECT person_id FROM employment
            WHERE organisation_id = :organisation AND started_on <= :today AND (ended_on IS NULL OR ended_on >= :today)
        ))
        -- Most end later. A month has 28 days at least, and to add days is quicker than to add months.
        AND least(a.awarded_on + r.months * 28, a.valid_until) <= :today + :most
    ) counted
    WHERE last_on BETWEEN :today AND :today + :most
),
ending AS MATERIALIZED (
    SELECT c.person_id, c.id AS award_id, c.last_on,
        (SELECT min(length) FROM unnest(:days) AS length WHERE length >= c.last_on - :today) AS days,
        EXISTS (SELECT FROM contact k WHERE k.person_id = c.person_id AND k.confirmed_at IS NOT NULL) AS has_address
    FROM soon c
    -- IS TRUE: asked of the few that end soon, one by one; as a join it would compare all awards that there are.
    WHERE NOT {is_disputed("c")} AND (NOT {is_outlasted("c", "c.last_on")}) IS TRUE
)
"""  # noqa: S608 (only the expressions of the rule are put in)
_lengths = bindparam("days", type_=ARRAY(Integer))
# One row for each length of time, and one for all of them, whose `days` is null.
COUNTS: Final = text(f"""{ENDING}
SELECT days, count(*), count(DISTINCT person_id), count(DISTINCT person_id) FILTER (WHERE NOT has_address)
FROM ending GROUP BY GROUPING SETS ((days), ()) ORDER BY days
""").bindparams(_lengths)  # noqa: S608
# A mark is made once, whoever makes it first; only a person with a new mark gets a letter.
MARK: Final = text(f"""{ENDING},
marked AS (
    INSERT INTO reminder (award_id, last_on, days, person_id, run_id)
    SELECT n.award_id, n.last_on, n.days, n.person_id, :run FROM ending n
    WHERE n.has_address
    AND NOT EXISTS (SELECT FROM reminder_choice o WHERE o.person_id = n.person_id)
    AND NOT EXISTS (
        SELECT FROM reminder m WHERE m.award_id = n.award_id AND m.last_on = n.last_on AND m.days <= n.days
    )
    ORDER BY n.award_id
    ON CONFLICT DO NOTHING RETURNING person_id
),
letter AS (
    INSERT INTO reminder_letter (run_id, person_id, made_at) SELECT DISTINCT :run, person_id, :now FROM marked
    RETURNING 1
)
SELECT count(*) FROM letter
""").bindparams(_lengths)  # noqa: S608


@dataclass(frozen=True, slots=True)
class Ending:
    """What ends within a length of time, and not within a shorter one.

    Args:
        days: the length of time.
        awards: how many end.
        people: of how many people.
    """

    days: int
    awards: int
    people: int


@dataclass(frozen=True, slots=True)
class Found:
    """What ends soon in an organisation: by length of time, of how many people, and how many no letter can reach."""

    endings: tuple[Ending, ...]
    people: int
    without_address: int


def asked(organisation_id: UUID, days: Sequence[int], on: date) -> dict[str, object]:
    """Return the parameters of the statements for an organisation, its lengths of time in days, and a day."""
    return {"organisation": organisation_id, "days": list(days), "most": max(days), "today": on}


def find(session: Session, organisation_id: UUID, days: Sequence[int], *, on: date) -> Found:
    """Count whose training ends soon.

    Args:
        session: any session.
        organisation_id: who employs them.
        days: the lengths of time, at least one.
        on: the day to count from.
    """
    session.execute(WORK_MEMORY)
    *rows, (_, _, people, without_address) = session.execute(COUNTS, asked(organisation_id, days, on))
    return Found(tuple(Ending(length, awards, of) for length, awards, of, _ in rows), people, without_address)
