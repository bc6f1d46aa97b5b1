"""A trust that may import."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.esr_files import Employer, make_employer


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the catalogue loaded."""
    return furnished("catalogue")


@pytest.fixture
def trust(session: Session, now: datetime) -> Employer:
    return make_employer(session, now)
