"""An Academy, and a trust with a nurse who applies."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.academies import Academy, make_academy


@pytest.fixture
def academy(session: Session, now: datetime) -> Academy:
    return make_academy(session, now)
