"""An Academy, and a trust with a nurse who applies."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.academies import Academy, make_academy


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the catalogue loaded."""
    return furnished("catalogue")


@pytest.fixture
def academy(session: Session, now: datetime) -> Academy:
    return make_academy(session, now)
