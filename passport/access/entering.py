"""From "we know who it is" to "signed in": the last steps, whatever the way in was.

In the order of the code: `enter`, which ends whatever was in the browser before, asks for the role where there are
several, and begins the session under a new name; what waits while the role is chosen, in the signed cookie, for ten
minutes; and `safe_path`, so that nobody is sent to another site after signing in.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import current_app, redirect, session
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import accounts, sessions, shutting_out
from passport.access.models import RoleGrant
from passport.errors import Forbidden, Unauthenticated
from passport.web.forgery import forget_browser
from passport.web.pages import home_of
from passport.web.rules import visitor_if_any

CHOICE_WAITS: Final = timedelta(minutes=10)
WAITING: Final = "choosing"
DESTINATION: Final = "next"
CHOOSE_ROLE: Final = "/sign-in/role"
# A path of ours: one slash, then nothing that a browser would read as a host, a scheme or a line of the answer.
OWN_PATH: Final = re.compile(r"/(?![/\\])[!-\[\]-~]{0,2000}")


class NoRole(Forbidden):
    """The person is known and has no role here."""

    code = "no_role"
    title = "You do not have a role in this service yet"

    def __init__(self) -> None:
        super().__init__("Ask your workforce team to give you one, then sign in again.")


def enter(database: Session, account_id: UUID, *, now: datetime, strong: bool) -> AnyResponse:
    """Sign somebody in who has proved who they are, or ask in which role.

    Args:
        database: the transaction of the edge.
        account_id: who it is.
        now: UTC.
        strong: whether the proof had a second factor; roles that need one are left out without it.

    Raises:
        ShutOut: the account is shut out.
        NoRole: the account has none that this sign-in may use.
    """
    shutting_out.check_working(database, account_id)
    grants = accounts.grants_of(database, account_id, strong=strong)
    if not grants:
        raise NoRole
    asked_for = destination()
    forget_browser()
    if len(grants) == 1:
        return begin(database, grants[0], strong=strong, now=now, destination=asked_for)
    session[WAITING] = {
        "account": str(account_id), "strong": strong, "at": now.timestamp(), DESTINATION: asked_for,
    }  # fmt: skip
    return redirect(CHOOSE_ROLE, code=303)


def begin(
    database: Session,
    granted: RoleGrant,
    *,
    strong: bool,
    now: datetime,
    destination: str | None = None,
    signed_in_at: datetime | None = None,
) -> AnyResponse:
    """Begin a session in a role and go where it leads; the one that this browser had ends."""
    token = sessions.begin(database, granted, strong=strong, now=now, signed_in_at=signed_in_at)
    if known := visitor_if_any():  # after the account is held, as whoever shuts it out holds it before its sessions
        sessions.end(database, known.session_id)
    forget_browser()
    answer = redirect(destination or home_of(granted.role), code=303)
    sessions.give_cookie(answer, token, current_app.config["SETTINGS"])
    return answer


def waiting(now: datetime) -> dict[str, Any]:
    """Return what is known of a person who has still to choose a role: `account`, `strong`, `next`.

    Raises:
        Unauthenticated: nobody has signed in, or too long ago.
    """
    known: dict[str, Any] | None = session.get(WAITING)
    if known is None or not 0 <= now.timestamp() - known["at"] <= CHOICE_WAITS.total_seconds():
        raise Unauthenticated("Sign in first.")
    return known


def remember_destination(text: str | None) -> None:
    """Keep the page that was asked for, where it is one of ours."""
    if path := safe_path(text):
        session[DESTINATION] = path


def destination() -> str | None:
    """Return the page that was asked for before sign-in, None where there was none."""
    return safe_path(session.get(DESTINATION))


def safe_path(text: str | None) -> str | None:
    """Return a path of ours, None for anything that could lead elsewhere."""
    return text if text and OWN_PATH.fullmatch(text) else None
