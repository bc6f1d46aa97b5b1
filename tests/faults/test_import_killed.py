"""An import whose process is killed loses nothing and doubles nothing."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from benchmarks.esr_file import write
from passport.awards.models import Award
from passport.db import transaction
from passport.esr.models import EsrImport
from passport.staff.models import Person
from tests.esr_files import make_employer

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
ROWS = 4000
# Imports a file and says where it is. At the place that it is told, it waits to be killed.
IMPORT = """
import sys, threading
from datetime import UTC, datetime
from passport import db
from passport.db import transaction
from passport.esr import people, reconcile, report, service
from passport.organisations import service as organisations
url, path, place = sys.argv[1:]
def stop(*arguments, **options):
    print("here", flush=True)
    threading.Event().wait()
holder, name = {"match": (people, "settle"), "reconcile": (reconcile, "apply"), "report": (report, "copy_outcomes"),
                "audit": (service.audit, "record"), "reading": (None, "")}[place]
if holder:
    setattr(holder, name, stop)
progress = (lambda read: stop()) if place == "reading" else (lambda read: None)
db.connect(url)
with transaction() as session, open(path, "rb") as content:
    organisation_id = organisations.by_ods(session, "X1V2A").id
    service.import_file(session, content, organisation_id=organisation_id, actor="operator", progress=progress,
                        now=datetime(2026, 8, 6, 9, 0, tzinfo=UTC))
"""


@pytest.mark.parametrize("place", ["reading", "match", "reconcile", "report", "audit"])
def test_a_killed_import_leaves_nothing_and_the_next_brings_everything(
    database_url: str, tmp_path: Path, place: str
) -> None:
    path = tmp_path / "esr.csv"
    write(path, ROWS)
    with transaction() as session:
        trust = make_employer(session, NOW)
    killed = subprocess.Popen(
        [sys.executable, "-c", IMPORT, database_url, str(path), place], stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "here\n"
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    assert counted() == (0, 0, 0)
    with transaction() as session, path.open("rb") as content:
        imported = type(trust)(session, trust.id, NOW).take(content)
        assert imported.counts["new"] == ROWS
    assert counted() == (ROWS, ROWS // 20, 1)


def counted() -> tuple[int, ...]:
    with transaction() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0 for table in (Award, Person, EsrImport)
        )
