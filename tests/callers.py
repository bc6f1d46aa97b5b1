"""Programs that call the API in tests: registered in the database, with real tokens from a key made for the test."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
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
from passport.signing import keyring
from tests.factories import ApiClientFactory

Addition = Callable[[Flask], None]
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
    app.extensions[EXTENSION] = _access_tokens(settings)
    return app


class _Shared:
    """An application that serves one test after the other."""

    def __init__(self, settings: Settings, addition: Addition | None) -> None:
        self.kind = (replace(settings, home=Path()), addition)
        self._clock: Callable[[], datetime]
        self._app = make_app(settings, lambda: self._clock())
        if addition:
            addition(self._app)
        self._config, self._extensions = dict(self._app.config), dict(self._app.extensions)

    def lend(self, settings: Settings, clock: Callable[[], datetime]) -> Flask:
        """Put back what earlier tests left in it, and let it serve this one."""
        self._clock = clock
        self._app.config.clear()
        self._app.config.update(self._config, SETTINGS=settings)
        self._app.extensions.clear()
        self._app.extensions.update(self._extensions)
        self._app.extensions[EXTENSION] = _access_tokens(settings)
        keyring.configure(settings)
        return self._app


_shared: list[_Shared] = []


def lend_app(settings: Settings, clock: Callable[[], datetime], addition: Addition | None = None) -> Flask:
    """Return an application for one test, which others have used before.

    To make one costs more than most tests do: three hundred routes with their description, and every template that is
    asked for. So one serves all tests of a process whose settings differ in the home alone. A test that adds to its
    application makes its own with `make_app`; Flask refuses additions to one that has answered before.

    Args:
        settings: how the test's service is told to run.
        clock: the test's.
        addition: adds the routes of the tests' own when the application is made.
    """
    kind = (replace(settings, home=Path()), addition)
    known = next((shared for shared in _shared if shared.kind == kind), None)
    if known is None:
        known = _Shared(settings, addition)
        _shared.append(known)
    return known.lend(settings, clock)


def _access_tokens(settings: Settings) -> AccessTokens:
    return AccessTokens(
        settings.issuer,
        signer=lambda _session, _now: SIGNER,
        key=lambda _session, kid: SIGNER.public if kid == SIGNER.public.kid else None,
    )


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
