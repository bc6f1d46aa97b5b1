"""Fills the database of the live server with the demonstration's invented people: `python -m tests.browser.live_data`.

A process of its own, because the server's process and the tests' have different databases.
"""

from datetime import UTC, datetime

from passport import startup
from passport.demo import story
from passport.reporting import jobs as reporting_jobs
from passport.settings import Settings
from passport.signing import keyring


def main() -> None:
    """Fill the database that the settings name."""
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"):
        now = datetime.now(UTC)
        story.fill(settings, now=now)
        reporting_jobs.nightly()


if __name__ == "__main__":
    main()
