"""Writes what became of rows: many of them in one statement. Flushes nothing, commits nothing."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, text
from sqlalchemy.orm import Session

from credentials.encoding import canonical_json
from passport.batches.steps import Result
from passport.esr.outcomes import merkle_root

NAME_COPIES: Final = text("""
UPDATE batch_row r SET credential_id = n.id
FROM unnest(:lines, :ids) AS n (line, id) WHERE r.batch_id = :batch AND r.line = n.line
""").bindparams(bindparam("lines", type_=ARRAY(Integer)), bindparam("ids", type_=ARRAY(Uuid)))
COLUMNS: Final[Mapping[str, Any]] = {
    "line": Integer, "outcome": Text, "code": Text, "sentence": Text,
    "award_id": Uuid, "result_id": Uuid, "credential_id": Uuid,
}  # fmt: skip
WRITE: Final = text(f"""
UPDATE batch_row r
SET outcome = n.outcome, code = n.code, sentence = n.sentence, award_id = coalesce(n.award_id, r.award_id),
    result_id = n.result_id, credential_id = coalesce(n.credential_id, r.credential_id)
FROM unnest({", ".join(f":{name}" for name in COLUMNS)}) AS n ({", ".join(COLUMNS)})
WHERE r.batch_id = :batch AND r.line = n.line
""").bindparams(*(bindparam(name, type_=ARRAY(kind)) for name, kind in COLUMNS.items()))  # noqa: S608 (our own names)


def name_copies(session: Session, batch_id: UUID, copies: Mapping[int, UUID]) -> None:
    """Let rows name the copies that were planned for them, by their lines."""
    if copies:
        session.execute(NAME_COPIES, {"batch": batch_id, "lines": list(copies), "ids": list(copies.values())})


def write(session: Session, batch_id: UUID, results: Sequence[Result]) -> None:
    """Store what became of rows."""
    if results:
        told = [_told(result) for result in results]
        session.execute(WRITE, {"batch": batch_id} | {name: [each[name] for each in told] for name in COLUMNS})


def rows_root(results: Sequence[Result]) -> bytes:
    """Return the Merkle root over what became of rows, in the order of their lines: the audit log's voucher."""
    ordered = sorted(results, key=lambda result: result.line)
    return merkle_root(canonical_json(_shown(_told(result))) for result in ordered)


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


def _shown(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in told.items()}
