"""Files from ESR on the command line.

passport import esr FILE --organisation X1V2A [--dry-run] [--json]
passport import esr FILE --organisation X1V2A --assignment 30000001    (the export of one person)
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

import click
from rich.console import Console
from rich.progress import Progress as ProgressBar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy.orm import Session

from passport import startup
from passport.db import transaction
from passport.esr import service
from passport.esr.models import EsrImport
from passport.esr.schemas import ImportOut, RowOut, import_shown, row_shown
from passport.esr.service import Progress
from passport.organisations import service as organisations
from passport.settings import Settings
from passport.web.clock import utc_now

ACTOR: Final = "operator"
LINES_SHOWN: Final = 20
NOTEWORTHY: Final = ("set_aside", "refused")


@click.group(name="import")
def import_command() -> None:
    """Take in files."""


@import_command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organisation", "ods", required=True, help="ODS code of the employer whose file it is.")
@click.option("--assignment", help="Assignment number of the person, for ESR's export of one person.")
@click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="The counts, and the rows with a reason, as JSON.")
def esr(file: Path, ods: str, assignment: str | None, dry_run: bool, as_json: bool) -> None:
    """Take in a FILE from ESR: CSV or XLSX."""
    with startup.database(Settings.from_env(), "web"), transaction() as session, file.open("rb") as content:
        imported = _import(session, content, ods=ods, assignment=assignment, dry_run=dry_run)
        rows = [row_shown(row) for outcome in NOTEWORTHY for row in _rows(session, imported, outcome)]
        shown = import_shown(imported)
    if as_json:
        report = ImportOut().dump(shown) | {"rows": RowOut(many=True).dump(rows)}
        click.echo(json.dumps(report, ensure_ascii=False))
        return
    if dry_run:
        click.echo("This was a dry run: nothing was changed.")
    Console().print(_table(shown["counts"]))
    for row in rows[:LINES_SHOWN]:
        place = f"line {row['line']}" + (f", {row['column']}" if row["column"] else "")
        click.echo(f"{place}: {row['sentence']}")
    if len(rows) > LINES_SHOWN:
        click.echo(f"{len(rows) - LINES_SHOWN} more. Use --json to see them all.")


def _import(session: Session, content: BinaryIO, *, ods: str, assignment: str | None, dry_run: bool) -> EsrImport:
    organisation_id = organisations.by_ods(session, ods).id
    with _progress() as progress:
        return service.import_file(
            session, content, organisation_id=organisation_id, layout="personal" if assignment else "bulk",
            assignment=assignment, dry_run=dry_run, actor=ACTOR, now=utc_now(), progress=progress,
        )  # fmt: skip


def _rows(session: Session, imported: EsrImport, outcome: str) -> Iterator[object]:
    statement, keys = service.rows(imported.id, outcome)
    yield from session.execute(statement.order_by(*keys))


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show the number of rows read, on a terminal alone."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} rows read"), TimeElapsedColumn())
    with ProgressBar(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("import", total=None)
        yield lambda read: bar.update(task, completed=read)


def _table(counts: dict[str, int]) -> Table:
    table = Table("Outcome", "Rows")
    for outcome, count in counts.items():
        table.add_row(outcome, f"{count}")
    return table


commands: list[click.Command] = [import_command]
