"""The state pictures of the documentation say what the code allows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from passport.standards import accreditation, specifications

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "standards.md"
WORDS = {"in_development": "in development", "under_review": "under review", "conditions": "with conditions"}


def written(moves: Mapping[Any, Any], states: tuple[str, ...]) -> list[str]:
    named = {state: WORDS.get(state, state) for state in states}
    following = {state: ", ".join(named[each] for each in states if each in moves[state]) for state in states}
    return [f"    {named[state]}: {following[state] or 'nothing'}" for state in states]


@pytest.mark.parametrize(
    ("heading", "moves", "states"),
    [
        ("## The life of a specification", specifications.MOVES, specifications.STATES),
        ("## The life of an accreditation", accreditation.MOVES, accreditation.STATES),
    ],
)
def test_every_move_is_in_the_documentation(heading: str, moves: Any, states: tuple[str, ...]) -> None:
    section = DOCUMENT.read_text(encoding="utf-8").partition(heading)[2].partition("\n## ")[0]
    in_full = section.partition("In full:\n\n")[2].partition("\n\n")[0]
    assert in_full.splitlines() == written(moves, states)
