"""Issuing from the command line.

passport issue NUMBER --organisation ODS     print a signed copy of a passport
passport affected KID                        the passport numbers whose live copies a key signed
"""

from datetime import UTC, datetime
from typing import Final

import click

from passport import startup
from passport.db import reading
from passport.issuing import employers, issuance, service
from passport.settings import Settings
from passport.signing import keyring
from passport.signing.commands import THUMBPRINT
from passport.staff import service as staff
from passport.staff.models import Person

ACTOR: Final = "operator"


@click.command("issue")
@click.argument("number")
@click.option("--organisation", "ods_code", help="ODS code of the employer that it is issued for.")
def issue(number: str, ods_code: str | None) -> None:
    """Print a signed copy of the passport NUMBER. The employer may be left out where the person has one."""
    settings, now = Settings.from_env(), datetime.now(UTC)
    keyring.configure(settings)
    with startup.database(settings, "web"):
        with reading() as session:
            person_id = staff.by_number(session, number).id
            organisation_id = employers.employer(session, person_id, ods_code=ods_code, on=now.date())
        issued = issuance.issue_passport(person_id, organisation_id=organisation_id, requested_by=ACTOR, now=now)
    click.echo(issued.credential)
    click.echo(f"Credential {issued.id}, valid until {issued.expires_at:%-d %B %Y}.", err=True)


@click.command("affected", context_settings=THUMBPRINT)
@click.argument("kid")
def affected(kid: str) -> None:
    """List the passport numbers whose live copies were signed with the key KID."""
    settings, now = Settings.from_env(), datetime.now(UTC)
    with startup.database(settings, "web"), reading() as session:
        people = {copy.person_id for copy in service.of_key(session, kid, alive_at=now)}
        for number in sorted(session.get_one(Person, person_id).passport_number for person_id in people):
            click.echo(number)


commands: list[click.Command] = [issue, affected]
