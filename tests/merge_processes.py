"""Registrars' work in processes that are killed: a merge and its undoing, each at several places."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from tests.batch_processes import ROOT

# For each line that it is told, a process of its own merges or takes the merge back. At the place that is named, that
# process says who it is and waits to be killed. They are forked, because to start Python takes longer than to merge.
REGISTRARS = """
import os, sys, threading
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID
from passport import db, jobs
from passport.awards import moving
from passport.issuing import service as issuing
from passport.records import merging, moves, service
from passport.settings import Settings
from passport.signing import keyring
url, home, correction_id, organisation_id = sys.argv[1:]
keyring.configure(Settings(home=Path(home), example_keys=True))
places = {
    "half the rows have gone": (moves, "_contact"), "half of an award has gone": (moving, "record_again"),
    "no copy is withdrawn yet": (issuing, "withdraw"), "no trace is written yet": (service, "trace"),
    "no job is asked for yet": (jobs, "defer"), "half of it is back": (moves, "_award_back"),
    "nothing is committed yet": (db.Session, "commit"),
}
def stop(*arguments, **options):
    print(os.getpid(), flush=True)
    threading.Event().wait()
for line in sys.stdin:
    work, place = line.rstrip().split(": ")
    if child := os.fork():
        os.waitpid(child, 0)
        continue
    setattr(*places[place], stop)
    db.connect(url)
    with db.transaction() as session:
        getattr(merging, work)(
            session, UUID(correction_id), because="Compared.", organisation_id=UUID(organisation_id),
            actor="account:bela", now=datetime(2026, 8, 6, 9, 0, tzinfo=UTC),
        )
"""


class Registrars:
    """Processes that merge, or take the merge back (`take_back`), and are killed at a place."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def kill(self, work: str, place: str) -> None:
        """Start one on its work, and kill it where it has come to."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{work}: {place}\n")
        self._process.stdin.flush()
        os.kill(int(self._process.stdout.readline()), signal.SIGKILL)


@contextmanager
def registrars(url: str, home: Path, correction_id: UUID, organisation_id: UUID) -> Iterator[Registrars]:
    """Give registrars who work on a correction."""
    command = [sys.executable, "-c", REGISTRARS, url, str(home), str(correction_id), str(organisation_id)]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:  # fmt: skip
        yield Registrars(process)
