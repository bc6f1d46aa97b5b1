"""Programs that call the API in tests: registered in the database, with real tokens from a key made for the test."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from credentials.keys import MemorySigner
from passport.access.bearer import EXTENSION, AccessTokens
from passport.access.models import ApiClient
from passport.access.scopes import SCOPES
from passport.app import create_app
from passport.settings import Settings
from tests.factories import ApiClientFactory

SIGNER = MemorySigner(ec.generate_private_key(ec.SECP256R1()))


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def advance(self, **length: float) -> datetime:
        """Let time pass, as `seconds=5`; return the new time."""
        self.now += timedelta(**length)
        return self.now


def make_app(settings: Settings, clock: Callable[[], datetime]) -> Flask:
    """Make the application with a key for access tokens that needs no file."""
    app = create_app(settings, clock=clock)
    app.extensions[EXTENSION] = AccessTokens(
        settings.issuer,
        signer=lambda _session, _now: SIGNER,
        key=lambda _session, kid: SIGNER.public if kid == SIGNER.public.kid else None,
    )
    return app


def token_for(app: Flask, session: Session, client: ApiClient, *scopes: str) -> str:
    """Return an access token of a client, for all of its scopes unless some are named."""
    tokens: AccessTokens = app.extensions[EXTENSION]
    return tokens.make(session, client, list(scopes or client.scopes), now=app.config["CLOCK"]())


def sign_in(app: Flask, session: Session, organisation_id: UUID, *scopes: str) -> FlaskClient:
    """Register a program of an organisation and return an HTTP client that calls as it.

    Args:
        app: from `make_app`.
        session: the test's session; what it holds is flushed.
        organisation_id: for whom the program acts.
        scopes: what it may do; everything where none is named.
    """
    client = ApiClientFactory.create(session, organisation_id=organisation_id, scopes=list(scopes or SCOPES))
    http = app.test_client()
    http.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token_for(app, session, client)}"
    return http
