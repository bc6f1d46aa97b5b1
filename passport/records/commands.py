"""Records on the command line.

passport records export NUMBER [--out FILE]   all that is kept about a person, for a request on paper
passport records retention [--json]           how long each kind of data is kept, and why
passport records forget                       forget now what was kept long enough, as every night
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from passport import startup
from passport.db import reading, transaction
from passport.exchange.whole_record import whole_record
from passport.records import retention, service
from passport.settings import Settings
from passport.staff import service as staff
from passport.web.clock import utc_now

ACTOR: Final = "operator"


@click.group()
def records() -> None:
    """Export a person's whole record; say how long data is kept."""


@records.command()
@click.argument("number")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file; else it goes to stdout.")
def export(number: str, out: Path | None) -> None:
    """Write down all that is kept about the person with the passport NUMBER."""
    now = utc_now()
    with startup.database(Settings.from_env(), "web"):
        with reading() as session:
            person_id = staff.by_number(session, number).id
            text = whole_record(session, person_id, now=now)
        with transaction() as session:
            service.trace(session, "record.exported", person_id, actor=ACTOR, organisation_id=None, now=now)
    if out is None:
        click.echo(text)
    else:
        out.touch(mode=0o600)
        out.write_bytes(text)
        click.echo(f"{out}: written. It holds personal data.", err=True)


@records.command("retention")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one list.")
def show_retention(as_json: bool) -> None:
    """Say how long each kind of data is kept, and why."""
    retention.configure(Settings.from_env())
    rules = retention.rules().values()
    if as_json:
        click.echo(json.dumps([asdict(rule) for rule in rules], ensure_ascii=False))
        return
    table = Table("What", "How long", "Counted from", "Who forgets it", "Why", "Source")
    for rule in rules:
        length = rule.keep or "as long as the service stands"
        table.add_row(rule.what, length, rule.counted_from, rule.by, rule.reason, rule.source)
    Console().print(table)


@records.command()
def forget() -> None:
    """Forget now what was kept long enough."""
    now, settings = utc_now(), Settings.from_env()
    retention.configure(settings)
    with startup.database(settings, "worker"), transaction() as session:
        gone = retention.forget(session, actor=ACTOR, now=now)
    for kind, count in gone.items():
        click.echo(f"{kind}: {count}")
    click.echo("Done." if gone else "Nothing was kept too long.", err=True)


commands: list[click.Command] = [records]
