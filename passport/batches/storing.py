"""Stores a batch with its rows, cuts it into chunks and asks for each of them. Flushes, never commits."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.batches.checking import Checked
from passport.batches.models import Batch, BatchChunk
from passport.batches.progress import waits
from passport.issuing.issuance import CHUNK

WORK: Final = "batches.work"
COPY_ROWS: Final = """
COPY batch_row (batch_id, line, outcome, "column", code, sentence, person_id, award_id, credential_id, settings)
FROM STDIN
"""


def store(session: Session, batch: Batch, rows: Sequence[Checked]) -> Batch:
    """Store a batch with its rows, and begin it unless it is a dry run."""
    batch.total, batch.refused = len(rows), sum(row.fault is not None for row in rows)
    session.add(batch)
    session.flush()
    cursor = session.connection().connection.cursor()
    with cursor.copy(COPY_ROWS) as copy:
        for row in rows:
            copy.write_row((batch.id, *_as_stored(row)))
    begin(session, batch, [row.line for row in rows if row.fault is None])
    return batch


def _as_stored(row: Checked) -> tuple[Any, ...]:
    fault, told = row.fault, row.fault or row.remark
    said = (told.column, told.code, told.sentence) if told else (None, None, None)
    settings = json.dumps(row.settings) if row.settings is not None else None
    outcome = "failed" if fault else "ready"
    return row.line, outcome, *said, row.person_id, row.award_id, row.credential_id, settings


def begin(session: Session, batch: Batch, lines: Sequence[int]) -> None:
    """Cut the lines that can be done into chunks, and ask for each, unless it is a dry run or waits for somebody."""
    if not batch.dry_run:
        pieces = [lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK)]
        chunks = [
            BatchChunk(batch_id=batch.id, number=number, first_line=piece[0], last_line=piece[-1], rows=len(piece),
                       state="open")
            for number, piece in enumerate(pieces, start=1)
        ]  # fmt: skip
        session.add_all(chunks)
        session.flush()
        if not waits(batch):
            ask(session, batch, chunks, batch.requested_at)
    action = "batch.checked" if batch.dry_run else "batch.requested"
    audited(session, action, batch, batch.requested_by, batch.requested_at)


def ask(session: Session, batch: Batch, chunks: Iterable[BatchChunk], now: datetime) -> None:
    """Ask for chunks to be done: one job each, in this transaction."""
    for chunk in chunks:
        chunk.asked_at = now
        jobs.defer(session, WORK, batch_id=str(batch.id), chunk=chunk.number)
    session.flush()


def audited(session: Session, action: str, batch: Batch, actor: str, now: datetime) -> None:
    """Write an entry on a batch as a whole."""
    detail: dict[str, Any] = {"kind": batch.kind, "rows": batch.total, "refused": batch.refused}
    if batch.file_sha256 is not None:
        detail["file_sha256"] = batch.file_sha256.hex()
    if batch.undoes_id is not None:
        detail["undoes"] = str(batch.undoes_id)
    audit.record(
        session, actor=actor, organisation_id=batch.organisation_id, action=action, subject=f"batch:{batch.id}",
        detail=detail, now=now,
    )  # fmt: skip
