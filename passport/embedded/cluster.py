"""Run PostgreSQL itself: make its files, start it, find out whether it lives, stop it.

1. Files are made in a folder beside the final one and renamed when complete: a kill in the middle leaves nothing half.
2. The server starts in a session of its own, so Ctrl-C on the terminal reaches us and not it.
3. "Does it run?" is asked of a lock that PostgreSQL's processes inherit, never of a process id: ids are used again
   after a restart of the machine or container, and a dead process may stay listed as a zombie. PostgreSQL's own pid
   files would then keep it from starting, so they are removed once the lock proves that nobody is there.
4. It listens on a Unix socket in a private folder only. Statements and values never reach the log: they hold
   personal data.

The caller holds the start lock throughout; who uses the server is counted in `passport.embedded`.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

from psycopg import pq

from passport.embedded import locks
from passport.embedded.errors import EmbeddedServerError
from passport.embedded.places import PORT, SOCKET_NAME, Places

START_SECONDS: Final = 60.0  # recovery after a crash may replay a gigabyte
STOP_SECONDS: Final = 30.0
POLL_SECONDS: Final = 0.02
LARGEST_LOG: Final = 10_000_000  # bytes, then a new one begins

# Nothing of the caller's environment: PGDATA, PGPORT, LD_LIBRARY_PATH and the like would change what we start.
ENVIRONMENT: Final = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}

# The wheel is built without ICU; PostgreSQL's own C.UTF-8 sorts alike on every machine.
INITDB_OPTIONS: Final = (
    "--username=postgres",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth=reject",  # the server is started with access rules of our own
    "--no-instructions",
)

ACCESS_RULES: Final = "local all all trust\nhost all all all reject\n"

SETTINGS: Final = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "random_page_cost": "1.1",  # its disk is no turning one: with 4 a list of few is read by walking through all
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "log",  # starts, stops and crashes; not the errors of statements, which quote values
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
WITHOUT_DURABILITY: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def ensure_answering(places: Places, *, durable: bool, start_lock: int) -> None:
    """Make the files if there are none, start the server unless it runs, and wait until it answers.

    Args:
        places: where the server's things are.
        durable: False trades safety against power cuts for speed; for tests.
        start_lock: the descriptor of the start lock, which `initdb` inherits.

    Raises:
        EmbeddedServerError: it can't be made, doesn't start, or doesn't answer within a minute.
    """
    if not places.data.exists():
        _make_files(places, durable=durable, start_lock=start_lock)
    deadline = time.monotonic() + START_SECONDS
    launched = False
    while not _answers(places):
        if not locks.is_held(places.server_lock):
            if launched:
                raise EmbeddedServerError("PostgreSQL ended while starting.", "Read its log above.", log=places.log)
            _launch(places, durable=durable)
            launched = True
        elif time.monotonic() > deadline:
            raise EmbeddedServerError(
                f"PostgreSQL runs but has not answered for {START_SECONDS:.0f} seconds.",
                f"If it still recovers, try again later; otherwise end the processes with {places.data} in their name.",
                log=places.log,
            )
        time.sleep(POLL_SECONDS)


def stop(places: Places) -> None:
    """Stop the server, ending all connections, and wait until it is gone. Nothing happens where none runs.

    Raises:
        EmbeddedServerError: it has not ended within half a minute.
    """
    deadline = time.monotonic() + STOP_SECONDS
    if locks.is_held(places.server_lock):
        _run(places, [places.binaries / "pg_ctl", "stop", "-D", places.data, "-m", "fast", "-t", f"{STOP_SECONDS:.0f}"])
    while locks.is_held(places.server_lock):
        if time.monotonic() > deadline:
            raise EmbeddedServerError("PostgreSQL did not stop.", "Read its log above.", log=places.log)
        time.sleep(POLL_SECONDS)


def _answers(places: Places) -> bool:
    conninfo = f"host={places.socket_directory} port={PORT} user=postgres dbname=postgres connect_timeout=5"
    return (places.socket_directory / SOCKET_NAME).exists() and pq.PGconn.ping(conninfo.encode()) == pq.Ping.OK


def _make_files(places: Places, *, durable: bool, start_lock: int) -> None:
    # An initdb whose caller was killed still holds the start lock, so what lies here now is nobody's.
    for leftover in places.base.glob("data.new-*"):
        shutil.rmtree(leftover)
    unfinished = Path(tempfile.mkdtemp(prefix="data.new-", dir=places.base))
    if places.account is not None:
        os.chown(unfinished, places.account.user_id, places.account.group_id)
    options = [*INITDB_OPTIONS, *([] if durable else ["--no-sync"])]
    if _run(places, [places.binaries / "initdb", "-D", unfinished, *options], inherited=start_lock) != 0:
        raise EmbeddedServerError(
            "PostgreSQL's initdb failed.", "Free some disk space or read the log above.", log=places.log
        )
    unfinished.rename(places.data)


def _launch(places: Places, *, durable: bool) -> None:
    socket_directory = places.prepare_socket_directory()
    stale = (socket_directory / SOCKET_NAME, socket_directory / f"{SOCKET_NAME}.lock", places.data / "postmaster.pid")
    for path in stale:
        path.unlink(missing_ok=True)
    places.access_rules.write_text(ACCESS_RULES, encoding="utf-8")
    places.access_rules.chmod(0o644)
    settings = SETTINGS | ({} if durable else WITHOUT_DURABILITY)
    settings |= {"unix_socket_directories": str(socket_directory), "hba_file": str(places.access_rules)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    # The shell puts the server into the background and ends: no child of ours, no zombie, no warning at our exit.
    command = ["/bin/sh", "-c", '"$@" &', "sh", str(places.binaries / "postgres"), "-D", str(places.data), *options]
    with locks.exclusive(places.server_lock) as server_lock:
        _run(places, command, inherited=server_lock)


def _run(places: Places, command: Sequence[str | Path], *, inherited: int | None = None) -> int:
    """Run a command as the server's user, in a session of its own, saying into the log; return its exit code."""
    account = places.account
    with _open_log(places.log) as log:
        return subprocess.run(  # noqa: S603 - no shell reads these words, and the program is ours
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=places.base,
            env=ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            pass_fds=[] if inherited is None else [inherited],
            user=None if account is None else account.user_id,
            group=None if account is None else account.group_id,
            extra_groups=None if account is None else [],
        ).returncode


def _open_log(path: Path) -> IO[bytes]:
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".old"))
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600), "ab")
