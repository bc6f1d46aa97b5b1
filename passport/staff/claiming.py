"""How a person gets hold of their own passport: invitation, claim, recovery. Flushes, never commits.

An employer invites a person whom it employs; the invitation's code is shown once to the employer, or goes by letter to
the work address. With it and the date of birth the person claims the passport: an account is linked to the record. A
wrong date of birth counts as a try, and after five the invitation is dead; wrong codes and wrong dates look the same.
Recovery, when a phone or an address is lost or in wrong hands, ends every session, role, invitation and share of the
person and deletes nothing: a new invitation brings the person back to the same record.
"""

import hmac
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport import jobs
from passport.access import accounts, sessions
from passport.audit import service as audit
from passport.errors import Conflict, Fault, Invalid
from passport.staff import secret_codes
from passport.staff.models import Contact, Invitation, Person

LIFE: Final = timedelta(days=14)
MOST_TRIES: Final = 5
SEND_INVITATION: Final = "staff.send_invitation"
STOP_SHARES: Final = "holder.stop_shares"  # a job of an upper room, by name


class AddressTaken(Conflict):
    """The work e-mail address belongs to somebody else already."""

    code = "email_taken"
    title = "Another person has this email address"
    constraint = "uq_contact_email"


class AddressMissing(Invalid):
    """An invitation by letter needs a work e-mail address."""

    code = "email_missing"
    title = "There is no work email address"


def invite(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    email: str | None,
    by_mail: bool,
    actor: str,
    now: datetime,
) -> tuple[Invitation, str | None]:
    """Invite a person to claim their passport; an earlier open invitation is cancelled.

    Args:
        session: the transaction of the edge.
        person_id: whom; the caller has made sure that the organisation employs them.
        organisation_id: for whom.
        email: the work address, which is kept; None leaves what is known.
        by_mail: send the code there; else it is returned, once, to be handed over.
        actor: who invites.
        now: UTC.

    Returns:
        The invitation, and its code where it is not sent.

    Raises:
        AddressTaken: somebody else has this address.
        AddressMissing: by letter, and no address is known.
    """
    if email:
        keep_address(session, person_id=person_id, email=email)
    elif by_mail and session.get(Contact, person_id) is None:
        raise AddressMissing(faults=(Fault("/email", "Enter the work email address."),))
    cancel_open(session, person_id, now=now)
    code = None if by_mail else secret_codes.new_invitation_code()
    invitation = Invitation(
        person_id=person_id, organisation_id=organisation_id, by_mail=by_mail, invited_by=actor,
        code_hash=secret_codes.invitation_hash(code) if code else None, recorded_at=now, expires_at=now + LIFE, tries=0,
    )  # fmt: skip
    session.add(invitation)
    session.flush()
    if by_mail:
        jobs.defer(session, SEND_INVITATION, invitation_id=str(invitation.id))
    _audit(session, "invitation.made", person_id, organisation_id=organisation_id, actor=actor, now=now)
    return invitation, code


def code_for_letter(session: Session, invitation_id: UUID, *, now: datetime) -> tuple[str, str] | None:
    """Make the code of an invitation for its letter.

    Returns:
        The address and the code; None when the invitation is over by now.
    """
    invitation = session.get(Invitation, invitation_id, with_for_update=True)
    if invitation is None or not _is_open(invitation, now):
        return None
    contact = session.get_one(Contact, invitation.person_id)
    code = secret_codes.new_invitation_code()
    invitation.code_hash = secret_codes.invitation_hash(code)
    session.flush()
    return contact.email, code


def claim(session: Session, *, code: str, date_of_birth: date, now: datetime) -> UUID | None:
    """Claim a passport.

    Args:
        session: the transaction of the edge, which commits also when the claim is refused: a try is counted.
        code: the invitation's code, as typed.
        date_of_birth: the second fact.
        now: UTC.

    Returns:
        The account that opens the passport now; None where code or date don't fit, whichever it was.
    """
    known = select(Invitation).where(Invitation.code_hash == secret_codes.invitation_hash(code)).with_for_update()
    invitation = session.scalar(known)
    if invitation is None or not _is_open(invitation, now):
        return None
    invitation.tries += 1
    person = session.get_one(Person, invitation.person_id)
    if not hmac.compare_digest(person.date_of_birth.isoformat(), date_of_birth.isoformat()):
        session.flush()
        return None
    invitation.claimed_at = now
    if invitation.by_mail:
        session.execute(update(Contact).where(Contact.person_id == person.id).values(confirmed_at=now))
    return _open_account(session, person, invitation.organisation_id, now=now)


def recover(session: Session, *, person_id: UUID, organisation_id: UUID, actor: str, now: datetime) -> None:
    """Shut every way in to a passport, because a device or an address is lost. A new invitation opens it again.

    Args:
        session: the transaction of the edge.
        person_id: whose; the caller has made sure that the organisation employs them.
        organisation_id: who asks.
        actor: who asks.
        now: UTC.
    """
    cancel_open(session, person_id, now=now)
    account = accounts.of_person(session, person_id)
    if account is not None:
        for held in accounts.grants_of(session, account.id):
            if held.role == "staff":
                accounts.end_grant(session, held, actor=actor, now=now)
        sessions.end_all(session, account.id, actor=actor, now=now)
    jobs.defer(session, STOP_SHARES, person_id=str(person_id), actor=actor)
    _audit(session, "passport.recovered", person_id, organisation_id=organisation_id, actor=actor, now=now)


def keep_address(session: Session, *, person_id: UUID, email: str) -> None:
    """Keep a person's work e-mail address, unconfirmed until a letter sent there was used.

    Raises:
        AddressTaken: somebody else has it.
    """
    address = normalise(email)
    holder = session.scalar(select(Contact.person_id).where(Contact.email == address))
    if holder == person_id:
        return
    if holder is not None:
        raise AddressTaken("Check the spelling. Two people cannot share an address.")
    kept = insert(Contact).values(person_id=person_id, email=address, confirmed_at=None)
    changed = {"email": address, "confirmed_at": None}
    session.execute(kept.on_conflict_do_update(index_elements=["person_id"], set_=changed))
    session.expire_all()


def normalise(email: str) -> str:
    """Return an address as it is kept: trimmed, in lower case."""
    return email.strip().lower()


def cancel_open(session: Session, person_id: UUID, *, now: datetime) -> None:
    """Cancel what is open of a person's invitations."""
    still_open = Invitation.person_id == person_id, Invitation.claimed_at.is_(None), Invitation.cancelled_at.is_(None)
    session.execute(update(Invitation).where(*still_open).values(cancelled_at=now))


def _open_account(session: Session, person: Person, organisation_id: UUID, *, now: datetime) -> UUID:
    account = accounts.of_person(session, person.id)
    actor = f"person:{person.passport_number}"
    if account is None:
        name = f"{person.given_name} {person.family_name}"
        account = accounts.register(session, name=name, person_id=person.id, actor=actor, now=now)
    accounts.grant(
        session, account_id=account.id, organisation_id=organisation_id, role="staff", source="claim",
        actor=actor, now=now,
    )  # fmt: skip
    _audit(session, "passport.claimed", person.id, organisation_id=organisation_id, actor=actor, now=now)
    return account.id


def _is_open(invitation: Invitation, now: datetime) -> bool:
    over = invitation.claimed_at or invitation.cancelled_at
    return not over and now < invitation.expires_at and invitation.tries < MOST_TRIES


def _audit(session: Session, action: str, person_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"person:{person_id}", now=now,
    )  # fmt: skip
