"""Background work: procrastinate, whose jobs are rows in our own PostgreSQL.

A job is deferred on the same connection as the change that asks for it (`defer`), so both are committed or neither
is. It is deferred by name: what must reach an upper room (a withdrawal that revokes) needs no import of it. Each
room's `jobs.py` registers its tasks with `task`; `run_worker` runs them, on as many machines as wanted. A job is an
edge: it opens its own `transaction()`, may run twice, and must leave the same result.
"""

import gc
from collections.abc import Callable
from typing import Any, TypeVar

from procrastinate import App, PsycopgConnector, RetryStrategy, SyncPsycopgConnector
from sqlalchemy.orm import Session

ATTEMPTS = 8
FIRST_RETRY_SECONDS = 4
Work = TypeVar("Work", bound=Callable[..., Any])

app = App(connector=SyncPsycopgConnector())
# Who asks for work. Its connector is never opened: deferring always takes the session's own connection. It is not
# `app`, whose connector is the worker's while that runs: so work can ask for more work.
asking = App(connector=SyncPsycopgConnector())


def task(name: str, *, cron: str | None = None) -> Callable[[Work], Work]:
    """Register a function as the work behind a job name, retried with growing pauses when it fails.

    Args:
        name: `room.verb`, as `issuing.reissue`; it is stored in jobs, so it never changes.
        cron: also run it by the clock (UTC), once however many workers there are; the function then takes `timestamp`.
    """
    retry = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=FIRST_RETRY_SECONDS)

    def register(work: Work) -> Work:
        registered = app.task(name=name, retry=retry)(work)
        if cron is not None:
            app.periodic(cron=cron)(registered)
        return work

    return register


def defer(session: Session, name: str, *, lock: str | None = None, **arguments: Any) -> None:
    """Ask for a job inside the transaction of `session`.

    Args:
        session: the session whose commit makes the job real.
        name: the name that a room registered with `task`.
        lock: jobs with the same lock run one after the other.
        arguments: JSON values, ids rather than content: jobs are kept, so they hold no personal data.
    """
    connection = session.connection().connection.driver_connection
    asking.configure_task(name, lock=lock, connection=connection).defer(**arguments)


def defer_once(session: Session, name: str) -> None:
    """Ask for a job without arguments inside the transaction of `session`, however often it is asked for there."""
    asked: set[str] = session.info.setdefault("jobs", set())
    if name not in asked:
        asked.add(name)
        defer(session, name)


def run_worker(url: str, *, wait: bool = True, concurrency: int = 1, handle_signals: bool = True) -> None:
    """Work on jobs until stopped.

    Args:
        url: the worker role's database, `postgresql://...`.
        wait: False stops when no job is left.
        concurrency: jobs at once in this process.
        handle_signals: False where a thread of another program runs the worker.
    """
    connector = PsycopgConnector(conninfo=url.replace("postgresql+psycopg://", "postgresql://", 1))
    gc.freeze()  # what the program consists of stays to its end: the collector need not walk it again and again
    try:
        with app.replace_connector(connector) as working:
            working.run_worker(
                wait=wait,
                concurrency=concurrency,
                install_signal_handlers=handle_signals,
                listen_notify=wait,
                delete_jobs="successful",
            )
    finally:
        gc.unfreeze()
