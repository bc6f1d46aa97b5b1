"""By night, what waited too long is closed."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from passport.awards import recognition as recognitions
from passport.awards import withdrawals
from passport.awards.models import WithdrawalRequest
from passport.awards.recognition import PILLARS
from passport.recognition import jobs
from tests.academies import Academy
from tests.callers import Clock
from tests.factories import EmploymentFactory, PersonFactory, RegistrationFactory


def test_the_night_closes_applications_and_requests_that_waited_too_long(
    app: Flask, clock: Clock, academy: Academy
) -> None:
    application = academy.at("half_of_evidence")
    other = PersonFactory.create(academy.session)
    RegistrationFactory.create(
        academy.session, person_id=other.id, checked_by_id=academy.organisation.id, number="22B2222E"
    )
    EmploymentFactory.create(academy.session, person_id=other.id, organisation_id=academy.organisation.id)
    made = recognitions.recognise(
        academy.session, person_id=other.id, level="advanced", edition="2025", route="programme", pillars=PILLARS,
        base_profession="Nurse", recognised_on=academy.now.date(), **academy.acting,
    )  # fmt: skip
    withdrawals.ask_for_recognition(
        academy.session, recognition_id=made.id, reason="issued_in_error", words="A mix-up.", **academy.acting
    )
    academy.session.commit()
    clock.now += timedelta(days=400)
    with app.app_context():
        jobs.lapse(0)
    academy.session.expire_all()
    assert application.ending == "lapsed"
    assert academy.session.scalars(select(WithdrawalRequest.outcome)).all() == ["lapsed"]
    assert made.ended_at is None
