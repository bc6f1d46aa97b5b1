"""`passport verify`: check a passport offline, with nothing but files.

passport verify passport.txt --root root.json --trust-list trust.jwt --status-list list7.jwt
passport verify - --root root.json --trust-list trust.jwt --code-list codes.jwt --json < scanned.txt

It needs no database, settings or network. `--json` prints the verdict of the API, and beside it `records`: what
`passport decide` reads. Exit codes: 0 genuine, current and not withdrawn; 1 refused, expired or withdrawn; 2 the
command line or a file can't be used; 3 could not check, as a list is missing or out of date. What is known to be bad
weighs more than what could not be checked.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

import click
import msgspec

from credentials.errors import CredentialError, QrCodeListUnknownError, QrMalformedError
from credentials.sd_jwt import MAX_PRESENTATION_CHARACTERS
from credentials.verified import Verified, verdict
from passport.verifying.checking import check
from passport.verifying.offline import (
    COULD_NOT_CHECK,
    FILE,
    FILE_OR_STANDARD_INPUT,
    REFUSED,
    OutOfDate,
    json_option,
    lists_of,
    root_option,
    text_of,
    time_option,
)
from passport.verifying.report import refusal, report

GOOD: Final = 0


@click.command("verify")
@click.argument("file", type=FILE_OR_STANDARD_INPUT)
@root_option
@click.option("--trust-list", type=FILE, required=True, help="The published trust list.")
@click.option("--code-list", type=FILE, help="The published code list; a QR needs it.")
@click.option("--status-list", "status_lists", type=FILE, multiple=True, help="A published status list; repeatable.")
@click.option("--address", "addresses", multiple=True, help="Where QR codes may lead, beside the issuer; repeatable.")
@time_option
@json_option
@click.pass_context
def verify(
    context: click.Context,
    file: Path,
    root: Path,
    trust_list: Path,
    code_list: Path | None,
    status_lists: tuple[Path, ...],
    addresses: tuple[str, ...],
    at: datetime,
    as_json: bool,
) -> None:
    """Check the passport in FILE (- reads standard input), offline.

    Exit codes: 0 genuine, current, not withdrawn; 1 refused, expired or withdrawn; 2 unusable command line or file; 3
    could not check.
    """
    presentation = text_of(file, MAX_PRESENTATION_CHARACTERS)
    result: Verified | CredentialError
    try:
        lists = lists_of(
            root=root,
            trust_list=trust_list,
            code_list=code_list,
            status_lists=status_lists,
            addresses=addresses,
            now=at,
        )
        result = check(presentation, lists, now=at)
    except OutOfDate as ran_out:
        result = ran_out.reason
    click.echo(_json(result, at) if as_json else "\n".join(_lines(result)))
    if advice := _advice(result, code_list):
        click.echo(advice, err=True)
    context.exit(exit_code(result))


def exit_code(result: Verified | CredentialError) -> int:
    """Return the exit code that a result has."""
    if isinstance(result, CredentialError):
        return COULD_NOT_CHECK if result.could_not_check else REFUSED
    if not result.current.result or result.not_withdrawn.result is False:
        return REFUSED
    return GOOD if result.outcome == "genuine" else COULD_NOT_CHECK


def _json(result: Verified | CredentialError, at: datetime) -> str:
    records = result.awards if isinstance(result, Verified) else ()
    content = verdict(result, at=at) | {"records": records}
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def _lines(result: Verified | CredentialError) -> list[str]:
    if isinstance(result, Verified):
        return list(report(result))
    return list(refusal(result.code, could_not_check=result.could_not_check))


def _advice(result: Verified | CredentialError, code_list: Path | None) -> str | None:
    """Return what to try where the command line, and not the passport, may be the reason."""
    if isinstance(result, QrCodeListUnknownError) and code_list is None:
        return "A QR code is read with the published code list: add --code-list FILE."
    if isinstance(result, QrMalformedError):
        return "A QR code must lead to its issuer. If the issuer uses another address too, add --address with it."
    return None


commands: list[click.Command] = [verify]
