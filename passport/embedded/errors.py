"""The one error of the embedded server: what happened, the end of PostgreSQL's own log, and what to do about it."""

from collections import deque
from pathlib import Path
from typing import Final

LOG_LINES_SHOWN: Final = 15

USE_YOUR_OWN: Final = "Or set PASSPORT_DATABASE_URL to a PostgreSQL 18 or newer of your own."


class EmbeddedServerError(RuntimeError):
    """The embedded PostgreSQL can't be used.

    Args:
        happened: what went wrong, a whole sentence.
        remedy: what the reader can do, a whole sentence.
        log: PostgreSQL's log; its last lines are shown where it exists.
    """

    def __init__(self, happened: str, remedy: str, *, log: Path | None = None) -> None:
        super().__init__("\n".join([happened, *_last_lines(log), f"What to do: {remedy} {USE_YOUR_OWN}"]))


def _last_lines(log: Path | None) -> list[str]:
    if log is None or not log.exists():
        return []
    with log.open(encoding="utf-8", errors="replace") as lines:
        return [f"The end of {log}:", *(f"  {line.rstrip()}" for line in deque(lines, LOG_LINES_SHOWN))]
