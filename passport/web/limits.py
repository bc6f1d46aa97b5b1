"""How often somebody may ask, counted in the database, so that all workers share one count.

A window is one minute long and begins with its first request. A busy route takes permission from the database in
blocks, one write for many requests; a block that a worker doesn't use up is lost, so a caller may get a little less
than the limit and never more. The name that is counted is the client where it is known, else the network address of
the connection; `X-Forwarded-For` is never believed, so behind a proxy the proxy's own limit protects anonymous routes.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final, TypeVar

from flask import g, request
from sqlalchemy import case, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport.db import beside, transaction
from passport.errors import TooMany
from passport.web import clock
from passport.web.models import RateWindow
from passport.web.rules import Caller

WINDOW: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
MOST_NAMES: Final = 10_000  # remembered by one worker
View = TypeVar("View", bound=Callable[..., Any])


@dataclass(slots=True)
class Limit:
    """A limit on requests a minute, for each name.

    Args:
        purpose: what is limited; part of the name in the database.
        per_minute: requests that one name may make in a window.
        block: requests that are allowed by one write to the database.
    """

    purpose: str
    per_minute: int
    block: int = 1
    _left: dict[str, tuple[datetime, int]] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def use(self, name: str, *, now: datetime) -> None:
        """Count one request.

        Raises:
            TooMany: the name has used up its window.
        """
        with self._guard:
            ends_at, left = self._left.get(name, (now, 0))
            if now < ends_at and left > 0:
                self._left[name] = (ends_at, left - 1)
                return
        with transaction(apart=True) as session:
            began_at, used = _take(session, f"{self.purpose}:{name}", self.block, now)
        ends_at, allowed = began_at + WINDOW, self.per_minute - (used - self.block)
        if allowed <= 0:
            raise TooMany(f"Up to {self.per_minute} a minute are answered.", retry_after=_seconds(ends_at - now))
        with self._guard:
            if len(self._left) >= MOST_NAMES:
                self._left.clear()
            known_end, left = self._left.get(name, (ends_at, 0))
            taken = min(self.block, allowed) - 1
            self._left[name] = (ends_at, taken + left if known_end == ends_at else taken)


def guess(purpose: str, name: str, *, a_day: int, now: datetime) -> None:
    """Count one try at something that could be guessed. A day after the first try the count begins again.

    It is counted beside the caller's transaction, so a wrong guess, which undoes that one, is counted all the same.

    Args:
        purpose: what is guessed; part of the name in the database.
        name: whose secret it is.
        a_day: tries in a day, right ones too.
        now: UTC.

    Raises:
        TooMany: the day's tries are used up.
    """
    with beside() as session:
        began_at, used = _take(session, f"{purpose}:{name}", 1, now, window=DAY)
    if used > a_day:
        raise TooMany(f"Up to {a_day} tries a day are answered.", retry_after=_seconds(began_at + DAY - now))


def guesses(purpose: str, tries: Mapping[str, int], *, a_day: int, now: datetime) -> set[str]:
    """Count tries at many secrets at once, as `guess` does for one, and return the names whose tries are used up.

    Args:
        purpose: what is guessed.
        tries: how many different guesses are made at each name's secret.
        a_day: tries in a day, right ones too.
        now: UTC.
    """
    used_up = set()
    with beside() as session:
        for name, uses in sorted(tries.items()):  # in one order everywhere, so that two never wait in a circle
            _, used = _take(session, f"{purpose}:{name}", uses, now, window=DAY)
            if used > a_day:
                used_up.add(name)
    return used_up


def limited(limit: Limit) -> Callable[[View], View]:
    """Limit how often each caller may use an endpoint. It stands right below the rule of the route."""

    def limit_view(view: View) -> View:
        @wraps(view)
        def counted(*args: Any, **arguments: Any) -> Any:
            limit.use(name_of_caller(), now=clock.now())
            return view(*args, **arguments)

        return counted  # type: ignore[return-value]  # same call signature, by `wraps`

    return limit_view


def name_of_caller() -> str:
    """Return whose requests these are: the client, or the address of the connection."""
    known = g.get("caller")
    return known.client_id if isinstance(known, Caller) else f"address {request.remote_addr}"


def forget_old_windows(session: Session, *, at: datetime) -> None:
    """Delete the windows that ended before this time, whichever length they had."""
    session.execute(delete(RateWindow).where(RateWindow.began_at <= at - DAY))


def _take(session: Session, name: str, uses: int, now: datetime, *, window: timedelta = WINDOW) -> tuple[datetime, int]:
    """Add to the name's window, or begin a new one; return when it began and what is used of it."""
    over = RateWindow.began_at <= now - window
    taken = insert(RateWindow).values(name=name, began_at=now, used=uses)
    counted = taken.on_conflict_do_update(
        index_elements=["name"],
        set_={
            "began_at": case((over, now), else_=RateWindow.began_at),
            "used": case((over, uses), else_=RateWindow.used + uses),
        },
    ).returning(RateWindow.began_at, RateWindow.used)
    began_at, used = session.execute(counted).one()
    return began_at, used


def _seconds(length: timedelta) -> int:
    return max(1, int(length.total_seconds() + 0.999))
