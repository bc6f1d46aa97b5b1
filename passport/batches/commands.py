"""Batches on the command line.

passport batch run FILE --kind KIND --organisation ODS [--dry-run] [--json]
passport batch show ID [--json]
passport batch undo ID [--dry-run] [--json]
passport batch cancel ID
passport batch resume ID
passport batch template KIND

`run`, `undo` and `resume` work on the chunks themselves, together with whatever workers are running, until all is done.
Killed in the middle, `resume` goes on, and so does any worker within a minute. Exit code 1 where rows were not done.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBar
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import startup
from passport.batches import columns, progress, service
from passport.batches import work as chunks
from passport.batches.models import KINDS, Batch, BatchChunk, BatchRow
from passport.batches.schemas import BulkOut, BulkRowOut, batch_shown, row_shown
from passport.db import reading, transaction
from passport.organisations import service as organisations
from passport.settings import Settings
from passport.signing import keyring
from passport.web.clock import utc_now

ACTOR: Final = "operator"
LINES_SHOWN: Final = 20
LOOK_AGAIN_AFTER: Final = 0.5  # seconds, while a worker is on the last chunks
NOT_ALL_DONE: Final = 1


@click.group(name="batch")
def batch_command() -> None:
    """Do many changes by one file, and take them back."""


as_json_option = click.option("--json", "as_json", is_flag=True, help="Where it stands and the rows not done, as JSON.")
dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")


@batch_command.command("run")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What to do with each row.")
@click.option("--organisation", "ods", required=True, help="ODS code of the organisation whose rights count.")
@dry_run_option
@as_json_option
def run(file: Path, kind: str, ods: str, dry_run: bool, as_json: bool) -> None:
    """Do what FILE asks for: CSV or JSON lines."""
    with _service():
        with transaction() as session:
            organisation_id = organisations.by_ods(session, ods).id
            batch_id = service.request(
                session, file.read_bytes(), kind=kind, dry_run=dry_run, organisation_id=organisation_id, actor=ACTOR,
                now=utc_now(),
            ).id  # fmt: skip
        _do(batch_id)
        _report(batch_id, as_json=as_json)


@batch_command.command("undo")
@click.argument("batch_id", metavar="ID", type=click.UUID)
@dry_run_option
@as_json_option
def undo(batch_id: UUID, dry_run: bool, as_json: bool) -> None:
    """Take back every row of the batch ID that was done."""
    with _service():
        with transaction() as session:
            organisation_id = _owner(session, batch_id)
            undoing_id = service.undo(
                session, batch_id, dry_run=dry_run, organisation_id=organisation_id, actor=ACTOR, now=utc_now()
            ).id
        _do(undoing_id)
        _report(undoing_id, as_json=as_json)


@batch_command.command("resume")
@click.argument("batch_id", metavar="ID", type=click.UUID)
@as_json_option
def resume(batch_id: UUID, as_json: bool) -> None:
    """Go on with the batch ID after a crash."""
    with _service():
        _do(batch_id)
        _report(batch_id, as_json=as_json)


@batch_command.command("show")
@click.argument("batch_id", metavar="ID", type=click.UUID)
@as_json_option
def show(batch_id: UUID, as_json: bool) -> None:
    """Say where the batch ID stands."""
    with _service():
        _report(batch_id, as_json=as_json)


@batch_command.command("cancel")
@click.argument("batch_id", metavar="ID", type=click.UUID)
def cancel(batch_id: UUID) -> None:
    """Stop what has not begun of the batch ID."""
    with _service(), transaction() as session:
        service.cancel(
            session, batch_id, organisation_id=_owner(session, batch_id), actor=ACTOR, now=utc_now()
        )  # fmt: skip
        click.echo("What had not begun was stopped.")


@batch_command.command("template")
@click.argument("kind", type=click.Choice(KINDS))
def template(kind: str) -> None:
    """Print a file to fill in."""
    click.echo(columns.template(kind), nl=False)


@contextmanager
def _service() -> Iterator[None]:
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"):
        yield


def _owner(session: Session, batch_id: UUID) -> UUID:
    """Return the organisation of a batch: the operator acts for any."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        raise service.BatchNotFound
    return batch.organisation_id


def _do(batch_id: UUID) -> None:
    """Work on the chunks of a batch until none is left; those that a worker has are left to it."""
    stand = _stand(batch_id)
    console = Console(stderr=True)
    shown = (BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeElapsedColumn())
    with ProgressBar(*shown, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("batch", total=stand.total)
        while stand.state in ("running", "cancelled") and stand.left:
            if not any(chunks.work(batch_id, number, clock=utc_now) for number in _open(batch_id)):
                time.sleep(LOOK_AGAIN_AFTER)
            stand = _stand(batch_id)
            bar.update(task, completed=stand.total - stand.left)


def _open(batch_id: UUID) -> list[int]:
    query = select(BatchChunk.number).where(BatchChunk.batch_id == batch_id, BatchChunk.state == "open")
    with reading() as session:
        return list(session.scalars(query.order_by(BatchChunk.number)))


def _stand(batch_id: UUID) -> progress.Progress:
    with reading() as session:
        batch = session.get(Batch, batch_id)
        if batch is None:
            raise service.BatchNotFound
        return progress.progress(session, [batch])[batch_id]


def _report(batch_id: UUID, *, as_json: bool) -> None:
    """Print where a batch stands and the rows that were not done; those end the command with a code of its own."""
    with reading() as session:
        stand = _stand(batch_id)
        batch = session.get_one(Batch, batch_id)
        failed = session.scalars(service.rows(batch_id, "failed").order_by(BatchRow.line)).all()
        shown, rows = batch_shown(batch, stand), [row_shown(row) for row in failed]
    if as_json:
        click.echo(json.dumps(BulkOut().dump(shown) | {"rows": BulkRowOut(many=True).dump(rows)}, ensure_ascii=False))
    else:
        _print(shown, rows)
    if rows:
        sys.exit(NOT_ALL_DONE)


def _print(shown: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    click.echo(f"Batch {shown['id']}: {shown['state']}.")
    if shown["dry_run"]:
        click.echo("This was a dry run: nothing was changed.")
    if shown["state"] == "waiting":
        click.echo("Another person of the organisation must confirm it on its page.")
    table = Table("Rows", "Number")
    for name in ("total", "done", "failed", "cancelled", "left"):
        table.add_row(name, f"{shown[name]}")
    Console().print(table)
    for row in rows[:LINES_SHOWN]:
        place = f"line {row['line']}" + (f", {row['column']}" if row["column"] else "")
        click.echo(f"{place}: {row['sentence']}")
    if len(rows) > LINES_SHOWN:
        click.echo(f"{len(rows) - LINES_SHOWN} more. Use --json to see them all.")


commands: list[click.Command] = [batch_command]
