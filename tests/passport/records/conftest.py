"""A service that can issue, a nurse who is on record twice, and three registrars' hands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from passport import db, embedded
from passport.awards.models import Award
from passport.settings import Settings
from passport.signing import keyring
from passport.staff.models import Employment
from tests.factories import (
    AwardFactory,
    EmploymentFactory,
    OrganisationFactory,
    PersonFactory,
    RegistrationFactory,
)
from tests.passports import Nurse, make_nurse, make_service

ANNA, BELA = "account:anna", "account:bela"


@dataclass(frozen=True)
class Twice:
    """A nurse with two records: `kept` at one trust, `gone` at another, which awarded something too."""

    kept: Nurse
    gone: Nurse
    registry_id: UUID


@pytest.fixture
def worker_session(server: embedded.EmbeddedServer, worker_database: str) -> Iterator[Session]:
    """A session as the worker's role, which alone may erase; it leaves nothing behind."""
    engine = create_engine(server.url("passport_worker", worker_database))
    with engine.connect() as connection:
        outer = connection.begin()
        db.sessions.configure(bind=connection, join_transaction_mode="create_savepoint")
        with db.sessions() as session:
            yield session
        outer.rollback()
        db.sessions.configure(bind=None)
    engine.dispose()


@pytest.fixture
def twice(session: Session, settings: Settings, now: datetime) -> Twice:
    """A nurse with two records, at a service with its keys in use and everything published."""
    return make_twice(session, settings, now)


def make_twice(session: Session, settings: Settings, now: datetime) -> Twice:
    """Make a nurse with two records."""
    keyring.configure(settings)
    kept, gone = make_nurse(session), make_nurse(session, awarded_on=date(2026, 2, 3))
    RegistrationFactory.create(session, person_id=gone.person_id, checked_by_id=gone.organisation_id)
    registry = OrganisationFactory.create(session)
    make_service(session, now)
    session.commit()
    return Twice(kept, gone, registry.id)


def same_award(session: Session, twice: Twice, **changes: object) -> Award:
    """Give the record that is kept the award that the other one has, by the same issuer."""
    other = session.get_one(Award, twice.gone.award_id)
    content = {
        name: getattr(other, name)
        for name in ("organisation_id", "standard_id", "framework_version_id", "awarded_on", "delivery", "assessed")
    }
    award: Award = AwardFactory.create(session, **content | {"person_id": twice.kept.person_id} | changes)
    return award


def employ(session: Session, person_id: UUID, **changes: object) -> Employment:
    """Employ somebody at a new trust."""
    trust = OrganisationFactory.create(session)
    employment: Employment = EmploymentFactory.create(session, person_id=person_id, organisation_id=trust.id, **changes)
    return employment


def new_person(session: Session) -> UUID:
    """Make somebody else."""
    person_id: UUID = PersonFactory.create(session).id
    return person_id
