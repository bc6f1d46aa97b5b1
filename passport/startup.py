"""How a process of ours reaches its database: the one in the settings, or the embedded server that it starts.

Three roles use the database, and each process takes the least that does its work: `web` serves, `worker` does
background work, `owner` owns the tables and migrates. With `PASSPORT_DATABASE_URL` alone, that one address serves all
three.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy import Engine

from passport import db, embedded
from passport.settings import Settings

Role = Literal["web", "worker", "owner"]


@contextmanager
def database_url(settings: Settings, role: Role) -> Iterator[str]:
    """Give the address of the database for a role; the embedded server runs while the context is open.

    Raises:
        embedded.EmbeddedServerError: the embedded server does not start; the text says why and what to do.
    """
    if settings.database_url is not None:
        own = {"web": None, "worker": settings.worker_database_url, "owner": settings.owner_database_url}[role]
        yield own or settings.database_url
        return
    with embedded.running(settings.home) as server:
        embedded.prepare_database(server)
        yield server.url(f"passport_{role}", "passport")


@contextmanager
def database(settings: Settings, role: Role = "web") -> Iterator[Engine]:
    """Connect this process to the database as a role, for as long as the context is open."""
    with database_url(settings, role) as url:
        engine = db.connect(url)
        try:
            yield engine
        finally:
            engine.dispose()
