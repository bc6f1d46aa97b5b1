"""A trust with a nurse, and the catalogue."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport.organisations.models import Organisation
from passport.standards import service as standards
from tests.factories import OrganisationFactory
from tests.trusts import Trust, make_trust


@pytest.fixture
def trust(session: Session, now: datetime) -> Trust:
    standards.load_catalogue(session, now=now)
    return make_trust(session, now)


@pytest.fixture
def neighbour_id(session: Session) -> UUID:
    organisation: Organisation = OrganisationFactory.create(session)
    return organisation.id
