"""Sessions of signed-in people: kept in PostgreSQL, so that they can be ended from here (ASVS 7.2 to 7.4).

In the order of the code: how long one lives; beginning one, always under a new random name; recognising the visitor
of a request; ending one, or all of an account; the sentence that waits for the next page. The browser holds 256 random
bits, the table their SHA-256. A session ends after 30 minutes without use, after 12 hours, when its role or account
ends, and when it is ended.

A GET changes nothing but two things of the session itself, in a small transaction of its own after the page is done
(`note_visit`): that the visitor was here, once a minute at most, and that a message was shown.
"""

import hashlib
import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import Flask, Response, current_app, g, request
from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased
from werkzeug.wrappers import Response as AnyResponse

from passport.access import shutting_out
from passport.access.models import Account, BrowserSession, RoleGrant
from passport.audit import service as audit
from passport.db import reading, transaction
from passport.errors import Unavailable
from passport.organisations.models import Organisation
from passport.settings import Settings
from passport.web.clock import now as clock_now
from passport.web.pages import LEAVE_MESSAGE
from passport.web.rules import RECOGNISE_VISITOR, Visitor

TOKEN_BYTES: Final = 32
IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
NOTED_EVERY: Final = timedelta(minutes=1)
COOKIE: Final = "session"


def register(app: Flask) -> None:
    """Tell the edge how visitors are recognised and where their messages wait."""
    app.extensions[RECOGNISE_VISITOR] = recognise_visitor
    app.extensions[LEAVE_MESSAGE] = leave_message
    app.after_request(note_visit)


def begin(
    session: Session, granted: RoleGrant, *, strong: bool, now: datetime, signed_in_at: datetime | None = None
) -> str:
    """Begin a session in a role.

    Args:
        session: the transaction of the edge.
        granted: the role.
        strong: whether the person used a second factor.
        now: UTC.
        signed_in_at: when the person proved who they are, where that was earlier (a change of role).

    Returns:
        What the browser's cookie holds; it is nowhere else.
    """
    shutting_out.check_working(session, granted.account_id)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        BrowserSession(
            token_hash=_hash(token),
            account_id=granted.account_id,
            role_grant_id=granted.id,
            signed_in_at=signed_in_at or now,
            last_seen_at=now,
            strong=strong,
        )
    )
    session.flush()
    audit.record(
        session, actor=f"account:{granted.account_id}", organisation_id=granted.organisation_id,
        action="session.began", subject=f"account:{granted.account_id}", detail={"role": granted.role}, now=now,
    )  # fmt: skip
    return token


def recognise_visitor() -> Visitor | None:
    """Return who makes the current request, by its cookie; None where the session is unknown or over."""
    token = request.cookies.get(cookie_name(_settings()), "")
    if not token:
        return None
    now = clock_now()
    with reading() as session:
        found = session.execute(_alive(now).where(BrowserSession.token_hash == _hash(token))).one_or_none()
    if found is None:
        return None
    g.activity_due = now - found.last_seen_at >= NOTED_EVERY
    known = found._asdict()
    del known["last_seen_at"]
    return Visitor(several_roles=known.pop("roles") > 1, **known)


def note_visit(answer: Response) -> Response:
    """Write down that a visitor was here and has read the message: all that a page, also a GET, changes by itself."""
    known = g.get("visitor")
    changed: dict[str, object] = {"last_seen_at": clock_now()} if g.get("activity_due") else {}
    changed |= {"message": None} if g.get("message_shown") else {}
    if known is not None and changed:
        with suppress(Unavailable), transaction(apart=True) as session:
            session.execute(update(BrowserSession).where(BrowserSession.id == known.session_id).values(**changed))
    return answer


def leave_message(session: Session, session_id: UUID, sentence: str) -> None:
    """Keep a sentence for the visitor's next page."""
    session.execute(update(BrowserSession).where(BrowserSession.id == session_id).values(message=sentence))


def end(session: Session, session_id: UUID) -> None:
    """End one session."""
    session.execute(delete(BrowserSession).where(BrowserSession.id == session_id))


def end_all(session: Session, account_id: UUID, *, actor: str, now: datetime) -> int:
    """End every session of an account; return how many there were."""
    ended = session.scalars(
        delete(BrowserSession).where(BrowserSession.account_id == account_id).returning(BrowserSession.id)
    ).all()
    audit.record(
        session, actor=actor, organisation_id=None, action="session.ended_all", subject=f"account:{account_id}",
        detail={"sessions": len(ended)}, now=now,
    )  # fmt: skip
    return len(ended)


def forget_old(session: Session, *, at: datetime) -> None:
    """Forget sessions that are over at this time."""
    over = or_(BrowserSession.last_seen_at <= at - IDLE, BrowserSession.signed_in_at <= at - LONGEST)
    session.execute(delete(BrowserSession).where(over))


def give_cookie(answer: AnyResponse, token: str, settings: Settings) -> None:
    """Put a session's name into the browser, for this host alone and out of reach of scripts."""
    secure = settings.public_url.startswith("https:")
    answer.set_cookie(cookie_name(settings), token, path="/", secure=secure, httponly=True, samesite="Lax")


def take_cookie(answer: AnyResponse, settings: Settings) -> None:
    """Take it out of the browser, with everything that the browser keeps of us."""
    secure = settings.public_url.startswith("https:")
    answer.delete_cookie(cookie_name(settings), path="/", secure=secure, httponly=True, samesite="Lax")
    answer.headers["Clear-Site-Data"] = '"cache", "cookies"'


def cookie_name(settings: Settings) -> str:
    """Return the cookie's name. `__Host-` binds it to this host and needs https, which a demonstration has not."""
    return f"__Host-{COOKIE}" if settings.public_url.startswith("https:") else COOKIE


def _alive(now: datetime) -> Select[*tuple[Any, ...]]:
    other = aliased(RoleGrant)
    roles = (
        select(func.count())
        .select_from(other)
        .where(other.account_id == BrowserSession.account_id, other.ended_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            BrowserSession.id.label("session_id"),
            BrowserSession.signed_in_at,
            BrowserSession.last_seen_at,
            BrowserSession.strong,
            BrowserSession.message,
            Account.id.label("account_id"),
            Account.name,
            Account.person_id,
            RoleGrant.role,
            Organisation.id.label("organisation_id"),
            Organisation.ods_code,
            Organisation.name.label("organisation_name"),
            Organisation.kind.label("organisation_kind"),
            roles.label("roles"),
        )
        .join(Account, Account.id == BrowserSession.account_id)
        .join(RoleGrant, RoleGrant.id == BrowserSession.role_grant_id)
        .join(Organisation, Organisation.id == RoleGrant.organisation_id)
        .where(
            BrowserSession.last_seen_at > now - IDLE,
            BrowserSession.signed_in_at > now - LONGEST,
            RoleGrant.ended_at.is_(None),
            Account.disabled_at.is_(None),
        )
    )


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
