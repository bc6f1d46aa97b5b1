"""A service that can issue, in the test's own transaction."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from passport.settings import Settings
from passport.signing import keyring
from tests.passports import Nurse, make_nurse, make_service


@pytest.fixture
def nurse(session: Session, settings: Settings, now: datetime) -> Nurse:
    """A nurse with one award, at a service with its keys in use and everything published."""
    keyring.configure(settings)
    nurse = make_nurse(session)
    make_service(session, now)
    session.commit()
    return nurse
