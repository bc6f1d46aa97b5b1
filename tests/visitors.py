"""People who use the pages in tests, without scripts: signed in by a session in the database, with real cookies.

`visit` makes somebody with one role, `enter` signs in who is known already, `anonymous` is nobody yet. `Browser` reads
and sends as most tests want it: the answer's text, and forms that carry the token of their session. `send` takes the
token from the very page on which the form stands, and `words` is what a page says.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from passport.access import accounts, sessions
from passport.access.models import Account

ACTOR = "operator"
HTML = "text/html,application/xhtml+xml,*/*;q=0.8"  # what a browser asks for
TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Browser:
    """A browser without scripts, with its cookies."""

    http: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        """Open a page and return its HTML."""
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def token(self, form_at: str = "/account") -> str:
        """Return the token that a form of this session carries, wherever it stands."""
        return csrf_token(self.http.get(form_at))

    def search(self, path: str, words: str, **fields: str) -> str:
        """Search a list of people by its form, and return the page that it leads to."""
        found = send(self.http, path, {"search": words, **fields})
        assert found.status_code == 303, found.text
        return self.get(found.location)

    def post(
        self, path: str, form: dict[str, Any] | None = None, /, *, form_at: str = "/account", **fields: Any
    ) -> TestResponse:
        """Send a form as its page would; any page of the session has its token.

        Args:
            path: where the form goes.
            form: its fields, where their names are none of Python's.
            form_at: a page with a form that this browser may open.
            fields: its other fields.
        """
        return send(self.http, path, {**(form or {}), **fields}, form_at=form_at)


def visit(
    app: Flask,
    session: Session,
    organisation_id: UUID,
    role: str,
    name: str = "Wanda Inventedname",
    *,
    person_id: UUID | None = None,
) -> Browser:
    """Sign somebody new in, in one role at one organisation; `person_id` is whose record the account opens."""
    now: datetime = app.config["CLOCK"]()
    account = accounts.register(session, name=name, person_id=person_id, actor=ACTOR, now=now)
    return enter(app, session, account, organisation_id, role)


def enter(app: Flask, session: Session, account: Account, organisation_id: UUID, role: str) -> Browser:
    """Sign in to an account that exists, in a role that it is granted here."""
    now: datetime = app.config["CLOCK"]()
    granted = accounts.grant(
        session, account_id=account.id, organisation_id=organisation_id, role=role, source="registrar",
        actor=ACTOR, now=now,
    )  # fmt: skip
    token = sessions.begin(session, granted, strong=True, now=now)
    session.commit()
    http = anonymous(app)
    http.set_cookie(sessions.cookie_name(app.config["SETTINGS"]), token)
    return Browser(http)


def anonymous(app: Flask) -> FlaskClient:
    """Return an HTTP client that asks for pages, as a browser does, and is signed in as nobody."""
    http = app.test_client()
    http.environ_base["HTTP_ACCEPT"] = HTML
    return http


def send(
    http: FlaskClient, path: str, data: dict[str, Any] | None = None, *, form_at: str | None = None
) -> TestResponse:
    """Open a page and send its form, with the token that stands there.

    Args:
        http: who sends.
        path: where the form goes.
        data: the form's fields.
        form_at: the page on which the form stands; default: the same address.
    """
    token = csrf_token(http.get(form_at or path))
    return http.post(path, data={"csrf_token": token, **(data or {})})


def csrf_token(answer: TestResponse) -> str:
    """Return the token of the first form of a page."""
    found = TOKEN.search(answer.text)
    assert found, f"there is no form on the page: {answer.status_code}"
    return found[1]


def words(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())
