"""The rules of shutting an account out and of letting it in again. Flushes, never commits.

In the order of the code: why accounts are shut out; whoever signs in is checked (`check_working`), whatever the way in;
shut out; the last registrar, from whom nobody takes the account or the role; let in; what the audit log says of the
last time. Shutting out ends every session and deletes nothing: roles and the person's record stay. The account of a
record that was closed or merged follows its record: it comes back with the record alone.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import column, delete, func, select, table
from sqlalchemy.orm import Session

from passport.access.accounts import AccountNotFound
from passport.access.models import Account, BrowserSession, RoleGrant
from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.errors import Conflict, Forbidden, Invalid

# Codes, because the audit log holds no personal data and what people write may.
REASONS: Final[Mapping[str, str]] = {
    "left": "The person has left",
    "misuse": "Somebody may be misusing the account",
    "mistake": "The account was made by mistake",
    "asked": "The person or their organisation asked for it",
}
DISABLED: Final = "account.disabled"
ENABLED: Final = "account.enabled"
REGISTRAR: Final = "registrar"
REGISTRARS_LOCK: Final = 0x7265_6773  # "regs": registrars are counted one transaction at a time

# Records of people belong to a room above this one, which needs only to know whether a record is open.
RECORD: Final = table("person", column("id"), column("closed_at"), column("merged_into_id"))


class ShutOut(Forbidden):
    """The account is shut out."""

    code = "account_disabled"
    title = "This account is shut out"

    def __init__(self) -> None:
        super().__init__("Ask your workforce team why. A registrar can let the account in again.")


class OwnAccount(Forbidden):
    """Somebody wants to change the own account."""

    code = "account_own"
    title = "You can’t change your own account"

    def __init__(self) -> None:
        super().__init__("Another registrar must change your own account.")


class LastRegistrar(Conflict):
    """Nobody would be left who could let anybody in."""

    code = "account_last_registrar"
    title = "This is the last registrar"

    def __init__(self) -> None:
        super().__init__("Give another person the role of registrar first.")


class RecordNotOpen(Conflict):
    """The account belongs to a record that is closed or merged."""

    code = "account_record_not_open"
    title = "The person’s record is not open"

    def __init__(self) -> None:
        super().__init__("The record was closed or merged. Undo that, and the account works again.")


def check_working(session: Session, account_id: UUID) -> None:
    """Refuse an account that is shut out, and let nobody shut it out until the transaction ends.

    Raises:
        AccountNotFound: there is no such account.
        ShutOut: it is shut out.
    """
    found = session.get(Account, account_id, with_for_update={"read": True}, populate_existing=True)
    if found is None:
        raise AccountNotFound
    if found.disabled_at is not None:
        raise ShutOut


def check_other(account_id: UUID, actor: str) -> None:
    """Refuse that somebody changes the own account.

    Raises:
        OwnAccount: it is the actor's own.
    """
    if actor == f"account:{account_id}":
        raise OwnAccount


def shut_out(session: Session, account_id: UUID, *, reason: str, actor: str, now: datetime) -> None:
    """Shut an account out; its sessions end at once. Where it is out already, nothing changes.

    Args:
        session: the transaction of the edge.
        account_id: whose.
        reason: one of `REASONS`.
        actor: who shuts it out.
        now: UTC.

    Raises:
        Invalid: the reason is not one.
        OwnAccount: it is the actor's own.
        AccountNotFound: there is none.
        LastRegistrar: no other registrar could sign in.
    """
    if reason not in REASONS:
        raise Invalid.at("/reason", f"The reason must be one of: {', '.join(REASONS)}.")
    check_other(account_id, actor)
    check_not_last(session, account_id)
    account = _locked(session, account_id)
    if account.disabled_at is not None:
        return
    account.disabled_at = now
    session.execute(delete(BrowserSession).where(BrowserSession.account_id == account_id))
    session.flush()
    _audit(session, account_id, DISABLED, {"reason": reason}, actor=actor, now=now)


def check_not_last(session: Session, account_id: UUID) -> None:
    """Refuse to lose the last registrar who works, and let nobody lose another until the transaction ends.

    Two registrars may take the role or the account from each other at the same moment.

    Raises:
        LastRegistrar: there is no other.
    """
    session.execute(select(func.pg_advisory_xact_lock(REGISTRARS_LOCK)))
    if _registrars(session) == {account_id}:
        raise LastRegistrar


def let_in(session: Session, account_id: UUID, *, actor: str, now: datetime) -> None:
    """Let an account in again, with the roles it has; where it works already, nothing changes.

    Raises:
        OwnAccount: it is the actor's own.
        AccountNotFound: there is none.
        RecordNotOpen: it belongs to a record that was closed or merged.
    """
    check_other(account_id, actor)
    if not has_open_record(session, account_id, changing=True):
        raise RecordNotOpen
    account = _locked(session, account_id)
    if account.disabled_at is None:
        return
    account.disabled_at = None
    session.flush()
    _audit(session, account_id, ENABLED, {}, actor=actor, now=now)


def has_open_record(session: Session, account_id: UUID, *, changing: bool = False) -> bool:
    """Say whether an account is of no record, or of one that is open.

    Args:
        session: any session.
        account_id: whose.
        changing: let nobody close or merge the record until the transaction ends.
    """
    mine = select(Account.person_id).where(Account.id == account_id).scalar_subquery()
    statement = select(RECORD.c.closed_at, RECORD.c.merged_into_id).where(RECORD.c.id == mine)
    row = session.execute(statement.with_for_update(read=True) if changing else statement).one_or_none()
    return row is None or (row.closed_at, row.merged_into_id) == (None, None)


def last_shut_out(session: Session, account_id: UUID) -> AuditEntry | None:
    """Return what the audit log says of the last time that an account was shut out by itself; None: it never was."""
    entries = select(AuditEntry).where(AuditEntry.subject == f"account:{account_id}", AuditEntry.action == DISABLED)
    return session.scalar(entries.order_by(AuditEntry.sequence.desc()).limit(1))


def _locked(session: Session, account_id: UUID) -> Account:
    account = session.get(Account, account_id, with_for_update=True, populate_existing=True)
    if account is None:
        raise AccountNotFound
    return account


def _registrars(session: Session) -> set[UUID]:
    """Return the accounts that work and have the role of registrar."""
    held = select(RoleGrant.account_id).join(Account, Account.id == RoleGrant.account_id)
    alive = (RoleGrant.role == REGISTRAR, RoleGrant.ended_at.is_(None), Account.disabled_at.is_(None))
    return set(session.scalars(held.where(*alive)))


def _audit(
    session: Session, account_id: UUID, action: str, detail: Mapping[str, str], *, actor: str, now: datetime
) -> None:
    audit.record(
        session, actor=actor, organisation_id=None, action=action, subject=f"account:{account_id}", detail=detail,
        now=now,
    )  # fmt: skip
