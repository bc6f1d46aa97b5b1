"""The rules of withdrawals that take two people: one asks, another one confirms. Flushes, never commits.

What many rely on for years (a professional credential, a recognition at a level of practice) can't be taken back once
it was withdrawn, so nobody withdraws it alone. In the order of the code: ask, with a reason and words for the second
person; confirm; cancel; let what waited too long lapse; find requests. Statutory training stays with one person
(`service.withdraw`).

A person is an account, whatever roles it has, or a program of the API, which is one person however often it calls. Both
act for the organisation that the request belongs to, or what that became; for all others the request is not there. The
withdrawal itself runs when it is confirmed, with both names in the audit log.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.awards import recognition, service
from passport.awards.models import WITHDRAWAL_REASONS, Award, Recognition, WithdrawalRequest
from passport.awards.recognition import end_recognition, own_recognition
from passport.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from passport.organisations import service as organisations

OPEN_FOR: Final = timedelta(days=14)  # time for a colleague to come back from leave; after that the case is a new one
MOST_CHARACTERS: Final = 1000


class RequestNotFound(NotFound):
    """There is no such request, or it is another organisation's."""

    code = "withdrawal_request_not_found"
    title = "There is no such request"


class RequestClosed(Conflict):
    """The request was confirmed, cancelled, or waited too long."""

    code = "withdrawal_request_closed"
    title = "This request is closed"


class AlreadyRequested(Conflict):
    """Somebody asked to withdraw this award, and nobody has confirmed it yet."""

    code = "withdrawal_requested"
    title = "Somebody has asked to withdraw this already"
    constraint = "uq_withdrawal_request_award"


class RecognitionAlreadyRequested(Conflict):
    """Somebody asked to withdraw this recognition, and nobody has confirmed it yet."""

    code = "withdrawal_requested"
    title = "Somebody has asked to withdraw this already"
    constraint = "uq_withdrawal_request_recognition"


class SamePerson(Forbidden):
    """Whoever asked can't confirm."""

    code = "same_person"
    title = "Somebody else must confirm this"


class OnePersonIsEnough(Conflict):
    """Statutory training is withdrawn by one person, at once."""

    code = "one_person_is_enough"
    title = "This award needs no second person"


def ask_for_award(
    session: Session, *, award_id: UUID, organisation_id: UUID, reason: str, words: str, actor: str, now: datetime
) -> WithdrawalRequest:
    """Ask a second person to withdraw an award of a professional credential.

    Args:
        session: an open transaction.
        award_id: the current award.
        organisation_id: whose people decide: the issuer or its successor.
        reason: one of `WITHDRAWAL_REASONS`.
        words: what the second person should know; for the organisation alone.
        actor: who asks.
        now: UTC.

    Raises:
        AwardNotFound, AwardEnded: see `service.own_current`.
        OnePersonIsEnough: it is statutory training.
        AlreadyRequested: somebody asked before, and the request is open.
        Invalid: the reason is not one, or there are no words.
    """
    _check(reason, words)
    waiting = _waiting(session, WithdrawalRequest.award_id == award_id)
    award = service.own_current(session, award_id, organisation_id)
    if not service.needs_second_person(session, award):
        raise OnePersonIsEnough
    if waiting is not None and not _lapse_if_due(session, waiting, actor, now):
        raise AlreadyRequested
    return _open(session, organisation_id, actor, now, award_id=award_id, reason=reason, words=words.strip())


def ask_for_recognition(
    session: Session, *, recognition_id: UUID, organisation_id: UUID, reason: str, words: str, actor: str, now: datetime
) -> WithdrawalRequest:
    """Ask a second person to withdraw a recognition; arguments as in `ask_for_award`.

    Raises:
        RecognitionNotFound, RecognitionEnded: see `recognition.own_recognition`.
        RecognitionAlreadyRequested: somebody asked before, and the request is open.
        Invalid: the reason is not one, or there are no words.
    """
    _check(reason, words)
    waiting = _waiting(session, WithdrawalRequest.recognition_id == recognition_id)
    own_recognition(session, recognition_id, organisation_id)
    if waiting is not None and not _lapse_if_due(session, waiting, actor, now):
        raise RecognitionAlreadyRequested
    return _open(
        session, organisation_id, actor, now, recognition_id=recognition_id, reason=reason, words=words.strip()
    )


def confirm(
    session: Session, *, request_id: UUID, organisation_id: UUID, actor: str, now: datetime
) -> WithdrawalRequest:
    """Confirm a request as the second person: the award or recognition is withdrawn.

    Args:
        session: an open transaction.
        request_id: which.
        organisation_id: for whom the second person acts.
        actor: the second person: not whoever asked, in no role.
        now: UTC.

    Raises:
        RequestNotFound: there is none, or it is another organisation's.
        RequestClosed: it was confirmed or cancelled, or waited too long.
        SamePerson: the actor asked for it.
        AwardEnded, RecognitionEnded: it was superseded or corrected meanwhile.
    """
    request = _open_one(session, request_id, organisation_id, now)
    if request.asked_by == actor:
        raise SamePerson
    _close(session, request, "confirmed", actor, now)
    who: dict[str, Any] = {
        "organisation_id": organisation_id, "actor": actor, "asked_by": request.asked_by, "now": now,
    }  # fmt: skip
    if request.award_id is not None:
        service.withdraw(session, award_id=request.award_id, reason=request.reason, **who)
    else:
        end_recognition(session, recognition_id=_recognition_id(request), reason=request.reason, **who)
    return request


def cancel(
    session: Session, *, request_id: UUID, organisation_id: UUID, actor: str, now: datetime
) -> WithdrawalRequest:
    """Close a request without a withdrawal: whoever asked takes it back, or another one says no.

    Raises:
        RequestNotFound, RequestClosed: as `confirm`.
    """
    request = _open_one(session, request_id, organisation_id, now)
    _close(session, request, "cancelled", actor, now)
    return request


def lapse_old(session: Session, *, actor: str, now: datetime) -> int:
    """Close every request that nobody confirmed in time; return how many. They could not be confirmed before either."""
    old = select(WithdrawalRequest).where(WithdrawalRequest.closed_at.is_(None), WithdrawalRequest.expires_at <= now)
    found = session.scalars(old.order_by(WithdrawalRequest.id).with_for_update(skip_locked=True)).all()
    for request in found:
        _close(session, request, "lapsed", actor, now)
    return len(found)


def of_organisation(session: Session, request_id: UUID, organisation_id: UUID) -> WithdrawalRequest:
    """Return a request that the people of an organisation may see.

    Raises:
        RequestNotFound: there is none, or it is another organisation's.
    """
    return _seen_by(session, session.get(WithdrawalRequest, request_id), organisation_id)


def open_ones(organisation_id: UUID, *, now: datetime) -> Select[Any]:
    """Return the statement that lists what waits for a second person of an organisation."""
    return select(WithdrawalRequest).where(
        WithdrawalRequest.organisation_id.in_(organisations.with_predecessors(organisation_id)),
        WithdrawalRequest.closed_at.is_(None),
        WithdrawalRequest.expires_at > now,
    )


def open_for(
    session: Session, *, now: datetime, award_id: UUID | None = None, recognition_id: UUID | None = None
) -> WithdrawalRequest | None:
    """Return the open request about an award or a recognition; None: there is none."""
    about = WithdrawalRequest.award_id == award_id if award_id else WithdrawalRequest.recognition_id == recognition_id
    return session.scalar(
        select(WithdrawalRequest).where(
            about, WithdrawalRequest.closed_at.is_(None), WithdrawalRequest.expires_at > now
        )
    )


def subject_of(session: Session, request: WithdrawalRequest) -> Award | Recognition:
    """Return what a request is about."""
    if request.award_id is not None:
        return session.get_one(Award, request.award_id)
    return session.get_one(Recognition, _recognition_id(request))


def _recognition_id(request: WithdrawalRequest) -> UUID:
    if request.recognition_id is None:
        raise recognition.RecognitionNotFound
    return request.recognition_id


def _check(reason: str, words: str) -> None:
    if reason not in WITHDRAWAL_REASONS:
        message = f"The reason must be one of: {', '.join(WITHDRAWAL_REASONS)}."
        raise Invalid(message, (Fault("/reason", message),))
    if not 1 <= len(words.strip()) <= MOST_CHARACTERS:
        message = f"Tell the second person what happened, in at most {MOST_CHARACTERS} characters."
        raise Invalid(message, (Fault("/words", message),))


def _waiting(session: Session, about: Any) -> WithdrawalRequest | None:
    """Return the request that is not closed. All take its row before the award's, so nobody waits in a circle."""
    return session.scalar(
        select(WithdrawalRequest).where(about, WithdrawalRequest.closed_at.is_(None)).with_for_update()
    )


def _lapse_if_due(session: Session, request: WithdrawalRequest, actor: str, now: datetime) -> bool:
    if request.expires_at > now:
        return False
    _close(session, request, "lapsed", actor, now)
    return True


def _open(session: Session, organisation_id: UUID, actor: str, now: datetime, **said: Any) -> WithdrawalRequest:
    request = WithdrawalRequest(
        organisation_id=organisation_id, asked_at=now, asked_by=actor, expires_at=now + OPEN_FOR, **said
    )
    session.add(request)
    session.flush()
    _audit(session, "withdrawal.requested", request, actor, now)
    return request


def _open_one(session: Session, request_id: UUID, organisation_id: UUID, now: datetime) -> WithdrawalRequest:
    found = session.get(WithdrawalRequest, request_id, with_for_update=True, populate_existing=True)
    request = _seen_by(session, found, organisation_id)
    if request.closed_at is not None:
        raise RequestClosed(f"It was {request.outcome} before.")
    if request.expires_at <= now:
        raise RequestClosed(f"Nobody confirmed it within {OPEN_FOR.days} days. Ask again.")
    return request


def _seen_by(session: Session, request: WithdrawalRequest | None, organisation_id: UUID) -> WithdrawalRequest:
    if request is None:
        raise RequestNotFound
    asked_for = organisations.by_id(session, request.organisation_id)
    if organisation_id not in (asked_for.id, organisations.successor(asked_for).id):
        raise RequestNotFound
    return request


def _close(session: Session, request: WithdrawalRequest, outcome: str, actor: str, now: datetime) -> None:
    request.closed_at, request.closed_by, request.outcome = now, actor, outcome
    session.flush()
    _audit(session, f"withdrawal.{outcome}", request, actor, now)


def _audit(session: Session, action: str, request: WithdrawalRequest, actor: str, now: datetime) -> None:
    about = f"award:{request.award_id}" if request.award_id else f"recognition:{request.recognition_id}"
    audit.record(
        session, actor=actor, organisation_id=request.organisation_id, action=action,
        subject=f"withdrawal_request:{request.id}", now=now,
        detail={"about": about, "reason": request.reason, "asked_by": request.asked_by},
    )  # fmt: skip
