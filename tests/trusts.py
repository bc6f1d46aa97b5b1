"""A trust with a nurse, for tests that record awards."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from passport.awards import service
from passport.awards.models import Award
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff.models import Person
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory, RegistrationFactory

FIRE: dict[str, Any] = {
    "standard_code": "FS", "awarded_on": date(2026, 3, 2), "delivery": "face_to_face", "assessed": True,
    "verification_method": "record", "pedigree": "authoritative",
}  # fmt: skip


@dataclass(frozen=True)
class Trust:
    """A trust, its nurse, and the ways in which it records."""

    session: Session
    organisation: Organisation
    nurse: Person
    now: datetime

    @property
    def acting(self) -> dict[str, Any]:
        """Who acts, for the services."""
        return {"organisation_id": self.organisation.id, "actor": "operator", "now": self.now}

    def record(self, **award: Any) -> Award:
        """Record an award of the nurse: fire safety unless the test says otherwise."""
        return service.record(self.session, person_id=self.nurse.id, **FIRE | self.acting | award)


def make_trust(session: Session, now: datetime) -> Trust:
    """Make a trust that employs a registered nurse."""
    organisation = OrganisationFactory.create(session)
    nurse = PersonFactory.create(session, passport_number=numbers.with_check("TESTABCD"))
    EmploymentFactory.create(session, person_id=nurse.id, organisation_id=organisation.id)
    RegistrationFactory.create(session, person_id=nurse.id, checked_by_id=organisation.id, number="71A2998E")
    return Trust(session, organisation, nurse, now)
