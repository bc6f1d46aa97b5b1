"""Valid rows with the least said, one factory a table; a test says only what it is about.

Use them with `session`: `PersonFactory.create(session, given_name="Nia")`. People and organisations are invented.
"""

from datetime import UTC, date, datetime
from typing import Any, TypeVar

import factory
from sqlalchemy.orm import Session

from passport.access.models import ApiClient
from passport.awards.models import Award
from passport.organisations.models import Organisation
from passport.staff import numbers
from passport.staff.models import Employment, Person, Registration
from passport.standards.models import Framework, FrameworkVersion, Standard

RECORDED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
Row = TypeVar("Row")


class RowFactory(factory.Factory):
    """Makes a row and flushes it. Relations are given as ids, so that a test shows what belongs to what."""

    class Meta:
        abstract = True

    @classmethod
    def create(cls, session: Session, **values: Any) -> Any:
        """Add one row to the session and return it with its id."""
        row = cls.build(**values)
        session.add(row)
        session.flush()
        return row


class OrganisationFactory(RowFactory):
    """An invented trust."""

    class Meta:
        model = Organisation

    ods_code = factory.Sequence(lambda n: f"X{n % 10}V{n // 10 % 10}{chr(65 + n // 100 % 26)}")
    name = factory.Sequence(lambda n: f"Invented Vale {n} NHS Trust")
    kind = "nhs_trust"
    source = "invented"
    recorded_at = RECORDED_AT


class ApiClientFactory(RowFactory):
    """A program of an organisation; give `organisation_id`."""

    class Meta:
        model = ApiClient

    client_id = factory.Sequence(lambda n: f"invented-client-{n}")
    name = "Invented learning system"
    algorithm = "ES256"
    scopes = factory.LazyFunction(lambda: ["verify"])
    recorded_at = RECORDED_AT


class PersonFactory(RowFactory):
    """An invented nurse."""

    class Meta:
        model = Person

    passport_number = factory.Sequence(lambda n: numbers.with_check(f"TEST{n:04d}"))
    given_name = "Testa"
    family_name = "Inventedname"
    date_of_birth = date(1990, 2, 3)
    recorded_at = RECORDED_AT


class RegistrationFactory(RowFactory):
    """A registration; give `person_id` and `checked_by_id`."""

    class Meta:
        model = Registration

    body = "NMC"
    number = factory.Sequence(lambda n: f"{n % 100:02d}A{n:04d}E")
    checked_at = RECORDED_AT
    method = "register_lookup"
    annotations = factory.LazyFunction(list)


class EmploymentFactory(RowFactory):
    """An employment; give `person_id` and `organisation_id`."""

    class Meta:
        model = Employment

    employee_number = factory.Sequence(lambda n: f"{20000000 + n}")
    assignment_number = factory.Sequence(lambda n: f"{30000000 + n}")
    started_on = date(2024, 4, 1)


class FrameworkFactory(RowFactory):
    """An invented framework."""

    class Meta:
        model = Framework

    code = factory.Sequence(lambda n: f"INVENTED{n}")
    title = "Invented framework"
    owner = "Invented standards body"
    source = "invented"
    confidence = "high"


class FrameworkVersionFactory(RowFactory):
    """A version of a framework; give `framework_id`."""

    class Meta:
        model = FrameworkVersion

    version = "1.0"
    source = "invented"
    confidence = "high"


class StandardFactory(RowFactory):
    """A standard; give `framework_id`."""

    class Meta:
        model = Standard

    code = factory.Sequence(lambda n: f"INV{n}")
    number = factory.Sequence(lambda n: 30_000 + n)
    kind = "statutory"
    subject = "Invented subject"
    title = "Invented subject"
    satisfies = factory.LazyFunction(list)
    source = "invented"
    confidence = "high"


class AwardFactory(RowFactory):
    """An award; give `person_id`, `organisation_id`, `standard_id` and `framework_version_id`."""

    class Meta:
        model = Award

    part = 0
    awarded_on = date(2026, 3, 2)
    delivery = "face_to_face"
    assessed = True
    verification_method = "record"
    pedigree = "authoritative"
    recorded_at = RECORDED_AT
    recorded_by = "operator"
