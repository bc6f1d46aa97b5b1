"""How the rows of one person go to another, and back: the work that `merging` and `parting` share.

In the order of the code: move everything; move what was chosen; take a merge's moves back. Facts that may not change
end and are recorded again (`awards.moving`); employments, registrations, training that counts locally, the address and
the account change hands. Each leaves an `IdentityMove`. What can't be taken back by its nature ends: an open
invitation, a share, a second account's sessions.

Looks at passports, answered disputes, plans and ended facts stay where they were recorded; who reads a person reads
them under all of the person's ids (`staff.same_person_ids`). Callers hold both records and the issuers' turns.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from passport.access import accounts
from passport.access.models import Account, BrowserSession
from passport.awards import moving
from passport.awards import service as awards
from passport.awards.models import Award, AwardDispute, LocalTraining, Recognition
from passport.awards.moving import Moved
from passport.holder.models import Share
from passport.records.models import IdentityMove
from passport.staff import claiming
from passport.staff.models import Contact, Employment, Invitation, Registration

CHANGING_HANDS: Final[Mapping[str, type[Employment | Registration | LocalTraining]]] = {
    "employment": Employment,
    "registration": Registration,
    "local_training": LocalTraining,
}
MOVED_ON: Final = "This record belongs to one person now with another. Your question goes on there."
WENT_BACK: Final = "This record went back to whom it belongs. The question goes on there."


def take_turns(session: Session, *person_ids: UUID) -> set[UUID]:
    """Wait for everybody who adds to what these people hold, and hold them off; return who they are."""
    found = adding(session, *person_ids)
    for organisation_id in sorted(found):
        awards.take_turn(session, organisation_id, alone=True)
    return found


def adding(session: Session, *person_ids: UUID) -> set[UUID]:
    """Return the organisations whose people, files and batches add to what these people hold: issuers and employers."""
    issuers = select(Award.organisation_id).where(Award.person_id.in_(person_ids))
    employers = select(Employment.organisation_id).where(Employment.person_id.in_(person_ids))
    return set(session.scalars(issuers.union(employers)))


def move_all(session: Session, from_id: UUID, to_id: UUID, *, actor: str, now: datetime) -> list[IdentityMove]:
    """Move everything that stands at a person now to another record of the same person."""
    moves: list[IdentityMove] = []
    for kind, table in CHANGING_HANDS.items():
        ids = session.scalars(select(table.id).where(table.person_id == from_id).order_by(table.id)).all()
        moves += _hand_over(session, kind, _without_clash(session, kind, ids, to_id), to_id)
    moves += _contact(session, from_id, to_id)
    moves += _account(session, from_id, to_id, now)
    claiming.cancel_open(session, from_id, now=now)
    session.execute(update(Share).where(Share.person_id == from_id, Share.stopped_at.is_(None)).values(stopped_at=now))
    moves += _awards(session, _current_awards(session, from_id), to_id, in_error=False, actor=actor, now=now)
    moves += _recognition(session, from_id, to_id, now)
    return moves


def move_chosen(
    session: Session, from_id: UUID, to_id: UUID, chosen: Iterable[UUID], *, actor: str, now: datetime
) -> list[IdentityMove]:
    """Move chosen employments, registrations, local training and current awards to the person to whom they belong.

    An award that had superseded one which was the first person's own lets that one stand again.
    """
    ids, moves = set(chosen), list[IdentityMove]()
    for kind, table in CHANGING_HANDS.items():
        theirs = session.scalars(select(table.id).where(table.person_id == from_id, table.id.in_(ids))).all()
        moves += _hand_over(session, kind, _without_clash(session, kind, theirs, to_id), to_id)
    wrong = [award for award in _current_awards(session, from_id) if award.id in ids]
    moves += _awards(session, wrong, to_id, in_error=True, actor=actor, now=now)
    for award in wrong:
        _let_stand_again(session, award.id, from_id, actor=actor, now=now)
    return moves


def take_back(
    session: Session,
    moves: Sequence[IdentityMove],
    from_id: UUID,
    to_id: UUID,
    *,
    merged_at: datetime,
    actor: str,
    now: datetime,
) -> None:
    """Give a record back what a merge took from it.

    Args:
        session: an open transaction that holds both records.
        moves: those of the merge.
        from_id: the record that was merged, which stands again.
        to_id: the record that was kept.
        merged_at: when they were merged, UTC: what came to the record that was kept since is its own.
        actor: who acts.
        now: UTC.
    """
    stands: dict[UUID, UUID] = {}  # the awards that stand again, by what the merge had made of them
    for move in moves:
        if move.kind in CHANGING_HANDS:
            table = CHANGING_HANDS[move.kind]
            session.execute(
                update(table).where(table.id == move.row_id, table.person_id == to_id).values(person_id=from_id)
            )
        elif move.kind == "contact":
            _contact_back(session, from_id, to_id, merged_at)
        elif move.kind == "account":
            _account_back(session, move, from_id, to_id)
        elif move.kind == "award":
            stands |= _award_back(session, move, from_id, to_id, actor=actor, now=now)
        elif move.kind == "recognition":
            _recognition_back(session, move, from_id, to_id, now)
    _questions_back(session, [move for move in moves if move.kind == "dispute"], stands, from_id, now)
    session.flush()


def _hand_over(session: Session, kind: str, ids: Sequence[UUID], to_id: UUID) -> list[IdentityMove]:
    table = CHANGING_HANDS[kind]
    session.execute(update(table).where(table.id.in_(ids)).values(person_id=to_id))
    return [IdentityMove(kind=kind, row_id=each) for each in ids]


def _without_clash(session: Session, kind: str, ids: Sequence[UUID], to_id: UUID) -> Sequence[UUID]:
    """Leave out local training that the other person has under the same name at the same employer."""
    if kind != "local_training":
        return ids
    rows = session.scalars(select(LocalTraining).where(LocalTraining.person_id == to_id))
    there = {(row.organisation_id, row.name) for row in rows}
    mine = session.scalars(select(LocalTraining).where(LocalTraining.id.in_(ids)).order_by(LocalTraining.id))
    return [row.id for row in mine if (row.organisation_id, row.name) not in there]


def _contact(session: Session, from_id: UUID, to_id: UUID) -> list[IdentityMove]:
    if session.get(Contact, from_id) is None or session.get(Contact, to_id) is not None:
        return []
    session.execute(update(Contact).where(Contact.person_id == from_id).values(person_id=to_id))
    session.expire_all()
    return [IdentityMove(kind="contact", row_id=from_id)]


def _contact_back(session: Session, from_id: UUID, to_id: UUID, merged_at: datetime) -> None:
    """Give the address back, unless another one was given since: that is of the record that was kept."""
    newer = select(Invitation.id).where(Invitation.person_id == to_id, Invitation.recorded_at > merged_at)
    if session.scalar(newer.limit(1)) is None:
        session.execute(update(Contact).where(Contact.person_id == to_id).values(person_id=from_id))
        session.expire_all()


def _account(session: Session, from_id: UUID, to_id: UUID, now: datetime) -> list[IdentityMove]:
    """Let the account open the record that stands; a second account of the same person works no more.

    One that was shut out goes too and stays so: else an invitation would make the person another.
    """
    account = accounts.of_person(session, from_id, changing=True)
    if account is None:
        return []
    if accounts.of_person(session, to_id) is None:
        account.person_id = to_id
    elif account.disabled_at is None:
        account.disabled_at = now
    else:
        return []
    session.execute(delete(BrowserSession).where(BrowserSession.account_id == account.id))
    session.flush()
    return [IdentityMove(kind="account", row_id=account.id)]


def _account_back(session: Session, move: IdentityMove, from_id: UUID, to_id: UUID) -> None:
    account = session.get_one(Account, move.row_id)
    if account.person_id == to_id:
        account.person_id = from_id
        session.execute(delete(BrowserSession).where(BrowserSession.account_id == account.id))
    elif account.person_id == from_id:
        account.disabled_at = None


def _current_awards(session: Session, person_id: UUID) -> Sequence[Award]:
    current = select(Award).where(Award.person_id == person_id, Award.ended_at.is_(None))
    return session.scalars(current.order_by(Award.id).with_for_update()).all()


def _awards(
    session: Session, found: Sequence[Award], to_id: UUID, *, in_error: bool, actor: str, now: datetime
) -> Iterator[IdentityMove]:
    for award in found:
        moved = moving.move_award(session, award, to_id, in_error=in_error, actor=actor, now=now)
        yield _told("award", moved)
        yield from _dispute(session, award, moved.new_id, to_id, now, goes_on=not in_error)


def _dispute(
    session: Session, award: Award, new_id: UUID, to_id: UUID, now: datetime, *, goes_on: bool
) -> Iterator[IdentityMove]:
    """Ask an open question again at the award that stands now; where the record was wrong, the parting answers it."""
    waiting = or_(AwardDispute.award_id == award.id, AwardDispute.award_id == new_id)
    questions = session.scalars(select(AwardDispute).where(waiting, AwardDispute.answered_at.is_(None))).all()
    mine = next((each for each in questions if each.award_id == award.id), None)
    if mine is None:
        return
    _close(session, mine, "corrected" if goes_on else "withdrawn", MOVED_ON, now)
    if goes_on and len(questions) == 1:
        again = _ask_again(session, mine, new_id, to_id)
        yield IdentityMove(kind="dispute", row_id=mine.id, new_id=again.id)


def _questions_back(
    session: Session, moves: Sequence[IdentityMove], stands: Mapping[UUID, UUID], from_id: UUID, now: datetime
) -> None:
    """Ask again, at the awards that stand again, what waits for an answer at those that went back.

    That is what the merge took along, and what was asked since. A question about an award that the record that was
    kept has by itself stays there. Of two about one award the first is asked again.
    """
    carried = {_new_id(move) for move in moves}
    waiting = select(AwardDispute).where(AwardDispute.award_id.in_(stands), AwardDispute.answered_at.is_(None))
    asked = set[UUID]()
    for question in session.scalars(waiting.order_by(AwardDispute.raised_at, AwardDispute.id)).all():
        award_id = stands[question.award_id]
        if question.id not in carried and moving.became(session, question.award_id).replaced_by_id != award_id:
            continue
        ended_as = session.get_one(Award, question.award_id).ending
        _close(session, question, "corrected" if ended_as == "corrected" else "stands", WENT_BACK, now)
        if award_id not in asked:
            _ask_again(session, question, award_id, from_id)
            asked.add(award_id)


def _close(session: Session, question: AwardDispute, answer: str, reply: str, now: datetime) -> None:
    question.answered_at, question.answered_by, question.answer, question.reply = now, "registrar", answer, reply
    session.flush()


def _ask_again(session: Session, question: AwardDispute, award_id: UUID, person_id: UUID) -> AwardDispute:
    again = AwardDispute(
        award_id=award_id, person_id=person_id, organisation_id=question.organisation_id, reason=question.reason,
        words=question.words, raised_at=question.raised_at,
    )  # fmt: skip
    session.add(again)
    session.flush()
    return again


def _recognition(session: Session, from_id: UUID, to_id: UUID, now: datetime) -> Iterator[IdentityMove]:
    current = select(Recognition).where(Recognition.person_id == from_id, Recognition.ended_at.is_(None))
    found = session.scalar(current.with_for_update())
    if found is not None:
        yield _told("recognition", moving.move_recognition(session, found, to_id, in_error=False, now=now))


def _award_back(
    session: Session, move: IdentityMove, from_id: UUID, to_id: UUID, *, actor: str, now: datetime
) -> dict[UUID, UUID]:
    """Record an award again at the record that stands again, unless its issuer has withdrawn it since.

    What the merge recorded at the other one ends; what had to give way to it there stands again. Where the other had
    the same award by itself, it keeps it.

    Returns:
        What the merge had made of the award, and what that became, with what stands now; nothing for a withdrawn one.
    """
    original = session.get_one(Award, move.row_id)
    now_is = moving.became(session, _new_id(move))
    if now_is.ending == "withdrawn":
        return {}
    came_with_the_merge = now_is.person_id == to_id and _was_made_by(session, move)
    if came_with_the_merge and now_is.ended_at is None:
        moved = moving.move_award(session, now_is, from_id, in_error=False, actor=actor, now=now)
        _let_stand_again(session, _new_id(move), to_id, actor=actor, now=now)
    else:
        moved = moving.record_again(session, original, from_id, actor=actor, now=now)
    return {_new_id(move): moved.new_id, now_is.id: moved.new_id}


def _was_made_by(session: Session, move: IdentityMove) -> bool:
    """Say whether the award that stands now was recorded by the merge; else the person had it before."""
    original, new = session.get_one(Award, move.row_id), session.get_one(Award, _new_id(move))
    return original.ended_at == new.recorded_at


def _let_stand_again(session: Session, wrong_id: UUID, person_id: UUID, *, actor: str, now: datetime) -> None:
    for award in moving.displaced_by(session, wrong_id)[:1]:
        if award.person_id == person_id:
            _record_superseded_again(session, award, actor=actor, now=now)


def _record_superseded_again(session: Session, award: Award, *, actor: str, now: datetime) -> None:
    """Record an award again that had given way to one which is gone; nothing where a newer one stands."""
    like = select(Award.id).where(
        Award.person_id == award.person_id,
        Award.organisation_id == award.organisation_id,
        Award.standard_id == award.standard_id,
        Award.part == award.part,
        Award.ended_at.is_(None),
    )
    if session.scalar(like) is None:
        moving.stand_again(session, award, actor=actor, now=now)


def _recognition_back(session: Session, move: IdentityMove, from_id: UUID, to_id: UUID, now: datetime) -> None:
    now_is = session.get_one(Recognition, _new_id(move))
    if now_is.ending == "withdrawn":
        return
    if now_is.ended_at is None and now_is.person_id == to_id:
        moving.move_recognition(session, now_is, from_id, in_error=True, now=now)
        if move.displaced_id is not None:
            moving.recognise_again(session, session.get_one(Recognition, move.displaced_id), to_id, now=now)
    else:
        moving.recognise_again(session, session.get_one(Recognition, move.row_id), from_id, now=now)


def _told(kind: str, moved: Moved) -> IdentityMove:
    return IdentityMove(kind=kind, row_id=moved.old_id, new_id=moved.new_id, displaced_id=moved.displaced_id)


def _new_id(move: IdentityMove) -> UUID:
    if move.new_id is None:
        raise LookupError(f"the move {move.id} of a fact names nothing that took its place")
    return move.new_id
