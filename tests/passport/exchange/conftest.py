"""A nurse with one award at a service that has its keys in use, and somebody else."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.settings import Settings
from tests.holders import Holder, hold
from tests.passports import Nurse, make_nurse, make_published_nurse


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


@pytest.fixture
def nurse(session: Session, settings: Settings, now: datetime) -> Nurse:
    """A nurse with one award, at a service with its keys in use and everything published."""
    return make_published_nurse(session, settings, now)


@pytest.fixture
def holder(app: Flask, session: Session, nurse: Nurse) -> Holder:
    """The nurse, signed in."""
    return hold(app, session, nurse)


@pytest.fixture
def other(session: Session, nurse: Nurse) -> Nurse:
    """Somebody else at another trust."""
    return make_nurse(session)
