"""The yearly review of a provider: what comes of it, and when the next one is due."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport.errors import Invalid
from passport.standards import accreditation, providers, reviews, service
from passport.standards.accreditation import AccreditationMove, AccreditationNotFound
from passport.standards.changes import ChangedMeanwhile
from passport.standards.models import Accreditation, AccreditationReview
from passport.standards.reviews import ReviewExists

CODE = "MPC-PAEDIATRICS"
FIRST = date(2025, 9, 1)
REVIEWED = date(2026, 8, 3)
Review = Callable[..., AccreditationReview]


@pytest.fixture
def approval(session: Session, loaded: int, provider: UUID, now: datetime) -> Accreditation:
    """An approval that is due for review on 1 September 2026."""
    return service.accredit(
        session, organisation_id=provider, standard_code=CODE, from_on=FIRST, actor="operator", now=now
    )


@pytest.fixture
def review(session: Session, approval: Accreditation, now: datetime) -> Review:
    """Review the approval."""

    def make(outcome: Any = "approved", **values: Any) -> AccreditationReview:
        usual: dict[str, Any] = {"accreditation_id": approval.id, "reviewed_on": REVIEWED, "note": "Seen on site"}
        return service.record_review(session, outcome=outcome, actor="operator", now=now, **usual | values)

    return make


def newest(session: Session, approval: Accreditation) -> Accreditation:
    found = accreditation.latest_of(session, approval.organisation_id, approval.standard_id)
    assert found is not None
    return found


def due(session: Session, by: date) -> list[UUID]:
    return [row.id for row, _, _ in session.execute(providers.due_for_review(by))]


def test_an_approval_goes_on_and_is_due_a_year_after_the_review(
    session: Session, approval: Accreditation, review: Review
) -> None:
    assert due(session, date(2026, 8, 31)) == []
    assert due(session, date(2026, 9, 1)) == [approval.id]
    done = review()
    assert (done.due_on, done.next_due_on) == (date(2026, 9, 1), date(2027, 8, 3))
    assert (newest(session, approval), approval.until_on) == (approval, None)
    assert (due(session, date(2027, 8, 2)), due(session, date(2027, 8, 3))) == ([], [approval.id])
    assert [row.note for row in reviews.reviews_of(session, approval)] == ["Seen on site"]


def test_a_review_can_set_conditions_and_change_them(session: Session, approval: Accreditation, review: Review) -> None:
    review("conditions", conditions="Two assessors for each candidate")
    first = newest(session, approval)
    assert (first.state, first.conditions, first.from_on) == (
        "conditions", "Two assessors for each candidate", REVIEWED,
    )  # fmt: skip
    review("conditions", accreditation_id=first.id, reviewed_on=date(2026, 8, 4))
    assert (newest(session, approval), first.review_due_on) == (first, date(2027, 8, 4))
    review("conditions", accreditation_id=first.id, reviewed_on=date(2026, 8, 5), conditions="One assessor")
    assert (newest(session, approval).conditions, first.until_on) == ("One assessor", date(2026, 8, 4))


@pytest.mark.parametrize("outcome", ["suspended", "ended"])
def test_a_review_can_stop_new_awards(session: Session, approval: Accreditation, review: Review, outcome: Any) -> None:
    assert review(outcome).next_due_on is None
    assert newest(session, approval).state == outcome
    assert due(session, date(2030, 1, 1)) == []
    with pytest.raises(AccreditationMove):
        review(accreditation_id=newest(session, approval).id, reviewed_on=date(2026, 8, 4))


def test_a_review_of_a_day_is_recorded_once(review: Review) -> None:
    review()
    with pytest.raises(ReviewExists):
        review()


def test_a_review_is_not_of_tomorrow_nor_of_before_the_approval(approval: Accreditation, review: Review) -> None:
    with pytest.raises(Invalid):
        review(reviewed_on=date(2026, 8, 7))
    with pytest.raises(AccreditationMove):
        review(reviewed_on=date(2025, 8, 31))


@pytest.mark.parametrize(("outcome", "conditions"), [("conditions", None), ("approved", "x"), ("suspended", "x")])
def test_conditions_go_with_conditions_alone(review: Review, outcome: Any, conditions: str | None) -> None:
    with pytest.raises(Invalid) as refused:
        review(outcome, conditions=conditions)
    assert [fault.pointer for fault in refused.value.faults] == ["/conditions"]


def test_who_looked_at_an_older_state_looks_again(session: Session, approval: Accreditation, review: Review) -> None:
    seen = approval.id, approval.revision
    review(seen=seen)
    with pytest.raises(ChangedMeanwhile):
        review(seen=seen, reviewed_on=date(2026, 8, 4))
    review("suspended", reviewed_on=date(2026, 8, 4))
    with pytest.raises(ChangedMeanwhile):
        review(reviewed_on=date(2026, 8, 5))


def test_only_an_accreditation_is_reviewed(approval: Accreditation, review: Review) -> None:
    for other in (approval.standard_id, approval.organisation_id):
        with pytest.raises(AccreditationNotFound):
            review(accreditation_id=other)


def test_an_approval_that_runs_out_before_its_review_is_not_due(
    session: Session, approval: Accreditation, now: datetime
) -> None:
    approval.until_on = date(2026, 8, 31)
    session.flush()
    assert due(session, date(2030, 1, 1)) == []
