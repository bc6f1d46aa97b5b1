"""The `passport` command: the commands of every room, and those that run the service.

Data goes to stdout, progress and faults to stderr. Exit codes: 0 done; 1 the service says no, with the reason; 2 the
command line or the settings are wrong. `passport verify` has codes of its own (its help lists them).
"""

import sys
from typing import Any, Final

import click

from passport.access.commands import commands as access_commands
from passport.embedded import EmbeddedServerError
from passport.errors import Invalid, PassportError
from passport.induction.commands import commands as induction_commands
from passport.operations import commands as operation_commands
from passport.organisations.commands import commands as organisation_commands
from passport.settings import SettingsError
from passport.signing.commands import commands as signing_commands
from passport.standards.commands import commands as standard_commands
from passport.verifying.commands import commands as verifying_commands

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


for _command in (
    *operation_commands,
    *access_commands,
    *organisation_commands,
    *signing_commands,
    *standard_commands,
    *verifying_commands,
    *induction_commands,
):
    main.add_command(_command)
