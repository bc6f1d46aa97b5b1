"""What a passport says now: current awards of every issuer, and nothing that has ended or is local."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, text

from credentials.records import Assurance, Award, Employer, Issuer, PassportContent, Registration
from passport.awards import service
from passport.awards.models import LocalTraining
from passport.errors import NotFound
from passport.standards import service as standards
from tests.factories import RECORDED_AT, EmploymentFactory
from tests.trusts import Trust


def content(trust: Trust) -> PassportContent:
    trust.session.flush()
    return service.passport_content(trust.session, trust.nurse.id, now=trust.now)


def test_a_passport_says_who_registered_where_and_what_was_awarded(trust: Trust) -> None:
    award = trust.record(standard_code="RES2A", valid_until=date(2027, 3, 2), assessed=None)
    ods, name = trust.organisation.ods_code, trust.organisation.name
    assert content(trust) == PassportContent(
        number=trust.nurse.passport_number,
        given_name="Testa",
        family_name="Inventedname",
        employer=Employer(ods=ods, name=name),
        registrations=(
            Registration(
                body="NMC", number="71A2998E", checked_at=RECORDED_AT, checked_by=ods, method="register_lookup"
            ),
        ),
        training=(
            Award(
                id=str(award.id),
                standard="RES2A",
                framework="CSTF",
                framework_version="1.1",
                subject="Resuscitation",
                level="2",
                variant="Adult",
                awarded_on=date(2026, 3, 2),
                valid_until=date(2027, 3, 2),
                issuer=Issuer(ods=ods, name=name, kind="nhs_trust"),
                assurance=Assurance(
                    delivery="face_to_face",
                    assessed=None,
                    verification_method="record",
                    pedigree="authoritative",
                    recorded_at=trust.now,
                ),
            ),
        ),
    )


def test_what_was_superseded_corrected_or_withdrawn_is_not_in_a_passport(trust: Trust) -> None:
    trust.record(awarded_on=date(2024, 3, 2))
    current = trust.record()
    corrected = trust.record(standard_code="MH2")
    right = service.correct(trust.session, award_id=corrected.id, changes={"assessed": False}, **trust.acting)
    withdrawn = trust.record(standard_code="IG")
    service.withdraw(trust.session, award_id=withdrawn.id, reason="issued_in_error", **trust.acting)
    assert [award.id for award in content(trust).training] == [str(current.id), str(right.id)]


def test_an_award_past_its_period_stays_because_periods_are_rules_of_the_receiver(trust: Trust) -> None:
    trust.record(awarded_on=date(2015, 1, 1), valid_until=date(2016, 1, 1))
    assert len(content(trust).training) == 1


def test_awards_of_every_issuer_and_each_part_are_there(trust: Trust, neighbour_id: UUID) -> None:
    trust.record(standard_code="OMT1", part=1)
    trust.record(standard_code="OMT1", part=2)
    trust.record(organisation_id=neighbour_id)
    trust.record()
    said = [(award.standard, award.part) for award in content(trust).training]
    assert said == [("FS", None), ("FS", None), ("OMT1", 1), ("OMT1", 2)]


def test_credentials_and_recognition_stand_apart_from_training(trust: Trust) -> None:
    for code in ("MPC-PAEDIATRICS", "MPF-ADVANCED"):
        standards.accredit(trust.session, standard_code=code, from_on=date(2020, 1, 1), **trust.acting)
    trust.record(standard_code="MPC-PAEDIATRICS")
    service.recognise(
        trust.session, person_id=trust.nurse.id, level="advanced", edition="2025", route="eportfolio",
        pillars=["education", "research", "clinical_practice", "leadership_and_management"], base_profession="Nurse",
        recognised_on=date(2026, 5, 1), **trust.acting,
    )  # fmt: skip
    said = content(trust)
    assert (said.training, [award.standard for award in said.credentials]) == ((), ["MPC-PAEDIATRICS"])
    assert said.advanced_practice is not None
    assert said.advanced_practice.pillars == ("clinical_practice", "leadership_and_management", "education", "research")


def test_local_training_never_enters_a_passport(trust: Trust) -> None:
    trust.session.add(
        LocalTraining(
            person_id=trust.nurse.id,
            organisation_id=trust.organisation.id,
            name="Fire procedure",
            awarded_on=date(2026, 3, 2),
            recorded_at=trust.now,
        )
    )
    assert content(trust).training == ()


def test_the_employer_is_the_one_of_today(trust: Trust, neighbour_id: UUID) -> None:
    today = trust.now.date()
    EmploymentFactory.create(
        trust.session, person_id=trust.nurse.id, organisation_id=neighbour_id, started_on=today + timedelta(days=1)
    )
    employer = content(trust).employer
    assert employer is not None
    assert employer.ods == trust.organisation.ods_code
    later = service.passport_content(trust.session, trust.nurse.id, now=trust.now + timedelta(days=1)).employer
    assert later != employer


def test_instants_are_utc_whatever_the_database_s_time_zone(trust: Trust) -> None:
    trust.session.execute(text("SET LOCAL timezone = 'Asia/Kathmandu'"))
    trust.record(now=datetime(2026, 8, 6, 9, 0, 0, 250_000, UTC))
    recorded_at = content(trust).training[0].assurance.recorded_at
    assert recorded_at.isoformat() == "2026-08-06T09:00:00.250000+00:00"


def test_a_passport_is_read_with_one_query(trust: Trust) -> None:
    trust.record()
    trust.session.flush()
    statements: list[str] = []
    engine = trust.session.get_bind()

    def note(*arguments: Any) -> None:
        statements.append(arguments[2])

    event.listen(engine, "before_cursor_execute", note)
    service.passport_content(trust.session, trust.nurse.id, now=trust.now)
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) == 1


def test_nobody_has_no_passport(trust: Trust) -> None:
    with pytest.raises(NotFound):
        service.passport_content(trust.session, uuid4(), now=trust.now)
