"""Works on one chunk of a batch: the edge that opens its transactions, for jobs and for the command line.

A chunk's row is locked while it is at work, so it is done once however often it is asked for: who finds it locked goes
away, and when a worker dies its lock goes with it. What a chunk does and what it says of its rows are committed
together. Issuing takes two transactions with the signatures between; there the rows and their copies say how far it
came (`copies`), and a second worker in between does no harm. In the order of the code: a chunk; taking it; both ways
to do it; its end.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.batches import copies, results, service, steps
from passport.batches.models import Batch, BatchChunk, BatchRow
from passport.batches.steps import Acting, Result
from passport.db import transaction
from passport.issuing import bulk, issuance


def work(batch_id: UUID, number: int, *, clock: Callable[[], datetime]) -> bool:
    """Do a chunk, or what is left of it.

    Args:
        batch_id: the batch.
        number: which chunk.
        clock: what says the time, UTC.

    Returns:
        Whether there was anything to do. False too where another worker is on it.

    Raises:
        Unavailable: nothing can be done now. What is planned stays, and the next try goes on from there.
    """
    with transaction() as session:
        taken = _take(session, batch_id, number, now=clock())
        if taken is None:
            return False
        acting, chunk = taken
        if not _issues(acting.batch):
            found, actions = steps.do_rows(acting, _ready(session, chunk))
            _finish(acting, chunk, found, actions)
            return True
        to_sign, unfit = copies.plan(acting, copies.waiting(session, chunk))
        results.write(session, batch_id, unfit)
        chunk.failed += len(unfit)
    signatures = issuance.sign(to_sign)
    with transaction() as session:
        taken = _take(session, batch_id, number, now=clock())
        if taken is not None:
            acting, chunk = taken
            found, stored = copies.store(acting, copies.waiting(session, chunk), signatures)
            _finish(acting, chunk, found, Counter(), stored)
    return True


def _take(session: Session, batch_id: UUID, number: int, *, now: datetime) -> tuple[Acting, BatchChunk] | None:
    """Take an open chunk of a batch that may run; None where there is nothing to do, or another is on it."""
    wanted = select(BatchChunk).where(
        BatchChunk.batch_id == batch_id, BatchChunk.number == number, BatchChunk.state == "open"
    )
    chunk = session.scalars(wanted.with_for_update(skip_locked=True)).one_or_none()
    batch = session.get(Batch, batch_id)
    if chunk is None or batch is None or (batch.needs_second and batch.confirmed_at is None):
        return None
    if batch.cancelled_at is not None and chunk.began_at is None:
        service.stop(session, batch_id, [number], now=now)
        return None
    chunk.began_at = chunk.began_at or now
    results.follow_merges(session, chunk)
    return Acting(session, batch, now), chunk


def _issues(batch: Batch) -> bool:
    return batch.kind == "issue_passports" and batch.undoes_id is None


def _ready(session: Session, chunk: BatchChunk) -> Sequence[BatchRow]:
    lines = BatchRow.line.between(chunk.first_line, chunk.last_line)
    return session.scalars(
        select(BatchRow)
        .where(BatchRow.batch_id == chunk.batch_id, lines, BatchRow.outcome == "ready")
        .order_by(BatchRow.line),
        execution_options={"populate_existing": True},
    ).all()


def _finish(
    acting: Acting,
    chunk: BatchChunk,
    found: Sequence[Result],
    actions: Counter[str],
    issued: bulk.Stored | None = None,
) -> None:
    """Store what became of the rows, close the chunk, and write one entry for all of it, and one for copies.

    The entries come last: whoever writes one keeps all other writers of the log waiting until its transaction ends.
    """
    session, batch, failed = acting.session, acting.batch, sum(result.failure is not None for result in found)
    results.write(session, batch.id, found)
    chunk.state, chunk.finished_at = "done", acting.now
    chunk.done, chunk.failed = len(found) - failed, chunk.failed + failed
    session.flush()
    if issued is not None:
        bulk.note(
            session, issued, organisation_id=batch.organisation_id, actor=batch.requested_by, now=acting.now
        )  # fmt: skip
    audit.record(
        session, actor=batch.requested_by, organisation_id=batch.organisation_id, action="batch.chunk_done",
        subject=f"batch:{batch.id}", now=acting.now,
        detail={
            "chunk": chunk.number, "done": chunk.done, "failed": chunk.failed, "actions": dict(actions),
            "rows_root": results.rows_root(session, chunk).hex(),
        },
    )  # fmt: skip
    _note_end(acting)


def _note_end(acting: Acting) -> None:
    """Write the entry that a batch came to its end, with its last chunk.

    The entry of the chunk holds the head of the audit log until it is committed, so of two last chunks one comes later
    and sees the other.
    """
    session, batch = acting.session, acting.batch
    still_open = select(BatchChunk.number).where(BatchChunk.batch_id == batch.id, BatchChunk.state == "open")
    if session.scalar(still_open.limit(1)) is None:
        audit.record(
            session, actor=batch.requested_by, organisation_id=batch.organisation_id, action="batch.finished",
            subject=f"batch:{batch.id}", now=acting.now,
        )  # fmt: skip
