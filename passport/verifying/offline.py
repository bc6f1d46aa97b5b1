"""The lists that a verifier was given as files, checked under the root, with no database, settings or network.

In the order of the code: why a command ends early (an unusable file, or one that is out of date, so that nothing can be
said); the options that the offline commands share; texts from files, with a bound; the lists. The root is the one file
that is trusted as it was handed over; every other is checked under it.
"""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from credentials import code_list as code_lists
from credentials import status_list as status_lists
from credentials import trust as trust_lists
from credentials.claims import text_claim
from credentials.code_list import CodeList, read_code_list
from credentials.errors import CredentialError, KeyRevokedError
from credentials.jws import parse_compact
from credentials.status_list import StatusLists
from credentials.trust import TrustList, read_trust_list
from credentials.trust_root import MAX_ROOT_BYTES, TrustRoot, read_root
from passport.verifying.checking import Lists

REFUSED: Final = 1
UNUSABLE: Final = 2
COULD_NOT_CHECK: Final = 3

Read = TypeVar("Read")
Command = TypeVar("Command", bound=Callable[..., Any])
FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
FILE_OR_STANDARD_INPUT: Final = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


class UnusableFile(click.ClickException):
    """A file is not what it should be."""

    exit_code = UNUSABLE


class OutOfDate(click.ClickException):
    """A list ran out, so nothing can be said. `reason` is what ran out."""

    exit_code = COULD_NOT_CHECK

    def __init__(self, message: str, reason: CredentialError) -> None:
        super().__init__(message)
        self.reason = reason


class Moment(click.ParamType[datetime]):
    """A UTC instant as `2026-08-06T09:00:00Z`; without a zone it is refused."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the instant; end the command where it is none."""
        try:
            moment: datetime = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            in_utc = moment.astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("it must have the form 2026-08-06T09:00:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail("name its zone, as the Z in 2026-08-06T09:00:00Z", param, ctx)
        return in_utc


def clock() -> datetime:
    """Return the time of this machine, UTC. The offline commands look at a clock nowhere else."""
    return datetime.now(UTC)


def root_option(command: Command) -> Command:
    """Add the option that names the root."""
    return click.option("--root", type=FILE, required=True, help="The trust root, as it was handed to you.")(command)


def time_option(command: Command) -> Command:
    """Add the option that stands in for the clock."""
    return click.option("--at", type=Moment(), default=clock, show_default="now", help="The time that counts.")(command)


def json_option(command: Command) -> Command:
    """Add the option for output that programs read."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def text_of(path: Path, most: int) -> str:
    """Return the text of a file, or of standard input for `-`, without the blanks around it.

    Args:
        path: the file.
        most: how long it may be; one byte more is read, so that whoever reads the text can say that it is too large.

    Raises:
        UnusableFile: no text in UTF-8.
    """
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read(most + 1).decode("utf-8").strip()
        with path.open("rb") as file:
            return file.read(most + 1).decode("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableFile(f"{path} is not a text that can be read.") from error


def root_of(path: Path, *, now: datetime) -> TrustRoot:
    """Read the root.

    Raises:
        UnusableFile, OutOfDate: it can't be used.
    """
    return _checked(path, lambda: read_root(text_of(path, MAX_ROOT_BYTES).encode(), now=now))


def trust_list_of(path: Path, *, root: TrustRoot, now: datetime) -> TrustList:
    """Read the trust list.

    Raises:
        UnusableFile, OutOfDate: it can't be used.
    """
    return _checked(path, lambda: read_trust_list(text_of(path, trust_lists.MAX_CHARACTERS), root, now))


def code_list_of(path: Path, *, root: TrustRoot, now: datetime, trust: TrustList | None = None) -> CodeList:
    """Read the code list. With a trust list, one that a compromised key signed is refused.

    Raises:
        UnusableFile, OutOfDate: it can't be used.
    """

    def read() -> CodeList:
        token = text_of(path, code_lists.MAX_CHARACTERS)
        found = read_code_list(token, root, now)
        signer = parse_compact(token, typ=code_lists.TYPE, max_characters=code_lists.MAX_CHARACTERS).kid
        entry = trust.key_entry(signer) if trust else None
        if entry is not None and entry.state == "compromised":
            raise KeyRevokedError
        return found

    return _checked(path, read)


def lists_of(
    *,
    root: Path,
    trust_list: Path,
    code_list: Path | None,
    status_lists: Iterable[Path],
    addresses: Iterable[str],
    now: datetime,
) -> Lists:
    """Read all lists. A code list that ran out is as good as none: a QR could not be checked, and all else can.

    Raises:
        UnusableFile, OutOfDate: one of them can't be used.
    """
    trust_root = root_of(root, now=now)
    trust = trust_list_of(trust_list, root=trust_root, now=now)
    statuses = StatusLists()
    for path in status_lists:
        _add(statuses, path, trust, now)
    try:
        codes = code_list_of(code_list, root=trust_root, now=now, trust=trust) if code_list else None
    except OutOfDate:
        codes = None
    return Lists(trust=trust, statuses=statuses, code_list=codes, addresses=tuple(addresses))


def _add(statuses: StatusLists, path: Path, trust: TrustList, now: datetime) -> None:
    """Add a list under the address that it names; reading it checks that it may speak for that address."""

    def read() -> None:
        token = text_of(path, status_lists.MAX_CHARACTERS)
        unchecked = parse_compact(token, typ=status_lists.TYPE, max_characters=status_lists.MAX_CHARACTERS)
        statuses.add(token, uri=text_claim(unchecked.claims, "sub"), trust=trust, now=now)

    _checked(path, read)


def _checked(path: Path, read: Callable[[], Read]) -> Read:
    try:
        return read()
    except CredentialError as error:
        sentence = f"{path} can't be used. {error.sentence} ({error.code})"
        raise (OutOfDate(sentence, error) if error.could_not_check else UnusableFile(sentence)) from error
