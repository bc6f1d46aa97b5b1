"""The edge with a room of the tests' own."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport.settings import Settings
from passport.web.limits import Limit
from tests.callers import Clock, lend_app, sign_in
from tests.factories import OrganisationFactory
from tests.passport.web import room


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Flask:
    """The whole application and the tests' room."""
    return lend_app(settings, clock, add_room)


def add_room(app: Flask) -> None:
    """Add the tests' room."""
    room.add_to(app, Limit("test", per_minute=5))


@pytest.fixture
def known(app: Flask, session: Session) -> FlaskClient:
    """An HTTP client of a program that may verify."""
    return sign_in(app, session, OrganisationFactory.create(session).id, "verify")
