"""The audit log from the command line.

passport audit checkpoint          sign how far the log went, and print the checkpoint: keep it elsewhere
passport audit check [FILE ...]    check the whole chain, and hold kept checkpoints against it; exit code 1 if not whole
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from passport import startup
from passport.audit import service as service_of_log
from passport.db import reading, transaction
from passport.errors import PassportError
from passport.inspection import checkpoints
from passport.settings import Settings
from passport.signing import keyring

LONGEST_FILE: Final = 65_536


@contextmanager
def _connected() -> Iterator[datetime]:
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"):
        yield datetime.now(UTC)


@click.group("audit")
def audit() -> None:
    """Prove that the audit log is whole."""


@audit.command("checkpoint")
def checkpoint() -> None:
    """Sign how far the log went, and print the newest checkpoint."""
    with _connected() as now:
        with transaction() as session:
            checkpoints.sign(session, now=now)
        with reading() as session:
            click.echo(checkpoints.newest(session).token)


@audit.command("check")
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(files: tuple[Path, ...]) -> None:
    """Check every entry of the log, and that it still has what the checkpoints in FILES say."""
    findings = []
    with _connected() as now, reading() as session:
        findings += [f"Entry {number}: the chain does not hold." for number in service_of_log.broken_entries(session)]
        for file in files:
            try:
                kept = checkpoints.check(session, file.read_bytes()[:LONGEST_FILE].decode("ascii", "replace"), now=now)
                click.echo(f"{file.name}: the log still has entry {kept.sequence} as it was.")
            except PassportError as error:
                findings.append(f"{file.name}: {error.title}. {error.detail}")
    for finding in findings:
        click.echo(finding)
    if findings:
        sys.exit(1)
    click.echo("The audit log is whole.", err=True)


commands: list[click.Command] = [audit]
