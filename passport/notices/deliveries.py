"""How events reach the endpoints: read the log, send, try again, give up. Flushes, never commits.

In the order of the code: `collect` turns the entries of the audit log behind an endpoint's place into deliveries (the
log has no gaps and its entries appear in order, so nothing is missed); `deliver_next` sends the next one that is due
and notes what came of it; `forget_old`. Deliveries go out in the order of the log. One that was answered badly waits
for its next try while later ones go on; where nobody answered, the endpoint rests, so that a dead receiver costs one
look a pause. While one worker sends to an endpoint, others leave it alone; a worker that dies lets go of it, and its
delivery is sent again: a receiver tells messages apart by their id.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport import jobs
from passport.audit.models import AuditEntry
from passport.notices import endpoints, events, signatures
from passport.notices.models import WebhookDelivery, WebhookEndpoint
from passport.notices.sending import Result, Send

ACTOR: Final = "job:notices"
AT_ONCE: Final = 5000  # events taken from the log in one go, and the most that wait for an endpoint
# The pauses after a first try, a second and so on: about a day in all (Standard Webhooks, "retry schedule").
PAUSES: Final = tuple(
    timedelta(minutes=minutes) for minutes in (1, 5, 30, 2 * 60, 4 * 60, 7 * 60, 10 * 60)
)  # fmt: skip
LONGEST_FAILURE: Final = timedelta(hours=20)  # nothing got through for so long: switch it off
SPREAD: Final = 0.1  # pauses differ by up to a tenth, so that many messages do not come back at once
KEPT_FOR: Final = timedelta(days=30)
GONE: Final = 410


def collect(session: Session, endpoint_id: UUID, *, now: datetime) -> int:
    """Make deliveries of what happened since an endpoint was last looked at, and return how many.

    Args:
        session: an open transaction.
        endpoint_id: an endpoint that is switched on; of any other nothing is collected.
        now: UTC.
    """
    alive = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, WebhookEndpoint.disabled_at.is_(None))
    endpoint = session.scalar(alive.with_for_update(skip_locked=True))
    if endpoint is None or _waiting(session, endpoint_id) >= AT_ONCE:
        return 0
    reached = endpoints.head(session)  # before the entries are read: those that come later wait for the next look
    mine = select(AuditEntry).where(
        AuditEntry.sequence > endpoint.looked_at_sequence,
        AuditEntry.sequence <= reached,
        AuditEntry.organisation_id == endpoint.organisation_id,
        AuditEntry.action.in_(events.actions_of(endpoint.kinds)),
    )
    found = session.scalars(mine.order_by(AuditEntry.sequence).limit(AT_ONCE)).all()
    if found:
        anew = {"state": "waiting", "attempts": 0, "next_attempt_at": now}
        rows = [_row(endpoint_id, entry) | anew for entry in found]
        added = insert(WebhookDelivery).on_conflict_do_update(index_elements=["endpoint_id", "sequence"], set_=anew)
        session.execute(added, rows)
    endpoint.looked_at_sequence = found[-1].sequence if len(found) == AT_ONCE else reached
    session.flush()
    return len(found)


def due_endpoints(session: Session, *, now: datetime) -> list[UUID]:
    """Return the endpoints that have something to be sent now."""
    due = select(WebhookDelivery.id).where(WebhookDelivery.endpoint_id == WebhookEndpoint.id, *_due(now))
    return list(session.scalars(select(WebhookEndpoint.id).where(_awake(now), due.exists())))


def deliver_next(session: Session, endpoint_id: UUID, *, send: Send, key: bytes, clock: Callable[[], datetime]) -> bool:
    """Send the next delivery of an endpoint that is due, and note what came of it.

    Args:
        session: an open transaction, which holds the endpoint for this worker until it ends.
        endpoint_id: the endpoint.
        send: sends one message.
        key: the service's secret key.
        clock: says the time, UTC, before and after.

    Returns:
        Whether another one may be due at once.
    """
    taken = select(func.pg_try_advisory_xact_lock(_lock(endpoint_id)))
    now = clock()
    if not session.scalar(taken):
        return False
    endpoint = session.scalar(select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id, _awake(now)))
    next_due = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint_id, *_due(now))
    delivery = session.scalar(next_due.order_by(WebhookDelivery.sequence.nulls_first()).limit(1)) if endpoint else None
    if endpoint is None or delivery is None:
        return False
    body = events.message(
        kind=delivery.kind, happened_at=delivery.happened_at, subject=delivery.subject, count=delivery.count
    )
    headers = signatures.headers(body, message_id=message_id(delivery), salts=_salts(endpoint, now), key=key, now=now)
    result = send(endpoint.url, body, headers)
    held = select(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).with_for_update()
    if session.scalar(held.execution_options(populate_existing=True)) is None:
        return False  # it was deleted while we sent
    _note(session, endpoint, delivery, result, now=clock())
    return result.reached and endpoint.disabled_at is None


def message_id(delivery: WebhookDelivery) -> str:
    """Return the name of a message, the same each time that it is sent."""
    return f"msg_{delivery.id.hex}"


def forget_old(session: Session, *, at: datetime) -> None:
    """Delete deliveries that came to their end long ago. The log has their events still."""
    over = (WebhookDelivery.state != "waiting", WebhookDelivery.happened_at < at - KEPT_FOR)
    session.execute(delete(WebhookDelivery).where(*over, WebhookDelivery.last_attempt_at < at - KEPT_FOR))


def _note(
    session: Session, endpoint: WebhookEndpoint, delivery: WebhookDelivery, result: Result, *, now: datetime
) -> None:
    delivery.attempts += 1
    delivery.last_attempt_at, delivery.last_milliseconds = now, result.milliseconds
    delivery.last_status, delivery.last_result = result.status, result.reason
    if result.was_taken:
        delivery.state, endpoint.failing_since, endpoint.rests_until = "delivered", None, None
        session.flush()
        return
    endpoint.failing_since = endpoint.failing_since or now
    if delivery.attempts > len(PAUSES):
        delivery.state = "failed"
    else:
        delivery.next_attempt_at = now + _pause(delivery)
        endpoint.rests_until = None if result.reached else delivery.next_attempt_at
    session.flush()
    if result.status == GONE:
        _switch_off(session, endpoint, "gone", now)
    elif delivery.state == "failed" and endpoint.failing_since <= now - LONGEST_FAILURE:
        _switch_off(session, endpoint, "failing", now)


def _switch_off(session: Session, endpoint: WebhookEndpoint, by: str, now: datetime) -> None:
    endpoints.disable(session, endpoint, by=by, actor=ACTOR, now=now)
    jobs.defer(session, "notices.tell_disabled", endpoint_id=str(endpoint.id))


def _pause(delivery: WebhookDelivery) -> timedelta:
    """Return how long a delivery waits; the spread follows from its id, so that it can be told beforehand."""
    drawn = hashlib.sha256(f"{delivery.id} {delivery.attempts}".encode()).digest()[0] / 255
    return PAUSES[delivery.attempts - 1] * (1 + SPREAD * (2 * drawn - 1))


def _row(endpoint_id: UUID, entry: AuditEntry) -> dict[str, object]:
    count = entry.detail.get("count", 1)
    return {
        "endpoint_id": endpoint_id,
        "sequence": entry.sequence,
        "kind": events.ACTIONS[entry.action],
        "subject": entry.subject,
        "count": count if isinstance(count, int) else 1,
        "happened_at": entry.at,
    }


def _waiting(session: Session, endpoint_id: UUID) -> int:
    waiting = (WebhookDelivery.endpoint_id == endpoint_id, WebhookDelivery.state == "waiting")
    return session.scalar(select(func.count()).select_from(WebhookDelivery).where(*waiting)) or 0


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (WebhookDelivery.state == "waiting", WebhookDelivery.next_attempt_at <= now)


def _awake(now: datetime) -> ColumnElement[bool]:
    rested = or_(WebhookEndpoint.rests_until.is_(None), WebhookEndpoint.rests_until <= now)
    return WebhookEndpoint.disabled_at.is_(None) & rested


def _salts(endpoint: WebhookEndpoint, now: datetime) -> list[bytes]:
    old = endpoint.previous_salt if endpoint.previous_until and endpoint.previous_until > now else None
    return [endpoint.secret_salt, *([old] if old else [])]


def _lock(endpoint_id: UUID) -> int:
    """Return the number of an endpoint's advisory lock: 63 bits of its hash."""
    return int.from_bytes(hashlib.sha256(b"webhook " + endpoint_id.bytes).digest()[:8], "big") >> 1
