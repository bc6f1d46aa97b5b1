"""Fills the database of the live server with the demonstration's invented people: `python -m tests.browser.live_data`.

A process of its own, because the server's process and the tests' have different databases.
"""

from datetime import UTC, datetime

from passport import startup
from passport.access import accounts
from passport.access.demonstration_pages import SOURCE
from passport.db import transaction
from passport.demo import story
from passport.organisations import service as organisations
from passport.reporting import jobs as reporting_jobs
from passport.settings import Settings
from passport.signing import keyring
from tests.browser.invented import PRACTITIONER


def let_practitioner_in(now: datetime) -> None:
    """Give whom the Academy recognised an account like those of the demonstration: that person has badges to take."""
    with transaction() as session:
        person = story._person(session, story.ADVANCED_PRACTITIONER)
        employer = organisations.by_ods(session, story.SENDER)
        account = accounts.register(session, name=PRACTITIONER, person_id=person.id, actor="operator", now=now)
        accounts.grant(
            session, account_id=account.id, organisation_id=employer.id, role="staff", source=SOURCE, actor="operator",
            now=now,
        )  # fmt: skip


def main() -> None:
    """Fill the database that the settings name."""
    settings = Settings.from_env()
    keyring.configure(settings)
    with startup.database(settings, "web"):
        now = datetime.now(UTC)
        story.fill(settings, now=now)
        let_practitioner_in(now)
        reporting_jobs.nightly()


if __name__ == "__main__":
    main()
