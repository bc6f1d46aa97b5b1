"""Background work of issuing: finish plans, replace copies that were never right, keep lists fresh, answer compromise.

Every job may run twice and leaves the same result.
"""

from typing import Final
from uuid import UUID

from passport.db import transaction
from passport.issuing import issuance, status_lists
from passport.jobs import task
from passport.web.clock import utc_now

ACTOR: Final = "job:issuing"


@task("issuing.complete", cron="* * * * *")
def complete(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Complete or give up the plans that a crash left behind."""
    issuance.finish_plans(actor=ACTOR, now=utc_now())


@task("issuing.reissue")
def reissue(person_id: str) -> None:
    """Replace the copies of a person's passport that say what was never right."""
    issuance.reissue(UUID(person_id), actor=ACTOR, now=utc_now())


@task("issuing.sign_lists", cron="7,37 * * * *")
def sign_lists(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Sign again, as small as possible, the status lists that would run out."""
    now = utc_now()
    with transaction() as session:
        due = status_lists.due(session, now=now)
    for number in due:
        with transaction() as session:
            status_lists.sign(session, number, now=now, smallest=True)


@task("issuing.replace_compromised")
def replace_compromised(kid: str) -> None:
    """Withdraw all that a compromised key signed and give the holders fresh copies."""
    issuance.replace_compromised(kid, actor=ACTOR, now=utc_now())
