"""Disputes: a holder questions an award, its issuer answers, and nobody else."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from passport.awards import disputes
from passport.awards import service as awards
from passport.awards.disputes import DisputeAnswered, DisputedAlready, DisputeNotFound, StillStands
from passport.awards.models import AwardDispute
from passport.awards.service import AwardNotFound
from passport.errors import Invalid
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from tests.factories import OrganisationFactory
from tests.passports import Nurse, make_nurse


@pytest.fixture
def nurse(session: Session) -> Nurse:
    return make_nurse(session)


def question(session: Session, nurse: Nurse, now: datetime, **changes: Any) -> AwardDispute:
    given = {"award_id": nurse.award_id, "person_id": nurse.person_id, "reason": "incorrect", "words": "The date."}
    return disputes.raise_dispute(session, **{**given, **changes}, actor="account:invented", now=now)


def reply(session: Session, dispute: AwardDispute, now: datetime, **changes: Any) -> AwardDispute:
    given = {"organisation_id": dispute.organisation_id, "outcome": "stands", "reply": "It is right."}
    return disputes.answer(session, dispute_id=dispute.id, **{**given, **changes}, actor="account:issuer", now=now)


def test_a_question_is_open_until_it_is_answered(session: Session, nurse: Nurse, now: datetime) -> None:
    dispute = question(session, nurse, now)
    assert disputes.open_awards(session, nurse.person_id) == {nurse.award_id}
    assert session.scalars(disputes.to_answer([nurse.organisation_id])).all() == [dispute]
    reply(session, dispute, now)
    assert disputes.open_awards(session, nurse.person_id) == frozenset()
    assert session.scalars(disputes.to_answer([nurse.organisation_id])).all() == []
    assert disputes.of_person(session, nurse.person_id) == [dispute]


def test_one_award_has_one_open_question(session: Session, nurse: Nurse, now: datetime) -> None:
    dispute = question(session, nurse, now)
    with pytest.raises(DisputedAlready):
        question(session, nurse, now)
    reply(session, dispute, now)
    question(session, nurse, now + timedelta(days=1))


def test_only_the_holder_questions_a_current_award(session: Session, nurse: Nurse, now: datetime) -> None:
    for changes in ({"person_id": make_nurse(session).person_id}, {"award_id": uuid4()}):
        with pytest.raises(AwardNotFound):
            question(session, nurse, now, **changes)
    awards.withdraw(
        session, award_id=nurse.award_id, organisation_id=nurse.organisation_id, reason="issued_in_error",
        actor="operator", now=now,
    )  # fmt: skip
    with pytest.raises(AwardNotFound):
        question(session, nurse, now)


@pytest.mark.parametrize(
    "changes", [{"reason": "sold"}, {"reason": "other", "words": " "}, {"words": "x" * (disputes.MOST_CHARACTERS + 1)}]
)
def test_a_question_that_says_nothing_is_refused(
    session: Session, nurse: Nurse, now: datetime, changes: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        question(session, nurse, now, **changes)


def test_only_the_issuer_answers_and_once(session: Session, nurse: Nurse, now: datetime) -> None:
    dispute = question(session, nurse, now)
    stranger = OrganisationFactory.create(session)
    with pytest.raises(DisputeNotFound):
        reply(session, dispute, now, organisation_id=stranger.id)
    with pytest.raises(DisputeNotFound):
        disputes.for_organisation(session, uuid4(), nurse.organisation_id)
    reply(session, dispute, now)
    with pytest.raises(DisputeAnswered):
        reply(session, dispute, now)


def test_what_the_issuer_became_answers_for_it(session: Session, nurse: Nurse, now: datetime) -> None:
    dispute = question(session, nurse, now)
    issuer = session.get_one(Organisation, nurse.organisation_id)
    successor = OrganisationFactory.create(session)
    organisations.merge(
        session, ods_code=issuer.ods_code, into=successor.ods_code, on=now.date(), actor="operator", now=now
    )
    reply(session, dispute, now, organisation_id=successor.id)


@pytest.mark.parametrize("changes", [{"outcome": "ignored"}, {"reply": " "}, {"reply": "x" * 2001}])
def test_an_answer_that_says_nothing_is_refused(
    session: Session, nurse: Nurse, now: datetime, changes: dict[str, str]
) -> None:
    with pytest.raises(Invalid):
        reply(session, question(session, nurse, now), now, **changes)


def test_corrected_and_withdrawn_are_said_after_it_was_done(session: Session, nurse: Nurse, now: datetime) -> None:
    dispute = question(session, nurse, now)
    for outcome in ("corrected", "withdrawn"):
        with pytest.raises(StillStands):
            reply(session, dispute, now, outcome=outcome)
    awards.withdraw(
        session, award_id=nurse.award_id, organisation_id=nurse.organisation_id, reason="issued_in_error",
        actor="operator", now=now,
    )  # fmt: skip
    assert reply(session, dispute, now, outcome="withdrawn").answer == "withdrawn"
