"""Two trusts, a person whom the first employs, and what one does with people."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport.staff import service
from passport.staff.models import Employment, Person, Registration
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
