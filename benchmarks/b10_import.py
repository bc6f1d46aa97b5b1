"""B10: take in an ESR file: all rows new; the same file again; 1 % of the awards renewed; 0.5 % of the rows bad.

Every run is a durable commit on the embedded PostgreSQL, in a fresh copy of one prepared database. With a smaller file
ours takes turns with a hand-written COPY and MERGE and with an upsert of SQLAlchemy (`import_peers`), which check
nothing and keep no history; then all must hold the same current awards. The full file gives the rates and the memory.
The clock on the wall counts here, because half of the work is the database's.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from benchmarks import esr_file
from benchmarks.import_peers import Target, copy_and_merge, upsert
from benchmarks.measure import Effort, Figure, Timings, figure
from passport import db, embedded, migration
from passport.awards.models import Award
from passport.embedded import EmbeddedServer
from passport.esr.competence import CompetenceMap, parse
from passport.esr.report import rows as report_rows
from passport.esr.service import import_file
from passport.organisations import service as organisations
from passport.staff.models import Employment
from passport.standards import service as standards
from passport.standards.models import FrameworkVersion, Standard

HOME: Final = Path(__file__).resolve().parent.parent / "var" / "benchmarks"
TEMPLATE: Final = "benchmark_template"
COPY: Final = "benchmark"
ODS: Final = "X1V2A"
OURS: Final = "import"
BY_HAND: Final = "hand-written COPY and MERGE"
SQLALCHEMY: Final = "SQLAlchemy upsert"
FILES: Final[dict[str, dict[str, float]]] = {
    "new": {}, "unchanged": {}, "1 % changed": {"changed": 0.01}, "0.5 % bad": {"bad": 0.005},
}  # fmt: skip
# Who takes which; the others take no file with a fault in it, and the slowest takes one alone.
TAKERS: Final = {
    "new": (OURS, BY_HAND, SQLALCHEMY), "unchanged": (OURS, BY_HAND), "1 % changed": (OURS, BY_HAND),
}  # fmt: skip
ROUNDS: Final = 7
TARGET_RATES: Final = {"new": 35_000, "unchanged": 130_000}
SHARE_IN_ROUNDS: Final = 8  # a round's file has an eighth of the rows


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Take the files in by turns, check that all come to the same awards, and time it."""
    timings = {name: Timings({taker: [] for taker in takers}) for name, takers in TAKERS.items()}
    with tempfile.TemporaryDirectory() as folder, embedded.running(HOME) as server:
        _prepare(server, now)
        small = _write_files(Path(folder), max(40, effort.rows // SHARE_IN_ROUNDS))
        expected: dict[str, set[tuple[object, ...]]] = {}
        for taker in list(TAKES) * min(effort.rounds, ROUNDS):
            with _fresh(server, now) as target:
                for name in (name for name, takers in TAKERS.items() if taker in takers):
                    timings[name][taker].append(_seconds(TAKES[taker], target, small[name]))
                    if len(timings[name][taker]) == 1:
                        held = _current_awards(target)
                        assert held == expected.setdefault(name, held), f"{taker}: {name}"
        seconds, megabytes = _take_in_full(server, _write_files(Path(folder), effort.rows), now)
    return [*_ratios(timings), *_rates(seconds, effort.rows), _memory(megabytes)]


def _ratios(timings: Mapping[str, Timings]) -> Iterator[Figure]:
    for peer, target in ((BY_HAND, 0.7), (SQLALCHEMY, None)):
        for name in (name for name, takers in TAKERS.items() if peer in takers):
            speeds = timings[name].speed(OURS, peer)
            yield figure("B10", f"{name}, of {peer}", speeds, kind="ratio", unit="×", target=target)


def _rates(seconds: Mapping[str, float], rows: int) -> Iterator[Figure]:
    for name, taken in seconds.items():
        rate, target = rows / taken, TARGET_RATES.get(name)
        yield figure("B10", f"{rows:,} rows, {name}", [rate], kind="absolute", unit="rows/s", target=target)


def _memory(megabytes: float | None) -> Figure:
    values = [] if megabytes is None else [megabytes]
    return figure("B10", "peak memory", values, kind="absolute", unit="MB", target=300, at_most=True)


def _write_files(folder: Path, rows: int) -> dict[str, Path]:
    paths = {name: folder / f"{rows}-{place}.csv" for place, name in enumerate(FILES)}
    for name, path in paths.items():
        esr_file.write(path, rows, **FILES[name])
    return paths


def _take_in(target: Target, path: Path) -> None:
    """Import a file as the service does, and read its report of refused rows."""
    with db.transaction() as session, path.open("rb") as content:
        imported = import_file(
            session, content, organisation_id=target.organisation_id, actor="operator", now=target.now
        )
        statement, order = report_rows(imported.id, "refused")
        refused = session.execute(statement.order_by(*order)).all()
        assert len(refused) == imported.counts["refused"]
        assert imported.counts["set_aside"] == 0


TAKES: Final[dict[str, Callable[[Target, Path], None]]] = {OURS: _take_in, BY_HAND: copy_and_merge, SQLALCHEMY: upsert}


def _take_in_full(
    server: EmbeddedServer, files: dict[str, Path], now: datetime
) -> tuple[dict[str, float], float | None]:
    """Return the seconds for each of the full files, and the most memory that this process held."""
    with _fresh(server, now) as target:
        _forget_peak()
        seconds = {name: _seconds(_take_in, target, path) for name, path in files.items()}
    return seconds, _peak_megabytes()


def _seconds(take: Callable[[Target, Path], None], target: Target, path: Path) -> float:
    start = time.perf_counter()
    take(target, path)
    return time.perf_counter() - start


def _prepare(server: EmbeddedServer, now: datetime) -> None:
    """Make the database that every run starts from: the catalogue, and one employer."""
    execute(server, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
    embedded.prepare_database(server, TEMPLATE)
    engine = create_engine(server.url("passport_owner", TEMPLATE))
    migration.upgrade(engine)
    with Session(engine) as session, session.begin():
        standards.load_catalogue(session, now=now)
        organisations.register(
            session, ods_code=ODS, name="Invented Vale NHS Trust", kind="nhs_trust", source="invented",
            actor="operator", now=now,
        )  # fmt: skip
        organisations.map_vpd(session, vpd=esr_file.VPD, ods_code=ODS, actor="operator", now=now)
    engine.dispose()


@contextmanager
def _fresh(server: EmbeddedServer, now: datetime) -> Iterator[Target]:
    """Give a fresh copy of the prepared database, open to the service as its web role and to the others as owner."""
    execute(server, f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
    execute(server, f"CREATE DATABASE {COPY} TEMPLATE {TEMPLATE} OWNER passport_owner")
    embedded.prepare_database(server, COPY)
    engine = db.connect(server.url("passport_web", COPY))
    with db.reading() as session:
        organisation_id, competences = organisations.by_ods(session, ODS).id, _competences(session)
    yield Target(server.url("passport_owner", COPY), organisation_id, competences, now)
    engine.dispose()
    db.sessions.configure(bind=None)
    execute(server, f"DROP DATABASE {COPY} WITH (FORCE)")


def execute(server: EmbeddedServer, statement: str) -> None:
    """Run a statement outside of any transaction, as the server's superuser."""
    engine = create_engine(server.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _competences(session: Session) -> dict[str, tuple[UUID, UUID, int]]:
    """Return the standard, framework version and part that each competence name of the files means."""
    known = CompetenceMap(standards.catalogue(session))
    query = select(Standard.code, Standard.id, FrameworkVersion.id).join(
        FrameworkVersion, FrameworkVersion.framework_id == Standard.framework_id
    )
    ids = {code: (standard_id, version_id) for code, standard_id, version_id in session.execute(query)}
    found = {}
    for name in esr_file.COMPETENCES:
        (meaning,) = known.meanings(parse(name))
        found[name] = (*ids[meaning.standard], meaning.part)
    return found


def _current_awards(target: Target) -> set[tuple[object, ...]]:
    """Return who holds what, with the numbers that every program keeps alike."""
    engine = create_engine(target.url)
    query = (
        select(
            Employment.assignment_number, Award.standard_id, Award.framework_version_id, Award.part,
            Award.awarded_on, Award.valid_until, Award.delivery, Award.assessed,
        )
        .join(Employment, Employment.person_id == Award.person_id)
        .where(Award.ended_at.is_(None))
    )  # fmt: skip
    with engine.connect() as connection:
        held: set[tuple[object, ...]] = {tuple(row) for row in connection.execute(query)}
    engine.dispose()
    return held


def _forget_peak() -> None:
    """Let the system count this process's peak of memory from now on, where it can (Linux, proc_pid_clear_refs(5))."""
    forget = Path("/proc/self/clear_refs")
    if forget.exists():
        forget.write_text("5", encoding="ascii")


def _peak_megabytes() -> float | None:
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = dict(line.split(":", 1) for line in status.read_text(encoding="ascii").splitlines())
    return int(lines["VmHWM"].split()[0]) / 1024
