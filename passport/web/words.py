"""How pages write dates, times and numbers: `6 August 2026`, `5:30pm`, `1,248` (NHS content style).

Times are stored in UTC and shown as the clock on the wall in England says.
"""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from credentials.periods import in_words

ENGLAND: Final = ZoneInfo("Europe/London")
NONE: Final = "Not known"


def day(value: date | datetime | None) -> str:
    """Write a date, as `6 August 2026`."""
    if isinstance(value, datetime):
        value = value.astimezone(ENGLAND).date()
    return in_words(value) if value else NONE


def moment(value: datetime | None) -> str:
    """Write an instant, as `6 August 2026, 5:30pm`."""
    if value is None:
        return NONE
    local = value.astimezone(ENGLAND)
    return f"{in_words(local.date())}, {clock_time(local)}"


def clock_time(local: datetime) -> str:
    """Write the time of day, as `5:30pm`, `midday` or `midnight`."""
    if local.minute == 0 and local.hour in (0, 12):
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'pm' if local.hour >= 12 else 'am'}"


def number(value: int | None) -> str:
    """Write a whole number with commas, as `1,248`."""
    return NONE if value is None else f"{value:,}"
