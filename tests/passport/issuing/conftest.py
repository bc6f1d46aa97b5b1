"""A service that can issue, in the test's own transaction."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.settings import Settings
from tests.passports import Nurse, make_published_nurse


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


@pytest.fixture
def nurse(session: Session, settings: Settings, now: datetime) -> Nurse:
    """A nurse with one award, at a service with its keys in use and everything published."""
    return make_published_nurse(session, settings, now)
