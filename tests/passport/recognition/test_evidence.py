"""What an application rests on: evidence of each pillar before the submission, a look at the live register after it."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from passport.awards.recognition import PILLARS
from passport.errors import Invalid
from passport.recognition import errors
from passport.recognition.steps import Step
from tests.academies import Academy
from tests.factories import PersonFactory, RegistrationFactory


def test_half_of_the_evidence_is_half_of_the_pillars(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, "education", "education")
    with pytest.raises(errors.EvidenceMissing):
        academy.reach(application, "half_of_evidence")
    academy.show(application, "research")
    academy.reach(application, "half_of_evidence")


def test_a_submission_needs_every_pillar(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, "education", "research")
    academy.reach(application, "half_of_evidence")
    with pytest.raises(errors.EvidenceMissing, match="clinical practice, leadership and management"):
        academy.reach(application, "submitted")


def test_evidence_of_a_later_day_than_the_submission_is_refused(academy: Academy) -> None:
    application = academy.at("half_of_evidence")
    academy.show(application, "research", dated_on=date(2026, 7, 2))
    with pytest.raises(errors.EvidenceMissing, match="later day"):
        academy.reach(application, "submitted", on=date(2026, 7, 1))


@pytest.mark.parametrize(("route", "step"), [("eportfolio", "submitted"), ("programme", "programme_completed")])
def test_no_evidence_is_added_after_the_submission(academy: Academy, route: str, step: Step) -> None:
    with pytest.raises(errors.EvidenceClosed):
        academy.show(academy.at(step, route), "research")


@pytest.mark.parametrize(
    "wrong",
    [
        {"dated_on": date(2026, 8, 7)},
        {"dated_on": date(1850, 1, 1)},
        {"title": " "},
        {"reference": "x" * 201},
        {"assessed_by": ""},
    ],
)
def test_evidence_that_can_not_be_is_refused(academy: Academy, wrong: dict[str, Any]) -> None:
    application = academy.at("learning_needs_analysis")
    with pytest.raises(Invalid):
        academy.show(application, "research", **wrong)
    with pytest.raises(Invalid):
        academy.show(application, "cooking")


def test_enhanced_practice_has_not_all_four_pillars(academy: Academy) -> None:
    application = academy.at("submitted", level="enhanced")
    academy.look_up(application)
    assert academy.recognise(application).pillars == list(PILLARS[:3])


def test_the_fourth_pillar_of_enhanced_practice_is_refused(academy: Academy) -> None:
    with pytest.raises(Invalid, match="advanced practice"):
        academy.show(academy.at("learning_needs_analysis", level="enhanced"), *PILLARS)


@pytest.mark.parametrize(
    "look", [None, {"method": "document"}, {"method": "employer_record"}, {"checked_on": date(2026, 6, 30)}]
)
def test_the_live_register_is_looked_up_after_the_submission_and_never_inferred(
    academy: Academy, look: dict[str, Any] | None
) -> None:
    application = academy.at("submitted")
    if look:
        academy.look_up(application, **look)
    with pytest.raises(errors.RegisterNotLookedUp):
        academy.recognise(application)


@pytest.mark.parametrize(
    "wrong", [{"checked_on": date(2026, 8, 7)}, {"checked_on": date(2025, 8, 31)}, {"method": "not_checked"}]
)
def test_a_look_that_can_not_be_is_refused(academy: Academy, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        academy.look_up(academy.at("submitted"), **wrong)


def test_a_look_is_at_the_applicants_own_registration_that_counts(academy: Academy) -> None:
    application, other = academy.at("submitted"), PersonFactory.create(academy.session)
    foreign = RegistrationFactory.create(
        academy.session, person_id=other.id, checked_by_id=academy.organisation.id, number="11B1111E"
    )
    doctor = RegistrationFactory.create(
        academy.session, person_id=application.person_id, checked_by_id=academy.organisation.id, body="GMC",
        number="1234567",
    )  # fmt: skip
    for registration_id in (foreign.id, doctor.id, uuid4()):
        with pytest.raises(Invalid):
            academy.look_up(application, registration_id=registration_id)
