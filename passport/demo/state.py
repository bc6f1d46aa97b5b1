"""What the demonstration remembers between runs, in `demo/state.json`: the day of the first run, and what happened.

The dates of the files and of the story count from the first day. What happened once is remembered as it was told, so
that a later run tells it again and does nothing.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from passport.settings import Settings

FIRST_DAY = "first_run_on"


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered in one file."""

    path: Path

    @classmethod
    def of(cls, settings: Settings) -> "State":
        """Return what the demonstration of these settings remembers."""
        return cls(settings.home / "demo" / "state.json")

    def get(self, name: str) -> Any:
        """Return what is remembered under a name; None: nothing."""
        return self._read().get(name)

    def keep(self, **values: Any) -> None:
        """Remember values that JSON can hold, beside what is remembered already."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({**self._read(), **values}), encoding="ascii")
        unfinished.rename(self.path)

    def once(self, name: str, happen: Callable[[], Any]) -> tuple[Any, bool]:
        """Let something happen in the first run alone.

        Args:
            name: under which its result is remembered.
            happen: does it and returns what JSON can hold. Killed before its end, it happens again, so it must be able
                to.

        Returns:
            The result, and whether it happened now.
        """
        known = self.get(name)
        if known is not None:
            return known, False
        self.keep(**{name: happen()})
        return self.get(name), True

    def first_day(self, now: datetime) -> date:
        """Return the day of the first run, which is today in the first one."""
        if self.get(FIRST_DAY) is None:
            self.keep(**{FIRST_DAY: now.date().isoformat()})
        return date.fromisoformat(self.get(FIRST_DAY))

    def _read(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        known: dict[str, Any] = json.loads(self.path.read_text(encoding="ascii"))
        return known
