"""Finds out whom the rows of a file mean: set by set, never by name alone.

A person is found by the assignment number within the employer, else the employee number there, and by the registration
number; all that the row gives must lead to one person, and a name or date of birth that says otherwise leaves the row
to a human (facts, sections 1 and 3). Who matches nobody is recorded as a new person when the row says all of who
they are and nothing speaks against it: that is how people enter.

A file finds only people whom its employer employs, and those who carry one of its assignment numbers. Names and
registration numbers are public, so a row that leads to anybody else is set aside with one code whatever else it says:
nothing of that person is read, and nothing is recorded of them (docs/adr/0006-who-an-import-may-find.md).

In the order of the code: the clear cases, settled inside the database; the others, judged one by one; registrations of
which rows of the same file say different things; claims on a number by several people in the same file; recording who
is new, and the numbers that were not known yet.
"""

import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Cursor
from psycopg.rows import args_row

from passport.staff import names, numbers

CLEAR: Final = """
INSERT INTO esr_found
SELECT p.key, x.id
FROM esr_person p
JOIN employment e ON e.organisation_id = %(organisation)s AND e.assignment_number = p.assignment
JOIN person x ON x.id = e.person_id
WHERE coalesce(p.given = x.given_name, true)
  AND coalesce(p.family = x.family_name, true)
  AND coalesce(p.born = x.date_of_birth, true)
  AND NOT EXISTS (
      SELECT FROM employment o
      WHERE o.organisation_id = %(organisation)s AND o.employee_number = p.employee AND o.person_id <> x.id)
  AND (p.number IS NULL OR EXISTS (
      SELECT FROM registration r WHERE r.body = p.body AND r.number = p.number AND r.person_id = x.id))
"""
# A registration that rows give to people who differ. Whether one spelling is meant is decided by `_disputed`.
DISAGREEING: Final = """
SELECT p.key, p.body, p.number, p.given, p.family, p.born
FROM esr_person p JOIN (
    SELECT body, number FROM esr_person WHERE number IS NOT NULL GROUP BY body, number
    HAVING min(given) <> max(given) OR min(family) <> max(family) OR min(born) <> max(born)
) d ON d.body = p.body AND d.number = p.number
"""
LEAVE_TO_A_HUMAN: Final = "DELETE FROM esr_found WHERE key = ANY(%(keys)s)"
# The last join is the rule of who may be found: of anybody else, no more is read than that they exist.
EVIDENCE: Final = """
WITH unclear AS MATERIALIZED (
    SELECT * FROM esr_person p WHERE NOT EXISTS (SELECT FROM esr_found f WHERE f.key = p.key)
), evidence AS (
    SELECT u.key, 'assignment' AS by, e.person_id FROM unclear u
    JOIN employment e ON e.organisation_id = %(organisation)s AND e.assignment_number = u.assignment
    UNION SELECT u.key, 'employee', e.person_id FROM unclear u
    JOIN employment e ON e.organisation_id = %(organisation)s AND e.employee_number = u.employee
    UNION SELECT u.key, 'registration', r.person_id FROM unclear u
    JOIN registration r ON r.body = u.body AND r.number = u.number
    UNION SELECT u.key, 'namesake', x.id FROM unclear u
    JOIN employment e ON e.organisation_id = %(organisation)s
    JOIN person x ON x.id = e.person_id AND x.date_of_birth = u.born AND lower(x.family_name) = lower(u.family)
)
SELECT u.key, u.employee, u.assignment, u.given, u.family, u.born, u.body, u.number,
       v.by, v.person_id, x.id IS NOT NULL AS is_ours, x.given_name, x.family_name, x.date_of_birth,
       EXISTS (SELECT FROM registration r WHERE r.person_id = x.id AND r.body = u.body AND r.number <> u.number)
       AND NOT EXISTS (SELECT FROM registration r WHERE r.person_id = x.id AND r.body = u.body AND r.number = u.number)
       AS has_another_number
FROM unclear u LEFT JOIN evidence v ON v.key = u.key
LEFT JOIN person x ON x.id = v.person_id AND (v.by IN ('assignment', 'namesake') OR EXISTS (
    SELECT FROM employment o WHERE o.person_id = x.id AND o.organisation_id = %(organisation)s
    AND (o.ended_on IS NULL OR o.ended_on >= %(today)s)))
ORDER BY u.key, v.by, v.person_id
"""
RECORD_PEOPLE: Final = """
INSERT INTO person (id, passport_number, given_name, family_name, date_of_birth, recorded_at)
SELECT id, passport_number, given, family, born, %(now)s FROM esr_newcomer
"""
MATCH_NEWCOMERS: Final = """
INSERT INTO esr_found SELECT k.key, n.id FROM esr_newcomer_key k JOIN esr_newcomer n ON n.ordinal = k.ordinal
"""
RECORD_EMPLOYMENTS: Final = """
INSERT INTO employment (person_id, organisation_id, employee_number, assignment_number, started_on)
SELECT DISTINCT ON (p.assignment, CASE WHEN p.assignment IS NULL THEN m.person_id END)
       m.person_id, %(organisation)s, p.employee, p.assignment, %(today)s
FROM esr_person p JOIN esr_match m ON m.key = p.key
WHERE NOT EXISTS (
    SELECT FROM employment e WHERE e.organisation_id = %(organisation)s
    AND (e.assignment_number = p.assignment OR (p.assignment IS NULL AND e.person_id = m.person_id)))
ORDER BY p.assignment, CASE WHEN p.assignment IS NULL THEN m.person_id END, p.key
"""
# `who` is one small number for each person, however many keys a file has for them.
NUMBER_PEOPLE: Final = """
INSERT INTO esr_match SELECT key, person_id, min(key) OVER (PARTITION BY person_id) FROM esr_found
"""
# In order, so that two employers that record the same nurses wait for each other and never in a circle.
RECORD_REGISTRATIONS: Final = """
INSERT INTO registration (person_id, body, number, checked_at, checked_by_id, method, annotations)
SELECT DISTINCT ON (p.body, p.number) m.person_id, p.body, p.number, %(now)s, %(organisation)s, 'employer_record', '{}'
FROM esr_person p JOIN esr_match m ON m.key = p.key
WHERE p.number IS NOT NULL
  AND NOT EXISTS (SELECT FROM registration r WHERE r.body = p.body AND r.number = p.number)
ORDER BY p.body, p.number
ON CONFLICT DO NOTHING
"""


class Evidence(NamedTuple):
    """A person of the file, with one person of the registry that something in the row leads to (or none).

    `is_ours`: the employer may find this person in this way. Where it may not, nothing but the id is known of them.
    """

    key: int
    employee: str | None
    assignment: str | None
    given: str | None
    family: str | None
    born: date | None
    body: str | None
    number: str | None
    by: str | None
    person_id: UUID | None
    is_ours: bool
    given_name: str | None
    family_name: str | None
    date_of_birth: date | None
    has_another_number: bool


@dataclass(frozen=True, slots=True)
class Matched:
    """The row means this person."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class Unknown:
    """The row means nobody in the registry, and says all that a new record needs. `same`: rows that mean one person."""

    same: str


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A human must look: why, and who of this employer it could be."""

    code: str
    candidates: tuple[UUID, ...] = ()


Judgement = Matched | Unknown | Doubtful


@dataclass(slots=True)
class People:
    """What became of the people of a file: those in doubt by their key, and how many are new."""

    doubtful: dict[int, Doubtful] = field(default_factory=dict)
    recorded: int = 0


def settle(cursor: Cursor[Any], *, organisation_id: UUID, now: datetime) -> People:
    """Fill `esr_match` with the person of each key of `esr_person`, recording who is new.

    Args:
        cursor: in the transaction of the import, with the temporary tables.
        organisation_id: the employer.
        now: UTC.
    """
    values = {"organisation": organisation_id, "now": now, "today": now.date()}
    cursor.execute(CLEAR, values)
    disputed = _disputed(cursor)
    if disputed:
        cursor.execute(LEAVE_TO_A_HUMAN, {"keys": list(disputed)})
    rows: dict[int, Evidence] = {}
    judged: dict[int, Judgement] = {}
    for key, evidence in _unclear(cursor, values):
        rows[key] = evidence[0]
        judged[key] = Doubtful("rows_disagree") if key in disputed else judge(evidence)
    _find_rival_claims(rows, judged)
    people = People({key: verdict for key, verdict in judged.items() if isinstance(verdict, Doubtful)})
    _copy_matches(cursor, judged)
    people.recorded = _record_newcomers(cursor, rows, judged, values)
    cursor.execute(NUMBER_PEOPLE)
    cursor.execute("ANALYZE esr_match")
    if rows:
        cursor.execute(RECORD_EMPLOYMENTS, values)
        cursor.execute(RECORD_REGISTRATIONS, values)
    return people


def judge(evidence: list[Evidence]) -> Judgement:
    """Decide whom a row means.

    Args:
        evidence: the row with each person that something in it leads to; at least one element.
    """
    row = evidence[0]
    led_to = [found for found in evidence if found.by in ("assignment", "employee", "registration")]
    candidates = tuple(dict.fromkeys(found.person_id for found in led_to if found.person_id and found.is_ours))
    if any(found.person_id not in candidates for found in led_to):
        return Doubtful("employed_elsewhere")
    if len(candidates) > 1:
        return Doubtful("person_contradicted", candidates)
    if led_to:
        code = _disagreement(led_to)
        return Doubtful(code, candidates) if code else Matched(candidates[0])
    if not (row.given and row.family and row.born and row.assignment):
        return Doubtful("person_unknown")
    namesakes = tuple(found.person_id for found in evidence if found.by == "namesake" and found.person_id)
    return Doubtful("person_may_exist", namesakes) if namesakes else Unknown(row.employee or row.assignment)


def _disagreement(led_to: list[Evidence]) -> str | None:
    """Return why a row that leads to one person may not mean them; None where nothing speaks against it."""
    found = led_to[0]
    if found.born and found.born != found.date_of_birth:
        return "date_of_birth_differs"
    for said, known in ((found.given, found.given_name), (found.family, found.family_name)):
        if said and known and names.fold(said) != names.fold(known):
            return "name_differs"
    if found.has_another_number:
        return "registration_differs"
    alone = {lead.by for lead in led_to} == {"registration"}
    return "registration_alone" if alone and not (found.given and found.family and found.born) else None


def _disputed(cursor: Cursor[Any]) -> set[int]:
    """Return the keys of rows that give one registration to people who differ, whoever carries it in the registry."""
    said: dict[tuple[str, str], list[tuple[int, str | None, str | None, date | None]]] = defaultdict(list)
    for key, body, number, given, family, born in cursor.execute(DISAGREEING):
        said[body, number].append((key, given and names.fold(given), family and names.fold(family), born))
    return {row[0] for same in said.values() if _differ(same) for row in same}


def _differ(said: list[tuple[int, str | None, str | None, date | None]]) -> bool:
    """Say whether rows give more than one given name, family name or date of birth; an empty cell says nothing."""
    return any(len({row[place] for row in said} - {None}) > 1 for place in (1, 2, 3))


def _unclear(cursor: Cursor[Any], values: dict[str, Any]) -> Iterator[tuple[int, list[Evidence]]]:
    with cursor.connection.cursor(row_factory=args_row(Evidence)) as rows:
        rows.execute(EVIDENCE, values)
        for key, evidence in groupby(rows, attrgetter("key")):
            yield key, list(evidence)


def _find_rival_claims(rows: dict[int, Evidence], judged: dict[int, Judgement]) -> None:
    """Put in doubt who shares with somebody else what is one person's alone: a number, or name with date of birth."""
    claims: dict[tuple[str, ...], dict[Judgement, list[int]]] = defaultdict(lambda: defaultdict(list))
    for key, verdict in judged.items():
        if not isinstance(verdict, Doubtful):
            for claim in _claims(rows[key], verdict):
                claims[claim][verdict].append(key)
    rivals = {verdict for claimants in claims.values() if len(claimants) > 1 for verdict in claimants}
    rivals |= _inconsistent(rows, judged)
    for key, verdict in list(judged.items()):
        if verdict in rivals:
            judged[key] = Doubtful("rows_disagree")


def _inconsistent(rows: dict[int, Evidence], judged: dict[int, Judgement]) -> set[Judgement]:
    """Return the newcomers of whom rows say different things under the same employee number."""
    said: dict[Unknown, set[tuple[str, ...]]] = defaultdict(set)
    for key, verdict in judged.items():
        if isinstance(verdict, Unknown):
            said[verdict].update(claim for claim in _claims(rows[key], verdict) if claim[0] == "identity")
    return {verdict for verdict, identities in said.items() if len(identities) > 1}


def _claims(row: Evidence, verdict: Judgement) -> Iterator[tuple[str, ...]]:
    if row.assignment:
        yield "assignment", row.assignment
    if row.body and row.number:
        yield "registration", row.body, row.number
    if isinstance(verdict, Unknown) and row.given and row.family and row.born:
        yield "identity", names.fold(row.given), names.fold(row.family), row.born.isoformat()


def _copy_matches(cursor: Cursor[Any], judged: dict[int, Judgement]) -> None:
    with cursor.copy("COPY esr_found FROM STDIN") as copy:
        for key, verdict in judged.items():
            if isinstance(verdict, Matched):
                copy.write_row((key, verdict.person_id))


def _record_newcomers(
    cursor: Cursor[Any], rows: dict[int, Evidence], judged: dict[int, Judgement], values: dict[str, Any]
) -> int:
    groups: dict[str, list[int]] = defaultdict(list)
    for key, verdict in judged.items():
        if isinstance(verdict, Unknown):
            groups[verdict.same].append(key)
    passport_numbers = _unused_numbers(cursor, len(groups))
    with cursor.copy("COPY esr_newcomer (ordinal, passport_number, given, family, born) FROM STDIN") as copy:
        for ordinal, keys in enumerate(groups.values()):
            row = rows[keys[0]]
            copy.write_row((ordinal, passport_numbers[ordinal], row.given, row.family, row.born))
    with cursor.copy("COPY esr_newcomer_key FROM STDIN") as copy:
        for ordinal, keys in enumerate(groups.values()):
            for key in keys:
                copy.write_row((key, ordinal))
    if groups:
        cursor.execute(RECORD_PEOPLE, values)
        cursor.execute(MATCH_NEWCOMERS)
    return len(groups)


def _unused_numbers(cursor: Cursor[Any], count: int) -> list[str]:
    """Draw passport numbers that nobody has; at national scale one in a million is taken."""
    drawn: set[str] = set()
    while len(drawn) < count:
        drawn |= {numbers.make(os.urandom) for _ in range(count - len(drawn))}
        cursor.execute("SELECT passport_number FROM person WHERE passport_number = ANY(%s)", (list(drawn),))
        drawn -= {number for (number,) in cursor}
    return list(drawn)
