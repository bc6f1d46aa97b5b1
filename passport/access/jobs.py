"""Background work of the access room: forget assertions that have expired."""

from datetime import UTC, datetime

from passport import jobs
from passport.access import assertions
from passport.db import transaction


@jobs.app.periodic(cron="*/10 * * * *")
@jobs.app.task(name="access.forget_expired_assertions")
def forget_expired_assertions(timestamp: int) -> None:
    """Forget the assertions that had expired when this was due."""
    with transaction() as session:
        assertions.forget_expired(session, at=datetime.fromtimestamp(timestamp, UTC))
