"""Organisations on the command line, for the first ones of a new service: later ones come through the API.

passport organisations register X1V2A --name "Invented Vale NHS Trust" --kind nhs_trust --source "our contract"
passport organisations list [--json]
"""

import json
from datetime import datetime
from typing import Any, get_args

import click
from rich.console import Console
from rich.table import Table

from credentials.records import OrganisationKind
from passport import startup
from passport.db import reading, transaction
from passport.organisations import service
from passport.organisations.models import Organisation
from passport.organisations.schemas import OrganisationOut, shown
from passport.settings import Settings
from passport.web.clock import utc_now

ACTOR = "operator"
DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def organisations() -> None:
    """Register organisations and list them."""


@organisations.command()
@click.argument("ods")
@click.option("--name", required=True, help="As the organisation calls itself.")
@click.option("--kind", required=True, type=click.Choice(get_args(OrganisationKind)))
@click.option("--source", required=True, help="Where these facts come from.")
@click.option("--parent", help="ODS code of the ICB, region or national body above.")
@click.option("--opened-on", type=DAY, help="First day, as 2026-08-06.")
@click.option("--vpd", help="ESR's three-digit number of the employer.")
def register(
    ods: str, name: str, kind: OrganisationKind, source: str, parent: str | None, opened_on: datetime | None,
    vpd: str | None,
) -> None:  # fmt: skip
    """Register the organisation with the code ODS."""
    now = utc_now()
    with startup.database(Settings.from_env(), "web"), transaction() as session:
        organisation = service.register(
            session, ods_code=ods, name=name, kind=kind, parent_ods=parent, source=source, actor=ACTOR, now=now,
            opened_on=opened_on.date() if opened_on else None,
        )  # fmt: skip
        if vpd is not None:
            service.map_vpd(session, vpd=vpd, ods_code=ods, actor=ACTOR, now=now)
        code = organisation.ods_code
    click.echo(f"{code} is registered.")


@organisations.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one list.")
def list_organisations(as_json: bool) -> None:
    """List all organisations by ODS code."""
    with startup.database(Settings.from_env(), "web"), reading() as session:
        rows = [shown(row) for row in session.scalars(service.listing().order_by(Organisation.ods_code))]
    if as_json:
        click.echo(json.dumps(OrganisationOut(many=True).dump(rows), ensure_ascii=False))
    else:
        Console().print(_table(rows))


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table("ODS", "Name", "Kind", "Parent", "Closed on", "Now")
    for row in rows:
        closed_on = row["closed_on"].isoformat() if row["closed_on"] else ""
        table.add_row(row["ods"], row["name"], row["kind"], row["parent"] or "", closed_on, row["current"])
    return table


commands: list[click.Command] = [organisations]
