"""What the demonstration says on a terminal of the life of awards: whole sentences with the figures of the run."""

from io import StringIO
from typing import Any, Final

import pytest
from rich.console import Console

from passport.demo import telling_life

ADDRESS: Final = "http://127.0.0.1:8000"
COUNTS: Final = {"hold_course": 0, "hold_standard": 262}
STOOD: Final = {"accredited_then": True, "accredited_now": True, "suspended_now": False}
LIFE: Final[dict[str, Any]] = {
    "moved": {"plans": 11},
    "system": {"organisations": 27, "people": 2215, "recognised": 752, "trainees": 159},
    "suspension": {
        "provider": "University of Exampleton", "standard": "Paediatrics", "holder": "Priya Inventham",
        "suspended_on": "2026-08-06", "before": STOOD,
        "after": STOOD | {"accredited_now": False, "suspended_now": True}, "refusal": {"detail": "It was suspended."},
    },
    "course": {
        "standard": "MH2", "taught_on": "2026-08-03", "recorded": 200, "undone": 200, "batch": "b1", "before": COUNTS,
        "after_file": {"hold_course": 200, "hold_standard": 269}, "after_undo": COUNTS,
    },
    "rule_change": {
        "standard": "Health safety and welfare", "months_before": 36, "months": 24, "from_on": "2026-11-01",
        "people": {"Current, would lapse": "665", "Would end later": "0", "Would end sooner": "Not shown"},
        "copies_before": 13, "copies_after": 13,
    },
    "notices": {
        "webhook": {"id": "w1", "messages": ["import.finished", "batch.finished", "batch.finished"]},
        "letters": {"to_staff": 1, "without_address": 182, "reader": "Tomos Sampleworth", "says": ["Fire: 1 May 2027"]},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def said() -> str:
    written = StringIO()
    telling_life.tell(LIFE, ADDRESS, Console(file=written, width=200))
    return written.getvalue()


def test_a_suspension_is_told_in_the_words_of_the_pages(said: str) -> None:
    assert "verified before: accredited then and now. Verified after: accredited then, suspended now." in said


def test_only_people_who_were_counted_are_told(said: str) -> None:
    assert "Current, would lapse: 665 people" in said
    assert "Not shown" not in said
    assert "Would end later" not in said


def test_messages_are_counted_by_what_they_mean(said: str) -> None:
    assert "3 messages by webhook" in said
    assert "A batch came to its end: 2" in said
    assert "Tomos Sampleworth reads: Fire: 1 May 2027" in said


@pytest.mark.parametrize("path", ["accreditations", "batches/b1", "rules", "webhooks/w1", "reminders", "workforce"])
def test_each_part_says_where_it_can_be_seen(said: str, path: str) -> None:
    assert f"{ADDRESS}/{path}\n" in said
