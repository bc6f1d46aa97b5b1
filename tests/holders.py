"""A member of staff in tests: a passport, and the browser in which its holder is signed in."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from passport.access import accounts, sessions
from tests.passports import Nurse

TOKEN = re.compile(r'name="csrf_token" value="([0-9a-f]+)"')
SHARE_ANSWERS: dict[str, Any] = {"given_to": "Invented Coast NHS Trust", "days": "21", "uses": "many"}


@dataclass(frozen=True)
class Browser:
    """A browser without scripts, with its cookies."""

    http: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        """Open a page and return its HTML."""
        answer = self.http.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == status, answer.text
        return answer.text

    def token(self, form_at: str) -> str:
        """Return the token that the form of a page carries."""
        found = TOKEN.search(self.http.get(form_at).text)
        assert found
        return found[1]

    def post(self, path: str, fields: dict[str, Any] | None = None, *, form_at: str = "/account") -> TestResponse:
        """Send a form as its page would; any page of the session has its token."""
        return self.http.post(path, data={"csrf_token": self.token(form_at), **(fields or {})})


@dataclass(frozen=True)
class Holder:
    """A nurse and the browser in which the nurse is signed in."""

    nurse: Nurse
    browser: Browser


def sign_in(
    app: Flask, session: Session, organisation_id: UUID, role: str, *, person_id: UUID | None = None
) -> Browser:
    """Sign somebody in, in one role at one organisation; `person_id` is whose passport the account opens."""
    now = app.config["CLOCK"]()
    account = accounts.register(session, name="Testa Inventedname", person_id=person_id, actor="operator", now=now)
    granted = accounts.grant(
        session, account_id=account.id, organisation_id=organisation_id, role=role, source="claim", actor="operator",
        now=now,
    )  # fmt: skip
    token = sessions.begin(session, granted, strong=True, now=now)
    session.commit()
    http = app.test_client()
    http.set_cookie(sessions.cookie_name(app.config["SETTINGS"]), token)
    return Browser(http)


def hold(app: Flask, session: Session, nurse: Nurse) -> Holder:
    """Sign a nurse in to the own passport."""
    return Holder(nurse, sign_in(app, session, nurse.organisation_id, "staff", person_id=nurse.person_id))


def share_answers(award_id: UUID, **changes: Any) -> dict[str, Any]:
    """Return a filled-in form of a share."""
    return {"what": [str(award_id)], **SHARE_ANSWERS, **changes}
