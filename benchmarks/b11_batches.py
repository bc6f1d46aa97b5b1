"""B11: issue passports for thousands of people as jobs of a batch, by two workers, against the floors and one by one.

The workers are real processes. They run for months in life, so each has done a batch of one before the clock starts;
what the service does by the clock has nothing to do with a batch and is left out. Every chunk is a durable commit on
the embedded PostgreSQL. The floors are what no program can leave out, done in one process, a chunk at a time: read what
each passport says, with the service's own question, which puts it all into one; make and encode the claims with the
library that B1 times; one raw signature a person; and COPY of the very rows that a batch leaves behind (status entries,
credentials, batch rows) under the same keys and indexes, a commit a chunk. What our rules ask beyond that is not in
them: to record before the signature and store after it (so each row is written twice), and to pass our own verifier's
rules. A second ratio, without a target, leaves reading and making out as well.

One by one is the service's own `issue_passport` in a loop. The clock on the wall counts, because half of the work is
the database's and the rest is shared by two processes. Afterwards everybody has exactly one copy.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import psycopg
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import create_engine, func, insert, select, text
from sqlalchemy.orm import Session

from benchmarks import samples
from benchmarks.measure import Effort, Figure, Timings, figure
from credentials.passport_type import to_claims
from credentials.sd_jwt import SEED_BYTES
from credentials.sd_jwt_vc import StatusReference, Terms, prepare
from passport import db, embedded, migration
from passport.awards import service as awards
from passport.awards.models import Award
from passport.batches import service
from passport.batches.models import BatchChunk
from passport.embedded import EmbeddedServer
from passport.issuing import issuance
from passport.issuing import service as issuing
from passport.issuing.issuance import CHUNK
from passport.issuing.models import Credential
from passport.organisations import service as organisations
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.staff import numbers
from passport.staff.models import Employment, Person
from passport.standards import service as standards
from passport.standards.models import FrameworkVersion, Standard

HOME: Final = Path(__file__).resolve().parent.parent / "var" / "benchmarks"
ROOT: Final = Path(__file__).resolve().parent.parent
TEMPLATE: Final = "benchmark_batches"
COPY: Final = "benchmark_batch"
WORKERS: Final = 2
PEOPLE: Final = 5_000
ONE_BY_ONE: Final = 250  # people in the loop
ROUNDS: Final = 3
LIFE: Final = timedelta(days=90)
_ENCODE: Final = msgspec.json.Encoder().encode
AWARDS: Final = 11  # of each person: as many as the framework has subjects
OURS: Final = "two workers"
FLOORS: Final = "sum of the floors"
STORING: Final = "signature and COPY alone"
LOOP: Final = "one by one"
# What a batch leaves for each copy, in the order of the foreign keys, and how a row belongs to its copy.
TABLES: Final = {
    "status_entry": "t.list_number = c.list_number AND t.index = c.status_index",
    "credential": "t.id = c.id",
    "batch_row": "t.credential_id = c.id",
}
WORKER: Final = """
import sys
from pathlib import Path
from uuid import UUID
from passport import app, db, jobs
from passport.batches import work
from passport.settings import Settings
from passport.signing import keyring
from passport.web.clock import utc_now
url, worker_url, home, batch_of_one = sys.argv[1:]
keyring.configure(Settings(home=Path(home), example_keys=True))
db.connect(url)
jobs.app.periodic_registry.periodic_tasks.clear()
assert work.work(UUID(batch_of_one), 1, clock=utc_now)
print("ready", flush=True)
sys.stdin.readline()
jobs.run_worker(worker_url, wait=False)
print("done", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A database where everybody waits for a passport."""

    url: str
    worker_url: str
    owner_url: str
    organisation_id: UUID
    now: datetime


def run(effort: Effort, now: datetime) -> list[Figure]:
    """Issue for everybody in all three ways by turns, check that nobody has two copies, and time it."""
    people = min(PEOPLE, max(20, effort.rows // 40))
    timings = Timings({OURS: [], FLOORS: [], STORING: [], LOOP: []})
    keyring.configure(Settings(home=HOME, example_keys=True))
    with embedded.running(HOME) as server:
        _prepare(server, people + WORKERS, now)
        for _ in range(min(effort.rounds, ROUNDS)):
            with _fresh(server, now) as target:
                timings[OURS].append(_by_workers(target, people) / people)
                messages, lines = _messages(), _lines(target)
                making, storing = _making(target), _signing(messages) + _copying(target, lines)
                timings[FLOORS].append((making + storing) / len(messages))
                timings[STORING].append(storing / len(messages))
                timings[LOOP].append(_one_by_one(target, min(ONE_BY_ONE, people)))
    return [
        figure("B11", "two workers, of the sum of the floors", timings.speed(OURS, FLOORS), kind="ratio", unit="×",
               target=0.7),
        figure("B11", "two workers, of signature and COPY", timings.speed(OURS, STORING), kind="ratio", unit="×"),
        figure("B11", "two workers, of one by one", timings.speed(OURS, LOOP), kind="ratio", unit="×", target=5),
        figure("B11", f"{people:,} people by two workers", timings.rate(OURS), kind="absolute", unit="people/s"),
        figure("B11", "floors in one process", timings.rate(FLOORS), kind="absolute", unit="people/s"),
        figure("B11", "one by one", timings.rate(LOOP), kind="absolute", unit="people/s"),
    ]  # fmt: skip


def _by_workers(target: Target, people: int) -> float:
    """Ask for the batch, let the workers do it, and return the seconds from their start to the last commit."""
    with db.reading() as session:
        holders = session.scalars(select(Person.passport_number)).all()
    command = [sys.executable, "-c", WORKER, target.url, target.worker_url, str(HOME)]
    workers = [
        subprocess.Popen(
            [*command, str(_request(target, [holder]))],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for holder in holders[:WORKERS]
    ]  # fmt: skip
    batch_id = _request(target, holders[WORKERS:])
    for worker in workers:
        assert _line(worker) == "ready\n"
    start = time.perf_counter()
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        assert _line(worker) == "done\n"
    seconds = time.perf_counter() - start
    for worker in workers:
        worker.communicate()
    _check(batch_id, people)
    return seconds


def _request(target: Target, holders: Sequence[str]) -> UUID:
    """Ask for a batch, and see to it that its chunks are the only jobs."""
    with db.transaction() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        content = "\n".join(["Passport number", *holders]).encode()
        return service.request(
            session, content, kind="issue_passports", dry_run=False, organisation_id=target.organisation_id,
            actor="operator", now=target.now,
        ).id  # fmt: skip


def _line(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline()


def _check(batch_id: UUID, people: int) -> None:
    with db.reading() as session:
        done = session.scalar(select(func.sum(BatchChunk.done)).where(BatchChunk.batch_id == batch_id))
        copies = session.execute(select(func.count(), func.count(Credential.person_id.distinct()))).one()
        assert (done, *copies) == (people, people + WORKERS, people + WORKERS), (done, *copies)


def _lines(target: Target) -> dict[str, list[bytes]]:
    """Return the rows that a batch left, as COPY writes them: a line each, in the order of the copies."""
    found = {}
    with psycopg.connect(target.owner_url) as connection, connection.cursor() as cursor:
        for table, on in TABLES.items():
            query = f"COPY (SELECT t.* FROM credential c JOIN {table} t ON {on} ORDER BY c.id) TO STDOUT"  # noqa: S608
            with cursor.copy(query.encode()) as copy:
                found[table] = b"".join(bytes(block) for block in copy).splitlines(keepends=True)
    return found


def _messages() -> list[bytes]:
    """Return what was signed."""
    with db.reading() as session:
        copies = session.scalars(select(Credential)).all()
        return [issuing.unsigned(session, copy).to_be_signed for copy in copies]


def _making(target: Target) -> float:
    """Read what everybody's passport says, make and encode its claims, and return the seconds."""
    with db.reading() as session:
        ids = session.scalars(select(Person.id).order_by(Person.id)).all()
        terms = Terms(
            issuer=samples.ISSUER, issued_at=target.now, expires_at=target.now + LIFE,
            status=StatusReference(uri=samples.STATUS_URI, idx=1),
        )  # fmt: skip
        start = time.perf_counter()
        for first in range(0, len(ids), CHUNK):
            for content in awards.passport_contents(session, ids[first : first + CHUNK], now=target.now):
                _ENCODE(content)
                prepare(to_claims(content), terms, seed=os.urandom(SEED_BYTES), kid=samples.SIGNER.public.kid)
        return time.perf_counter() - start


def _signing(messages: list[bytes]) -> float:
    key, algorithm = samples.private_key(111), ec.ECDSA(hashes.SHA256())
    start = time.perf_counter()
    for message in messages:
        key.sign(message, algorithm)
    return time.perf_counter() - start


def _copying(target: Target, lines: dict[str, list[bytes]]) -> float:
    """Empty the tables, COPY the rows in again in chunks, a commit each, and return the seconds."""
    with psycopg.connect(target.owner_url) as connection:
        connection.execute("TRUNCATE batch_row, credential, status_entry CASCADE")
        connection.commit()
        start = time.perf_counter()
        for first in range(0, len(lines["credential"]), CHUNK):
            with connection.transaction(), connection.cursor() as cursor:
                for table in TABLES:
                    with cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
                        copy.write(b"".join(lines[table][first : first + CHUNK]))
        return time.perf_counter() - start


def _one_by_one(target: Target, people: int) -> float:
    """Issue in a loop and return the seconds for one person."""
    with db.reading() as session:
        ids = session.scalars(select(Person.id).order_by(Person.id).limit(people)).all()
    start = time.perf_counter()
    for person_id in ids:
        issuance.issue_passport(
            person_id, organisation_id=target.organisation_id, requested_by="operator", now=target.now
        )
    return (time.perf_counter() - start) / people


def _prepare(server: EmbeddedServer, people: int, now: datetime) -> None:
    """Make the database that every round starts from: an employer whose staff have awards and no passport."""
    _execute(server, f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
    embedded.prepare_database(server, TEMPLATE)
    engine = create_engine(server.url("passport_owner", TEMPLATE))
    migration.upgrade(engine)
    with Session(engine) as session, session.begin():
        standards.load_catalogue(session, now=now)
        trust = organisations.register(
            session, ods_code="X1V2A", name="Invented Vale NHS Trust", kind="nhs_trust", source="invented",
            actor="operator", now=now,
        )  # fmt: skip
        signing.load_example_keys(session, now=now)
        _employ(session, trust.id, people, now)
    engine.dispose()


def _employ(session: Session, organisation_id: UUID, people: int, now: datetime) -> None:
    """Employ invented people, each with the same awards of statutory training."""
    ids = session.scalars(
        insert(Person).returning(Person.id),
        [
            {"passport_number": numbers.make(os.urandom), "given_name": "Testa", "family_name": f"Inventedname{place}",
             "date_of_birth": date(1990, 2, 3), "recorded_at": now}
            for place in range(people)
        ],
    ).all()  # fmt: skip
    session.execute(
        insert(Employment),
        [{"person_id": each, "organisation_id": organisation_id, "started_on": date(2024, 4, 1)} for each in ids],
    )
    met = session.execute(
        select(Standard.id, FrameworkVersion.id)
        .join(FrameworkVersion, FrameworkVersion.framework_id == Standard.framework_id)
        .where(Standard.kind == "statutory", FrameworkVersion.until_on.is_(None))
        .order_by(Standard.number)
        .limit(AWARDS)
    ).all()
    session.execute(
        insert(Award),
        [
            {"person_id": each, "organisation_id": organisation_id, "standard_id": standard_id,
             "framework_version_id": version_id, "part": 0, "awarded_on": date(2026, 3, 2), "delivery": "face_to_face",
             "assessed": True, "verification_method": "record", "pedigree": "authoritative", "recorded_at": now,
             "recorded_by": "operator"}
            for each in ids
            for standard_id, version_id in met
        ],
    )  # fmt: skip


@contextmanager
def _fresh(server: EmbeddedServer, now: datetime) -> Iterator[Target]:
    """Give a fresh copy of the prepared database."""
    _execute(server, f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)")
    _execute(server, f"CREATE DATABASE {COPY} TEMPLATE {TEMPLATE} OWNER passport_owner")
    embedded.prepare_database(server, COPY)
    engine = db.connect(server.url("passport_web", COPY))
    with db.reading() as session:
        organisation_id = organisations.by_ods(session, "X1V2A").id
    web, worker, owner = (
        server.url(f"passport_{role}", COPY).replace("+psycopg", "") for role in ("web", "worker", "owner")
    )
    yield Target(web, worker, owner, organisation_id, now)
    engine.dispose()
    db.sessions.configure(bind=None)
    _execute(server, f"DROP DATABASE {COPY} WITH (FORCE)")


def _execute(server: EmbeddedServer, statement: str) -> None:
    engine = create_engine(server.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
