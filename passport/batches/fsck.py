"""Checks what is stored of batches against what the audit log vouches for. Reads only; a part of `passport fsck`.

When a chunk is done, its entry in the log holds the Merkle root over what became of its rows (`results.rows_root`).
The log is one chain of its own, so a row that was changed afterwards shows. In the order of the code: the entries of
one batch; each of its chunks that is done.
"""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.batches import results
from passport.batches.models import BatchChunk

ACTION: Final = "batch.chunk_done"


def findings(session: Session) -> Iterator[str]:
    """Yield one sentence for each chunk whose rows are not those that the audit log vouches for."""
    done = select(BatchChunk).where(BatchChunk.state == "done").order_by(BatchChunk.batch_id, BatchChunk.number)
    batch_id, roots = None, dict[int, str]()
    for chunk in session.scalars(done):
        if chunk.batch_id != batch_id:
            batch_id, roots = chunk.batch_id, _roots(session, chunk.batch_id)
        if fault := _fault(session, chunk, roots.get(chunk.number)):
            yield f"batch {chunk.batch_id}: lines {chunk.first_line} to {chunk.last_line}: {fault}"


def _roots(session: Session, batch_id: UUID) -> dict[int, str]:
    """Return what the log vouches for, by the numbers of the batch's chunks."""
    entries = select(AuditEntry.detail).where(AuditEntry.subject == f"batch:{batch_id}", AuditEntry.action == ACTION)
    return {detail["chunk"]: detail["rows_root"] for detail in session.scalars(entries.order_by(AuditEntry.sequence))}


def _fault(session: Session, chunk: BatchChunk, root: str | None) -> str | None:
    if root is None:
        return "the audit log has no entry of them"
    if results.rows_root(session, chunk).hex() != root:
        return "what is stored of them is not what the audit log vouches for"
    return None
