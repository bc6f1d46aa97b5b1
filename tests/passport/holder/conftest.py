"""A nurse with a passport who is signed in to the own pages, a service that can sign, and somebody to share with."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.settings import Settings
from tests.holders import Holder, hold
from tests.passports import make_nurse, make_published_nurse
from tests.shares import Shared, begin, shown
from tests.visitors import Browser, anonymous


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


@pytest.fixture
def holder(app: Flask, session: Session, settings: Settings, now: datetime) -> Holder:
    """A nurse at a service with everything published."""
    return hold(app, session, make_published_nurse(session, settings, now))


@pytest.fixture
def other(app: Flask, session: Session, holder: Holder) -> Holder:
    """Another nurse, elsewhere."""
    return hold(app, session, make_nurse(session))


@pytest.fixture
def make(holder: Holder) -> Callable[..., Shared]:
    """Share the holder's one award."""

    def share(**changes: Any) -> Shared:
        answer = holder.browser.post(begin(holder, **changes))
        assert answer.status_code == 303, answer.text
        return shown(holder.browser.get(answer.location), answer.location)

    return share


@pytest.fixture
def receiver(app: Flask, session: Session) -> Browser:
    """Somebody who is not signed in."""
    return Browser(anonymous(app))
