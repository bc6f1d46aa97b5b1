"""Background work of inspections: sign how far the audit log went, every hour."""

from passport.db import transaction
from passport.inspection import checkpoints
from passport.jobs import task
from passport.web.clock import utc_now


@task("inspection.sign_checkpoint", cron="23 * * * *")
def sign_checkpoint(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Sign a checkpoint; a log that was changed fails this job, and shows among the failed ones."""
    with transaction() as session:
        checkpoints.sign(session, now=utc_now())
