"""Brings the awards of a file together with those on record: one set-based step after the other, in one transaction.

The rows stand in the temporary table `esr_row`, their people in `esr_match`, their standards in `esr_competence`. A
person and a standard together are one whole number, `identity`, so that grouping 200,000 rows is cheap. In the order of
the code:

1. `FIND_CANDIDATES` keeps only rows that differ from the current award: an unchanged file ends here.
2. `FIND_HINDRANCES` says which rows can't be taken: rows that contradict each other are nobody's guess, a repeated row
   says nothing new, an organisation must be allowed to award on the day, and what was withdrawn or corrected here is
   not undone by ESR. Those rows leave the candidates.
3. `FIND_NEWEST` finds the newest award of each person and standard in the file.
4. `END_OLDER` and `ADD` end the current awards as corrected (same day) or superseded, and add the new ones; an
   award that is older than another is kept as history from the start.
5. `KEEP_LOCAL` keeps local training apart from awards.

Nothing is removed, and what lacks in the file stays as it is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor

from passport.esr.outcomes import OUTCOMES, Outcomes
from passport.esr.people import People
from passport.esr.rows import Staged

TABLES: Final = {
    "esr_row": "line int, person int, competence int, awarded_on date, valid_until date, delivery text, assessed bool",
    "esr_person": "key int, employee text, assignment text, given text, family text, born date, body text, number text",
    "esr_competence": "key int, standard_id uuid, part int",
    "esr_local": "key int, name text",
    "esr_found": "key int, person_id uuid",
    "esr_match": "key int, person_id uuid, who int",
    "esr_newcomer": "ordinal int, id uuid DEFAULT uuidv7(), passport_number text, given text, family text, born date",
    "esr_newcomer_key": "key int, ordinal int",
}
MADE_ON_THE_WAY: Final = ("esr_candidate", "esr_hindrance", "esr_newest")

FIND_CANDIDATES: Final = """
CREATE TEMPORARY TABLE esr_candidate ON COMMIT DROP AS
SELECT uuidv7() AS id, (m.who::bigint << 20) + c.key AS identity, r.line, m.person_id, c.standard_id, c.part,
       r.awarded_on, r.valid_until, r.delivery, r.assessed, a.id AS current_id, a.awarded_on AS current_on
FROM esr_row r
JOIN esr_match m ON m.key = r.person
JOIN esr_competence c ON c.key = r.competence
LEFT JOIN award a ON a.organisation_id = %(organisation)s AND a.ended_at IS NULL
    AND a.person_id = m.person_id AND a.standard_id = c.standard_id AND a.part = c.part
WHERE a.id IS NULL
   OR a.awarded_on <> r.awarded_on
   OR a.valid_until IS DISTINCT FROM r.valid_until
   OR a.delivery <> r.delivery
   OR a.assessed IS DISTINCT FROM r.assessed
"""
FIND_HINDRANCES: Final = """
CREATE TEMPORARY TABLE esr_hindrance ON COMMIT DROP AS
WITH repeated AS MATERIALIZED (
    SELECT identity, awarded_on FROM esr_candidate GROUP BY identity, awarded_on HAVING count(*) > 1
), said AS (
    SELECT c.identity, c.awarded_on, min(c.line) AS first_line,
           count(DISTINCT (c.valid_until, c.delivery, c.assessed)) > 1 AS contested
    FROM repeated r JOIN esr_candidate c ON c.identity = r.identity AND c.awarded_on = r.awarded_on
    GROUP BY c.identity, c.awarded_on
), affirmed AS (
    -- another row of the file says of this award what is on record
    SELECT DISTINCT c.line FROM esr_candidate c
    JOIN esr_match m ON m.who = c.identity >> 20
    JOIN esr_row r ON r.person = m.key AND r.competence = c.identity & 1048575 AND r.awarded_on = c.awarded_on
    WHERE c.awarded_on = c.current_on AND NOT EXISTS (SELECT FROM esr_candidate o WHERE o.line = r.line)
), past AS (
    SELECT c.line,
           bool_or(a.ending = 'superseded') AS superseded,
           bool_or(a.ending = 'corrected') AS corrected,
           bool_or(a.ending = 'withdrawn' AND (
               a.ending_reason IS DISTINCT FROM 'updated_information_to_follow'
               OR (a.valid_until, a.delivery, a.assessed) IS NOT DISTINCT FROM (c.valid_until, c.delivery, c.assessed)
           )) AS withdrawn
    FROM esr_candidate c
    JOIN award a ON a.organisation_id = %(organisation)s AND a.person_id = c.person_id
        AND a.standard_id = c.standard_id AND a.part = c.part AND a.awarded_on = c.awarded_on
    WHERE a.ended_at IS NOT NULL AND c.current_on IS DISTINCT FROM c.awarded_on
    GROUP BY c.line
), permission AS MATERIALIZED (
    -- the rules of standards.awarding.check_award, once for each standard and day
    SELECT d.standard_id, d.awarded_on, coalesce((
        SELECT g.state IN ('approved', 'conditions') FROM accreditation g
        WHERE g.organisation_id = %(organisation)s AND g.standard_id = d.standard_id
          AND d.awarded_on BETWEEN g.from_on AND coalesce(g.until_on, 'infinity')
        ORDER BY g.from_on DESC LIMIT 1
    ), t.kind = 'statutory') AND d.awarded_on <= coalesce(o.closed_on, 'infinity') AND NOT EXISTS (
        SELECT FROM accreditation g
        WHERE g.organisation_id = %(organisation)s AND g.standard_id = d.standard_id AND g.state = 'suspended'
          AND (%(now)s AT TIME ZONE 'UTC')::date BETWEEN g.from_on AND coalesce(g.until_on, 'infinity')
    ) AS may_award, CASE
        -- what a specification asks of a person is checked when an award is recorded by itself, not here
        WHEN f.id IS NULL THEN t.kind <> 'credential'
            AND NOT EXISTS (SELECT FROM specification s WHERE s.standard_id = t.id)
        ELSE f.scope IS NULL AND f.registers = '{}' AND f.prerequisites = '{}'
    END AS asks_nothing
    FROM (SELECT DISTINCT standard_id, awarded_on FROM esr_candidate) d
    JOIN standard t ON t.id = d.standard_id
    JOIN organisation o ON o.id = %(organisation)s
    LEFT JOIN LATERAL (
        SELECT * FROM specification s
        WHERE s.standard_id = d.standard_id AND (s.state IN ('endorsed', 'under_review') OR s.until_on IS NOT NULL)
          AND d.awarded_on BETWEEN coalesce(s.from_on, '-infinity') AND coalesce(s.until_on, 'infinity')
        ORDER BY s.from_on DESC NULLS LAST LIMIT 1
    ) f ON true
)
SELECT h.line, h.code
FROM (
    SELECT c.line,
           CASE
               WHEN s.contested OR f.line IS NOT NULL THEN 'award_contested'
               WHEN c.line > s.first_line THEN 'duplicate_row'
               WHEN p.superseded THEN 'history_kept'
               WHEN p.withdrawn THEN 'withdrawn_before'
               WHEN p.corrected THEN 'corrected_before'
               WHEN NOT w.may_award THEN 'not_accredited'
               WHEN NOT w.asks_nothing THEN 'specification_asks'
           END AS code
    FROM esr_candidate c
    JOIN permission w ON w.standard_id = c.standard_id AND w.awarded_on = c.awarded_on
    LEFT JOIN said s ON s.identity = c.identity AND s.awarded_on = c.awarded_on
    LEFT JOIN affirmed f ON f.line = c.line
    LEFT JOIN past p ON p.line = c.line
) h
WHERE h.code IS NOT NULL
"""
LEAVE_OUT: Final = "DELETE FROM esr_candidate c USING esr_hindrance h WHERE h.line = c.line"
FIND_NEWEST: Final = """
CREATE TEMPORARY TABLE esr_newest ON COMMIT DROP AS
SELECT DISTINCT ON (identity) identity, id, awarded_on, current_id, current_on,
       current_on IS NULL OR awarded_on >= current_on AS becomes_current
FROM esr_candidate
ORDER BY identity, awarded_on DESC
"""
END_OLDER: Final = """
UPDATE award a
SET ended_at = %(now)s,
    ending = CASE WHEN s.id IS NULL THEN 'superseded' ELSE 'corrected' END,
    ending_reason = 'esr_import',
    replaced_by_id = coalesce(s.id, n.id)
FROM esr_newest n
LEFT JOIN esr_candidate s ON s.identity = n.identity AND s.awarded_on = n.current_on
WHERE n.becomes_current AND a.id = n.current_id AND a.ended_at IS NULL
"""
ADD: Final = """
WITH version AS MATERIALIZED (
    -- the rule of standards.service.framework_version, once for each framework and day
    SELECT DISTINCT ON (d.framework_id, d.awarded_on) d.framework_id, d.awarded_on, v.id
    FROM (
        SELECT DISTINCT s.framework_id, c.awarded_on FROM esr_candidate c JOIN standard s ON s.id = c.standard_id
    ) d
    JOIN framework_version v ON v.framework_id = d.framework_id,
    LATERAL (SELECT coalesce(v.from_on <= d.awarded_on, true)) AS b (begun)
    ORDER BY d.framework_id, d.awarded_on, b.begun DESC,
             CASE WHEN b.begun THEN coalesce(v.from_on, '-infinity') END DESC,
             CASE WHEN b.begun THEN v.version END DESC, v.from_on, v.version
)
INSERT INTO award (
    id, person_id, organisation_id, standard_id, framework_version_id, part, awarded_on, valid_until, delivery,
    assessed, verification_method, pedigree, recorded_at, recorded_by, import_id, ended_at, ending, ending_reason,
    replaced_by_id)
SELECT c.id, c.person_id, %(organisation)s, c.standard_id, v.id, c.part, c.awarded_on, c.valid_until, c.delivery,
       c.assessed, 'record', 'authoritative', %(now)s, %(actor)s, %(import)s,
       CASE WHEN k.is_history THEN %(now)s END,
       CASE WHEN k.is_history THEN 'superseded' END,
       CASE WHEN k.is_history THEN 'esr_import' END,
       CASE WHEN k.is_history THEN CASE WHEN n.becomes_current THEN n.id ELSE c.current_id END END
FROM esr_candidate c
JOIN esr_newest n ON n.identity = c.identity
JOIN standard s ON s.id = c.standard_id
JOIN version v ON v.framework_id = s.framework_id AND v.awarded_on = c.awarded_on,
LATERAL (SELECT c.id <> n.id OR NOT n.becomes_current) AS k (is_history)
"""
KEEP_LOCAL: Final = """
INSERT INTO local_training (person_id, organisation_id, name, awarded_on, valid_until, recorded_at, import_id)
SELECT DISTINCT ON (m.person_id, l.name)
       m.person_id, %(organisation)s, l.name, r.awarded_on, r.valid_until, %(now)s, %(import)s
FROM esr_row r JOIN esr_local l ON l.key = r.competence JOIN esr_match m ON m.key = r.person
ORDER BY m.person_id, l.name, r.awarded_on DESC, r.valid_until DESC NULLS LAST, r.line
ON CONFLICT (organisation_id, person_id, name) DO UPDATE
SET awarded_on = excluded.awarded_on, valid_until = excluded.valid_until, recorded_at = excluded.recorded_at,
    import_id = excluded.import_id
WHERE excluded.awarded_on > local_training.awarded_on
   OR (excluded.awarded_on = local_training.awarded_on
       AND excluded.valid_until IS DISTINCT FROM local_training.valid_until)
"""
HINDERED: Final = "SELECT line, code FROM esr_hindrance"
TAKEN: Final = """
SELECT CASE WHEN c.awarded_on = c.current_on THEN 'updated'
            WHEN c.id <> n.id OR NOT n.becomes_current THEN 'older_than_current'
            WHEN c.current_id IS NOT NULL THEN 'superseded_older'
            ELSE 'new' END,
       array_agg(c.line)
FROM esr_candidate c JOIN esr_newest n ON n.identity = c.identity
GROUP BY 1
"""
LOCAL_LINES: Final = """
SELECT array_agg(r.line) FROM esr_row r JOIN esr_match m ON m.key = r.person WHERE r.competence < 0
"""
DOUBTFUL_LINES: Final = """
SELECT r.line, r.person FROM esr_row r WHERE NOT EXISTS (SELECT FROM esr_match m WHERE m.key = r.person)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Which import this is: what its awards are marked with."""

    import_id: UUID
    organisation_id: UUID
    actor: str
    now: datetime

    @property
    def values(self) -> dict[str, Any]:
        """The values that the statements name."""
        return {
            "import": self.import_id, "organisation": self.organisation_id, "actor": self.actor, "now": self.now,
        }  # fmt: skip


def make_tables(cursor: Cursor[Any]) -> None:
    """Make the temporary tables of one import; they are gone with its transaction."""
    for name in (*MADE_ON_THE_WAY, *TABLES):
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{name}".encode())
    for name, columns in TABLES.items():
        cursor.execute(f"CREATE TEMPORARY TABLE {name} ({columns}) ON COMMIT DROP".encode())


def copy_rows(cursor: Cursor[Any], lines: Iterable[str]) -> None:
    """Copy the rows that were taken, while they are still being read."""
    with cursor.copy("COPY esr_row FROM STDIN") as copy:
        for text in lines:
            copy.write(text)


def copy_meanings(cursor: Cursor[Any], staged: Staged, standards: dict[str, UUID]) -> None:
    """Copy whom and what the rows name, then let the database count.

    Args:
        cursor: in the transaction of the import.
        staged: what the rows said.
        standards: the id of each standard's code.
    """
    _copy(cursor, "esr_person", staged.people)
    meanings = (f"{key}\t{standards[m.standard]}\t{m.part}" for key, m in enumerate(staged.meanings))
    _copy(cursor, "esr_competence", meanings)
    _copy(cursor, "esr_local", (f"{-1 - place}\t{name}" for place, name in enumerate(staged.locals)))
    cursor.execute("ANALYZE esr_row (person, competence), esr_person (key, assignment), esr_competence")


def apply(cursor: Cursor[Any], run: Import, staged: Staged, outcomes: Outcomes, people: People) -> None:
    """Bring the rows together with the awards on record, and mark what became of each."""
    if cursor.execute(FIND_CANDIDATES, run.values).rowcount:
        cursor.execute("ANALYZE esr_candidate (identity, line, person_id, standard_id, awarded_on, current_on)")
        if cursor.execute(FIND_HINDRANCES, run.values).rowcount:
            cursor.execute(LEAVE_OUT)
        cursor.execute(FIND_NEWEST)
        cursor.execute("ANALYZE esr_newest (identity, current_id)")
        cursor.execute(END_OLDER, run.values)
        cursor.execute(ADD, run.values)
        _mark_awards(cursor, outcomes)
    if staged.locals:
        cursor.execute(KEEP_LOCAL, run.values)
        for (lines,) in cursor.execute(LOCAL_LINES):
            outcomes.mark_all(lines or (), "local")
    if people.doubtful:
        for line, key in cursor.execute(DOUBTFUL_LINES).fetchall():
            outcomes.say(line, people.doubtful[key].code)


def _mark_awards(cursor: Cursor[Any], outcomes: Outcomes) -> None:
    for line, code in cursor.execute(HINDERED).fetchall():
        outcomes.say(line, code)
    for taken, lines in cursor.execute(TAKEN).fetchall():
        if taken in OUTCOMES:
            outcomes.mark_all(lines, taken)
        else:
            for line in lines:
                outcomes.say(line, taken)


def _copy(cursor: Cursor[Any], table: str, lines: Iterable[str]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
        for line in lines:
            copy.write(line + "\n")
