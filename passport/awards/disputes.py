"""The rules of disputes: the holder says what is wrong with an award, its issuer answers. Flushes, never commits.

In the order of the code: what can be wrong; raise a dispute; answer it; find disputes, for the holder, for the issuer,
and for those who verify. A dispute ends nothing: the award stays in the passport, and whoever asks the service online
learns that it is disputed, so that a person decides (docs/acceptance.md, `disputed`). The answer `corrected` or
`withdrawn` only says what the issuer did; it is done with the services of awards, before the answer is given. Only the
issuer, or the organisation that it became part of, answers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.awards.endings import may_answer
from passport.awards.models import DISPUTE_ANSWERS, DISPUTE_REASONS, Award, AwardDispute
from passport.awards.service import AwardNotFound
from passport.errors import Conflict, Fault, Invalid, NotFound
from passport.organisations import service as organisations
from passport.staff import service as staff

MOST_CHARACTERS: Final = 2000


class DisputeNotFound(NotFound):
    """There is no such dispute, or it is not for this organisation to answer."""

    code = "dispute_not_found"
    title = "There is no such dispute"


class DisputedAlready(Conflict):
    """The holder questioned this award before, and the issuer has not answered yet."""

    code = "disputed_already"
    title = "You have already told the issuer about this award"
    constraint = "uq_award_dispute_open"


class DisputeAnswered(Conflict):
    """The dispute was answered before."""

    code = "dispute_answered"
    title = "This dispute has been answered"


class StillStands(Conflict):
    """The answer says that the award was corrected or withdrawn, and it was not."""

    code = "award_still_stands"
    title = "The award has not been changed"


def raise_dispute(
    session: Session, *, award_id: UUID, person_id: UUID, reason: str, words: str, actor: str, now: datetime
) -> AwardDispute:
    """Tell the issuer that something is wrong with an award.

    Args:
        session: the transaction of the edge.
        award_id: a current award of the person.
        person_id: its holder.
        reason: one of `DISPUTE_REASONS`.
        words: what is wrong, in the holder's words; they may be empty unless the reason is `other`.
        actor: who acts.
        now: UTC.

    Raises:
        AwardNotFound: there is no such current award, or it is somebody else's.
        DisputedAlready: the issuer has not answered the dispute before.
        Invalid: there is no such reason, or no words where they are needed.
    """
    _check(reason, words)
    award = session.get(Award, award_id)
    if award is None or award.person_id != person_id or award.ended_at is not None:
        raise AwardNotFound
    dispute = AwardDispute(
        award_id=award_id, person_id=person_id, organisation_id=award.organisation_id, reason=reason, words=words,
        raised_at=now,
    )  # fmt: skip
    if award_id in open_awards(session, person_id):
        raise DisputedAlready
    session.add(dispute)
    session.flush()
    _audit(session, "dispute.raised", dispute, actor, now, reason=reason)
    return dispute


def answer(
    session: Session,
    *,
    dispute_id: UUID,
    organisation_id: UUID,
    outcome: str,
    reply: str,
    actor: str,
    now: datetime,
) -> AwardDispute:
    """Answer a dispute. An award that was wrong is corrected or withdrawn first.

    Args:
        session: the transaction of the edge.
        dispute_id: which.
        organisation_id: who answers: the issuer or its successor.
        outcome: one of `DISPUTE_ANSWERS`.
        reply: what the holder reads.
        actor: who acts.
        now: UTC.

    Raises:
        DisputeNotFound: there is none, or it is another organisation's.
        DisputeAnswered: it was answered before.
        StillStands: the outcome is not what happened to the award.
        Invalid: there is no such outcome, or no reply.
    """
    if outcome not in DISPUTE_ANSWERS:
        raise Invalid.at("/answer", f"The answer must be one of: {', '.join(DISPUTE_ANSWERS)}.")
    if not 1 <= len(reply.strip()) <= MOST_CHARACTERS:
        raise Invalid.at("/reply", f"Write a reply of at most {MOST_CHARACTERS} characters.")
    dispute = for_organisation(session, dispute_id, organisation_id, lock=True)
    if dispute.answered_at is not None:
        raise DisputeAnswered
    award = session.get_one(Award, dispute.award_id)
    if not may_answer(award, outcome):
        if award.ending in ("corrected", "withdrawn"):
            raise Invalid("The award has been changed.", (Fault("/answer", f"The award was {award.ending}."),))
        raise StillStands("Correct or withdraw the award first.")
    dispute.answered_at, dispute.answered_by, dispute.answer, dispute.reply = now, actor, outcome, reply.strip()
    session.flush()
    _audit(session, "dispute.answered", dispute, actor, now, answer=outcome)
    return dispute


def for_organisation(session: Session, dispute_id: UUID, organisation_id: UUID, *, lock: bool = False) -> AwardDispute:
    """Return a dispute that an organisation is to answer, or has answered.

    Raises:
        DisputeNotFound: there is none, or it is another organisation's.
    """
    dispute = session.get(AwardDispute, dispute_id, with_for_update=lock or None)
    if dispute is None:
        raise DisputeNotFound
    issuer = organisations.by_id(session, dispute.organisation_id)
    if organisation_id not in (issuer.id, organisations.successor(issuer).id):
        raise DisputeNotFound
    return dispute


def to_answer(organisation_ids: Select[tuple[UUID]] | Sequence[UUID]) -> Select[Any]:
    """Return the statement that lists the open disputes of issuers: an organisation, and those that merged into it."""
    return select(AwardDispute).where(
        AwardDispute.organisation_id.in_(organisation_ids), AwardDispute.answered_at.is_(None)
    )


def of_person(session: Session, person_id: UUID) -> Sequence[AwardDispute]:
    """Return everything that a person ever questioned, the newest first."""
    raised = select(AwardDispute).where(AwardDispute.person_id.in_(staff.same_person_ids(session, person_id)))
    return session.scalars(raised.order_by(AwardDispute.raised_at.desc(), AwardDispute.id.desc())).all()


def open_awards(session: Session, person_id: UUID) -> frozenset[UUID]:
    """Return the awards of a person that are disputed now."""
    open_ones = select(AwardDispute.award_id).where(
        AwardDispute.person_id == person_id, AwardDispute.answered_at.is_(None)
    )
    return frozenset(session.scalars(open_ones))


def open_among(session: Session, award_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Return those of these awards that are disputed now."""
    disputed = select(AwardDispute.award_id).where(
        AwardDispute.award_id.in_(award_ids), AwardDispute.answered_at.is_(None)
    )
    return frozenset(session.scalars(disputed))


def _check(reason: str, words: str) -> None:
    if reason not in DISPUTE_REASONS:
        raise Invalid.at("/reason", f"The reason must be one of: {', '.join(DISPUTE_REASONS)}.")
    if len(words) > MOST_CHARACTERS:
        raise Invalid.at("/words", f"Enter {MOST_CHARACTERS} characters or fewer.")
    if reason == "other" and not words.strip():
        raise Invalid.at("/words", "Say what is wrong.")


def _audit(session: Session, action: str, dispute: AwardDispute, actor: str, now: datetime, **detail: str) -> None:
    audit.record(
        session, actor=actor, organisation_id=dispute.organisation_id, action=action, subject=f"dispute:{dispute.id}",
        now=now, detail={"award": str(dispute.award_id), **detail},
    )  # fmt: skip
