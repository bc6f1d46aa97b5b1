"""The rules of erasure: a person goes, and the evidence that something was there stays. Flushes, never commits.

In the order of the code: what holds a record; place and lift a legal hold; request; confirm, which another registrar
does; cancel; carry out. What is erased: names, date of birth, passport number, registrations, addresses, ESR numbers
and rows, claims in stored copies, looks and plans, words of disputes, names of shares, the account. What stays: the
person's random id with its awards as bare facts, the hash of each copy, its place on a status list (used for ever, and
withdrawn), hashes of plans, and the audit log, which holds no personal data and goes on verifying (docs/records.md).

The service's roles may not change facts, so the last step is a function of the database's owner, which the worker
alone may call. It checks once more that two people asked and that nothing holds the record, and writes the evidence.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from passport import jobs
from passport.awards.models import AwardDispute
from passport.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from passport.induction.models import InductionPlan
from passport.issuing import service as issuing
from passport.organisations.models import Organisation
from passport.recognition.models import RecognitionApplication
from passport.records import moves, retention, service
from passport.records.models import ERASURE_GROUNDS, Erasure, IdentityCorrection, LegalHold
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.verifying.models import Verification

ERASE: Final = "records.erase"
COPIES_BECAUSE: Final = "no_longer_valid"
ERASE_PERSON: Final = text("SELECT erase_person(:which, :moment)")


class RecordHeld(Conflict):
    """Something forbids the erasure for now. The text says what."""

    code = "record_held"
    title = "This record can't be erased now"


class RequestedAlready(Conflict):
    """An erasure of the record waits, or was done."""

    code = "erasure_requested"
    title = "An erasure of this record waits, or was done"
    constraint = "uq_erasure_open"


class ErasureNotFound(NotFound):
    """There is no such erasure."""

    code = "erasure_not_found"
    title = "There is no such erasure"


class ErasureOver(Conflict):
    """The erasure was confirmed, cancelled or carried out before."""

    code = "erasure_over"
    title = "This erasure was decided already"


class AnotherMustConfirm(Forbidden):
    """Whoever requests an erasure does not confirm it."""

    code = "another_must_confirm"
    title = "Another registrar must confirm this"


class HoldNotFound(NotFound):
    """There is no such hold, or it was lifted."""

    code = "hold_not_found"
    title = "There is no such hold"


@dataclass(frozen=True, slots=True)
class Hold:
    """One thing that forbids an erasure: a stable code, and what it is and what to do."""

    code: str
    sentence: str


def holds(session: Session, person_id: UUID, *, now: datetime) -> list[Hold]:
    """Return what forbids the erasure of a record now."""
    everyone = staff.same_person_ids(session, person_id)
    found = [
        Hold("employed", f"{name} employs the person. End the employment first.")
        for name in session.scalars(_employers(everyone, now))
    ]
    disputed = select(AwardDispute.id).where(AwardDispute.person_id.in_(everyone), AwardDispute.answered_at.is_(None))
    if session.scalar(disputed.limit(1)) is not None:
        found.append(Hold("disputed", "A question of the person has no answer yet. Its issuer must answer it first."))
    waiting = select(IdentityCorrection.id).where(
        IdentityCorrection.state == "proposed",
        or_(IdentityCorrection.from_person_id.in_(everyone), IdentityCorrection.to_person_id.in_(everyone)),
    )
    if session.scalar(waiting.limit(1)) is not None:
        found.append(Hold("merge_waits", "A merge of this record waits for a decision."))
    applied = select(RecognitionApplication.id).where(
        RecognitionApplication.person_id.in_(everyone), RecognitionApplication.ended_at.is_(None)
    )
    if session.scalar(applied.limit(1)) is not None:
        found.append(Hold("application_open", "An application for recognition is under way. End it first."))
    keep = retention.rule("induction_evidence")
    decided = session.scalar(_evidence(everyone, keep.forgotten_before(now)))
    if decided is not None:
        until = keep.kept_until(decided)
        found.append(Hold("evidence_needed", f"An employer needs its induction decisions as evidence until {until}."))
    held = select(LegalHold.id).where(LegalHold.person_id.in_(everyone), LegalHold.lifted_at.is_(None))
    if session.scalar(held.limit(1)) is not None:
        found.append(Hold("legal_hold", "A registrar placed a hold. Lift it first."))
    return found


def place_hold(
    session: Session, person_id: UUID, *, because: str, organisation_id: UUID, actor: str, now: datetime
) -> LegalHold:
    """Forbid the erasure of a record until the hold is lifted.

    Raises:
        RecordNotFound: there is none.
        Invalid: no reason is given.
    """
    held = LegalHold(
        person_id=service.by_id(session, person_id).id, because=service.words(because, pointer="/because"),
        placed_by=actor, placed_at=now,
    )  # fmt: skip
    session.add(held)
    session.flush()
    service.trace(session, "record.held", person_id, actor=actor, organisation_id=organisation_id, now=now)
    return held


def lift_hold(session: Session, hold_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> LegalHold:
    """Lift a hold.

    Raises:
        HoldNotFound: there is none, or it was lifted before.
    """
    held = session.get(LegalHold, hold_id, with_for_update=True, populate_existing=True)
    if held is None or held.lifted_at is not None:
        raise HoldNotFound
    held.lifted_by, held.lifted_at = actor, now
    session.flush()
    service.trace(session, "record.hold_lifted", held.person_id, actor=actor, organisation_id=organisation_id, now=now)
    return held


def request(
    session: Session, person_id: UUID, *, ground: str, organisation_id: UUID, actor: str, now: datetime
) -> Erasure:
    """Ask for a person to be removed.

    Args:
        session: an open transaction.
        person_id: whom; a record that was merged goes with the one that stands for it.
        ground: one of `ERASURE_GROUNDS`.
        organisation_id: the registrar's organisation.
        actor: the registrar.
        now: UTC.

    Raises:
        Invalid: the ground is not one.
        RecordNotFound, RecordNotOpen: there is no such record; it was merged into another.
        RecordHeld: something forbids it; the text says all of it.
        RequestedAlready: an erasure waits or was done.
    """
    if ground not in ERASURE_GROUNDS:
        message = f"The ground must be one of: {', '.join(ERASURE_GROUNDS)}."
        raise Invalid(message, (Fault("/ground", message),))
    _hold(session, service.by_id(session, person_id).id)
    if session.scalar(select(Erasure.id).where(Erasure.person_id == person_id, Erasure.cancelled_at.is_(None))):
        raise RequestedAlready
    _refuse_if_held(session, person_id, now)
    asked = Erasure(person_id=person_id, ground=ground, requested_by=actor, requested_at=now)
    session.add(asked)
    session.flush()
    service.trace(
        session, "record.erasure_requested", person_id, actor=actor, organisation_id=organisation_id, now=now,
        erasure=str(asked.id), ground=ground,
    )  # fmt: skip
    return asked


def confirm(session: Session, erasure_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> Erasure:
    """Confirm an erasure as the second registrar; the worker carries it out.

    Raises:
        ErasureNotFound, ErasureOver: there is none; it was decided before.
        AnotherMustConfirm: the same person asked for it.
        RecordHeld: something forbids it by now.
    """
    asked = _waiting(session, erasure_id)
    if asked.requested_by == actor:
        raise AnotherMustConfirm("You asked for this erasure.")
    _refuse_if_held(session, asked.person_id, now)
    asked.confirmed_by, asked.confirmed_at = actor, now
    session.flush()
    service.trace(
        session, "record.erasure_confirmed", asked.person_id, actor=actor, organisation_id=organisation_id, now=now,
        erasure=str(asked.id),
    )  # fmt: skip
    jobs.defer(session, ERASE, erasure_id=str(asked.id))
    return asked


def cancel(session: Session, erasure_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> Erasure:
    """Give up an erasure that was not carried out; whoever asked for it may do so too.

    Raises:
        ErasureNotFound, ErasureOver: there is none; it was cancelled or carried out before.
    """
    asked = by_id(session, erasure_id, lock=True)
    if asked.cancelled_at is not None or asked.erased_at is not None:
        raise ErasureOver
    asked.cancelled_by, asked.cancelled_at = actor, now
    session.flush()
    service.trace(
        session, "record.erasure_cancelled", asked.person_id, actor=actor, organisation_id=organisation_id, now=now,
        erasure=str(asked.id),
    )  # fmt: skip
    return asked


def erase(session: Session, erasure_id: UUID, *, actor: str, now: datetime) -> dict[str, Any] | None:
    """Carry out an erasure, as the worker. The second time, and one that was cancelled, changes nothing.

    Returns:
        What was there: counts and hashes. None: it was not to be carried out.

    Raises:
        ErasureNotFound: there is none.
        RecordNotOpen: the record was merged into another.
        RecordHeld: something forbids it by now; it is tried again, or cancelled by a registrar.
    """
    asked = by_id(session, erasure_id)
    if not _is_due(asked):
        return None
    person_id = asked.person_id
    everyone = staff.same_person_ids(session, person_id)
    moves.take_turns(session, *everyone)  # a file may be at work on the record of somebody who left
    session.refresh(asked)
    if not _is_due(asked):  # a registrar cancelled it while we waited
        return None
    _hold(session, person_id)
    _refuse_if_held(session, person_id, now)
    issuing.hold_off_plans(session)
    copies = [copy for each in everyone for copy in issuing.live(session, each, now=now, states=("planned", "issued"))]
    issuing.withdraw(session, copies, reason=COPIES_BECAUSE, actor=actor, now=now)
    found: dict[str, Any] = session.scalars(ERASE_PERSON, {"which": erasure_id, "moment": now}).one()
    session.expire_all()
    counts = {kind: value if isinstance(value, int) else len(value) for kind, value in found.items()}
    service.trace(
        session, "record.erased", person_id, actor=actor, organisation_id=None, now=now, erasure=str(erasure_id),
        **counts,
    )  # fmt: skip
    return found


def by_id(session: Session, erasure_id: UUID, *, lock: bool = False) -> Erasure:
    """Return an erasure.

    Raises:
        ErasureNotFound: there is none.
    """
    asked = session.get(Erasure, erasure_id, with_for_update=lock or None, populate_existing=lock)
    if asked is None:
        raise ErasureNotFound
    return asked


def carried_out(session: Session, person_id: UUID) -> Erasure | None:
    """Return the erasure by which a person was removed; None: nobody was."""
    return session.scalar(select(Erasure).where(Erasure.person_id == person_id, Erasure.erased_at.is_not(None)))


def _waiting(session: Session, erasure_id: UUID) -> Erasure:
    asked = by_id(session, erasure_id, lock=True)
    if asked.confirmed_at is not None or asked.cancelled_at is not None:
        raise ErasureOver
    return asked


def _is_due(asked: Erasure) -> bool:
    return asked.confirmed_at is not None and asked.cancelled_at is None and asked.erased_at is None


def _hold(session: Session, person_id: UUID) -> None:
    """Hold a person's record, so that it is not merged meanwhile.

    Raises:
        RecordNotOpen: it was merged into another.
    """
    held = select(Person.merged_into_id).where(Person.id == person_id).with_for_update(key_share=True)
    if session.scalar(held) is not None:
        raise service.RecordNotOpen("Ask for the record that stands for this one.")


def _refuse_if_held(session: Session, person_id: UUID, now: datetime) -> None:
    found = holds(session, person_id, now=now)
    if found:
        raise RecordHeld(" ".join(hold.sentence for hold in found))


def _employers(everyone: tuple[UUID, ...], now: datetime) -> Any:
    goes_on = or_(Employment.ended_on.is_(None), Employment.ended_on >= now.date())
    working = select(Employment.organisation_id).where(Employment.person_id.in_(everyone), goes_on)
    return select(Organisation.name).where(Organisation.id.in_(working)).order_by(Organisation.name)


def _evidence(everyone: tuple[UUID, ...], since: datetime) -> Any:
    """Return the statement for when the newest induction decision about a person was taken that is still needed."""
    return (
        select(InductionPlan.decided_at)
        .join(Verification, Verification.id == InductionPlan.verification_id)
        .where(Verification.person_id.in_(everyone), InductionPlan.decided_at >= since)
        .order_by(InductionPlan.decided_at.desc())
        .limit(1)
    )


def pending(session: Session) -> list[tuple[Erasure, Person]]:
    """Return the erasures that wait for a second person or for the worker, the oldest first."""
    waiting = select(Erasure, Person).join(Person, Person.id == Erasure.person_id)
    waiting = waiting.where(Erasure.cancelled_at.is_(None), Erasure.erased_at.is_(None))
    return [(asked, person) for asked, person in session.execute(waiting.order_by(Erasure.requested_at, Erasure.id))]
