"""A passport that is shown, and the receiving trust's program that checks it."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from passport.organisations.models import Organisation
from passport.settings import Settings
from tests.callers import sign_in
from tests.factories import OrganisationFactory
from tests.receiving import Shown, show_passport


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """Every test here finds the example keys in use."""
    return furnished("keys")


@pytest.fixture
def shown(session: Session, settings: Settings, now: datetime) -> Shown:
    """A fresh passport."""
    return show_passport(session, settings, now)


@pytest.fixture
def receiver(session: Session) -> Organisation:
    """The receiving trust."""
    receiver: Organisation = OrganisationFactory.create(session)
    return receiver


@pytest.fixture
def verifier(app: Flask, session: Session, receiver: Organisation, shown: Shown) -> FlaskClient:
    """The receiving trust's program, which may verify and nothing else."""
    return sign_in(app, session, receiver.id, "verify")
