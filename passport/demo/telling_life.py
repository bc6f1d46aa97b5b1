"""Tells the life of an award on a terminal: what was suspended, taken back, changed and told, and where to see it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from rich.console import Console

from credentials.periods import in_words
from passport.notices.events import KINDS
from passport.verifying import wording


def tell(life: Mapping[str, Any], address: str, console: Console) -> None:
    """Print each part with its figures.

    Args:
        life: from `life.happen`.
        address: where the service listens.
        console: where it is printed.
    """
    for title, part in (
        ("A provider is suspended", _suspension),
        ("A course of 200 people is taken back", _course),
        ("A renewal rule changes", _rule_change),
        ("Others are told", _notices),
        ("One system, for its planner", _system),
    ):
        console.print()
        console.rule(f"[bold]{title}[/bold]")
        for line in part(life, address):
            console.print(line)


def _suspension(life: Mapping[str, Any], address: str) -> Iterator[str]:
    told = life["suspension"]
    yield (
        f"[bold]{told['provider']}[/bold] awarded {told['standard']} to {told['holder']}, and was suspended on "
        f"{_day(told['suspended_on'])}."
    )
    yield f"The passport verified before: {_stood(told['before'])}. Verified after: {_stood(told['after'])}."
    yield f"A new award is refused: {told['refusal']['detail']}"
    yield f"  See it as Ada Notreal: {address}/accreditations"


def _course(life: Mapping[str, Any], address: str) -> Iterator[str]:
    told = life["course"]
    yield (
        f"One file records {told['standard']} of {_day(told['taught_on'])} for {told['recorded']} people. The course "
        f"was wrong: one undo takes {told['undone']} awards back."
    )
    counts = [told[when] for when in ("before", "after_file", "after_undo")]
    for name, label in (("hold_course", "Awards of the course"), ("hold_standard", "Current awards of the standard")):
        before, after_file, after_undo = (count[name] for count in counts)
        yield f"{label}: {before} before, {after_file} after the file, {after_undo} after the undo."
    yield f"  See it as Hari Rolemodel: {address}/batches/{told['batch']}"


def _rule_change(life: Mapping[str, Any], address: str) -> Iterator[str]:
    told = life["rule_change"]
    yield (
        f"{told['standard']} counts for {told['months']} months instead of {told['months_before']} from "
        f"{_day(told['from_on'])}."
    )
    yield "Shown before it was confirmed, for the whole country:"
    counted = {label: people for label, people in told["people"].items() if people[0].isdigit() and people != "0"}
    yield from (f"  {label}: {people} people" for label, people in counted.items())
    yield f"Copies of passports: {told['copies_before']} before, {told['copies_after']} after. None was issued again."
    yield f"  See it as Ada Notreal: {address}/rules"


def _notices(life: Mapping[str, Any], address: str) -> Iterator[str]:
    webhook, letters = life["notices"]["webhook"], life["notices"]["letters"]
    yield f"The employer's program got {len(webhook['messages'])} messages by webhook, and each signature was right:"
    yield from (f"  {KINDS[kind][0]}: {count}" for kind, count in Counter(webhook["messages"]).items())
    yield f"  See it as Hari Rolemodel: {address}/webhooks/{webhook['id']}"
    yield (
        f"Reminders of training that ends soon went to {letters['to_staff']} of its staff, and counts to its mailbox. "
        f"{letters['without_address']} have no confirmed address."
    )
    yield from (f"  {letters['reader']} reads: {line}" for line in letters["says"])
    yield f"  See it as Hari Rolemodel: {address}/reminders"


def _system(life: Mapping[str, Any], address: str) -> Iterator[str]:
    told, moved = life["system"], life["moved"]
    yield (
        f"{told['organisations']} organisations, {told['people']:,} people, {told['recognised']:,} of them recognised "
        f"at a level of practice, {told['trainees']} in training. {moved['plans']} more people moved."
    )
    yield f"  See it as Plato Pretend: {address}/workforce"


def _stood(facts: Mapping[str, bool]) -> str:
    return wording.standing(facts).lower()


def _day(text: str) -> str:
    return in_words(date.fromisoformat(text))
