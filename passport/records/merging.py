"""The rules of merging two records of one person, and of taking a merge back. Flushes, never commits.

In the order of the code: propose; decide; take back; the copies. A merge is proposed by a workforce team (of two people
whom it employs) or a registrar, and decided by another registrar who has compared both records: never automatically,
never by name alone. One record stands from then on, and both passport numbers lead to it. Every fact goes there with a
trace of its own (`moves`), so a merge can be taken back, the last one first. Copies under the number that goes are
withdrawn in the same transaction and made again under the other (`jobs`).
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import jobs
from passport.awards import service as awards
from passport.errors import Conflict, Fault, Forbidden, Invalid
from passport.issuing import service as issuing
from passport.recognition.models import RecognitionApplication
from passport.records import moves, service
from passport.records.models import Erasure, IdentityCorrection, IdentityMove
from passport.staff.models import Person

MERGED: Final = "record_merged"  # why the copies under the number that went were withdrawn
REPLACE_COPIES: Final = "records.replace_copies"


class ProposedAlready(Conflict):
    """A merge of the record is waiting, or was done."""

    code = "merge_proposed"
    title = "A merge of this record waits for a decision, or was done"
    constraint = "uq_identity_correction_open"


class DecidedAlready(Conflict):
    """Somebody decided this before."""

    code = "merge_decided"
    title = "This was decided already"


class SecondPersonNeeded(Forbidden):
    """Whoever proposes does not decide."""

    code = "second_person_needed"
    title = "Somebody else must decide this"


class ApplicationUnderWay(Conflict):
    """An application for recognition can't go from one record to another."""

    code = "application_under_way"
    title = "An application for recognition is under way on the record that goes"


class RecordInUse(Conflict):
    """An organisation took the person on just now, and adds to the record."""

    code = "record_in_use"
    title = "Somebody else adds to this record now. Try again in a minute"


class ErasureUnderWay(Conflict):
    """A person who is to be removed stays apart: another record would bring them back."""

    code = "erasure_under_way"
    title = "An erasure of one of the records is under way"


class LaterMergeStands(Conflict):
    """The record that was kept was merged into another since."""

    code = "later_merge_stands"
    title = "A later merge stands on this one. Take that one back first"


def propose(
    session: Session,
    *,
    from_person_id: UUID,
    to_person_id: UUID,
    because: str,
    organisation_id: UUID,
    actor: str,
    now: datetime,
) -> IdentityCorrection:
    """Propose that two records are one person's.

    Args:
        session: an open transaction.
        from_person_id: the record that goes.
        to_person_id: the record that is kept.
        because: why both are one person.
        organisation_id: for which organisation.
        actor: who proposes.
        now: UTC.

    Raises:
        Invalid: both are the same record, or no reason is given.
        RecordNotFound, RecordNotOpen: a record is not there, closed, or merged before.
        ErasureUnderWay: one of them is to be erased.
        ProposedAlready: a merge of the record waits.
    """
    if from_person_id == to_person_id:
        message = "Both numbers lead to the same record."
        raise Invalid(message, (Fault("/from", message),))
    given = service.words(because, pointer="/because")
    service.locked(session, from_person_id, to_person_id)
    _refuse_erasure(session, from_person_id, to_person_id)
    waiting = select(IdentityCorrection.id).where(
        IdentityCorrection.kind == "merge",
        IdentityCorrection.state == "proposed",
        IdentityCorrection.from_person_id.in_((from_person_id, to_person_id)),
    )
    if session.scalar(waiting) is not None:
        raise ProposedAlready
    proposed = IdentityCorrection(
        kind="merge", state="proposed", from_person_id=from_person_id, to_person_id=to_person_id, because=given,
        organisation_id=organisation_id, proposed_by=actor, proposed_at=now,
    )  # fmt: skip
    session.add(proposed)
    session.flush()
    _trace(session, "record.merge_proposed", proposed, organisation_id, actor, now)
    return proposed


def refuse(
    session: Session, correction_id: UUID, *, because: str, organisation_id: UUID, actor: str, now: datetime
) -> IdentityCorrection:
    """Leave two records apart. Whoever proposed it may do so too.

    Raises:
        CorrectionNotFound: there is none.
        DecidedAlready: it was decided before.
        Invalid: no reason is given.
    """
    given = service.words(because, pointer="/because")
    waiting = _waiting(session, correction_id)
    waiting.state, waiting.decided_because = "refused", given
    waiting.decided_at, waiting.decided_by = now, actor if actor != waiting.proposed_by else None
    session.flush()
    _trace(session, "record.merge_refused", waiting, organisation_id, actor, now)
    return waiting


def merge(
    session: Session, correction_id: UUID, *, because: str, organisation_id: UUID, actor: str, now: datetime
) -> IdentityCorrection:
    """Join two records, as proposed.

    Args:
        session: an open transaction.
        correction_id: the proposal.
        because: what the comparison showed.
        organisation_id: the registrar's organisation.
        actor: the registrar, who is not the one who proposed it.
        now: UTC.

    Raises:
        CorrectionNotFound, DecidedAlready: no such proposal; it was decided before.
        SecondPersonNeeded: the same person proposed it.
        RecordNotOpen: a record was closed or merged meanwhile.
        RecordInUse: an organisation that came just now is adding to the record that goes.
        ErasureUnderWay: one of them is to be erased.
        ApplicationUnderWay: the record that goes has an open application for recognition.
        Invalid: no reason is given.
    """
    given = service.words(because, pointer="/because")
    proposed = _waiting(session, correction_id)
    if proposed.proposed_by == actor:
        raise SecondPersonNeeded("You proposed this merge. Another registrar decides.")
    from_id, to_id = proposed.from_person_id, proposed.to_person_id
    turns = moves.take_turns(session, from_id, to_id)
    gone, _ = service.locked(session, from_id, to_id)
    came = moves.adding(session, from_id) - turns  # while we waited; a file of theirs may be at work on this record
    if not all(awards.take_free_turn(session, organisation_id) for organisation_id in sorted(came)):
        raise RecordInUse
    _refuse_erasure(session, from_id, to_id)
    _refuse_open_application(session, from_id)
    moved = moves.move_all(session, from_id, to_id, actor=actor, now=now)
    session.add_all(_of(moved, proposed))
    gone.merged_into_id = to_id
    proposed.state, proposed.decided_by, proposed.decided_at, proposed.decided_because = "done", actor, now, given
    session.flush()
    issuing.hold_off_plans(session)
    copies = issuing.live(session, from_id, now=now, states=("planned", "issued"))
    issuing.withdraw(session, copies, reason=MERGED, actor=actor, now=now)
    _trace(session, "record.merged", proposed, organisation_id, actor, now, rows=len(moved), copies=len(copies))
    jobs.defer(session, REPLACE_COPIES, correction_id=str(proposed.id))
    jobs.defer(session, "issuing.reissue", person_id=str(to_id))
    return proposed


def take_back(
    session: Session, correction_id: UUID, *, because: str, organisation_id: UUID, actor: str, now: datetime
) -> IdentityCorrection:
    """Undo a merge: both records stand again, each with what was its own.

    What was recorded since stays with the record that was kept; `parting` gives it back where it belongs. Shares that
    ended with the merge and copies that were withdrawn do not come back.

    Raises:
        CorrectionNotFound: there is no such merge.
        DecidedAlready: it was never done, or undone before.
        LaterMergeStands: the record that was kept went into another since.
        RecordNotOpen: a record was closed or erased since.
        Invalid: no reason is given.
    """
    given = service.words(because, pointer="/because")
    done = service.correction(session, correction_id, lock=True)
    if done.kind != "merge" or done.state != "done":
        raise DecidedAlready("Only a merge that stands can be undone.")
    from_id, to_id = done.from_person_id, done.to_person_id
    moves.take_turns(session, from_id, to_id)
    kept = session.get_one(Person, to_id, with_for_update={"key_share": True}, populate_existing=True)
    if kept.merged_into_id is not None:
        raise LaterMergeStands
    if kept.closed_at is not None:
        raise service.RecordNotOpen
    gone = session.get_one(Person, from_id, with_for_update={"key_share": True}, populate_existing=True)
    gone.merged_into_id = None
    session.flush()
    moved = session.scalars(select(IdentityMove).where(IdentityMove.correction_id == done.id).order_by(IdentityMove.id))
    moves.take_back(
        session, moved.all(), from_id, to_id, merged_at=done.decided_at or done.proposed_at, actor=actor, now=now
    )
    done.state, done.undone_by, done.undone_at, done.undone_because = "undone", actor, now, given
    session.flush()
    _trace(session, "record.merge_undone", done, organisation_id, actor, now)
    for person_id in (from_id, to_id):
        jobs.defer(session, "issuing.reissue", person_id=str(person_id))
    return done


def _refuse_open_application(session: Session, person_id: UUID) -> None:
    applied = select(RecognitionApplication.id).where(
        RecognitionApplication.person_id == person_id, RecognitionApplication.ended_at.is_(None)
    )
    if session.scalar(applied) is not None:
        raise ApplicationUnderWay("Keep that record and let the other one go, or wait until the application has ended.")


def _refuse_erasure(session: Session, *person_ids: UUID) -> None:
    asked = select(Erasure.id).where(
        Erasure.person_id.in_(person_ids), Erasure.cancelled_at.is_(None), Erasure.erased_at.is_(None)
    )
    if session.scalar(asked.limit(1)) is not None:
        raise ErasureUnderWay("Wait until it is carried out, or cancel it first.")


def _waiting(session: Session, correction_id: UUID) -> IdentityCorrection:
    waiting = service.correction(session, correction_id, lock=True)
    if waiting.kind != "merge" or waiting.state != "proposed":
        raise DecidedAlready
    return waiting


def _of(moved: list[IdentityMove], correction: IdentityCorrection) -> list[IdentityMove]:
    for move in moved:
        move.correction_id = correction.id
    return moved


def _trace(
    session: Session,
    action: str,
    correction: IdentityCorrection,
    organisation_id: UUID,
    actor: str,
    now: datetime,
    **detail: int,
) -> None:
    """Write the entry at the record that is kept; it names the other."""
    service.trace(
        session, action, correction.to_person_id, actor=actor, organisation_id=organisation_id, now=now,
        correction=str(correction.id), other=str(correction.from_person_id), **detail,
    )  # fmt: skip
