"""Recognition at a level of practice: by whom, of whom, with which pillars."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, text

from credentials.records import Pillar
from passport.awards import service
from passport.awards.endings import RecognitionEnded
from passport.awards.models import Recognition
from passport.awards.recognition import PILLARS
from passport.errors import Invalid
from passport.staff.models import Registration
from passport.standards import service as standards
from passport.standards.service import NotAccredited, ProviderSuspended
from tests.factories import RegistrationFactory
from tests.trusts import Trust

ADVANCED: dict[str, Any] = {
    "level": "advanced", "edition": "2025", "route": "programme", "pillars": list(PILLARS), "base_profession": "Nurse",
    "recognised_on": date(2026, 5, 1),
}  # fmt: skip


def recognise(academy: Trust, **other: Any) -> Recognition:
    return service.recognise(academy.session, person_id=academy.nurse.id, **ADVANCED | academy.acting | other)


def test_a_recognition_is_recorded_and_asks_for_a_new_passport(academy: Trust) -> None:
    recognition = recognise(academy)
    assert (recognition.level, recognition.pillars, recognition.ended_at) == ("advanced", list(PILLARS), None)
    asked = "SELECT args->>'person_id' FROM procrastinate_jobs WHERE task_name = 'issuing.reissue'"
    assert academy.session.scalars(text(asked)).all() == [str(academy.nurse.id)]


def test_a_new_recognition_takes_the_place_of_the_one_before(academy: Trust) -> None:
    before = recognise(academy)
    after = recognise(academy, level="consultant")
    assert (before.ending, before.replaced_by_id, after.ended_at) == ("superseded", after.id, None)


@pytest.mark.parametrize(
    ("level", "pillars"),
    [
        ("advanced", PILLARS[:3]),
        ("consultant", ()),
        ("enhanced", PILLARS),
        ("advanced", ("education",) * 4),
        ("advanced", (*PILLARS, "cooking")),
    ],
)
def test_the_pillars_must_fit_the_level(academy: Trust, level: str, pillars: tuple[Pillar, ...]) -> None:
    with pytest.raises(Invalid):
        recognise(academy, level=level, pillars=pillars)


@pytest.mark.parametrize("wrong", [{"level": "expert"}, {"edition": "2019"}, {"recognised_on": date(2026, 8, 7)}])
def test_a_recognition_that_can_not_be_is_refused(academy: Trust, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        recognise(academy, **wrong)


def test_only_who_is_accredited_for_the_level_recognises(trust: Trust) -> None:
    with pytest.raises(NotAccredited):
        recognise(trust)


def test_a_suspended_provider_recognises_nobody_new_not_even_of_a_day_before(academy: Trust) -> None:
    standards.accredit(
        academy.session, standard_code="MPF-ADVANCED", from_on=date(2026, 8, 1), state="suspended", **academy.acting
    )
    with pytest.raises(ProviderSuspended):
        recognise(academy)


@pytest.mark.parametrize(
    ("body", "number", "eligible"),
    [("GMC", "1234567", False), ("GDC", "CD123456", False), ("GMC", "A1234567", True), ("HCPC", "PH095159", True)],
)
def test_doctors_and_dentists_are_not_recognised_and_associates_are(
    academy: Trust, body: str, number: str, eligible: bool
) -> None:
    academy.session.execute(delete(Registration))
    RegistrationFactory.create(
        academy.session, person_id=academy.nurse.id, checked_by_id=academy.organisation.id, body=body, number=number
    )
    if eligible:
        assert recognise(academy).ended_at is None
    else:
        with pytest.raises(service.NotEligible):
            recognise(academy)


def test_only_who_recognised_withdraws_and_only_once(academy: Trust, neighbour_id: UUID) -> None:
    recognition = recognise(academy)
    withdrawal = academy.acting | {"recognition_id": recognition.id, "reason": "issued_in_error", "asked_by": "other"}
    for wrong in ({"organisation_id": neighbour_id}, {"recognition_id": uuid4()}):
        with pytest.raises(service.RecognitionNotFound):
            service.end_recognition(academy.session, **withdrawal | wrong)
    with pytest.raises(Invalid):
        service.end_recognition(academy.session, **withdrawal | {"reason": "because"})
    assert service.end_recognition(academy.session, **withdrawal).ending == "withdrawn"
    with pytest.raises(RecognitionEnded):
        service.end_recognition(academy.session, **withdrawal)
