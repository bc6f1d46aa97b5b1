"""Two transactions that change facts of one person at once: the count sees both."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport import db
from passport.awards.models import Recognition
from passport.organisations.models import Organisation
from passport.reporting import counting
from passport.standards import service as standards
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory

AUGUST = date(2026, 8, 1)


@pytest.mark.parametrize("employment_first", [True, False])
def test_who_is_employed_and_recognised_at_the_same_time_counts(
    database_url: str, now: datetime, *, employment_first: bool
) -> None:
    assert database_url
    with db.transaction() as session:
        standards.load_catalogue(session, now=now)
        trust: Organisation = OrganisationFactory.create(session)
        trust_id, person_id = trust.id, PersonFactory.create(session).id
    steps = [_employ, _recognise] if employment_first else [_recognise, _employ]
    with _held_open() as first:
        steps[0](first, person_id, trust_id, now)
        second = threading.Thread(target=_alone, args=(steps[1], person_id, trust_id, now))
        second.start()
        second.join(timeout=0.3)  # it waits for the first, however long it is given
        assert second.is_alive()
        first.commit()
        second.join()
    with db.reading() as session:
        assert dict(counting.counts(session, "advanced", month=AUGUST)) == {(trust_id, "Nurse"): 1}


@contextmanager
def _held_open() -> Iterator[Session]:
    with db.sessions() as session:
        yield session


def _alone(step: object, *values: object) -> None:
    with db.sessions() as session:
        step(session, *values)  # type: ignore[operator]  # one of the two below
        session.commit()


def _employ(session: Session, person_id: UUID, trust_id: UUID, _now: datetime) -> None:
    EmploymentFactory.create(session, person_id=person_id, organisation_id=trust_id)


def _recognise(session: Session, person_id: UUID, trust_id: UUID, now: datetime) -> None:
    session.add(Recognition(
        person_id=person_id, organisation_id=trust_id, level="advanced", edition="2025", route="programme",
        pillars=["research"], base_profession="Nurse", recognised_on=date(2026, 3, 2), recorded_at=now,
        recorded_by="operator",
    ))  # fmt: skip
    session.flush()
