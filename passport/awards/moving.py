"""The rules of facts that stand at the wrong person: they end there and are recorded again where they belong.

A fact is never changed, its person least of all (`models`), so a move is two facts: the old one ends, the new one says
the same of another person, in its issuer's name. In the order of the code: move an award; record one again without
ending anything; bring back what had to give way; move a recognition; find what became of awards. Nobody is asked
whether the issuer may award: it did. Flushes, never commits; who may do this, and the trace that it leaves, are the
business of `passport.records`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from passport.awards.endings import end
from passport.awards.models import Award, Recognition
from passport.staff.models import Person

IN_ERROR: Final = "issued_in_error"
Fact = Award | Recognition


@dataclass(frozen=True, slots=True)
class Moved:
    """Where a fact stands now (`new_id`), and the fact of the same person that gave way to it."""

    old_id: UUID
    new_id: UUID
    displaced_id: UUID | None = None


def move_award(
    session: Session, award: Award, to_person_id: UUID, *, in_error: bool, actor: str, now: datetime
) -> Moved:
    """End a current award and record it again at another person.

    Args:
        session: an open transaction that has the turn of the issuer's awards.
        award: the current award.
        to_person_id: to whom it belongs.
        in_error: True where it never was the first person's: it ends as withdrawn, issued in error. False where both
            are one person: it ends as corrected, and names what took its place.
        actor: who acts.
        now: UTC.

    Returns:
        The move. Where the other person has the same award already, `new_id` is that one.
    """
    reason = IN_ERROR if in_error else None
    end(award, "withdrawn" if in_error else "corrected", now=now, reason=reason)
    session.flush()
    moved = record_again(session, award, to_person_id, actor=actor, now=now)
    award.replaced_by_id = None if in_error else moved.new_id
    session.flush()
    return moved


def record_again(session: Session, award: Award, person_id: UUID, *, actor: str, now: datetime) -> Moved:
    """Record at a person what an award says, and take its place among those of the same issuer, standard and part.

    A newer award of the person stays current and the other becomes history; an older one is superseded; one of the
    same day says it already.
    """
    alike = select(Award).where(
        Award.organisation_id == award.organisation_id,
        Award.person_id == person_id,
        Award.standard_id == award.standard_id,
        Award.part == award.part,
    )
    same_day = session.scalar(alike.where(Award.awarded_on == award.awarded_on, Award.ended_at.is_(None)))
    if same_day is not None:
        return Moved(award.id, same_day.id)
    current: Award | None = session.scalar(alike.where(Award.ended_at.is_(None)).with_for_update())
    copy = _copy(session, award, person_id, actor=actor, now=now)
    is_newer = current is None or copy.awarded_on >= current.awarded_on
    return _take_place(session, award, copy, current, is_newer=is_newer, now=now)


def stand_again(session: Session, award: Award, *, actor: str, now: datetime) -> Award:
    """Record again an award of a person that had given way to one which never was theirs; none like it is current."""
    copy = _copy(session, award, award.person_id, actor=actor, now=now)
    session.add(copy)
    session.flush()
    return copy


def move_recognition(
    session: Session, recognition: Recognition, to_person_id: UUID, *, in_error: bool, now: datetime
) -> Moved:
    """End a current recognition and record it again at another person; of two there, the newer stands.

    Args:
        session: an open transaction.
        recognition: the current recognition.
        to_person_id: to whom it belongs.
        in_error: True where it never was the first person's: withdrawn, issued in error. False where both are one
            person: superseded by what took its place.
        now: UTC.
    """
    end(recognition, "withdrawn" if in_error else "superseded", now=now, reason=IN_ERROR if in_error else None)
    session.flush()
    moved = recognise_again(session, recognition, to_person_id, now=now)
    recognition.replaced_by_id = None if in_error else moved.new_id
    session.flush()
    return moved


def recognise_again(session: Session, recognition: Recognition, person_id: UUID, *, now: datetime) -> Moved:
    """Record at a person what a recognition says; of two, the newer stands."""
    current = session.scalar(
        select(Recognition).where(Recognition.person_id == person_id, Recognition.ended_at.is_(None)).with_for_update()
    )
    copy = Recognition(**_content(recognition) | {"id": _new_id(session), "person_id": person_id, "recorded_at": now})
    is_newer = current is None or copy.recognised_on > current.recognised_on
    return _take_place(session, recognition, copy, current, is_newer=is_newer, now=now)


def became(session: Session, award_id: UUID) -> Award:
    """Return what an award is now: the last of its corrections at the same person."""
    award = session.get_one(Award, award_id, populate_existing=True)
    if award.ending != "corrected" or award.replaced_by_id is None:
        return award
    following = session.get_one(Award, award.replaced_by_id)
    return became(session, following.id) if following.person_id == award.person_id else award


def moved_to(session: Session, award_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return where awards stand that went to another record of the same person with a merge; the others are not in it.

    One that was corrected or superseded there afterwards has ended; what became of it is another award.
    """
    named = Award.id == any_(bindparam(None, list(award_ids), type_=ARRAY(Uuid)))
    after = aliased(Award)
    merged = (
        select(Award.id, after.id)
        .join(after, after.id == Award.replaced_by_id)
        .join(Person, Person.id == Award.person_id)
    )
    went = Award.ending == "corrected", after.person_id != Award.person_id, Person.merged_into_id.is_not(None)
    found = dict(session.execute(merged.where(named, *went)).all())
    further = moved_to(session, found.values()) if found else {}
    return {old: further.get(new, new) for old, new in found.items()}


def displaced_by(session: Session, award_id: UUID) -> Sequence[Award]:
    """Return the awards that gave way to one, the newest first."""
    gave_way = select(Award).where(Award.replaced_by_id == award_id, Award.ending == "superseded")
    return session.scalars(gave_way.order_by(Award.awarded_on.desc(), Award.id.desc())).all()


def _take_place(
    session: Session, fact: Fact, copy: Fact, current: Fact | None, *, is_newer: bool, now: datetime
) -> Moved:
    """Add a copy of a fact beside the current one like it: of the two, the newer stays current."""
    if current is not None and is_newer:
        end(current, "superseded", now=now, replaced_by=copy.id)
    elif current is not None:
        end(copy, "superseded", now=now, replaced_by=current.id)
    session.flush()
    session.add(copy)
    session.flush()
    return Moved(fact.id, copy.id, current.id if current is not None and is_newer else None)


def _copy(session: Session, award: Award, person_id: UUID, *, actor: str, now: datetime) -> Award:
    changed = {"id": _new_id(session), "person_id": person_id, "recorded_by": actor, "recorded_at": now}
    return Award(**_content(award) | changed)


def _content(fact: Fact) -> dict[str, object]:
    """Return what a fact says, without how it ended."""
    ended = {"ended_at", "ending", "ending_reason", "replaced_by_id"}
    return {column.name: getattr(fact, column.name) for column in fact.__table__.columns if column.name not in ended}


def _new_id(session: Session) -> UUID:
    new: UUID = session.scalars(select(func.uuidv7())).one()
    return new
