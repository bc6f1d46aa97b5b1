"""Tells the story on a terminal: who moves, what is accepted until when and why, what is left, what was saved."""

from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from credentials.periods import in_words

DECISIONS: Final = {
    "ACCEPT": "Accepted", "ACCEPT_UNTIL": "Accepted", "PARTIAL": "Partly", "REFER": "To check", "REFUSE": "To do",
}  # fmt: skip
FACTS: Final = {True: "yes", False: "no", None: "could not be checked"}


def tell(story: dict[str, Any], console: Console) -> None:
    """Print the whole story."""
    console.rule("[bold]One passport, end to end[/bold]")
    for text in _beginning(story):
        console.print(text)
    console.print()
    console.print(_decisions(story["plan"]["decisions"]))
    for text in _end(story):
        console.print(text)


def in_hours(minutes: int) -> str:
    """Write minutes as people say them: `45 minutes`, `2 hours`, `10 hours 20 minutes`."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours != 1 else ''}"] if hours else []
    parts += [f"{rest} minute{'s' if rest != 1 else ''}"] if rest or not hours else []
    return " ".join(parts)


def _beginning(story: dict[str, Any]) -> Iterator[str]:
    for report in story["imports"]:
        counts = ", ".join(
            f"{count} {outcome.replace('_', ' ')}" for outcome, count in report["counts"].items() if count
        )
        yield f"[bold]{report['employer']}[/bold] sends {report['file']}: {report['rows']} rows: {counts}."
        for note in report["notes"]:
            yield f"  Line {note['line']}, {note['outcome'].replace('_', ' ')}: {note['sentence']}"
    yield f"Passports issued in this run: {story['issued']}; {story['people']} people have one."
    verdict, name = story["verification"], story["holder"]["name"]
    yield ""
    yield f"[bold]{name}[/bold] moves to [bold]{story['receiver']}[/bold] and shows the passport there."
    yield (
        f"Genuine: {FACTS[verdict['outcome'] == 'genuine']}. Current: {FACTS[verdict['current']['result']]}. "
        f"Not withdrawn: {FACTS[verdict['not_withdrawn']['result']]}. Check the name against photo ID."
    )


def _decisions(decisions: list[dict[str, Any]]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 1, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(ratio=1)
    for decision in sorted(decisions, key=lambda decision: list(DECISIONS).index(decision["outcome"])):
        table.add_row(DECISIONS[decision["outcome"]], f"{decision['title']}\n{decision['sentence']}")
    return table


def _end(story: dict[str, Any]) -> Iterator[str]:
    starts_on = in_words(date.fromisoformat(story["starts_on"]))
    yield f"Start: {starts_on}. Saved: [bold]{in_hours(story['minutes_saved'])}[/bold] of induction."
    yield f"Left to do: {in_hours(story['minutes_left'])}: {', '.join(story['left'])}."
