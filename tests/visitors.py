"""People who look at pages in tests: signed in for real, with forms that carry their token."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from passport.access import accounts, sessions

TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')


@dataclass(frozen=True)
class Browser:
    """A signed-in browser without scripts."""

    http: FlaskClient
    account_id: UUID

    def get(self, path: str, status: int = 200) -> str:
        """Open a page and return its HTML."""
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def token(self) -> str:
        """Return the token that a form of this session carries."""
        found = TOKEN.search(self.http.get("/account").text)
        assert found
        return found[1]

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form as the page would."""
        return self.http.post(path, data={"csrf_token": self.token(), **fields})


def visit(app: Flask, session: Session, organisation_id: UUID, role: str, name: str = "Wanda Inventedname") -> Browser:
    """Sign somebody in, in one role at one organisation."""
    now = app.config["CLOCK"]()
    account = accounts.register(session, name=name, actor="operator", now=now)
    granted = accounts.grant(
        session, account_id=account.id, organisation_id=organisation_id, role=role, source="registrar",
        actor="operator", now=now,
    )  # fmt: skip
    token = sessions.begin(session, granted, strong=True, now=now)
    session.commit()
    http = app.test_client()
    http.set_cookie(sessions.cookie_name(app.config["SETTINGS"]), token)
    return Browser(http, account.id)
