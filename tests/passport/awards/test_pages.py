"""Pages of an issuer: correct, withdraw, answer a dispute."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards import disputes
from passport.awards.models import Award, AwardDispute
from tests.factories import EmploymentFactory, OrganisationFactory
from tests.trusts import Trust
from tests.visitors import Browser, visit

SCRIPT = "<script>alert(1)</script>"
RIGHT: dict[str, Any] = {
    "awarded_on-day": "2", "awarded_on-month": "3", "awarded_on-year": "2026", "valid_until-day": "",
    "valid_until-month": "", "valid_until-year": "", "delivery": "face_to_face", "assessed": "yes",
}  # fmt: skip


@pytest.fixture
def award(trust: Trust) -> Award:
    award = trust.record()
    trust.session.commit()
    return award


@pytest.fixture
def hr(app: Flask, session: Session, trust: Trust) -> Browser:
    return visit(app, session, trust.organisation.id, "hr")


@pytest.fixture
def stranger(app: Flask, session: Session, neighbour_id: UUID) -> Browser:
    return visit(app, session, neighbour_id, "hr")


@pytest.fixture
def dispute(trust: Trust, award: Award) -> AwardDispute:
    found = disputes.raise_dispute(
        trust.session, award_id=award.id, person_id=trust.nurse.id, reason="other", words=f"Not so {SCRIPT}",
        actor="operator", now=trust.now,
    )  # fmt: skip
    trust.session.commit()
    return found


def test_a_correction_puts_a_new_record_in_the_place_of_the_wrong_one(
    session: Session, hr: Browser, award: Award
) -> None:
    shown = hr.get(f"/awards/{award.id}/correct")
    assert 'value="2026"' in shown
    answer = hr.post(f"/awards/{award.id}/correct", **RIGHT | {"awarded_on-day": "1"})
    assert answer.status_code == 303, answer.text
    session.refresh(award)
    assert award.ending == "corrected"
    current = session.scalars(select(Award).where(Award.ended_at.is_(None))).one()
    assert current.awarded_on == date(2026, 3, 1)
    person = hr.get(answer.headers["Location"])
    assert "The record was corrected." in person
    assert "Corrected on 6 August 2026" in person


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({}, "Change at least one of the answers"),
        ({"awarded_on-day": "31", "awarded_on-month": "2"}, "Enter a real date"),
        ({"awarded_on-year": "2027"}, "The award date is in the future."),
        ({"valid_until-day": "1", "valid_until-month": "1", "valid_until-year": "2020"}, "before the award date"),
        ({"delivery": "by_post"}, "Choose how it was taught"),
    ],
)
def test_a_correction_that_cannot_be_is_said_at_the_field(
    session: Session, hr: Browser, award: Award, changed: dict[str, str], sentence: str
) -> None:
    answer = hr.post(f"/awards/{award.id}/correct", **RIGHT | changed)
    assert answer.status_code == 422
    assert sentence in answer.text
    session.refresh(award)
    assert award.ended_at is None


def test_a_withdrawal_says_first_what_it_does_and_asks_why(session: Session, hr: Browser, award: Award) -> None:
    assert "You cannot undo this." in hr.get(f"/awards/{award.id}/withdraw")
    assert hr.post(f"/awards/{award.id}/withdraw").status_code == 422
    session.refresh(award)
    assert award.ended_at is None
    answer = hr.post(f"/awards/{award.id}/withdraw", reason="issued_in_error")
    session.refresh(award)
    assert (award.ending, award.ending_reason) == ("withdrawn", "issued_in_error")
    assert "Withdrawn on 6 August 2026" in hr.get(answer.headers["Location"])
    hr.get(f"/awards/{award.id}/withdraw", status=409)


@pytest.mark.parametrize("page", ["correct", "withdraw"])
def test_an_award_of_another_issuer_does_not_exist(
    session: Session, stranger: Browser, award: Award, page: str
) -> None:
    stranger.get(f"/awards/{award.id}/{page}", status=404)
    assert stranger.post(f"/awards/{award.id}/{page}", reason="issued_in_error", **RIGHT).status_code == 404
    session.refresh(award)
    assert award.ended_at is None


def test_the_employer_of_somebody_cannot_change_what_others_awarded(
    app: Flask, session: Session, trust: Trust, award: Award
) -> None:
    bank = OrganisationFactory.create(session)
    EmploymentFactory.create(session, person_id=trust.nurse.id, organisation_id=bank.id)
    visit(app, session, bank.id, "hr").get(f"/awards/{award.id}/withdraw", status=404)


def test_without_a_token_nothing_is_withdrawn(session: Session, hr: Browser, award: Award) -> None:
    assert hr.http.post(f"/awards/{award.id}/withdraw", data={"reason": "issued_in_error"}).status_code == 403
    session.refresh(award)
    assert award.ended_at is None


def test_a_dispute_is_answered_after_what_the_answer_says(
    session: Session, hr: Browser, award: Award, dispute: AwardDispute
) -> None:
    assert f"/disputes/{dispute.id}" in hr.get("/disputes")
    shown = hr.get(f"/disputes/{dispute.id}")
    assert SCRIPT not in shown
    assert "Not so" in shown
    early = hr.post(f"/disputes/{dispute.id}", outcome="withdrawn", reply="We withdrew it.")
    assert early.status_code == 422
    assert "The award has not changed" in early.text
    hr.post(f"/awards/{award.id}/withdraw", reason="issued_in_error")
    assert hr.post(f"/disputes/{dispute.id}", outcome="withdrawn", reply="We withdrew it.").status_code == 303
    session.refresh(dispute)
    assert dispute.answer == "withdrawn"
    assert "Nobody waits for an answer" in hr.get("/disputes")
    hr.get(f"/disputes/{dispute.id}", status=409)


def test_a_dispute_of_another_issuer_does_not_exist(stranger: Browser, dispute: AwardDispute) -> None:
    assert "Nobody waits" in stranger.get("/disputes")
    stranger.get(f"/disputes/{dispute.id}", status=404)
    assert stranger.post(f"/disputes/{dispute.id}", outcome="stands", reply="It is right.").status_code == 404


def test_what_an_organisation_left_behind_is_its_successors_to_answer(
    app: Flask, session: Session, trust: Trust, dispute: AwardDispute
) -> None:
    successor, last = OrganisationFactory.create(session), OrganisationFactory.create(session)
    trust.organisation.successor_id, successor.successor_id = successor.id, last.id
    session.commit()
    browser = visit(app, session, last.id, "hr")
    assert f"/disputes/{dispute.id}" in browser.get("/disputes")
    assert browser.post(f"/disputes/{dispute.id}", outcome="stands", reply="It is right.").status_code == 303
