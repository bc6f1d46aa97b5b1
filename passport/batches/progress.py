"""Where a batch stands: added up from its chunks, never kept as a counter of its own. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.batches.models import Batch, BatchChunk
from passport.batches.queries import among

State = Literal["refused", "checked", "waiting", "running", "cancelled", "finished"]
NO_CHUNK: Final = (None, 0, 0, 0, 0, None)


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a batch stands. `left` counts the rows that wait or are at work."""

    state: State
    total: int
    done: int
    failed: int
    cancelled: int
    left: int
    finished_at: datetime | None


def progress(session: Session, batches: Sequence[Batch]) -> dict[UUID, Progress]:
    """Return where batches stand, by their ids: added up from their chunks."""
    state, rows_ = BatchChunk.state, BatchChunk.rows
    added = session.execute(
        select(
            BatchChunk.batch_id,
            func.sum(BatchChunk.done),
            func.sum(BatchChunk.failed),
            func.coalesce(func.sum(rows_).filter(state == "cancelled"), 0),
            func.coalesce(func.sum(rows_).filter(state == "open"), 0),
            func.max(BatchChunk.finished_at),
        )
        .where(among(BatchChunk.batch_id, [batch.id for batch in batches]))
        .group_by(BatchChunk.batch_id)
    )
    sums = {row[0]: row for row in added}
    return {batch.id: _progress(batch, sums.get(batch.id, NO_CHUNK)) for batch in batches}


def _progress(batch: Batch, sums: Sequence[Any]) -> Progress:
    _, done, failed, cancelled, left, at = sums
    return Progress(
        state=_state(batch, left),
        total=batch.total,
        done=int(done),
        failed=int(failed) + batch.refused,
        cancelled=int(cancelled),
        left=int(left),
        finished_at=None if left or batch.dry_run else at or batch.requested_at,
    )


def _state(batch: Batch, left: int) -> State:
    if batch.dry_run:
        return "refused" if batch.exceeds else "checked"
    if batch.cancelled_at is not None:
        return "cancelled"
    if left == 0:
        return "finished"
    return "waiting" if waits(batch) else "running"


def waits(batch: Batch) -> bool:
    """Say whether a batch waits for a second person."""
    return batch.needs_second and batch.confirmed_at is None and batch.cancelled_at is None and not batch.dry_run
