"""Writes what rows mean now and what became of them, many in one statement, and vouches for it. Commits nothing.

In the order of the code: rows whose person or award went to another record since the file was checked; the copies
that were planned for rows; what became of rows; the Merkle root over it, which the audit log keeps (`fsck`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Row, Text, Uuid, and_, bindparam, select, text, update
from sqlalchemy.orm import Session

from credentials.encoding import canonical_json
from passport.awards.moving import moved_to
from passport.batches.models import BatchChunk, BatchRow
from passport.batches.steps import Result
from passport.esr.outcomes import merkle_root
from passport.staff import service as staff
from passport.staff.models import Person

TOLD: Final = ("line", "outcome", "column", "code", "sentence", "award_id", "result_id", "credential_id")
NAME_COPIES: Final = text("""
UPDATE batch_row r SET credential_id = n.id
FROM unnest(:lines, :ids) AS n (line, id) WHERE r.batch_id = :batch AND r.line = n.line
""").bindparams(bindparam("lines", type_=ARRAY(Integer)), bindparam("ids", type_=ARRAY(Uuid)))
COLUMNS: Final[Mapping[str, Any]] = {
    "line": Integer, "outcome": Text, "code": Text, "sentence": Text,
    "award_id": Uuid, "result_id": Uuid, "credential_id": Uuid,
}  # fmt: skip
# A remark on a row stays with it once it is done; a failure takes its place.
WRITE: Final = text(f"""
UPDATE batch_row r
SET outcome = n.outcome, code = coalesce(n.code, r.code), sentence = coalesce(n.sentence, r.sentence),
    "column" = CASE WHEN n.code IS NULL THEN r."column" END, award_id = coalesce(n.award_id, r.award_id),
    result_id = n.result_id, credential_id = coalesce(n.credential_id, r.credential_id)
FROM unnest({", ".join(f":{name}" for name in COLUMNS)}) AS n ({", ".join(COLUMNS)})
WHERE r.batch_id = :batch AND r.line = n.line
""").bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in COLUMNS.items()))  # noqa: S608 (our own names)


def follow_merges(session: Session, chunk: BatchChunk) -> None:
    """Let rows that wait mean the record that stands, where two were merged since the file was checked."""
    waiting = of_chunk(chunk), BatchRow.outcome == "ready"
    merged = select(BatchRow.line, BatchRow.person_id, BatchRow.award_id).join(Person, Person.id == BatchRow.person_id)
    rows = session.execute(merged.where(*waiting, Person.merged_into_id.is_not(None))).all()
    moved = moved_to(session, [row.award_id for row in rows if row.award_id])
    for row in rows:
        stands = {
            "person_id": staff.stands_for(session, row.person_id),
            "award_id": moved.get(row.award_id, row.award_id),
        }
        session.execute(update(BatchRow).where(of_chunk(chunk), BatchRow.line == row.line).values(stands))


def name_copies(session: Session, batch_id: UUID, copies: Mapping[int, UUID]) -> None:
    """Let rows name the copies that were planned for them, by their lines."""
    if copies:
        session.execute(NAME_COPIES, {"batch": batch_id, "lines": list(copies), "ids": list(copies.values())})


def write(session: Session, batch_id: UUID, results: Sequence[Result]) -> None:
    """Store what became of rows."""
    if results:
        told = [_told(result) for result in results]
        session.execute(WRITE, {"batch": batch_id} | {name: [each[name] for each in told] for name in COLUMNS})


def rows_root(session: Session, chunk: BatchChunk) -> bytes:
    """Return the Merkle root over what is stored of the lines of a chunk, those that could not be done included."""
    told = [getattr(BatchRow, name) for name in TOLD]
    rows = session.execute(select(*told).where(of_chunk(chunk)).order_by(BatchRow.line))
    return merkle_root(canonical_json(_plain(row)) for row in rows)


def of_chunk(chunk: BatchChunk) -> ColumnElement[bool]:
    """Return the condition that a row is between the first and the last line of a chunk."""
    lines = BatchRow.line.between(chunk.first_line, chunk.last_line)
    return and_(BatchRow.batch_id == chunk.batch_id, lines)


def _told(result: Result) -> dict[str, Any]:
    failure = result.failure
    return {
        "line": result.line,
        "outcome": "failed" if failure else "done",
        "code": failure.code if failure else None,
        "sentence": failure.detail if failure else None,
        "award_id": result.award_id,
        "result_id": result.result_id,
        "credential_id": result.credential_id,
    }


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in row._mapping.items()}
