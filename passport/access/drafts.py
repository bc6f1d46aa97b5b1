"""What somebody has begun in a form of several pages, kept on the server until it is confirmed.

So every page of such a form has an address of its own, which names nothing but a random number: going back, loading
again and opening two at once lose nothing and send nothing twice. It is also where a secret waits that a page may show
for some minutes after it was made. In the order of the code: how long and how many; save, find, forget a draft of the
visitor's own session; forget those that are over.

A draft belongs to one signed-in browser and is deleted with its session. It is sealed with AES-256-GCM under a key made
of the service's secret and of what that browser's cookie holds, which is nowhere on the server: neither the database
nor the service alone can read it afterwards. Its number and kind are sealed in, so no draft passes for another.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask import current_app, request
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport.access.models import FormDraft
from passport.access.sessions import cookie_name
from passport.web.rules import visitor
from passport.web.sealing import SealBroken, seal, unseal

KEPT_FOR: Final = timedelta(hours=1)
SHOWN_FOR: Final = timedelta(minutes=10)  # a secret that was made: long enough to copy it and to load the page again
MOST_AT_ONCE: Final = 10  # of one session; the oldest goes first


def save(
    session: Session, draft_id: UUID, kind: str, content: dict[str, Any], *, now: datetime, lives: timedelta = KEPT_FOR
) -> None:
    """Keep a draft of the visitor, in place of what it held before.

    Args:
        session: the transaction of the edge.
        draft_id: what stands in the addresses of its pages: a random number, or the id of the record it is about.
        kind: of which form it is, and how far.
        content: what JSON can hold.
        now: UTC.
        lives: how long it is kept.
    """
    mine = visitor().session_id
    values = {
        "kind": kind,
        "sealed": seal(content, _purpose(draft_id, kind)),
        "saved_at": now,
        "expires_at": now + lives,
    }
    kept = insert(FormDraft).values(browser_session_id=mine, id=draft_id, **values)
    session.execute(kept.on_conflict_do_update(index_elements=["browser_session_id", "id"], set_=values))
    newest = (
        select(FormDraft.id)
        .where(FormDraft.browser_session_id == mine)
        .order_by(FormDraft.saved_at.desc(), (FormDraft.id == draft_id).desc())
        .limit(MOST_AT_ONCE)
    )
    session.execute(delete(FormDraft).where(FormDraft.browser_session_id == mine, FormDraft.id.not_in(newest)))


def find(
    session: Session, draft_id: UUID, kind: str, *, now: datetime, changing: bool = False
) -> dict[str, Any] | None:
    """Return a draft of the visitor; None where this session has none of this number and kind, or no longer.

    Args:
        session: the transaction of the edge.
        draft_id: its number.
        kind: as it was saved.
        now: UTC.
        changing: wait for whoever is at it, and hold it until the end of the transaction.
    """
    statement = select(FormDraft.sealed).where(
        FormDraft.browser_session_id == visitor().session_id,
        FormDraft.id == draft_id,
        FormDraft.kind == kind,
        FormDraft.expires_at > now,
    )
    sealed = session.scalar(statement.with_for_update() if changing else statement)
    try:
        content: dict[str, Any] | None = None if sealed is None else unseal(sealed, _purpose(draft_id, kind))
    except SealBroken:  # the service has another secret since
        return None
    return content


def forget(session: Session, draft_id: UUID) -> None:
    """Forget a draft of the visitor."""
    own = (FormDraft.browser_session_id == visitor().session_id, FormDraft.id == draft_id)
    session.execute(delete(FormDraft).where(*own))


def forget_expired(session: Session, *, at: datetime) -> None:
    """Forget the drafts whose time is over."""
    session.execute(delete(FormDraft).where(FormDraft.expires_at <= at))


def _purpose(draft_id: UUID, kind: str) -> str:
    """Return what seals a draft for this browser alone."""
    return f"draft {kind} {draft_id} of session {request.cookies[cookie_name(current_app.config['SETTINGS'])]}"
