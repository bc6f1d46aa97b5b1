"""What the tests share: a real PostgreSQL, migrated once, and a session that leaves nothing behind.

The embedded server of the product runs the tests too. A template database is migrated once for each state of the
migrations; each worker of pytest-xdist copies it. `session` lives in an outer transaction that is rolled back, as the
web role, so the grants are tested with everything else. `furnished` gives a worker's database in which more stands, for
rooms that override `engine`. `database_url` is a database of one's own, for tests of concurrency and of several
processes.
"""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session

from passport import db, embedded, migration
from passport.settings import Settings
from tests.callers import Clock, lend_app
from tests.furnishing import NOW, Furnishing, furnish

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE_LOCK = 0x7465_6D70  # "temp"

migration.metadata()  # every table is known, whichever room a test imports


@pytest.fixture
def now() -> datetime:
    """The time of every test: Thursday 6 August 2026, 9 in the morning UTC."""
    return NOW


@pytest.fixture(scope="session")
def server() -> Iterator[embedded.EmbeddedServer]:
    """The embedded server, shared by all workers; the last one stops it."""
    with embedded.running(ROOT / "var" / "test", durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: embedded.EmbeddedServer) -> str:
    """The name of a database with every migration applied, and nothing else."""
    name = f"template_{_fingerprint()}"
    with _administering(server) as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": TEMPLATE_LOCK})
        known = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if not known:
            _build_template(server, name)
    return name


@pytest.fixture(scope="session")
def worker_database(server: embedded.EmbeddedServer, template: str) -> Iterator[str]:
    """The name of this worker's own copy of the template."""
    with _copy(server, template) as name:
        yield name


@pytest.fixture(scope="session")
def engine(server: embedded.EmbeddedServer, worker_database: str) -> Iterator[Engine]:
    """This worker's database, as the web role."""
    engine = create_engine(server.url("passport_web", worker_database))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def furnished(
    server: embedded.EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., Engine]]:
    """This worker's databases by what stands in them: `furnished("keys", "catalogue")`, as the web role."""
    made: dict[tuple[Furnishing, ...], Engine] = {}
    with ExitStack() as stack:

        def give(*wanted: Furnishing) -> Engine:
            if wanted not in made:
                name = stack.enter_context(_copy(server, template))
                owner = create_engine(server.url("passport_owner", name))
                furnish(owner, tmp_path_factory.mktemp("furnished"), *wanted)
                owner.dispose()
                made[wanted] = create_engine(server.url("passport_web", name))
                stack.callback(made[wanted].dispose)
            return made[wanted]

        yield give


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection whose transaction is rolled back; `transaction()` and `reading()` join it."""
    with engine.connect() as connection:
        outer = connection.begin()
        db.sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield connection
        outer.rollback()
        db.sessions.configure(bind=None)


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """A session that leaves nothing behind."""
    with db.sessions() as session:
        yield session


@pytest.fixture(scope="session")
def lasting_database(server: embedded.EmbeddedServer, template: str) -> Iterator[Callable[[str], str]]:
    """A database for a server that several tests share: call it with a role for the address."""
    with _copy(server, template) as name:
        yield lambda role: server.url(f"passport_{role}", name)


@pytest.fixture
def private_database(server: embedded.EmbeddedServer, template: str) -> Iterator[Callable[[str], str]]:
    """A database of one's own: call it with a role (web, worker, owner) for the address."""
    with _copy(server, template) as name:
        yield lambda role: server.url(f"passport_{role}", name)


@pytest.fixture
def database_url(private_database: Callable[[str], str]) -> Iterator[str]:
    """The address of a database of one's own, as the web role; `transaction()` uses it."""
    url = private_database("web")
    db.sessions.configure(bind=None, join_transaction_mode="conditional_savepoint")
    engine = db.connect(url, pool_size=20)
    yield url
    engine.dispose()
    db.sessions.configure(bind=None)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a service with its own empty home."""
    return Settings(home=tmp_path, example_keys=True, secret_key="invented-secret-of-thirty-two-characters")


@contextmanager
def _administering(server: embedded.EmbeddedServer) -> Iterator[Connection]:
    engine = create_engine(server.url("postgres", "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@contextmanager
def _copy(server: embedded.EmbeddedServer, template: str) -> Iterator[str]:
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{uuid4().hex[:12]}"
    with _administering(server) as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} OWNER passport_owner"))
        embedded.prepare_database(server, name)
        yield name
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def _build_template(server: embedded.EmbeddedServer, name: str) -> None:
    unfinished = f"{name}_unfinished"
    with _administering(server) as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)"))
    embedded.prepare_database(server, unfinished)
    owner = create_engine(server.url("passport_owner", unfinished))
    migration.upgrade(owner)
    owner.dispose()
    with _administering(server) as connection:
        connection.execute(text(f"ALTER DATABASE {unfinished} RENAME TO {name}"))


def _fingerprint() -> str:
    files = sorted((ROOT / "migrations").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


@pytest.fixture
def clock(now: datetime) -> Clock:
    """The application's clock; a test may let time pass."""
    return Clock(now)


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Flask:
    """The whole application, without a database of its own: ask for `session` or `database_url` too."""
    return lend_app(settings, clock)


@pytest.fixture
def http(app: Flask) -> FlaskClient:
    """An HTTP client that nobody knows; `tests.callers.sign_in` makes one that is known."""
    return app.test_client()
