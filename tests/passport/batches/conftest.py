"""A trust with staff, at a service that can issue, and the ways in which it sends files."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.settings import Settings
from passport.signing import keyring
from tests.batch_files import Sender, make_sender
from tests.passports import make_service


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use and the catalogue loaded."""
    return furnished("keys", "catalogue")


@pytest.fixture
def sender(session: Session, settings: Settings, now: datetime) -> Sender:
    """A trust with four nurses whose keys and catalogue are in use."""
    keyring.configure(settings)
    sender = make_sender(session, now)
    make_service(session, now)
    session.commit()
    return sender
