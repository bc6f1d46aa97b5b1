"""`passport catalogue load`: bring the catalogue up to date with the data that ships. It may run again and again."""

import json
from dataclasses import asdict

import click

from passport import startup
from passport.db import transaction
from passport.settings import Settings
from passport.standards import service
from passport.web.clock import utc_now


@click.group()
def catalogue() -> None:
    """Look after the catalogue of standards."""


@catalogue.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def load(as_json: bool) -> None:
    """Load the frameworks, standards and rules that ship with the service."""
    with startup.database(Settings.from_env(), "web"), transaction() as session:
        report = service.load_catalogue(session, now=utc_now())
    if as_json:
        click.echo(json.dumps(asdict(report)))
        return
    for name in report.changed:
        click.echo(f"changed {name}")
    click.echo(
        f"{len(report.added)} added, {len(report.changed)} changed, {report.unchanged} unchanged: "
        f"the catalogue is of version {report.version}."
    )


commands: list[click.Command] = [catalogue]
