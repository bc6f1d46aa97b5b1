"""People: registering, employing, finding; an organisation sees its own."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.errors import Invalid, PassportError, TooMany
from passport.staff import numbers, service
from passport.staff.models import Employment, Person, Registration
from passport.staff.service import (
    AssignmentTaken,
    EmploymentEnded,
    EmploymentNotFound,
    PersonNotFound,
    RegistrationTaken,
)
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory

LOOKED = datetime(2026, 8, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def trust(session: Session) -> UUID:
    """The organisation that acts."""
    return UUID(str(OrganisationFactory.create(session).id))


@pytest.fixture
def other(session: Session) -> UUID:
    """An organisation that has nothing to do with it."""
    return UUID(str(OrganisationFactory.create(session).id))


@pytest.fixture
def person(session: Session, trust: UUID) -> Person:
    """Somebody whom the trust employs under assignment 20000001."""
    made: Person = PersonFactory.create(session)
    EmploymentFactory.create(
        session, person_id=made.id, organisation_id=trust, employee_number="10000001", assignment_number="20000001"
    )
    return made


@pytest.fixture
def register(session: Session, trust: UUID, now: datetime) -> Callable[..., Person]:
    """Register an invented person."""

    def make(**values: Any) -> Person:
        usual: dict[str, Any] = {
            "given_name": "Testa",
            "family_name": "Inventedname",
            "date_of_birth": date(1990, 2, 3),
        }
        return service.register(session, actor="client:x", organisation_id=trust, now=now, **(usual | values))

    return make


@pytest.fixture
def employ(session: Session, person: Person, trust: UUID, now: datetime) -> Callable[..., Employment]:
    """Employ the person once more."""

    def make(**values: Any) -> Employment:
        usual: dict[str, Any] = {"person_id": person.id, "organisation_id": trust, "started_on": date(2026, 1, 1)}
        return service.employ(session, actor="client:x", now=now, **(usual | values))

    return make


@pytest.fixture
def look_up(session: Session, person: Person, trust: UUID, now: datetime) -> Callable[..., Registration]:
    """Record a look at the person's NMC registration."""

    def make(**values: Any) -> Registration:
        usual: dict[str, Any] = {
            "person_id": person.id, "body": "NMC", "number": "71A2998E", "checked_at": LOOKED,
            "method": "register_lookup", "organisation_id": trust,
        }  # fmt: skip
        return service.add_registration(session, actor="client:x", now=now, **(usual | values))

    return make


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


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"assignment_number": "2000001"}, "/assignment_number"),
        ({"assignment_number": "20000002-123"}, "/assignment_number"),
        ({"assignment_number": "٢٠٠٠٠٠٠٢"}, "/assignment_number"),
        ({"employee_number": "10000001-2"}, "/employee_number"),
        ({"employee_number": ""}, "/employee_number"),
        ({"ended_on": date(2025, 12, 31)}, "/ended_on"),
    ],
)
def test_an_employment_that_can_not_be_is_refused_and_the_field_named(
    employ: Callable[..., Employment], values: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        employ(**values)
    assert pointers(refused.value) == [pointer]


def test_an_assignment_number_names_one_employment_of_its_employer_for_ever(
    employ: Callable[..., Employment], other: UUID
) -> None:
    employ(assignment_number="20000002", ended_on=date(2026, 2, 1))
    with pytest.raises(AssignmentTaken):
        employ(assignment_number="20000002", started_on=date(2026, 3, 1))
    assert employ(assignment_number="20000002", organisation_id=other)


def test_a_person_may_hold_several_assignments(employ: Callable[..., Employment]) -> None:
    assert employ(assignment_number="20000001-2").assignment_number == "20000001-2"


def test_a_changed_assignment_number_ends_one_employment_and_begins_another(
    session: Session, person: Person, trust: UUID, now: datetime
) -> None:
    begun = service.change_assignment(
        session, organisation_id=trust, old="20000001", new="20000009", on=date(2026, 9, 1), actor="client:x", now=now
    )
    rows = session.scalars(select(Employment).where(Employment.person_id == person.id).order_by(Employment.started_on))
    assert [(row.employee_number, row.assignment_number, row.started_on, row.ended_on) for row in rows] == [
        ("10000001", "20000001", date(2024, 4, 1), date(2026, 8, 31)),
        ("10000001", "20000009", date(2026, 9, 1), None),
    ]
    for number in ("20000001", "20000009"):
        assert service.find(session, organisation_id=trust, now=now, assignment=number) == [person]
    assert begun.person_id == person.id


def test_a_change_keeps_the_last_day_that_was_known(
    session: Session, employ: Callable[..., Employment], trust: UUID, now: datetime
) -> None:
    employ(assignment_number="20000002", ended_on=date(2026, 12, 31))
    begun = service.change_assignment(
        session, organisation_id=trust, old="20000002", new="20000003", on=date(2026, 9, 1), actor="client:x", now=now
    )
    assert begun.ended_on == date(2026, 12, 31)


@pytest.mark.parametrize(
    ("old", "new", "on", "error"),
    [
        ("29999999", "20000009", date(2026, 9, 1), EmploymentNotFound),
        ("20000001", "20000009", date(2024, 4, 1), Invalid),
        ("20000001", "20000001", date(2026, 9, 1), AssignmentTaken),
        ("20000001", "nonsense", date(2026, 9, 1), Invalid),
    ],
)
def test_a_change_that_can_not_be_is_refused(
    session: Session, person: Person, trust: UUID, now: datetime, old: str, new: str, on: date, error: type[Exception]
) -> None:
    with pytest.raises(error):
        service.change_assignment(session, organisation_id=trust, old=old, new=new, on=on, actor="client:x", now=now)


def test_another_organisation_can_not_change_or_end_an_employment(
    session: Session, person: Person, other: UUID, employ: Callable[..., Employment], now: datetime
) -> None:
    employment = employ()
    on = date(2026, 9, 1)
    with pytest.raises(EmploymentNotFound):
        service.change_assignment(
            session, organisation_id=other, old="20000001", new="20000009", on=on, actor="client:x", now=now
        )
    with pytest.raises(EmploymentNotFound):
        service.end_employment(
            session, employment_id=employment.id, organisation_id=other, on=on, actor="client:x", now=now
        )
    with pytest.raises(EmploymentNotFound):
        service.employment_of(session, employment.id, person_id=uuid4(), organisation_id=employment.organisation_id)


def test_an_employment_ends_on_its_last_day_and_stays_ended(
    session: Session, trust: UUID, employ: Callable[..., Employment], now: datetime
) -> None:
    employment = employ()

    def end(on: date, at: datetime) -> Employment:
        return service.end_employment(
            session, employment_id=employment.id, organisation_id=trust, on=on, actor="client:x", now=at
        )

    assert end(date(2026, 8, 31), now).ended_on == date(2026, 8, 31)
    assert end(date(2026, 8, 20), now).ended_on == date(2026, 8, 20)
    with pytest.raises(Invalid):
        end(date(2025, 12, 31), now)
    with pytest.raises(EmploymentEnded):
        end(date(2026, 12, 31), now + timedelta(days=15))


def test_a_registration_says_when_how_and_by_whom_it_was_looked_up(
    look_up: Callable[..., Registration], trust: UUID
) -> None:
    row = look_up(number="71a 2998e", annotations=["V300", "V300", "IP"])
    assert (row.number, row.checked_at, row.checked_by_id, row.method) == (
        "71A2998E", LOOKED, trust, "register_lookup",
    )  # fmt: skip
    assert row.annotations == ["IP", "V300"]


def test_a_newer_look_replaces_an_older_one_and_not_the_other_way_round(
    session: Session, person: Person, look_up: Callable[..., Registration]
) -> None:
    look_up(method="document", annotations=["V100"])
    look_up(checked_at=LOOKED + timedelta(days=1), annotations=["V300"])
    look_up(checked_at=LOOKED - timedelta(days=1), method="employer_record")
    row = session.scalars(select(Registration).where(Registration.person_id == person.id)).one()
    assert (row.checked_at, row.method, row.annotations) == (LOOKED + timedelta(days=1), "register_lookup", ["V300"])


def test_a_registration_number_belongs_to_one_person(session: Session, look_up: Callable[..., Registration]) -> None:
    look_up(body="GMC", number="1234567")
    somebody_else = PersonFactory.create(session)
    with pytest.raises(RegistrationTaken):
        look_up(body="GMC", number="C1234567", person_id=somebody_else.id)
    assert look_up(body="GMC", number="A1234567", person_id=somebody_else.id)


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"body": "ABC"}, "/body"),
        ({"number": "1"}, "/number"),
        ({"method": "hearsay"}, "/method"),
        ({"annotations": ["V999"]}, "/annotations"),
        ({"checked_at": datetime(2026, 8, 6, 9, 1, tzinfo=UTC)}, "/checked_at"),
    ],
)
def test_a_registration_that_can_not_be_is_refused_and_the_field_named(
    look_up: Callable[..., Registration], values: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refused:
        look_up(**values)
    assert pointers(refused.value) == [pointer]


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
