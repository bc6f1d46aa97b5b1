"""Who may apply, on whose word, and what an application that has ended accepts: nothing."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from passport.awards.recognition import NotEligible
from passport.errors import Invalid, NotFound
from passport.recognition import errors, service
from passport.staff.models import Employment
from passport.standards.service import NotAccredited
from tests.academies import Academy
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory, RegistrationFactory


def test_only_the_employer_confirms_the_eligibility(academy: Academy) -> None:
    application = academy.begin()
    said: dict[str, Any] = {"application_id": application.id, "on": date(2025, 9, 8)}
    with pytest.raises(errors.StepOutOfOrder):
        service.reach(academy.session, step="eligibility_confirmed", **said | academy.acting)
    with pytest.raises(errors.ApplicationNotFound):
        service.confirm_eligibility(academy.session, eligible=True, **said | academy.acting)


def test_an_employer_who_says_no_ends_the_application(academy: Academy) -> None:
    application = academy.begin()
    service.confirm_eligibility(
        academy.session, application_id=application.id, eligible=False, on=date(2025, 9, 8), **academy.employing
    )
    assert (application.ending, application.step) == ("not_eligible", "expression_of_interest")
    with pytest.raises(errors.ApplicationEnded):
        academy.reach(application, "eligibility_confirmed")


def test_an_employer_confirms_for_its_own_staff_alone(academy: Academy) -> None:
    application = academy.begin()
    academy.session.execute(update(Employment).values(ended_on=date(2026, 1, 1)))
    with pytest.raises(NotFound):
        academy.reach(application, "eligibility_confirmed", on=date(2026, 8, 1))


def test_who_is_not_employed_there_can_not_name_that_employer(academy: Academy) -> None:
    elsewhere = OrganisationFactory.create(academy.session)
    with pytest.raises(NotFound):
        academy.begin(employer_id=elsewhere.id)


@pytest.mark.parametrize(
    "wrong",
    [
        {"begun_on": date(2026, 8, 7)},
        {"level": "expert"},
        {"edition": "2019"},
        {"route": "wishes"},
        {"base_profession": "  "},
        {"employer_id": None},
        {"programme": "MSc"},
    ],
)
def test_an_application_that_can_not_be_is_refused(academy: Academy, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        academy.begin(**wrong)


def test_only_who_is_accredited_for_the_level_takes_applications(academy: Academy) -> None:
    with pytest.raises(NotAccredited):
        academy.begin(organisation_id=academy.trust.organisation.id)


def test_doctors_do_not_apply(academy: Academy) -> None:
    doctor = PersonFactory.create(academy.session)
    RegistrationFactory.create(
        academy.session, person_id=doctor.id, checked_by_id=academy.organisation.id, body="GMC", number="1234567"
    )
    EmploymentFactory.create(academy.session, person_id=doctor.id, organisation_id=academy.trust.organisation.id)
    with pytest.raises(NotEligible):
        academy.begin(person_id=doctor.id)


def test_one_application_of_a_person_is_open_wherever_it_is(academy: Academy) -> None:
    application = academy.begin()
    with pytest.raises(errors.ApplicationOpen):
        academy.begin("programme")
    service.withdraw(academy.session, application_id=application.id, words="Changed her mind.", **academy.acting)
    assert academy.begin("programme").step == "enrolled"


def test_who_is_recognised_does_not_apply_again_for_the_same_level(academy: Academy) -> None:
    application = academy.at("submitted")
    academy.look_up(application)
    academy.recognise(application)
    with pytest.raises(errors.RecognisedAlready):
        academy.begin()
    with pytest.raises(errors.RecognisedAlready):
        academy.begin(level="enhanced")
    assert academy.begin(level="consultant").level == "consultant"


def test_an_ended_application_accepts_nothing(academy: Academy) -> None:
    application = academy.at("learning_needs_analysis")
    service.withdraw(academy.session, application_id=application.id, words="Gave up.", **academy.acting)
    for act in (
        lambda: academy.show(application, "research"),
        lambda: academy.look_up(application),
        lambda: academy.reach(application, "half_of_evidence"),
        lambda: academy.recognise(application),
        lambda: service.withdraw(academy.session, application_id=application.id, words="Again.", **academy.acting),
    ):
        with pytest.raises(errors.ApplicationEnded):
            act()
