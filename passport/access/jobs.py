"""Background work of the access room: forget assertions, sessions and drafts that are over."""

from datetime import UTC, datetime

from passport import jobs
from passport.access import assertions, drafts, sessions
from passport.db import transaction


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="access.forget_expired_assertions")
def forget_expired_assertions(timestamp: int) -> None:
    """Forget the assertions that had expired when this was due."""
    with transaction() as session:
        assertions.forget_expired(session, at=datetime.fromtimestamp(timestamp, UTC))


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="access.forget_old_sessions")
def forget_old_sessions(timestamp: int) -> None:
    """Forget the sessions that were over when this was due, and what others no longer need of their drafts."""
    with transaction() as session:
        sessions.forget_old(session, at=datetime.fromtimestamp(timestamp, UTC))
        drafts.forget_expired(session, at=datetime.fromtimestamp(timestamp, UTC))
