"""A signed-in browser without scripts that opens pages and sends their forms, in one line each."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import visitors


@dataclass(frozen=True)
class Browser:
    """Somebody who is signed in."""

    http: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        """Open a page and return its HTML."""
        answer = self.http.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def token(self) -> str:
        """Return the token that every form of this session carries."""
        return visitors.csrf_token(self.http.get("/account"))

    def post(self, path: str, **fields: Any) -> TestResponse:
        """Send a form as the page would."""
        return self.http.post(path, data={"csrf_token": self.token(), **fields})


def visit(app: Flask, session: Session, organisation_id: UUID, role: str) -> Browser:
    """Sign somebody in, in one role at one organisation; what the test made until now is there for the page."""
    http = visitors.visit(app, session, role, organisation_id=organisation_id)
    session.commit()
    return Browser(http)
