"""`passport decide`: decide offline what a starter need not repeat, with nothing but files.

passport verify passport.txt --root root.json --trust-list trust.jwt --status-list list7.jwt --json > checked.json
passport decide checked.json --profile nurse.json --policy policy.json --on 2026-09-01 \
    --root root.json --trust-list trust.jwt --code-list codes.jwt

FILE is what `passport verify --json` printed. It is not signed: it is worth as much as the hands it went through.
`--profile` and `--policy` are files as the API shows rules, with code (as `id`), version and title in them; the signed
code list has the catalogue of standards. Exit codes: 0 decided; 1 the passport was refused, expired or withdrawn, so
there is nothing to decide; 2 the command line or a file can't be used; 3 the passport or a list could not be checked.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from credentials.acceptance import Decision, decide, plan
from credentials.acceptance_rules import (
    MAXIMUM_BYTES,
    AcceptancePolicy,
    InvalidRulesError,
    RequirementProfile,
    read_policy,
    read_profile,
)
from credentials.catalogue import Catalogue
from credentials.encoding import strict_json
from credentials.errors import CredentialError, every_reason
from credentials.records import VerifiedAward
from passport.verifying.checking import unusable_because
from passport.verifying.offline import (
    COULD_NOT_CHECK,
    FILE,
    FILE_OR_STANDARD_INPUT,
    REFUSED,
    UnusableFile,
    code_list_of,
    json_option,
    root_of,
    root_option,
    text_of,
    time_option,
    trust_list_of,
)
from passport.verifying.report import sentence_of, shown

MAX_CHECKED_BYTES: Final = 4 * 2**20  # of the fullest passport that can be verified, as JSON
HEADINGS: Final = {
    "ACCEPT": "Accepted",
    "ACCEPT_UNTIL": "Accepted until a day",
    "PARTIAL": "Partly accepted",
    "REFER": "A person must decide",
    "REFUSE": "To do",
}
_UNKNOWN: Final = frozenset(code for code, error in every_reason().items() if error.could_not_check)
Rules = TypeVar("Rules", RequirementProfile, AcceptancePolicy)


@click.command("decide")
@click.argument("file", type=FILE_OR_STANDARD_INPUT)
@click.option("--profile", "profile_file", type=FILE, required=True, help="The requirement profile.")
@click.option("--policy", "policy_file", type=FILE, required=True, help="The acceptance policy.")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The start date.")
@root_option
@click.option("--trust-list", type=FILE, help="The published trust list: refuses a code list by a compromised key.")
@click.option("--code-list", type=FILE, required=True, help="The published code list, with the standards.")
@time_option
@json_option
def decide_offline(
    file: Path,
    profile_file: Path,
    policy_file: Path,
    on: datetime,
    root: Path,
    trust_list: Path | None,
    code_list: Path,
    at: datetime,
    as_json: bool,
) -> None:
    """Decide what a starter need not repeat. FILE is what `passport verify --json` printed (- reads standard input).

    Exit codes: 0 decided; 1 refused, expired or withdrawn; 2 unusable command line or file; 3 could not check.
    """
    records = _usable_records(file)
    profile, policy = _rules(profile_file, read_profile), _rules(policy_file, read_policy)
    catalogue = _catalogue(root, trust_list, code_list, now=at)
    try:
        decisions = decide(
            records, profile.requirements, policy=policy, catalogue=catalogue, on=on.date(), today=at.date()
        )
    except InvalidRulesError as error:
        raise UnusableFile(f"{error}") from error
    click.echo(_json(decisions) if as_json else "\n".join(_lines(decisions)))


class NothingToDecide(click.ClickException):
    """The passport was not found good."""

    exit_code = REFUSED

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"There is nothing to decide: the passport was not found good. {sentence_of(reason)} ({reason})"
        )


class NothingKnown(NothingToDecide):
    """Nobody could check the passport."""

    exit_code = COULD_NOT_CHECK


def _usable_records(file: Path) -> tuple[VerifiedAward, ...]:
    """Return the awards of a check that found a passport good.

    Raises:
        UnusableFile: it is no such check.
        NothingToDecide, NothingKnown: it found the passport bad, or could not check it.
    """
    try:
        verdict: Any = strict_json(text_of(file, MAX_CHECKED_BYTES))
        records = msgspec.convert(verdict["records"], tuple[VerifiedAward, ...])
        reason = unusable_because(verdict)
    except (CredentialError, LookupError, TypeError, msgspec.ValidationError) as error:
        raise UnusableFile(f"{file} is not what `passport verify --json` prints.") from error
    if reason is not None:
        raise (NothingKnown if reason in _UNKNOWN else NothingToDecide)(reason)
    return records


def _rules(path: Path, read: Callable[[bytes], Rules]) -> Rules:
    try:
        return read(text_of(path, MAXIMUM_BYTES).encode())
    except InvalidRulesError as error:
        raise UnusableFile(f"{path}: {error}") from error


def _catalogue(root: Path, trust_list: Path | None, code_list: Path, *, now: datetime) -> Catalogue:
    trust_root = root_of(root, now=now)
    trust = trust_list_of(trust_list, root=trust_root, now=now) if trust_list else None
    return code_list_of(code_list, root=trust_root, now=now, trust=trust).catalogue


def _json(decisions: Sequence[Decision]) -> str:
    content = {"decisions": decisions, **msgspec.structs.asdict(plan(decisions))}
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def _lines(decisions: Sequence[Decision]) -> Iterator[str]:
    for outcome, heading in HEADINGS.items():
        found = [decision for decision in decisions if decision.outcome == outcome]
        if found:
            yield heading
            for decision in found:
                yield f"  {shown(decision.sentence)}"
                yield f"    Rule: {shown(decision.rule.text)} ({shown(decision.rule.source)})"
            yield ""
    total = plan(decisions)
    yield f"Minutes saved: {total.minutes_saved}"
    yield f"Minutes left: {total.minutes_left}, of which a person may still save {total.minutes_referred}"


commands: list[click.Command] = [decide_offline]
