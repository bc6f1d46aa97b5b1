"""A loaded catalogue, and an organisation that may want to award."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport.standards import service
from tests.factories import OrganisationFactory


@pytest.fixture
def loaded(session: Session, now: datetime) -> int:
    """The catalogue that ships, loaded; its version."""
    return service.load_catalogue(session, now=now).version


@pytest.fixture
def provider(session: Session) -> UUID:
    """An education provider."""
    return UUID(str(OrganisationFactory.create(session, kind="education_provider").id))
