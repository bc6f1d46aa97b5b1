"""The rules of checkpoints: sign how far the log went, and hold kept checkpoints against the log. Never commits.

A checkpoint is signed only when every entry since the one before still chains to it, so a log that was changed gets no
further checkpoint and shows at once. Copies that others keep are what finds a log that was cut or written anew as a
whole: no key of this service can take them back. In the order of the code: sign; the newest; compare.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.audit_checkpoint import AuditCheckpoint, issue_checkpoint, read_checkpoint
from credentials.claims import seconds
from credentials.errors import CredentialError
from credentials.trust_root import read_root
from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.errors import Conflict, Invalid, NotFound
from passport.inspection.models import SignedCheckpoint
from passport.publishing import service as publishing
from passport.signing import keyring
from passport.signing import service as signing

BEGINNING: Final = 0


class LogBroken(Conflict):
    """An entry since the last checkpoint does not chain to the one before it."""

    code = "audit_log_broken"
    title = "The audit log was changed"


class NoCheckpoint(NotFound):
    """Nothing was signed yet."""

    code = "no_audit_checkpoint"
    title = "There is no checkpoint of the audit log yet"


class CheckpointUnreadable(Invalid):
    """A checkpoint that somebody kept is not one of this service."""

    code = "audit_checkpoint_unreadable"
    title = "This is no checkpoint of this service's audit log"


def sign(session: Session, *, now: datetime) -> SignedCheckpoint | None:
    """Sign a checkpoint of the log as it is; None: nothing was added since the last one.

    Raises:
        LogBroken: the log does not follow from the last checkpoint.
        Unavailable: no trust-list key can sign.
    """
    last = session.scalar(select(SignedCheckpoint).order_by(SignedCheckpoint.sequence.desc()).limit(1))
    after = last.sequence if last else BEGINNING
    broken = audit.broken_entries(session, after=after)
    if broken:
        raise LogBroken(f"The first entry that does not follow is number {broken[0]}.")
    newest = session.scalar(select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(1))
    if newest is None or newest.sequence <= after:
        return None
    checkpoint = AuditCheckpoint(
        iss=keyring.current().settings.issuer, iat=seconds(now), sequence=newest.sequence, hash=newest.hash.hex()
    )
    token = issue_checkpoint(checkpoint, signer=signing.signer(session, "trust_list", now=now))
    signed = SignedCheckpoint(sequence=newest.sequence, token=token, signed_at=now)
    session.add(signed)
    session.flush()
    return signed


def newest(session: Session) -> SignedCheckpoint:
    """Return the newest checkpoint.

    Raises:
        NoCheckpoint: none was signed yet.
    """
    found = session.scalar(select(SignedCheckpoint).order_by(SignedCheckpoint.sequence.desc()).limit(1))
    if found is None:
        raise NoCheckpoint
    return found


def check(session: Session, token: str, *, now: datetime) -> AuditCheckpoint:
    """Hold a checkpoint that somebody kept against the log; returning means that the log still has that entry.

    Args:
        session: a reading session.
        token: the signed checkpoint.
        now: UTC.

    Raises:
        CheckpointUnreadable: it is not signed by a key of this service's trust root, or not of this log.
        LogBroken: the log was cut before that entry, or written anew.
    """
    body = publishing.document(session, publishing.ROOT).body
    try:
        root = read_root(body, now=now)
        checkpoint = read_checkpoint(token.strip(), root, issuer=keyring.current().settings.issuer, now=now)
    except CredentialError as error:
        raise CheckpointUnreadable(f"It was refused: {error.code}.") from error
    entry = session.get(AuditEntry, checkpoint.sequence)
    if entry is None:
        raise LogBroken(f"The log was cut: entry {checkpoint.sequence}, which the checkpoint names, is gone.")
    if entry.hash.hex() != checkpoint.hash:
        raise LogBroken(f"The log was written anew: entry {checkpoint.sequence} is not the one of the checkpoint.")
    return checkpoint
