"""Makes two transactions meet, without sleeping: one holds its locks until the other really waits."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

from sqlalchemy import text
from sqlalchemy.orm import Session

from passport.db import transaction

MOST_LOOKS = 10_000
LOOK_EVERY = 0.005  # seconds: who looks without a pause takes the interpreter from the other thread
# Who waits for a row waits for the other's transaction, and such a lock names no database: the rest of theirs does.
WAITING = text("""
SELECT EXISTS (SELECT FROM pg_locks waiting WHERE NOT granted AND EXISTS (
    SELECT FROM pg_locks held JOIN pg_database ON pg_database.oid = held.database
    WHERE held.pid = waiting.pid AND datname = current_database()))
""")


def second_waits_for_first(first: Callable[[Session], object], second: Callable[[Session], object]) -> None:
    """Run `first`, start `second` in a transaction of its own, commit the first only when the second waits for it.

    Raises:
        Exception: what `second` raises.
    """
    with ThreadPoolExecutor(1) as threads:
        with transaction() as session:
            first(session)
            running = threads.submit(_run, second)
            for _ in range(MOST_LOOKS):
                if wait([running], timeout=LOOK_EVERY).done or session.scalar(WAITING):
                    break
        running.result()


def _run(work: Callable[[Session], object]) -> None:
    with transaction() as session:
        work(session)
