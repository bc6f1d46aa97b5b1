"""The rules of closing a record: somebody died, left for good, or never was. Flushes, never commits.

In the order of the code: close; reopen what was closed by mistake. From then on nothing is issued, every copy is
withdrawn, nobody gets in, no letter goes out because there is no address any more, and the employments end on the day
that is named, so that no employer finds the person after it. The facts stay. Why a record was closed is read by
registrars alone: copies say `no_longer_valid`, and the audit log says that it was closed.
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from passport.access import accounts
from passport.access.models import BrowserSession
from passport.errors import Invalid, NotFound
from passport.holder.models import Share
from passport.issuing import service as issuing
from passport.records import moves, service
from passport.records.models import CLOSURE_REASONS, Erasure, PersonClosure
from passport.staff import claiming
from passport.staff.models import Contact, Employment, Person, SignInCode

COPIES_BECAUSE: Final = "no_longer_valid"  # tells a verifier nothing about why


class ClosureNotFound(NotFound):
    """The record is not closed, or was erased."""

    code = "closure_not_found"
    title = "This record is not closed"


def close(
    session: Session, person_id: UUID, *, reason: str, on: date, organisation_id: UUID, actor: str, now: datetime
) -> PersonClosure:
    """Close a record.

    Args:
        session: an open transaction.
        person_id: whose.
        reason: one of `CLOSURE_REASONS`.
        on: the day of it; employments that go on end then, or on their first day where that is later.
        organisation_id: the registrar's organisation.
        actor: the registrar.
        now: UTC.

    Raises:
        Invalid: the reason is not one, or the day is in the future.
        RecordNotFound, RecordNotOpen: there is no such record; it is closed already, or merged.
    """
    if reason not in CLOSURE_REASONS:
        raise Invalid.at("/reason", f"The reason must be one of: {', '.join(CLOSURE_REASONS)}.")
    if on > now.date():
        raise Invalid.at("/on", "The day is in the future.")
    moves.take_turns(session, person_id)
    [person] = service.locked(session, person_id)
    closure = PersonClosure(
        person_id=person_id, reason=reason, on=on, employments=_end_employments(session, person_id, on),
        closed_by=actor, closed_at=now,
    )  # fmt: skip
    session.add(closure)
    person.closed_at = now
    _shut(session, person_id, now)
    session.flush()
    issuing.hold_off_plans(session)
    copies = issuing.live(session, person_id, now=now, states=("planned", "issued"))
    issuing.withdraw(session, copies, reason=COPIES_BECAUSE, actor=actor, now=now)
    service.trace(
        session, "record.closed", person_id, actor=actor, organisation_id=organisation_id, now=now, copies=len(copies)
    )
    return closure


def reopen(session: Session, person_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> PersonClosure:
    """Take a closure back that was a mistake. Employments go on as before and the account works again.

    Copies that were withdrawn stay so, and the address is asked for again by the next invitation.

    Raises:
        ClosureNotFound: the record is not closed, or was erased.
    """
    person = session.get(Person, person_id, with_for_update={"key_share": True}, populate_existing=True)
    closure = closure_of(session, person_id)
    erased = select(Erasure.id).where(Erasure.person_id == person_id, Erasure.erased_at.is_not(None))
    if person is None or person.closed_at is None or closure is None or session.scalar(erased):
        raise ClosureNotFound
    for employment_id, ended_on in closure.employments.items():
        last_day = date.fromisoformat(ended_on) if ended_on else None
        session.execute(update(Employment).where(Employment.id == UUID(employment_id)).values(ended_on=last_day))
    account = accounts.of_person(session, person_id, changing=True)
    if account is not None and account.disabled_at == person.closed_at:
        account.disabled_at = None
    person.closed_at = None
    closure.reopened_by, closure.reopened_at = actor, now
    session.flush()
    service.trace(session, "record.reopened", person_id, actor=actor, organisation_id=organisation_id, now=now)
    return closure


def closure_of(session: Session, person_id: UUID) -> PersonClosure | None:
    """Return how and why a record is closed now; None: it is not."""
    stands = select(PersonClosure).where(PersonClosure.person_id == person_id, PersonClosure.reopened_at.is_(None))
    return session.scalar(stands)


def _end_employments(session: Session, person_id: UUID, on: date) -> dict[str, Any]:
    """End what goes on, and return each employment's last day before."""
    goes_on = select(Employment).where(
        Employment.person_id == person_id, or_(Employment.ended_on.is_(None), Employment.ended_on > on)
    )
    before: dict[str, Any] = {}
    for employment in session.scalars(goes_on.with_for_update()):
        before[str(employment.id)] = employment.ended_on.isoformat() if employment.ended_on else None
        employment.ended_on = max(on, employment.started_on)
    return before


def _shut(session: Session, person_id: UUID, now: datetime) -> None:
    """Close every way in and out: invitations, codes, sessions, shares, and the address that letters go to."""
    claiming.cancel_open(session, person_id, now=now)
    session.execute(delete(SignInCode).where(SignInCode.person_id == person_id))
    session.execute(delete(Contact).where(Contact.person_id == person_id))
    session.execute(
        update(Share).where(Share.person_id == person_id, Share.stopped_at.is_(None)).values(stopped_at=now)
    )
    account = accounts.of_person(session, person_id, changing=True)
    if account is not None and account.disabled_at is None:
        account.disabled_at = now
        session.execute(delete(BrowserSession).where(BrowserSession.account_id == account.id))
