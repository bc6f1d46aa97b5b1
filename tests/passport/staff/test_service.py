"""People: registering and finding; an organisation sees its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.errors import Invalid, PassportError, TooMany
from passport.staff import numbers, service
from passport.staff.models import Person, Registration
from passport.staff.service import (
    PersonNotFound,
)
from tests.factories import EmploymentFactory, PersonFactory

LOOKED = datetime(2026, 8, 1, 9, 0, tzinfo=UTC)


def pointers(error: Invalid) -> list[str]:
    return [fault.pointer for fault in error.faults]


def test_a_registered_person_has_a_passport_number_of_their_own(
    session: Session, register: Callable[..., Person]
) -> None:
    one, two = register(), register()
    assert one.passport_number != two.passport_number
    assert service.by_number(session, numbers.show(one.passport_number).lower()) is one


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"given_name": "Ann\u202e"}, "/given_name"),
        ({"family_name": "🙂"}, "/family_name"),
        ({"date_of_birth": date(1899, 12, 31)}, "/date_of_birth"),
        ({"date_of_birth": date(2026, 8, 7)}, "/date_of_birth"),
        ({"date_of_birth": date(2013, 1, 1)}, "/date_of_birth"),
    ],
)
def test_a_person_who_can_not_be_is_refused_and_the_field_named(
    register: Callable[..., Person], values: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        register(**values)
    assert pointers(refused.value) == [pointer]


def test_a_name_of_mixed_scripts_is_taken_and_flagged(register: Callable[..., Person]) -> None:
    assert [caution.code for caution in service.cautions(register(family_name="Ѕmith"))] == ["name_mixes_scripts"]
    assert service.cautions(register(family_name="O’Neill-Łukasz")) == ()


@pytest.mark.parametrize("number", ["", "0123-4567-T", "0123-4567-A", "nobody", "x" * 500])
def test_a_number_that_nobody_has_is_not_found(session: Session, number: str) -> None:
    with pytest.raises(PersonNotFound):
        service.by_number(session, number)


def test_an_organisation_sees_whom_it_employs_and_nobody_else(
    session: Session, person: Person, trust: UUID, other: UUID, now: datetime
) -> None:
    seen = service.of_organisation(session, person.passport_number, trust, now=now)
    assert [employment.assignment_number for employment in seen.employments] == ["20000001"]
    with pytest.raises(PersonNotFound) as foreign:
        service.of_organisation(session, person.passport_number, other, now=now)
    with pytest.raises(PersonNotFound) as unknown:
        service.of_organisation(session, numbers.with_check("00000000"), other, now=now)
    assert (foreign.value.code, foreign.value.detail) == (unknown.value.code, unknown.value.detail)


@pytest.mark.parametrize(
    ("started_on", "ended_on", "seen"),
    [
        (date(2024, 4, 1), None, True),
        (date(2024, 4, 1), date(2026, 8, 6), True),
        (date(2024, 4, 1), date(2026, 8, 5), False),
        (date(2026, 9, 1), None, True),
    ],
)
def test_a_person_is_seen_to_the_last_day_and_before_the_first(
    session: Session, trust: UUID, now: datetime, started_on: date, ended_on: date | None, seen: bool
) -> None:
    person = PersonFactory.create(session)
    EmploymentFactory.create(
        session, person_id=person.id, organisation_id=trust, started_on=started_on, ended_on=ended_on
    )
    try:
        found: object = service.of_organisation(session, person.passport_number, trust, now=now)
    except PersonNotFound:
        found = None
    assert (found is person) is seen


def test_people_are_found_by_each_number_they_carry(
    session: Session, person: Person, trust: UUID, look_up: Callable[..., Registration], now: datetime
) -> None:
    look_up()
    for wanted in ({"registration": "nmc: 71a2998e"}, {"assignment": "20000001"}, {"employee": "10000001"}):
        assert service.find(session, organisation_id=trust, now=now, **wanted) == [person]
    for unknown in ({"registration": "NMC:71A2998F"}, {"assignment": "20000002"}, {"employee": "20000001"}):
        assert service.find(session, organisation_id=trust, now=now, **unknown) == []


def test_nobody_is_found_for_another_organisation(
    session: Session, person: Person, other: UUID, look_up: Callable[..., Registration], now: datetime
) -> None:
    look_up()
    for wanted in ({"registration": "NMC:71A2998E"}, {"assignment": "20000001"}, {"employee": "10000001"}):
        assert service.find(session, organisation_id=other, now=now, **wanted) == []


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({}, "/"),
        ({"assignment": "20000001", "employee": "10000001"}, "/"),
        ({"registration": "71A2998E"}, "/registration"),
        ({"registration": "ABC:1"}, "/registration"),
        ({"registration": ""}, "/registration"),
    ],
)
def test_a_search_names_exactly_one_number(
    session: Session, trust: UUID, now: datetime, wanted: dict[str, str], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        service.find(session, organisation_id=trust, now=now, **wanted)
    assert pointers(refused.value) == [pointer]


def test_a_joiner_is_found_by_passport_number_and_date_of_birth_together(
    session: Session, person: Person, trust: UUID, other: UUID, now: datetime
) -> None:
    number, born = person.passport_number, person.date_of_birth
    assert service.joiner(session, number, organisation_id=trust, now=now) is person
    assert service.joiner(session, number, organisation_id=other, date_of_birth=born, now=now) is person
    for wrong in (None, born + timedelta(days=1)):
        with pytest.raises(PersonNotFound):
            service.joiner(session, number, organisation_id=other, date_of_birth=wrong, now=now)


def test_dates_of_birth_can_not_be_tried_out_on_a_passport_number(
    session: Session, person: Person, other: UUID, trust: UUID, now: datetime
) -> None:
    number, born = person.passport_number, person.date_of_birth

    def ask(on: date, at: datetime) -> Person:
        return service.joiner(session, number, organisation_id=other, date_of_birth=on, now=at)

    for days in range(1, service.GUESSES_A_DAY + 1):
        with pytest.raises(PersonNotFound):
            ask(born + timedelta(days=days), now)
    with pytest.raises(TooMany):
        ask(born, now)
    assert service.joiner(session, number, organisation_id=trust, now=now) is person  # the employer is not held up
    assert ask(born, now + timedelta(days=1)) is person


def test_each_change_is_in_the_audit_log_without_personal_data(
    session: Session, register: Callable[..., Person], trust: UUID, now: datetime
) -> None:
    person = register(given_name="Verily", family_name="Secretname")
    who: dict[str, Any] = {"organisation_id": trust, "actor": "client:x", "now": now}
    employment = service.employ(
        session, person_id=person.id, started_on=date(2026, 1, 1), assignment_number="20000077", **who
    )
    service.add_registration(
        session, person_id=person.id, body="NMC", number="71A2998E", checked_at=LOOKED, method="document", **who
    )
    service.end_employment(session, employment_id=employment.id, on=date(2026, 8, 31), **who)
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.subject == f"person:{person.id}").order_by(AuditEntry.sequence)
    ).all()
    assert [entry.action for entry in entries] == [
        "person.registered", "person.employed", "person.registration_recorded", "person.left",
    ]  # fmt: skip
    written = str([entry.detail for entry in entries])
    secrets = ("Verily", "Secretname", "1990", "71A2998E", "20000077", person.passport_number)
    assert not [secret for secret in secrets if secret in written]


def test_an_error_never_repeats_personal_data(
    session: Session, register: Callable[..., Person], trust: UUID, now: datetime
) -> None:
    failing: list[Callable[[], object]] = [
        lambda: register(given_name="Secretname\u202e"),
        lambda: service.find(session, organisation_id=trust, now=now, registration="Secretname:Secretname"),
        lambda: service.by_number(session, "Secretname"),
    ]
    for fail in failing:
        with pytest.raises(PassportError) as refused:
            fail()
        assert "Secretname" not in f"{refused.value} {getattr(refused.value, 'faults', '')}"
