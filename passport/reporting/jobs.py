"""Background work of the workforce picture, each night: close months that are over, count training, keep sums short.

Each part may run twice and leaves the same result: a month that is closed is not due, and to fold sums changes none.
"""

from typing import Final

from sqlalchemy import func, select

from passport import jobs
from passport.db import transaction
from passport.reporting import compliance, counting, months
from passport.web.clock import utc_now

CLOSING_LOCK: Final = 0x6D6F_6E74  # "mont": two workers close no month twice


@jobs.task("reporting.nightly", cron="20 2 * * *")
def nightly(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Bring everything that is not kept in the transaction of each change up to today."""
    now = utc_now()
    with transaction() as session:
        session.execute(select(func.pg_advisory_xact_lock(CLOSING_LOCK)))
        for month in months.due(session, today=now.date()):
            months.close(session, month, now=now)
        counting.fold(session, month=counting.month_of(now.date()))
    with transaction() as session:
        compliance.count_all(session, today=now.date())
