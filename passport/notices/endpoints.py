"""The rules of webhook endpoints: an organisation's own, never another's. Flushes, never commits.

In the order of the code: find them; add, change the secret, replay, test, switch on, switch off, delete. Each change is
in the audit log, without the address. What is sent to them, and when, is in `deliveries`. An endpoint that is switched
off keeps its place in the log: switched on again, it is told of all that it missed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.errors import Conflict, Fault, Invalid, NotFound
from passport.notices import addresses, signatures
from passport.notices.events import KINDS, TEST, actions_of
from passport.notices.models import WebhookDelivery, WebhookEndpoint

MOST_ENDPOINTS: Final = 20
ENDPOINTS_LOCK: Final = 0x7765_6268  # "webh": endpoints are counted one transaction at a time
REPLAY_SLACK: Final = timedelta(minutes=1)  # entries of one moment lie in the log in the order of their commits
DELIVER: Final = "notices.deliver"


class WebhookNotFound(NotFound):
    """The organisation has no such endpoint."""

    code = "webhook_not_found"
    title = "There is no such webhook"


class TooManyWebhooks(Conflict):
    """The organisation has as many as it may."""

    code = "webhook_limit"
    title = "Your organisation has as many webhooks as it may"


class WebhookExists(Conflict):
    """The organisation has one at this address: a second would tell the same receiver everything twice."""

    code = "webhook_exists"
    title = "Your organisation has a webhook at this address"


class WebhookDisabled(Conflict):
    """Nothing is sent to it now."""

    code = "webhook_disabled"
    title = "This webhook is switched off"


def all_of(organisation_id: UUID) -> Select[WebhookEndpoint]:
    """Return the statement that lists an organisation's endpoints."""
    return select(WebhookEndpoint).where(WebhookEndpoint.organisation_id == organisation_id)


def by_id(session: Session, endpoint_id: UUID, *, organisation_id: UUID, changing: bool = False) -> WebhookEndpoint:
    """Return an endpoint of an organisation.

    Args:
        session: an open transaction.
        endpoint_id: which.
        organisation_id: whose.
        changing: hold it until the transaction ends.

    Raises:
        WebhookNotFound: the organisation has no such endpoint.
    """
    statement = all_of(organisation_id).where(WebhookEndpoint.id == endpoint_id)
    found = session.scalar(statement.with_for_update() if changing else statement)
    if found is None:
        raise WebhookNotFound
    return found


def at_address(session: Session, url: str, *, organisation_id: UUID) -> WebhookEndpoint | None:
    """Return an organisation's endpoint at an address, None where there is none."""
    return session.scalar(all_of(organisation_id).where(WebhookEndpoint.url == url))


def deliveries_of(endpoint: WebhookEndpoint) -> Select[WebhookDelivery]:
    """Return the statement that lists what an endpoint was told, or will be."""
    return select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)


def add(
    session: Session,
    *,
    organisation_id: UUID,
    url: str,
    kinds: Sequence[str],
    loopback: bool,
    actor: str,
    now: datetime,
) -> WebhookEndpoint:
    """Add an endpoint. It is told of what happens from now on.

    Args:
        session: an open transaction.
        organisation_id: whose.
        url: where messages go.
        kinds: what it is told of, of `events.KINDS`.
        loopback: whether http to this machine is allowed.
        actor: who adds it.
        now: UTC.

    Raises:
        AddressInvalid: no webhook may lead there.
        Invalid: no kind, or one that does not exist.
        WebhookExists: the organisation has one at this address.
        TooManyWebhooks: the organisation has `MOST_ENDPOINTS`.
    """
    addresses.check(url, loopback=loopback)
    unknown = sorted(set(kinds) - KINDS.keys())
    if unknown or not kinds:
        raise Invalid("The kinds are not valid.", (Fault("/kinds", f"Choose among {', '.join(KINDS)}."),))
    session.execute(select(func.pg_advisory_xact_lock(ENDPOINTS_LOCK)))
    if at_address(session, url, organisation_id=organisation_id) is not None:
        raise WebhookExists("There is a webhook at this address already. Delete it first, or use another address.")
    if (session.scalar(select(func.count()).select_from(all_of(organisation_id).subquery())) or 0) >= MOST_ENDPOINTS:
        raise TooManyWebhooks(f"An organisation has up to {MOST_ENDPOINTS}. Delete one first.")
    endpoint = WebhookEndpoint(
        organisation_id=organisation_id, url=url, kinds=[kind for kind in KINDS if kind in kinds],
        secret_salt=signatures.new_salt(), looked_at_sequence=head(session), recorded_at=now,
    )  # fmt: skip
    session.add(endpoint)
    session.flush()
    _audit(session, "webhook.added", endpoint, actor, now, kinds=",".join(endpoint.kinds))
    return endpoint


def change_secret(session: Session, endpoint: WebhookEndpoint, *, actor: str, now: datetime) -> None:
    """Give an endpoint a new secret; the one until now goes on signing too, for a day."""
    endpoint.previous_salt, endpoint.previous_until = endpoint.secret_salt, now + signatures.OVERLAP
    endpoint.secret_salt = signatures.new_salt()
    session.flush()
    _audit(session, "webhook.secret_changed", endpoint, actor, now)


def replay(session: Session, endpoint: WebhookEndpoint, *, since: datetime, actor: str, now: datetime) -> int:
    """Tell an endpoint again of all that happened since a time, and return of how many events.

    Messages keep their ids, so a receiver that has one already knows it. Events of the minute before may come too.

    Raises:
        WebhookDisabled: it is switched off.
        Invalid: the time is still to come.
    """
    _check_enabled(endpoint)
    if since > now:
        raise Invalid("The time is still to come.", (Fault("/from", "Give a time in the past."),))
    entry = AuditEntry
    before = select(entry.sequence).where(entry.at < since - REPLAY_SLACK).order_by(entry.sequence.desc()).limit(1)
    place = min(session.scalar(before) or 0, endpoint.looked_at_sequence)
    mine = select(func.count()).where(
        entry.sequence > place,
        entry.organisation_id == endpoint.organisation_id,
        entry.action.in_(actions_of(endpoint.kinds)),
    )
    endpoint.looked_at_sequence = place
    count = session.scalar(mine) or 0
    _audit(session, "webhook.replayed", endpoint, actor, now, count=count)
    return count


def test(session: Session, endpoint: WebhookEndpoint, *, actor: str, now: datetime) -> WebhookDelivery:
    """Send an endpoint a message that means nothing.

    Raises:
        WebhookDisabled: it is switched off.
    """
    _check_enabled(endpoint)
    delivery = WebhookDelivery(
        endpoint_id=endpoint.id, sequence=None, kind=TEST, subject=None, count=1, happened_at=now, state="waiting",
        next_attempt_at=now,
    )  # fmt: skip
    session.add(delivery)
    endpoint.rests_until = None
    session.flush()
    jobs.defer(session, DELIVER, endpoint_id=str(endpoint.id))
    _audit(session, "webhook.tested", endpoint, actor, now)
    return delivery


def enable(session: Session, endpoint: WebhookEndpoint, *, actor: str, now: datetime) -> None:
    """Switch an endpoint on again; it is told of all that it missed."""
    if endpoint.disabled_at is None:
        return
    endpoint.disabled_at = endpoint.disabled_by = endpoint.failing_since = endpoint.rests_until = None
    waiting = (WebhookDelivery.endpoint_id == endpoint.id, WebhookDelivery.state == "waiting")
    session.execute(update(WebhookDelivery).where(*waiting).values(next_attempt_at=now, attempts=0))
    session.flush()
    _audit(session, "webhook.enabled", endpoint, actor, now)


def disable(session: Session, endpoint: WebhookEndpoint, *, by: str, actor: str, now: datetime) -> None:
    """Switch an endpoint off.

    Args:
        session: an open transaction.
        endpoint: which.
        by: why: `organisation`, `gone` (it answered 410) or `failing` (nothing got through for a day).
        actor: who switches it off.
        now: UTC.
    """
    if endpoint.disabled_at is not None:
        return
    endpoint.disabled_at, endpoint.disabled_by = now, by
    session.flush()
    _audit(session, "webhook.disabled", endpoint, actor, now, by=by)


def remove(session: Session, endpoint: WebhookEndpoint, *, actor: str, now: datetime) -> None:
    """Delete an endpoint with its deliveries. The audit log keeps that it was there."""
    _audit(session, "webhook.deleted", endpoint, actor, now)
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id))
    session.delete(endpoint)
    session.flush()


def head(session: Session) -> int:
    """Return the last place of the audit log."""
    return session.scalar(select(func.max(AuditEntry.sequence))) or 0


def _check_enabled(endpoint: WebhookEndpoint) -> None:
    if endpoint.disabled_at is not None:
        raise WebhookDisabled("Switch it on first.")


def _audit(
    session: Session, action: str, endpoint: WebhookEndpoint, actor: str, now: datetime, **detail: str | int
) -> None:
    audit.record(
        session, actor=actor, organisation_id=endpoint.organisation_id, action=action,
        subject=f"webhook:{endpoint.id}", detail=detail, now=now,
    )  # fmt: skip
