"""Workers of batches in processes of their own, to be killed, and hundreds of staff for them to work on."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from passport.batches import service
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff.models import Employment, Person
from tests.batch_files import ACTOR, AWARD, as_csv

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[1]
# Works until no job is left. At the place that it is told, it says so and waits to be killed.
WORKER = """
import itertools, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from passport import db, jobs
from passport.awards import service as awards
from passport.batches import copies
from passport.batches import jobs as batch_jobs
from passport.issuing import issuance
from passport.settings import Settings
from passport.signing import keyring
url, worker_url, home, place = sys.argv[1:]
batch_jobs.utc_now = lambda: datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
keyring.configure(Settings(home=Path(home), example_keys=True))
def stop(*arguments, **options):
    print("here", flush=True)
    threading.Event().wait()
def after(times, work):
    calls = itertools.count(1)
    return lambda *arguments, **options: stop() if next(calls) > times else work(*arguments, **options)
places = {
    "before the plan": (copies, "name_copies", 0), "before the signature": (issuance, "sign", 1),
    "before it is stored": (copies, "store", 1), "in the middle": (awards, "record", 130),
}
if place != "nowhere":
    module, name, times = places[place]
    setattr(module, name, after(times, getattr(module, name)))
engine = db.connect(url)
jobs.run_worker(worker_url, wait=False)
engine.dispose()
"""


def start_worker(url: str, worker_url: str, home: Path, place: str = "nowhere") -> subprocess.Popen[str]:
    """Start a worker."""
    command = [sys.executable, "-c", WORKER, url, worker_url, str(home), place]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def kill_at_place(worker: subprocess.Popen[str]) -> None:
    """Wait until a worker is at its place, and kill it."""
    with worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "here\n"
        os.kill(worker.pid, signal.SIGKILL)


def finish(*workers: subprocess.Popen[str]) -> None:
    """Wait until workers found no more to do."""
    for worker in workers:
        with worker:
            assert worker.wait() == 0


def wait_until_gone(session: Session) -> None:
    """Wait until the database has noticed that a killed worker is gone."""
    others = text("""
        SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
    """)
    while session.scalar(others):
        session.rollback()


def make_staff_of(session: Session, organisation_id: UUID, many: int) -> list[str]:
    """Employ invented people; return their passport numbers."""
    people = [
        {
            "passport_number": numbers.make(os.urandom), "given_name": "Testa", "family_name": f"Inventedname{place}",
            "date_of_birth": date(1990, 2, 3), "recorded_at": NOW,
        }
        for place in range(many)
    ]  # fmt: skip
    ids = session.scalars(insert(Person).returning(Person.id), people).all()
    session.execute(
        insert(Employment),
        [
            {"person_id": person_id, "organisation_id": organisation_id, "started_on": date(2024, 4, 1)}
            for person_id in ids
        ],
    )
    return [str(person["passport_number"]) for person in people]


def request(session: Session, trust: Organisation, kind: str, people: Sequence[str]) -> UUID:
    """Ask for a batch for all of these people."""
    cells = AWARD if kind == "record_awards" else {}
    content = as_csv(*({"Passport number": number} | cells for number in people))
    batch = service.request(
        session, content, kind=kind, dry_run=False, organisation_id=trust.id, actor=ACTOR, now=NOW
    )  # fmt: skip
    return batch.id
