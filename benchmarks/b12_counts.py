"""B12: count a million people who count somewhere: the country, one ICB's picture, and exactly as an exact count.

A country of 262 trusts in 42 ICBs and 7 regions holds a million stints of practitioners in 15 professions, as the
database's own triggers keep them (their sums are made by the statement of `passport.reporting`'s migration, once, from
the people). Ours reads the sums; the peer is the exact aggregate over the people, which must come to the same numbers
for every organisation and profession. The clock on the wall counts, because the work is the database's.
"""

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime
from itertools import cycle
from typing import Final
from uuid import UUID

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from benchmarks.b10_import import HOME
from benchmarks.measure import Effort, Figure, Timings, figure
from passport import db, embedded, migration
from passport.embedded import EmbeddedServer
from passport.organisations.models import Organisation
from passport.reporting import counting, service

DATABASE: Final = "benchmark_counts"
MONTH: Final = date(2026, 8, 1)
PROFESSIONS: Final = 15
PEOPLE_OF_ROW: Final = 5  # a run of 200,000 rows of other benchmarks is one of a million people here
ROUNDS: Final = 7
MOST_MILLISECONDS: Final = 5.0
FILL: Final = """
    INSERT INTO organisation (ods_code, name, kind, parent_id, source, recorded_at)
    SELECT 'Y' || n, 'Invented region ' || n, 'region', NULL, 'invented', now() FROM generate_series(1, 7) n;
    INSERT INTO organisation (ods_code, name, kind, parent_id, source, recorded_at)
    SELECT 'Q' || n, 'Invented ICB ' || n, 'icb', (SELECT id FROM organisation WHERE ods_code = 'Y' || n % 7 + 1),
           'invented', now() FROM generate_series(0, 41) n;
    INSERT INTO organisation (ods_code, name, kind, parent_id, source, recorded_at)
    SELECT 'X' || n, 'Invented trust ' || n, 'nhs_trust', (SELECT id FROM organisation WHERE ods_code = 'Q' || n % 42),
           'invented', now() FROM generate_series(0, 261) n;
    INSERT INTO workforce_stint (person_id, organisation_id, measure, category, from_month, until_month)
    SELECT uuidv7(), o.id, 'advanced', 'Profession ' || n % {professions} % (1 + n % 17),
           '2024-01-01'::date + make_interval(months => n % 31),
           CASE WHEN n % 10 = 0 THEN '2026-07-01'::date + make_interval(months => n % 4) END
    FROM generate_series(1, {people}) n
    JOIN LATERAL (SELECT 'X' || (n * 7919::bigint) % 262 AS code) c ON true JOIN organisation o ON o.ods_code = c.code;
    INSERT INTO workforce_movement (organisation_id, measure, category, month, people)
    SELECT organisation_id, measure, category, month, sum(step) FROM (
        SELECT organisation_id, measure, category, from_month AS month, 1 AS step FROM workforce_stint
        UNION ALL SELECT organisation_id, measure, category, until_month, -1 FROM workforce_stint
    ) m WHERE month IS NOT NULL GROUP BY 1, 2, 3, 4;
"""


def run(effort: Effort, _now: datetime) -> list[Figure]:
    """Fill a database, check that both come to the same counts, and time them in turns."""
    people = effort.rows * PEOPLE_OF_ROW
    with embedded.running(HOME) as server:
        _fill(server, people)
        engine = db.connect(server.url("passport_web", DATABASE))
        with db.sessions() as session:
            works = _works(session)
            assert counting.counts(session, "advanced", month=MONTH) == counting.recount(
                session, "advanced", month=MONTH
            )
            timings = _take_turns(works, min(effort.rounds, ROUNDS))
        engine.dispose()
        db.sessions.configure(bind=None)
        _execute(server, f"DROP DATABASE {DATABASE} WITH (FORCE)")
    exact = "exact count of the people"
    of_all = f"at {people:,} people"
    return [
        figure("B12", f"national count {of_all}", timings.milliseconds("national"), kind="absolute", unit="ms",
               target=MOST_MILLISECONDS, at_most=True),
        figure("B12", "one profession, every organisation", timings.milliseconds("profession"), kind="absolute",
               unit="ms", target=MOST_MILLISECONDS, at_most=True),
        figure("B12", "every profession, every organisation", timings.milliseconds("everything"), kind="absolute",
               unit="ms"),
        figure("B12", "an ICB's page of trusts", timings.milliseconds("page"), kind="absolute", unit="ms"),
        figure("B12", f"national count, of the {exact}", timings.speed("national", exact), kind="ratio", unit="×",
               target=20),
    ]  # fmt: skip


def _works(session: Session) -> Mapping[str, Callable[[], object]]:
    names = cycle([f"Profession {number}" for number in range(PROFESSIONS)])
    asked = service.ask(session, _icb(session))

    def page() -> object:
        seen = service.picture(session, asked, "advanced", month=MONTH, today=MONTH)
        return seen.by_place(asked.place, {"People": seen.categories})

    return {
        "national": lambda: counting.national(session, "advanced", month=MONTH),
        "profession": lambda: counting.counts(session, "advanced", month=MONTH, category=next(names)),
        "everything": lambda: counting.counts(session, "advanced", month=MONTH),
        "page": page,
        "exact count of the people": lambda: sum(counting.recount(session, "advanced", month=MONTH).values()),
    }


def _take_turns(works: Mapping[str, Callable[[], object]], rounds: int) -> Timings:
    timings = Timings({name: [] for name in works})
    for work in works.values():
        work()  # once before the clock runs: plans are made, pages are in memory
    for _ in range(rounds):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            timings[name].append(time.perf_counter() - start)
    return timings


def _fill(server: EmbeddedServer, people: int) -> None:
    _execute(server, f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
    embedded.prepare_database(server, DATABASE)
    engine = create_engine(server.url("passport_owner", DATABASE))
    migration.upgrade(engine)
    with Session(engine) as session, session.begin():
        session.execute(text(FILL.format(people=people, professions=PROFESSIONS)))
        counting.fold(session, month=MONTH)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE workforce_movement, workforce_stint"))
    engine.dispose()


def _icb(session: Session) -> UUID:
    return session.scalars(select(Organisation.id).where(Organisation.ods_code == "Q1")).one()


def _execute(server: EmbeddedServer, statement: str) -> None:
    engine = create_engine(server.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
