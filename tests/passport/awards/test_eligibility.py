"""What a specification asks of the person: registers of its professions, and standards held on the day of the award."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards import service
from passport.awards.models import Award
from passport.standards import service as standards
from passport.standards.service import ProviderSuspended, SpecificationNotInForce, Terms
from tests.factories import RegistrationFactory
from tests.trusts import Trust

CREDENTIAL = "MPC-ACUTE-STROKE"
ENDORSED_ON = date(2026, 1, 1)
AWARDED_ON = date(2026, 3, 2)
Endorse = Callable[..., None]


@pytest.fixture
def endorse(trust: Trust) -> Endorse:
    """Endorse a specification that asks something, and approve the trust to award it."""

    def make(scope: str | None = None, registers: tuple[str, ...] = (), prerequisites: tuple[str, ...] = ()) -> None:
        minutes: dict[str, Any] = {"version": "undated", "on": ENDORSED_ON, "source": "Invented minutes"}
        for move in ({"state": "candidate", "terms": Terms(scope, registers, prerequisites)}, {"state": "endorsed"}):
            standards.change_specification(
                trust.session, standard_code=CREDENTIAL, actor="operator", now=trust.now, **minutes | move
            )
        standards.accredit(trust.session, standard_code=CREDENTIAL, from_on=date(2025, 1, 1), **trust.acting)

    return make


def award(trust: Trust, **values: Any) -> Award:
    return trust.record(**{"standard_code": CREDENTIAL, "awarded_on": AWARDED_ON} | values)


@pytest.mark.parametrize(
    ("scope", "registers"),
    [
        (None, ("NMC",)),
        (None, ("HCPC", "NMC")),
        ("multiprofessional_without_medicine", ()),
        ("multiprofessional_without_medicine", ("NMC", "HCPC")),
        ("multiprofessional_with_medicine", ("GMC", "NMC")),
    ],
)
def test_a_nurse_meets_what_is_for_nurses(trust: Trust, endorse: Endorse, scope: Any, registers: Any) -> None:
    endorse(scope, registers)
    assert award(trust).ended_at is None


@pytest.mark.parametrize(
    ("scope", "registers", "asked"),
    [(None, ("HCPC", "GPhC"), "HCPC or GPhC"), ("medical", (), "one of its professions")],
)
def test_a_nurse_does_not_meet_what_is_for_others(
    trust: Trust, endorse: Endorse, scope: Any, registers: Any, asked: str
) -> None:
    endorse(scope, registers)
    with pytest.raises(service.NotOnRegister, match=asked):
        award(trust)
    assert trust.session.scalar(select(func.count()).select_from(Award)) == 0


@pytest.mark.parametrize(
    ("number", "scope", "meets"),
    [
        ("1234567", "medical", True),
        ("1234567", "multiprofessional_with_medicine", True),
        ("1234567", "multiprofessional_without_medicine", False),
        ("A1234567", "medical", False),  # a physician or anaesthesia associate is no doctor
        ("A1234567", "multiprofessional_without_medicine", True),
    ],
)
def test_medicine_is_the_doctors_and_not_the_associates(
    trust: Trust, endorse: Endorse, number: str, scope: str, meets: bool
) -> None:
    registration = RegistrationFactory.create(
        trust.session, person_id=trust.nurse.id, checked_by_id=trust.organisation.id, body="GMC", number=number
    )
    endorse(scope, ("GMC",))
    if meets:
        assert award(trust)
    else:
        with pytest.raises(service.NotOnRegister):
            award(trust)
    registration.method = "not_checked"
    trust.session.flush()
    with pytest.raises(service.NotOnRegister):
        award(trust, awarded_on=date(2026, 3, 3))  # nobody looked at the register


def test_what_is_asked_for_before_must_be_held_on_the_day(trust: Trust, endorse: Endorse) -> None:
    endorse(prerequisites=("FS", "IPC2"))
    with pytest.raises(service.PrerequisiteMissing, match="On 2 March 2026 the person did not hold FS, IPC2"):
        award(trust)
    trust.record(standard_code="FS", awarded_on=date(2024, 3, 2))  # counts for 24 months, up to this day
    trust.record(standard_code="IPC2", awarded_on=date(2026, 3, 3))
    with pytest.raises(service.PrerequisiteMissing, match="did not hold IPC2"):
        award(trust)
    trust.record(standard_code="IPC2", awarded_on=date(2025, 3, 2))
    assert award(trust)
    with pytest.raises(service.PrerequisiteMissing, match="On 3 March 2026 the person did not hold FS"):
        award(trust, awarded_on=date(2026, 3, 3))


def test_an_issuers_own_last_day_and_a_withdrawal_count(trust: Trust, endorse: Endorse) -> None:
    endorse(prerequisites=("FS",))
    short = trust.record(awarded_on=date(2026, 1, 2), valid_until=date(2026, 3, 1))
    with pytest.raises(service.PrerequisiteMissing):
        award(trust)
    long = service.correct(trust.session, award_id=short.id, changes={"valid_until": date(2026, 4, 1)}, **trust.acting)
    assert award(trust, awarded_on=date(2026, 3, 1))
    service.withdraw(trust.session, award_id=long.id, reason="issued_in_error", **trust.acting)
    with pytest.raises(service.PrerequisiteMissing):
        award(trust)


def test_a_standard_in_parts_is_held_with_all_of_them(trust: Trust, endorse: Endorse) -> None:
    endorse(prerequisites=("OMT1",))
    trust.record(standard_code="OMT1", part=1, awarded_on=date(2026, 1, 2))
    with pytest.raises(service.PrerequisiteMissing):
        award(trust)
    trust.record(standard_code="OMT1", part=2, awarded_on=date(2026, 1, 2))
    assert award(trust)


def test_a_level_of_practice_can_be_asked_for(trust: Trust, endorse: Endorse) -> None:
    endorse(prerequisites=("MPF-ADVANCED",))
    with pytest.raises(service.PrerequisiteMissing):
        award(trust)
    standards.accredit(trust.session, standard_code="MPF-ADVANCED", from_on=date(2020, 1, 1), **trust.acting)
    service.recognise(
        trust.session, person_id=trust.nurse.id, level="advanced", edition="2025", route="programme",
        pillars=["clinical_practice", "leadership_and_management", "education", "research"], base_profession="Nurse",
        recognised_on=AWARDED_ON, **trust.acting,
    )  # fmt: skip
    assert award(trust)
    with pytest.raises(service.PrerequisiteMissing):
        award(trust, awarded_on=date(2026, 3, 1))


def test_an_award_of_before_the_specification_is_refused(trust: Trust, endorse: Endorse) -> None:
    endorse()
    with pytest.raises(SpecificationNotInForce):
        award(trust, awarded_on=date(2025, 12, 31))


def test_a_correction_does_not_move_an_award_to_a_day_on_which_it_could_not_be_made(
    trust: Trust, endorse: Endorse
) -> None:
    endorse()
    made = award(trust)
    standards.accredit(
        trust.session, standard_code=CREDENTIAL, from_on=date(2026, 4, 1), state="suspended", **trust.acting
    )
    for day, refusal in ((date(2026, 4, 1), ProviderSuspended), (date(2025, 12, 31), SpecificationNotInForce)):
        with pytest.raises(refusal):
            service.correct(trust.session, award_id=made.id, changes={"awarded_on": day}, **trust.acting)
    right = service.correct(trust.session, award_id=made.id, changes={"awarded_on": date(2026, 3, 1)}, **trust.acting)
    assert right.ended_at is None


def test_a_refusal_leaves_nothing_and_names_nobody(session: Session, trust: Trust, endorse: Endorse) -> None:
    endorse(prerequisites=("FS",))
    before = session.scalar(select(func.count()).select_from(AuditEntry))
    with pytest.raises(service.PrerequisiteMissing) as refused:
        award(trust)
    assert session.scalar(select(func.count()).select_from(AuditEntry)) == before
    assert not {trust.nurse.family_name, trust.nurse.passport_number, str(trust.nurse.id)} & set(
        refused.value.detail.split()
    )
