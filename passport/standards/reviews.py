"""The yearly review of a provider (facts, section 5). Flushes, never commits.

A review ends in a state: the approval goes on as it is, gets (other) conditions, is suspended or ended. It is kept
with its words, and sets when the next one is due. In the order of the code: record a review; those on record; what is
due.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, Literal, get_args
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from credentials.periods import add_months, in_words
from passport.errors import Conflict, Invalid
from passport.standards.accreditation import (
    MAY_AWARD,
    REVIEW_MONTHS,
    AccreditationMove,
    Seen,
    accredit,
    by_id,
    latest_of,
)
from passport.standards.changes import PROVIDER_LOCK, ChangedMeanwhile, record
from passport.standards.models import Accreditation, AccreditationReview, Standard

Outcome = Literal["approved", "conditions", "suspended", "ended"]
OUTCOMES: Final = get_args(Outcome)


class ReviewExists(Conflict):
    """A review of that day is on record."""

    code = "review_exists"
    title = "A review of that day is on record"
    constraint = "uq_accreditation_review_day"


def record_review(
    session: Session,
    *,
    accreditation_id: UUID,
    reviewed_on: date,
    outcome: Outcome,
    note: str,
    conditions: str | None = None,
    seen: Seen | None = None,
    actor: str,
    now: datetime,
) -> AccreditationReview:
    """Record the review of a provider's approval, and what came of it from that day on.

    Args:
        session: an open transaction.
        accreditation_id: the newest state of the provider towards the standard, an approval.
        reviewed_on: the day of the review; not in the future.
        outcome: the state that the review ends in.
        note: what was found; for the standards body alone.
        conditions: in words, with the outcome `conditions`.
        seen: as for `accredit`.
        actor: who acts.
        now: UTC.

    Raises:
        AccreditationNotFound: there is no such accreditation.
        AccreditationMove: it is no approval, or begins after the review.
        ChangedMeanwhile: it is not the newest any more.
        ReviewExists: a review of that day is on record.
        Invalid: the day is in the future, or conditions are missing or go with no conditions.
    """
    if reviewed_on > now.date():
        raise Invalid.at("/reviewed_on", "The review is in the future.")
    session.execute(select(func.pg_advisory_xact_lock(PROVIDER_LOCK)))
    row = by_id(session, accreditation_id)
    _check_newest(session, row, seen)
    if row.state not in MAY_AWARD:
        raise AccreditationMove(f"What is {row.state} is not reviewed.")
    if reviewed_on < row.from_on:
        raise AccreditationMove(f"The state on record begins later, on {in_words(row.from_on)}.")
    known = _of(row).where(AccreditationReview.reviewed_on == reviewed_on)
    if session.scalar(known) is not None:
        raise ReviewExists
    due_on = row.review_due_on
    after = _enter(session, row, outcome, reviewed_on, conditions, note=note, actor=actor, now=now)
    review = AccreditationReview(
        organisation_id=row.organisation_id, standard_id=row.standard_id, reviewed_on=reviewed_on, outcome=outcome,
        note=note, due_on=due_on, next_due_on=after.review_due_on, recorded_at=now,
    )  # fmt: skip
    session.add(review)
    session.flush()
    detail = {"outcome": outcome, "reviewed_on": reviewed_on, "next_due_on": after.review_due_on}
    record(session, "accreditation.reviewed", after.id, row.organisation_id, actor, now, detail)
    return review


def reviews_of(session: Session, row: Accreditation) -> Sequence[AccreditationReview]:
    """Return the reviews of a provider's standing towards a standard, the newest first."""
    return session.scalars(_of(row).order_by(AccreditationReview.reviewed_on.desc())).all()


def _enter(
    session: Session,
    row: Accreditation,
    outcome: Outcome,
    on: date,
    conditions: str | None,
    *,
    note: str,
    actor: str,
    now: datetime,
) -> Accreditation:
    """Put the provider in the state of the outcome; an approval that goes on keeps its row and is due a year later."""
    goes_on = outcome == row.state and (conditions or row.conditions) == row.conditions
    if goes_on:
        row.review_due_on = add_months(on, REVIEW_MONTHS)
        row.revision += 1
        session.flush()
        return row
    code = session.get_one(Standard, row.standard_id).code
    return accredit(
        session, organisation_id=row.organisation_id, standard_code=code, from_on=on, state=outcome,
        until_on=row.until_on if outcome in MAY_AWARD else None, conditions=conditions, note=note, actor=actor, now=now,
    )  # fmt: skip


def _check_newest(session: Session, row: Accreditation, seen: Seen | None) -> None:
    latest = latest_of(session, row.organisation_id, row.standard_id)
    if latest is not row or (seen is not None and seen != (row.id, row.revision)):
        raise ChangedMeanwhile


def _of(row: Accreditation) -> Select[AccreditationReview]:
    return select(AccreditationReview).where(
        AccreditationReview.organisation_id == row.organisation_id, AccreditationReview.standard_id == row.standard_id
    )
