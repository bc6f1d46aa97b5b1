"""The rules of the audit log: append an entry to the chain, and check the chain. Flushes, never commits.

An entry's hash is SHA-256 over the canonical JSON of its content, its random salt and the hash of the entry before
it. Writers take turns by an advisory lock that is held until their transaction ends, so there is one chain without a
gap; two unique constraints see to it even if the lock fails. An action whose entry can't be written fails with it:
both are in one transaction.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.encoding import canonical_json
from passport.audit.models import AuditEntry

CHAIN_LOCK = 0x7061_7373  # "pass": the advisory lock of the chain's head
SALT_BYTES = 16
FIRST_HASH = bytes(32)
GATHERED = "audit_gathered"


def record(
    session: Session,
    *,
    actor: str,
    organisation_id: UUID | None,
    action: str,
    subject: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Append one entry to the log.

    Args:
        session: the transaction of the action itself.
        actor: who acted: `client:<client id>`, `operator`, `job:<name>`.
        organisation_id: for which organisation, None for the service itself.
        action: `room.verb` in the past tense, as `award.withdrawn`.
        subject: `kind:<id>` of the record acted on.
        now: the time of the action, UTC.
        detail: codes, counts and hashes; no personal data.

    Returns:
        The new entry; within `gather` one that is in no chain.
    """
    entry = AuditEntry(
        at=now,
        actor=actor,
        organisation_id=organisation_id,
        action=action,
        subject=subject,
        detail=dict(detail or {}),
    )
    gathered: list[AuditEntry] | None = session.info.get(GATHERED)
    if gathered is not None:
        gathered.append(entry)
        return entry
    session.execute(select(func.pg_advisory_xact_lock(CHAIN_LOCK)))
    last = session.execute(
        select(AuditEntry.sequence, AuditEntry.hash).order_by(AuditEntry.sequence.desc()).limit(1)
    ).one_or_none()
    entry.sequence = last.sequence + 1 if last else 1
    entry.salt = os.urandom(SALT_BYTES)
    entry.previous_hash = last.hash if last else FIRST_HASH
    entry.hash = entry_hash(entry)
    session.add(entry)
    session.flush()
    return entry


@contextmanager
def gather(session: Session) -> Iterator[list[AuditEntry]]:
    """Keep what is recorded within out of the chain, for bulk work that writes one entry for hundreds of changes.

    The caller records that entry afterwards, with what vouches for the changes (the Merkle root of its rows). So the
    head of the chain is taken once and late, and two workers don't wait for each other. What is taken back by a
    savepoint is dropped by the caller: `del entries[before:]`.
    """
    entries: list[AuditEntry] = []
    session.info[GATHERED] = entries
    try:
        yield entries
    finally:
        del session.info[GATHERED]


def entry_hash(entry: AuditEntry) -> bytes:
    """Return the SHA-256 that an entry must carry."""
    content = canonical_json(
        {
            "sequence": entry.sequence,
            "at": entry.at.isoformat(),
            "actor": entry.actor,
            "organisation": str(entry.organisation_id) if entry.organisation_id else None,
            "action": entry.action,
            "subject": entry.subject,
            "detail": entry.detail,
        }
    )
    return hashlib.sha256(entry.previous_hash + entry.salt + content).digest()


def broken_entries(session: Session, *, after: int = 0) -> list[int]:
    """Return the sequence numbers at which the chain does not hold, oldest first; empty when it is whole.

    Args:
        session: a reading session.
        after: check what follows this entry, which was checked before; 0 checks all. The entry itself is checked too.
    """
    broken: list[int] = []
    previous_hash, expected = _hash_before(session, after), max(after, 1)
    from_here = select(AuditEntry).where(AuditEntry.sequence >= after).order_by(AuditEntry.sequence)
    for entry in session.scalars(from_here.execution_options(yield_per=1000)):
        if entry.sequence != expected or entry.previous_hash != previous_hash or entry.hash != entry_hash(entry):
            broken.append(entry.sequence)
        previous_hash, expected = entry.hash, entry.sequence + 1
    return [*broken, after] if expected <= after else broken


def _hash_before(session: Session, sequence: int) -> bytes:
    before = session.get(AuditEntry, sequence - 1) if sequence > 1 else None
    return before.hash if before else FIRST_HASH
