"""A nurse with a passport who is signed in to the own pages, and a service that can sign."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.settings import Settings
from tests.holders import Holder, hold
from tests.passports import make_nurse, make_published_nurse


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
