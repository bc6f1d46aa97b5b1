"""A service that can issue, a nurse who is on record twice, and three registrars' hands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session

from passport import db, embedded
from passport.access import accounts
from passport.awards import disputes
from passport.awards.models import Award, AwardDispute
from passport.esr.models import EsrImport, EsrSetAside
from passport.holder import sharing
from passport.inspection.models import Inspection
from passport.issuing import issuance
from passport.recognition.models import PillarEvidence, RecognitionApplication, RegisterCheck
from passport.recognition.steps import STEPS
from passport.settings import Settings
from passport.signing import keyring
from passport.staff import claiming
from passport.staff.models import Employment, Registration
from passport.verifying.models import Verification
from tests.factories import (
    AwardFactory,
    EmploymentFactory,
    OrganisationFactory,
    PersonFactory,
    RegistrationFactory,
)
from tests.passports import Nurse, make_nurse, make_service

ROUTE = text(
    "INSERT INTO recognition_route (code, number, title, steps, source, confidence) "
    "VALUES ('programme', 1, 'Programme', '{}', 'invented', 'high') ON CONFLICT DO NOTHING"
)
PILLAR = text(
    "INSERT INTO practice_pillar (code, number, title, source, confidence) "
    "VALUES ('research', 4, 'Research', 'invented', 'high') ON CONFLICT DO NOTHING"
)
ANNA, BELA = "account:anna", "account:bela"


@dataclass(frozen=True)
class Twice:
    """A nurse with two records: `kept` at one trust, `gone` at another, which awarded something too."""

    kept: Nurse
    gone: Nurse
    registry_id: UUID


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


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


@pytest.fixture
def left(worker_session: Session, settings: Settings, now: datetime) -> Twice:
    """A nurse who has left, with everything about her that the registry can hold."""
    twice = make_twice(worker_session, settings, now)
    session, kept = worker_session, twice.kept
    RegistrationFactory.create(session, person_id=kept.person_id, checked_by_id=kept.organisation_id)
    account = accounts.register(session, name="Testa Inventedname", person_id=kept.person_id, actor="x", now=now)
    accounts.grant(session, account_id=account.id, organisation_id=kept.organisation_id, role="staff", source="claim",
                   actor="x", now=now)  # fmt: skip
    claiming.invite(
        session, person_id=kept.person_id, organisation_id=kept.organisation_id, email="testa@x1v2a.example",
        by_mail=False, actor="x", now=now,
    )  # fmt: skip
    _ask_and_answer(session, twice, now)
    made = sharing.make(
        session, share_id=UUID(int=9), person_id=kept.person_id, given_to="Invented Coast", award_ids=[kept.award_id],
        with_registrations=False, days=7, many=True, key=b"k", actor="x", now=now,
    )  # fmt: skip
    sharing.open_by_link(
        session, made.link_secret, born_on=date(1990, 2, 3), visit=sharing.Visit("Invented Coast"), now=now
    )
    _look(session, twice, now)
    session.add(
        Inspection(person_id=kept.person_id, organisation_id=twice.gone.organisation_id, as_of_on=now.date(),
                   reason="My hand: Testa was named", inspected_by="x", inspected_at=now)
    )  # fmt: skip
    _set_aside(session, twice, now)
    applied = make_application(session, kept, now)
    session.execute(PILLAR)
    registration = session.scalars(select(Registration).where(Registration.person_id == kept.person_id)).one()
    session.add(
        RegisterCheck(application_id=applied.id, registration_id=registration.id, checked_on=now.date(),
                      checked_by_id=kept.organisation_id, method="document", recorded_at=now, recorded_by="x")
    )  # fmt: skip
    session.add(
        PillarEvidence(application_id=applied.id, pillar="research", title="My hand: a study", dated_on=now.date(),
                       reference="Testa 2026", assessed_by="Testa", recorded_at=now, recorded_by="x")
    )  # fmt: skip
    applied.ended_at, applied.ending, applied.ending_words = now, "withdrawn", "Testa asked"
    session.commit()
    issuance.issue_passport(kept.person_id, organisation_id=kept.organisation_id, requested_by="x", now=now)
    issuance.issue_print_qr(kept.person_id, organisation_id=kept.organisation_id, requested_by="x", now=now)
    session.execute(text("UPDATE employment SET ended_on = '2026-07-31'"))
    session.commit()
    return twice


def make_application(session: Session, nurse: Nurse, now: datetime) -> RecognitionApplication:
    """Begin an application for recognition by a programme."""
    session.execute(ROUTE)
    applied = RecognitionApplication(
        person_id=nurse.person_id, organisation_id=nurse.organisation_id, route="programme", level="advanced",
        edition="2025", base_profession="nurse", programme="MSc", begun_on=now.date(), step=STEPS[0], recorded_at=now,
        recorded_by="x",
    )  # fmt: skip
    session.add(applied)
    session.flush()
    return applied


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


def _ask_and_answer(session: Session, twice: Twice, now: datetime) -> None:
    raised = disputes.raise_dispute(
        session, award_id=twice.kept.award_id, person_id=twice.kept.person_id, reason="other", words="My hand",
        actor="x", now=now,
    )  # fmt: skip
    disputes.answer(
        session, dispute_id=raised.id, organisation_id=twice.kept.organisation_id, outcome="stands", reply="No, Testa",
        actor="x", now=now,
    )  # fmt: skip
    assert session.get_one(AwardDispute, raised.id).reply == "No, Testa"


def _look(session: Session, twice: Twice, now: datetime) -> None:
    session.add(
        Verification(
            organisation_id=twice.gone.organisation_id, actor="x", carrier="sd_jwt", outcome="genuine",
            person_id=twice.kept.person_id, verdict={"holder": "Testa", "awards": []}, evidence={}, checked_at=now,
        )
    )  # fmt: skip


def _set_aside(session: Session, twice: Twice, now: datetime) -> None:
    imported = EsrImport(
        organisation_id=twice.kept.organisation_id, file_sha256=b"x", layout="bulk", dry_run=False, state="finished",
        counts={}, requested_by="x", started_at=now,
    )  # fmt: skip
    session.add(imported)
    session.flush()
    employed = session.scalars(select(Employment).where(Employment.person_id == twice.kept.person_id)).one()
    for candidates in ([twice.kept.person_id], []):
        session.add(
            EsrSetAside(
                organisation_id=twice.kept.organisation_id, import_id=imported.id, line=2, reason="name_differs",
                row={"First Name": "Testa", "Assignment Number": employed.assignment_number}, row_hash=b"x",
                candidates=candidates, recorded_at=now,
            )
        )  # fmt: skip
