"""The `passport` command: the commands of every room, and those that run the service.

Data goes to stdout, progress and faults to stderr. Exit codes: 0 done; 1 the service says no, with the reason; 2 the
command line or the settings are wrong. `passport verify` has codes of its own (its help lists them).
"""

import sys
from typing import Any, Final

import click

from passport import operations
from passport.access import commands as access
from passport.batches import commands as batches
from passport.demo import commands as demo
from passport.embedded import EmbeddedServerError
from passport.errors import Invalid, PassportError
from passport.esr import commands as esr
from passport.holder import commands as holder
from passport.induction import commands as induction
from passport.inspection import commands as inspection
from passport.issuing import commands as issuing
from passport.organisations import commands as organisations
from passport.publishing import commands as publishing
from passport.records import commands as records
from passport.settings import SettingsError
from passport.signing import commands as signing
from passport.standards import commands as standards
from passport.verifying import commands as verifying

REFUSED: Final = 1
UNUSABLE: Final = 2


class Passport(click.Group):
    """Says failures in words, without a trace of the program."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a foreseen failure ends it with a sentence and an exit code."""
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            click.echo(str(error), err=True)
            sys.exit(UNUSABLE)
        except EmbeddedServerError as error:
            click.echo(str(error), err=True)
            sys.exit(REFUSED)
        except PassportError as error:
            click.echo(
                f"{error.title}. {error.detail}" if error.detail != f"{error.title}." else error.detail, err=True
            )
            for fault in error.faults if isinstance(error, Invalid) else ():
                click.echo(f"- {fault.pointer}: {fault.message}", err=True)
            sys.exit(REFUSED)


@click.group(cls=Passport, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="staff-passport")
def main() -> None:
    """Staff passport and credential registry.

    Start with `passport demo`. Settings are PASSPORT_... variables of the environment.
    """


for _room in (
    demo,
    operations,
    access,
    batches,
    induction,
    inspection,
    issuing,
    organisations,
    publishing,
    signing,
    standards,
    esr,
    holder,
    records,
    verifying,
):
    for _command in _room.commands:
        main.add_command(_command)
