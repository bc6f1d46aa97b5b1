"""Professional registrations: which look at a register counts, and whose a number is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.errors import Invalid
from passport.staff.models import Person, Registration
from passport.staff.service import (
    RegistrationTaken,
)
from tests.factories import PersonFactory

LOOKED = datetime(2026, 8, 1, 9, 0, tzinfo=UTC)


def pointers(error: Invalid) -> list[str]:
    return [fault.pointer for fault in error.faults]


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
