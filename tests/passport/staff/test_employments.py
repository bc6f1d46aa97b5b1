"""Employments: numbers that name one for ever, changes of number, and the last day."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.errors import Invalid
from passport.staff import service
from passport.staff.models import Employment, Person
from passport.staff.service import (
    AssignmentTaken,
    EmploymentEnded,
    EmploymentNotFound,
)


def pointers(error: Invalid) -> list[str]:
    return [fault.pointer for fault in error.faults]


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
