"""Background work: by night, what waited too long is closed.

Nothing depends on the hour: an application whose last day has passed accepts no step, and a request to withdraw that
expired can't be confirmed, whether this ran or not. It makes lists, counts and the audit log say so.
"""

from typing import Final

from passport import jobs
from passport.awards import withdrawals
from passport.db import transaction
from passport.recognition import service
from passport.web.clock import now

LAPSE: Final = "recognition.lapse"


@jobs.task(LAPSE, cron="40 2 * * *")
def lapse(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Let applications lapse that missed their last day, and withdrawals that nobody confirmed."""
    with transaction() as session:
        service.lapse_overdue(session, actor=f"job:{LAPSE}", now=now())
        withdrawals.lapse_old(session, actor=f"job:{LAPSE}", now=now())
