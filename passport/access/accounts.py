"""The rules of accounts: people who sign in, and the roles they have. Flushes, never commits.

An account is made by the first sign-in through the identity provider, by the claim of a passport, or by the
registrar. It has nothing but its roles: each at one organisation, granted and ended, never changed, so that the audit
log can be read against them. The provider's own word on roles is taken anew at each sign-in (`agree_with_provider`);
what the registrar granted stays beside it. How an account is shut out and let in again is in `shutting_out`.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from passport.access.models import Account, BrowserSession, RoleGrant
from passport.audit import service as audit
from passport.errors import Invalid, NotFound
from passport.web.rules import ROLES

# Roles that need a sign-in with a second factor (or a smartcard), because they change what others rely on.
STRONG_ROLES: Final = frozenset(("registrar", "academy"))


class AccountNotFound(NotFound):
    """There is no such account."""

    code = "account_not_found"
    title = "There is no such account"


class RoleUnknown(Invalid):
    """There is no such role."""

    code = "role_unknown"
    title = "There is no such role"


def register(
    session: Session,
    *,
    name: str,
    issuer: str | None = None,
    subject: str | None = None,
    person_id: UUID | None = None,
    actor: str,
    now: datetime,
) -> Account:
    """Make an account without a role.

    Args:
        session: the transaction of the edge.
        name: what the pages call the person.
        issuer: the identity provider, with `subject` its name of the person.
        subject: see `issuer`.
        person_id: whose own passport record it opens.
        actor: who makes it.
        now: UTC.
    """
    account = Account(name=name, issuer=issuer, subject=subject, person_id=person_id, recorded_at=now)
    session.add(account)
    session.flush()
    _audit(session, account.id, "account.registered", actor=actor, now=now)
    return account


def grant(
    session: Session,
    *,
    account_id: UUID,
    organisation_id: UUID,
    role: str,
    source: str,
    actor: str,
    now: datetime,
) -> RoleGrant:
    """Give an account a role at an organisation; where it has it already, that grant stays.

    Raises:
        RoleUnknown: there is no such role.
    """
    if role not in ROLES:
        raise RoleUnknown(f"Choose one of {', '.join(ROLES)}.")
    alive = select(RoleGrant).filter_by(
        account_id=account_id, organisation_id=organisation_id, role=role, ended_at=None
    )
    if known := session.scalar(alive):
        return known
    granted = RoleGrant(
        account_id=account_id, organisation_id=organisation_id, role=role, source=source, granted_at=now,
        granted_by=actor,
    )  # fmt: skip
    session.add(granted)
    session.flush()
    _audit(session, account_id, "role.granted", actor=actor, now=now, organisation_id=organisation_id, role=role)
    return granted


def end_grant(session: Session, granted: RoleGrant, *, actor: str, now: datetime) -> None:
    """Take a role away; sessions in it end at once."""
    if granted.ended_at is not None:
        return
    granted.ended_at = now
    session.execute(delete(BrowserSession).where(BrowserSession.role_grant_id == granted.id))
    session.flush()
    _audit(
        session, granted.account_id, "role.ended", actor=actor, now=now,
        organisation_id=granted.organisation_id, role=granted.role,
    )  # fmt: skip


def grants_of(session: Session, account_id: UUID, *, strong: bool = True) -> list[RoleGrant]:
    """Return the roles of an account that works, the oldest first.

    Args:
        session: any session.
        account_id: whose.
        strong: whether the sign-in had a second factor; without it the roles that need one are left out.
    """
    held = select(RoleGrant).join(Account, Account.id == RoleGrant.account_id)
    held = held.where(RoleGrant.account_id == account_id, RoleGrant.ended_at.is_(None), Account.disabled_at.is_(None))
    grants = session.scalars(held.order_by(RoleGrant.granted_at, RoleGrant.id)).all()
    return [granted for granted in grants if strong or granted.role not in STRONG_ROLES]


def by_id(session: Session, account_id: UUID) -> Account:
    """Return an account.

    Raises:
        AccountNotFound: there is none.
    """
    account = session.get(Account, account_id)
    if account is None:
        raise AccountNotFound
    return account


def of_person(session: Session, person_id: UUID, *, changing: bool = False) -> Account | None:
    """Return the account that opens a person's own record, None before it is claimed.

    Args:
        session: any session.
        person_id: whose.
        changing: wait for whoever shuts it out or lets it in, and hold it until the end of the transaction.
    """
    known = select(Account).where(Account.person_id == person_id)
    held = known.with_for_update().execution_options(populate_existing=True)
    return session.scalar(held if changing else known)


def of_provider(session: Session, *, issuer: str, subject: str) -> Account | None:
    """Return the account that an identity provider knows by this name."""
    return session.scalar(select(Account).where(Account.issuer == issuer, Account.subject == subject))


def agree_with_provider(
    session: Session, account: Account, roles: Iterable[tuple[UUID, str]], *, actor: str, now: datetime
) -> None:
    """Take over what the identity provider says of a person's roles, and end what it no longer says.

    Args:
        session: the transaction of the edge.
        account: whose.
        roles: pairs of an organisation and a role.
        actor: who says so.
        now: UTC.
    """
    said = set(roles)
    for held in grants_of(session, account.id):
        if held.source == "provider" and (held.organisation_id, held.role) not in said:
            end_grant(session, held, actor=actor, now=now)
    for organisation_id, role in sorted(said, key=str):
        grant(
            session, account_id=account.id, organisation_id=organisation_id, role=role, source="provider",
            actor=actor, now=now,
        )  # fmt: skip


def name_of_actor(session: Session, actor: str) -> str:
    """Return what pages call somebody whom a record names as `account:<id>` or `client:<id>`."""
    kind, _, name = actor.partition(":")
    if kind != "account":
        return "A program of your organisation"
    account = session.get(Account, UUID(name))
    return account.name if account else "Somebody whose account is gone"


def _audit(
    session: Session,
    account_id: UUID,
    action: str,
    *,
    actor: str,
    now: datetime,
    organisation_id: UUID | None = None,
    role: str | None = None,
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"account:{account_id}",
        detail={"role": role} if role else {}, now=now,
    )  # fmt: skip
