"""Publishing from the command line.

passport trust-root FILE      publish a signed trust root: the first, or the next version
passport publish              make the documents again whose source changed, without waiting for the worker
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from passport import startup
from passport.db import transaction
from passport.publishing import refreshing, service
from passport.settings import Settings
from passport.signing import keyring

ACTOR: Final = "operator"


@click.command("trust-root")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def trust_root(file: Path) -> None:
    """Publish the signed trust root in FILE. The next one must be signed by the keys of the one before too."""
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"), transaction() as session:
        installed = service.install_root(session, file.read_bytes(), actor=ACTOR, now=datetime.now(UTC))
        click.echo(f"Trust root version {installed.version}, valid until {installed.expires:%-d %B %Y}.")


@click.command("publish")
def publish() -> None:
    """Make the published documents again whose source changed or that run out."""
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"):
        for name in refreshing.refresh_all(now=datetime.now(UTC)):
            click.echo(name)


commands: list[click.Command] = [trust_root, publish]
