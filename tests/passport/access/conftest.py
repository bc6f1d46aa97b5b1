"""Programs that are registered with a key of their own."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from passport.access.service import register
from tests.callers import Clock
from tests.factories import OrganisationFactory
from tests.programs import Program, private_key, public_jwk


@pytest.fixture
def enrol(session: Session, http: FlaskClient, clock: Clock) -> Callable[..., Program]:
    """Register a program with a key for an algorithm."""

    def make(algorithm: str = "ES256", scopes: tuple[str, ...] = ("verify", "awards:read")) -> Program:
        private = private_key(algorithm)
        client = register(
            session,
            organisation_id=OrganisationFactory.create(session).id,
            name="Invented learning system",
            algorithm=algorithm,  # type: ignore[arg-type]  # one of the three
            jwks=[public_jwk(private)],
            scopes=scopes,
            actor="operator",
            now=clock.now,
        )
        return Program(http, clock, client.client_id, algorithm, private)

    return make


@pytest.fixture
def program(enrol: Callable[..., Program]) -> Program:
    """A program that signs with ES256."""
    return enrol()
