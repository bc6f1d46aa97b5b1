"""Background work of publishing: keep the documents as their sources are, and signed for long enough."""

from passport.jobs import task
from passport.publishing import refreshing
from passport.web.clock import utc_now


@task("publishing.refresh", cron="*/10 * * * *")
def refresh(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Make the documents again that changed or run out."""
    refreshing.refresh_all(now=utc_now())
