"""A trust that may import."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.esr_files import Employer, make_employer


@pytest.fixture
def trust(session: Session, now: datetime) -> Employer:
    return make_employer(session, now)
