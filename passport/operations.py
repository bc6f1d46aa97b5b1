"""The commands that run the service.

passport serve [--workers N] [--with-worker]   the HTTP server, on PASSPORT_HOST and PASSPORT_PORT
passport worker                                background work, on as many machines as wanted
passport db upgrade                            bring the database to this release, as the owner of its tables
passport db check                              do migrations and models agree? Tried in a scratch database
passport openapi                               print the document of the JSON API
passport fsck                                  check all that was issued and done in bulk; exit code 1 with findings

`serve` looks before it starts: all settings, the tables of this release, an active key for every purpose. Any other
WSGI server can take its place with `wsgi:app`.
"""

import importlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

import click
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
from psycopg import connect, sql
from sqlalchemy import Engine, create_engine

from passport import embedded, jobs, migration, startup
from passport.batches import fsck as rows
from passport.db import reading
from passport.errors import PassportError, Unavailable
from passport.issuing import fsck as copies
from passport.publishing import refreshing
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.states import PURPOSES

APPLICATION: Final = "passport.app:from_environment"
BLOCKING_THREADS: Final = 4  # requests at once in a worker; each takes at most two connections of its pool
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus-client's own name: all workers' figures in one answer
WORKER_STOPS_WITHIN: Final = 10  # seconds


class NotReady(Unavailable):
    """Something must be done before the service can start."""

    code = "not_ready"
    title = "The service can't start yet"


@click.command("serve")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes that serve.")
@click.option("--with-worker", is_flag=True, help="Run the background work beside the server.")
def serve(workers: int, with_worker: bool) -> None:
    """Serve over HTTP."""
    settings = Settings.from_env()
    with startup.database(settings, "web") as engine:
        check_ready(settings, engine)
        check_port(settings)
        refreshing.refresh_all(now=datetime.now(UTC))
        _gather_metrics(settings)
        click.echo(f"Listening on http://{settings.host}:{settings.port}", err=True)
        with _background_worker() if with_worker else _nothing():
            Server(
                APPLICATION,
                factory=True,
                address=settings.host,
                port=settings.port,
                interface=Interfaces.WSGI,
                workers=workers,
                blocking_threads=BLOCKING_THREADS,
                websockets=False,
                respawn_failed_workers=True,
                log_level=LogLevels.warning,
                log_access=False,  # it would log paths, which hold passport numbers
            ).serve()


def check_ready(settings: Settings, engine: Engine) -> None:
    """Check that the database has this release's tables and that every purpose has a key that opens here.

    Raises:
        NotReady: something is missing; the text lists all of it and what to do.
    """
    with engine.connect() as connection:
        if not migration.is_current(connection):
            raise NotReady("The database is not at this release. Run: passport db upgrade")
    keyring.configure(settings)
    faults = []
    with reading() as session:
        for purpose in PURPOSES:
            try:
                signing.signer(session, purpose, now=datetime.now(UTC))
            except PassportError as error:
                faults.append(f"{purpose}: {error.detail}")
    if faults:
        raise NotReady("Signing keys are missing.\n" + "\n".join(f"- {fault}" for fault in faults))


def check_port(settings: Settings) -> None:
    """Check that nobody listens where we will: two servers would share the port, and its requests.

    Raises:
        NotReady: the port is taken.
    """
    with socket.socket() as probe:
        if probe.connect_ex((settings.host, settings.port)) == 0:
            raise NotReady(f"Port {settings.port} is taken. Choose another with PASSPORT_PORT=8001.")


@click.command("worker")
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, show_default=True, help="Jobs at once.")
@click.option("--until-done", is_flag=True, help="Stop when no job is left.")
def worker(concurrency: int, until_done: bool) -> None:
    """Work on background jobs until stopped."""
    settings = Settings.from_env()
    application = importlib.import_module("passport.app")
    application.logs.configure(settings.log_level)
    app = application.create_app(settings)  # knows every room's jobs, and gives them a clock
    with startup.database(settings, "worker"), startup.database_url(settings, "worker") as url, app.app_context():
        jobs.run_worker(url, wait=not until_done, concurrency=concurrency)


@click.command("openapi")
def openapi() -> None:
    """Print the OpenAPI document of the JSON API."""
    app = importlib.import_module("passport.app").create_app(Settings.from_env())
    click.echo(json.dumps(app.extensions["openapi"](), indent=2, ensure_ascii=False))


@click.command("fsck")
def fsck() -> None:
    """Check every copy, status list, audit entry and row of a batch. Exit code 1 when something is wrong."""
    settings, wrong = Settings.from_env(), 0
    keyring.configure(settings)
    with startup.database(settings, "web"), reading() as session:
        for finding in chain(copies.findings(session, now=datetime.now(UTC)), rows.findings(session)):
            wrong += 1
            click.echo(finding)
    if wrong:
        click.echo(f"{wrong} findings.", err=True)
        sys.exit(1)
    click.echo("Everything that was issued and done in bulk agrees with itself.", err=True)


@click.group("db")
def database() -> None:
    """Look after the database."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the database to this release."""
    with startup.database(Settings.from_env(), "owner") as engine:
        migration.upgrade(engine)
    click.echo("The database is at this release.", err=True)


@database.command("check")
def check() -> None:
    """Say whether migrations and models agree; exit code 1 when they don't."""
    with _scratch_database(Settings.from_env().home) as engine:
        migration.upgrade(engine)
        with engine.connect() as connection:
            found = migration.differences(connection)
    for difference in found:
        click.echo(difference)
    if found:
        sys.exit(1)
    click.echo("Migrations and models agree.", err=True)


@contextmanager
def _scratch_database(home: Path) -> Iterator[Engine]:
    """Make an empty database on the embedded server, and remove it afterwards."""
    name = f"scratch_{secrets.token_hex(6)}"
    with embedded.running(home) as server:
        embedded.prepare_database(server, name)
        engine = create_engine(server.url("passport_owner", name))
        try:
            yield engine
        finally:
            engine.dispose()
            with connect(server.url(), autocommit=True) as connection:
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _background_worker() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-m", "passport", "worker"])
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(WORKER_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _gather_metrics(settings: Settings) -> None:
    """Let the workers put their figures side by side; prometheus-client reads this name when it is imported."""
    folder = settings.home / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.environ[METRICS_FOLDER] = str(folder.resolve())


commands: list[click.Command] = [serve, worker, openapi, fsck, database]
