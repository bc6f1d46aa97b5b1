"""The clock of the edge: the one place where the service looks at the time.

`create_app(clock=...)` puts a function into `app.config["CLOCK"]`; endpoints, pages and jobs ask `now()` once and hand
the instant down. Services and `credentials` never look at a clock themselves.
"""

from datetime import UTC, datetime

from flask import current_app


def utc_now() -> datetime:
    """Return the time of this machine, UTC."""
    return datetime.now(UTC)


def now() -> datetime:
    """Return the time of the current application's clock, UTC."""
    instant: datetime = current_app.config["CLOCK"]()
    return instant
