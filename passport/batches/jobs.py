"""Background work of batches: one chunk a job, and a look each minute for chunks whose worker died.

Every job may run twice and leaves the same result.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from passport.batches import service
from passport.batches import work as chunks
from passport.batches.models import Batch, BatchChunk
from passport.batches.storing import WORK
from passport.db import transaction
from passport.jobs import task
from passport.web.clock import utc_now

PATIENCE: Final = timedelta(minutes=1)  # how long a chunk is left to the job that was asked for last


@task(WORK)
def work(batch_id: str, chunk: int) -> None:
    """Do one chunk of a batch."""
    chunks.work(UUID(batch_id), chunk, clock=utc_now)


@task("batches.resume", cron="* * * * *")
def resume(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Ask again for the chunks that nobody works on: their worker died."""
    now = utc_now()
    open_ones = select(BatchChunk.batch_id).where(BatchChunk.state == "open", BatchChunk.asked_at < now - PATIENCE)
    with transaction() as session:
        for batch in session.scalars(select(Batch).where(Batch.id.in_(open_ones)).order_by(Batch.id)).all():
            service.resume(session, batch, now=now)
