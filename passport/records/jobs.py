"""Background work of records: copies under the number that stands, erasures, and every night what was kept too long."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from passport.db import reading, transaction
from passport.issuing import issuance
from passport.jobs import task
from passport.records import erasing, merging, retention, service
from passport.web.clock import utc_now

ACTOR: Final = "job:records"


@task(merging.REPLACE_COPIES)
def replace_copies(correction_id: str) -> None:
    """Make the copies again that were withdrawn with a merge, under the number that stands."""
    with reading() as session:
        done = service.correction(session, UUID(correction_id))
        state, from_id, to_id = done.state, done.from_person_id, done.to_person_id
    if state == "done":
        issuance.replace_under(from_id, under=to_id, withdrawn_because=merging.MERGED, actor=ACTOR, now=utc_now())


@task(erasing.ERASE)
def erase(erasure_id: str) -> None:
    """Carry out an erasure that two people asked for."""
    with transaction() as session:
        erasing.erase(session, UUID(erasure_id), actor=ACTOR, now=utc_now())


@task("records.forget", cron="23 2 * * *")
def forget(timestamp: int) -> None:
    """Forget every night what was kept as long as its rule says, and count the records that wait for two registrars."""
    at = datetime.fromtimestamp(timestamp, UTC)
    with transaction() as session:
        retention.forget(session, actor=ACTOR, now=at)
        retention.count(session, now=at)
