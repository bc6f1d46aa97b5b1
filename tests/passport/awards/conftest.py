"""A trust with a nurse, and the catalogue; the same trust as an Academy."""

from collections.abc import Callable
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.organisations.models import Organisation
from passport.standards import service as standards
from tests.factories import OrganisationFactory
from tests.trusts import Trust, make_trust

CREDENTIAL = "MPC-PAEDIATRICS"


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the catalogue loaded."""
    return furnished("catalogue")


@pytest.fixture
def trust(session: Session, now: datetime) -> Trust:
    standards.load_catalogue(session, now=now)
    return make_trust(session, now)


@pytest.fixture
def neighbour_id(session: Session) -> UUID:
    organisation: Organisation = OrganisationFactory.create(session)
    return organisation.id


@pytest.fixture
def academy(trust: Trust) -> Trust:
    """The trust, accredited as the Academy is: for every level of practice and for one credential."""
    for code in ("MPF-ENHANCED", "MPF-ADVANCED", "MPF-CONSULTANT", CREDENTIAL):
        standards.accredit(trust.session, standard_code=code, from_on=date(2020, 1, 1), **trust.acting)
    return trust


@pytest.fixture
def credential(academy: Trust) -> Award:
    """A professional credential of the nurse."""
    return academy.record(standard_code=CREDENTIAL)
