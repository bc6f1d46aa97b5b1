"""Background work of the edge: forget answers and windows that nobody can ask for any more."""

from datetime import UTC, datetime

from passport import jobs
from passport.db import transaction
from passport.web import idempotency, limits


@jobs.app.periodic(cron="7 * * * *")
@jobs.app.task(name="web.forget")
def forget(timestamp: int) -> None:
    """Forget what was too old when this was due."""
    at = datetime.fromtimestamp(timestamp, UTC)
    with transaction() as session:
        idempotency.forget_old_answers(session, at=at)
        limits.forget_old_windows(session, at=at)
