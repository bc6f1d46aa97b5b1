"""What B10 compares with: an ESR file taken in by a hand-written COPY and MERGE, and by an upsert of SQLAlchemy.

Both trust the file. They check nothing, match people by assignment number alone, overwrite what changed without a
history, and leave no report and no audit entry. They write the same rows of people, employments and awards, in one
durable transaction, under the same keys and indexes.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.staff.models import Employment, Person

DELIVERY: Final = {"e-learning": "e_learning", "face to face": "face_to_face"}

STAGE: Final = """
CREATE TEMPORARY TABLE staged (
    assignment text, employee text, given text, family text, born date, standard_id uuid, framework_version_id uuid,
    part int, awarded_on date, valid_until date, delivery text, assessed bool
) ON COMMIT DROP
"""
ADD_PEOPLE: Final = """
WITH fresh AS MATERIALIZED (
    SELECT DISTINCT ON (s.assignment) uuidv7() AS id, s.* FROM staged s
    WHERE NOT EXISTS (
        SELECT FROM employment e WHERE e.organisation_id = %(organisation)s AND e.assignment_number = s.assignment
    )
), people AS (
    INSERT INTO person (id, passport_number, given_name, family_name, date_of_birth, recorded_at)
    SELECT id, 'H' || assignment, given, family, born, %(now)s FROM fresh
)
INSERT INTO employment (person_id, organisation_id, employee_number, assignment_number, started_on)
SELECT id, %(organisation)s, employee, assignment, %(today)s FROM fresh
"""
MERGE_AWARDS: Final = """
MERGE INTO award a USING (
    SELECT e.person_id, s.* FROM staged s
    JOIN employment e ON e.organisation_id = %(organisation)s AND e.assignment_number = s.assignment
) s
ON a.organisation_id = %(organisation)s AND a.person_id = s.person_id AND a.standard_id = s.standard_id
    AND a.part = s.part AND a.ended_at IS NULL
WHEN MATCHED AND (a.awarded_on, a.valid_until, a.delivery, a.assessed)
    IS DISTINCT FROM (s.awarded_on, s.valid_until, s.delivery, s.assessed)
THEN UPDATE SET awarded_on = s.awarded_on, valid_until = s.valid_until, delivery = s.delivery, assessed = s.assessed
WHEN NOT MATCHED THEN INSERT (
    person_id, organisation_id, standard_id, framework_version_id, part, awarded_on, valid_until, delivery, assessed,
    verification_method, pedigree, recorded_at, recorded_by)
VALUES (s.person_id, %(organisation)s, s.standard_id, s.framework_version_id, s.part, s.awarded_on, s.valid_until,
    s.delivery, s.assessed, 'record', 'authoritative', %(now)s, 'operator')
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a file goes: a database, whose awards, and what each competence name means (standard, version, part)."""

    url: str
    organisation_id: UUID
    competences: Mapping[str, tuple[UUID, UUID, int]]
    now: datetime


def copy_and_merge(target: Target, path: Path) -> None:
    """Take a file in as a good hand-written program does."""
    values = {"organisation": target.organisation_id, "now": target.now, "today": target.now.date()}
    with psycopg.connect(target.url) as connection, connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY staged FROM STDIN") as copy:
            for row in _read(path):
                standard_id, version_id, part = target.competences[row["Competency Name"]]
                copy.write_row((
                    row["Assignment Number"], row["Employee Number"], row["First Name"], row["Last Name"],
                    _date(row["Date of Birth"]), standard_id, version_id, part, _date(row["Date Awarded"]),
                    _date(row["Expiry Date"]), DELIVERY[row["Delivery"]], row["Assessed"] == "Yes",
                ))  # fmt: skip
        cursor.execute("ANALYZE staged")
        cursor.execute(ADD_PEOPLE, values)
        cursor.execute("ANALYZE employment, award")  # or the plan of the merge takes the tables for empty
        cursor.execute(MERGE_AWARDS, values)


def upsert(target: Target, path: Path) -> None:
    """Take a file in as SQLAlchemy's documentation shows for many rows."""
    engine = create_engine(target.url)
    with Session(engine) as session, session.begin():
        known = select(Employment.assignment_number, Employment.person_id).where(
            Employment.organisation_id == target.organisation_id
        )
        people: dict[str | None, UUID] = {row.assignment_number: row.person_id for row in session.execute(known)}
        rows: list[dict[str, Any]] = []
        newcomers: list[tuple[UUID, dict[str, str]]] = []
        for row in _read(path):
            person_id = people.get(row["Assignment Number"])
            if person_id is None:
                person_id = people[row["Assignment Number"]] = uuid4()
                newcomers.append((person_id, row))
            rows.append(_award(target, person_id, row))
        _add_people(session, target, newcomers)
        _upsert_awards(session, rows)
    engine.dispose()


def _award(target: Target, person_id: UUID, row: dict[str, str]) -> dict[str, Any]:
    standard_id, version_id, part = target.competences[row["Competency Name"]]
    return {
        "person_id": person_id, "organisation_id": target.organisation_id, "standard_id": standard_id,
        "framework_version_id": version_id, "part": part, "awarded_on": _date(row["Date Awarded"]),
        "valid_until": _date(row["Expiry Date"]), "delivery": DELIVERY[row["Delivery"]],
        "assessed": row["Assessed"] == "Yes", "verification_method": "record", "pedigree": "authoritative",
        "recorded_at": target.now, "recorded_by": "operator",
    }  # fmt: skip


def _add_people(session: Session, target: Target, newcomers: list[tuple[UUID, dict[str, str]]]) -> None:
    if not newcomers:
        return
    people = [
        {
            "id": person_id, "passport_number": "H" + row["Assignment Number"], "given_name": row["First Name"],
            "family_name": row["Last Name"], "date_of_birth": _date(row["Date of Birth"]), "recorded_at": target.now,
        }
        for person_id, row in newcomers
    ]  # fmt: skip
    employments = [
        {
            "person_id": person_id, "organisation_id": target.organisation_id,
            "employee_number": row["Employee Number"], "assignment_number": row["Assignment Number"],
            "started_on": target.now.date(),
        }
        for person_id, row in newcomers
    ]  # fmt: skip
    session.execute(insert(Person), people)
    session.execute(insert(Employment), employments)


def _upsert_awards(session: Session, rows: list[dict[str, Any]]) -> None:
    statement = postgresql.insert(Award)
    said = statement.excluded
    changed = {name: said[name] for name in ("awarded_on", "valid_until", "delivery", "assessed")}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["organisation_id", "person_id", "standard_id", "part"],
            index_where=text("ended_at IS NULL"),
            set_=changed,
        ),
        rows,
    )


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def _date(cell: str) -> date | None:
    if not cell:
        return None
    form = "%Y/%m/%d %H:%M:%S" if "/" in cell else "%d-%b-%Y"
    return datetime.strptime(cell, form).replace(tzinfo=UTC).date()
