"""People who use the pages in tests, without a browser: signed in by a session in the database, with real cookies."""

import re
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
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def visit(
    app: Flask,
    session: Session,
    role: str,
    *,
    organisation_id: UUID,
    person_id: UUID | None = None,
    name: str = "Vera Visitor",
    strong: bool = True,
) -> FlaskClient:
    """Make an account with one role, and return an HTTP client that is signed in as it."""
    now: datetime = app.config["CLOCK"]()
    account = accounts.register(session, name=name, person_id=person_id, actor=ACTOR, now=now)
    return enter(app, session, account, role, organisation_id=organisation_id, strong=strong)


def enter(
    app: Flask, session: Session, account: Account, role: str, *, organisation_id: UUID, strong: bool = True
) -> FlaskClient:
    """Return an HTTP client that is signed in as an account that exists, in a role that it is granted here."""
    now: datetime = app.config["CLOCK"]()
    granted = accounts.grant(
        session, account_id=account.id, organisation_id=organisation_id, role=role, source="registrar",
        actor=ACTOR, now=now,
    )  # fmt: skip
    token = sessions.begin(session, granted, strong=strong, now=now)
    http = browser(app)
    http.set_cookie(sessions.cookie_name(app.config["SETTINGS"]), token)
    return http


def browser(app: Flask) -> FlaskClient:
    """Return an HTTP client that asks for pages, as a browser does."""
    http = app.test_client()
    http.environ_base["HTTP_ACCEPT"] = HTML["Accept"]
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
    found = re.search(r'name="csrf_token" value="([0-9a-f]+)"', answer.text)
    assert found, f"there is no form on the page: {answer.status_code}"
    return found.group(1)


def words(answer: TestResponse) -> str:
    """Return what a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text)).split())
