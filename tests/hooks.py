"""Receivers of webhooks in tests: added, told, and what they got."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from passport.audit import service as audit
from passport.notices import deliveries, endpoints
from passport.notices.events import KINDS
from passport.notices.models import WebhookDelivery, WebhookEndpoint
from passport.notices.sending import Sender
from tests.callers import Clock
from tests.receivers import Message, Receiver

KEY = b"invented key of the service"
SEND = Sender(loopback=True, within=2)


PUBLIC = "https://hooks.invented.example/"


def add(
    session: Session, organisation_id: UUID, now: datetime, *, url: str = PUBLIC, kinds: tuple[str, ...] = tuple(KINDS)
) -> WebhookEndpoint:
    return endpoints.add(
        session, organisation_id=organisation_id, url=url, kinds=kinds, loopback=True, actor="operator", now=now
    )


def happen(
    session: Session, organisation_id: UUID, now: datetime, *, action: str = "award.recorded", count: int = 1
) -> list[str]:
    """Write entries of an action to the audit log and return the ids of their records."""
    ids = [str(uuid4()) for _ in range(count)]
    for each in ids:
        audit.record(
            session, actor="operator", organisation_id=organisation_id, action=action, subject=f"award:{each}",
            detail={"person": str(uuid4())}, now=now,
        )  # fmt: skip
    return ids


def tell(session: Session, endpoint: WebhookEndpoint, clock: Clock, send: Any = SEND) -> None:
    """Do what the worker does in a minute."""
    deliveries.collect(session, endpoint.id, now=clock())
    while deliveries.deliver_next(session, endpoint.id, send=send, key=KEY, clock=clock):
        pass


def ids_of(receiver: Receiver) -> list[str]:
    return [json.loads(message.body)["data"]["id"] for message in receiver.script.received]


def states(session: Session, endpoint: WebhookEndpoint) -> list[tuple[str, int]]:
    rows = select(WebhookDelivery.state, WebhookDelivery.attempts).where(WebhookDelivery.endpoint_id == endpoint.id)
    return [(state, attempts) for state, attempts in session.execute(rows.order_by(WebhookDelivery.sequence))]


def verify(message: Message, secret: str, now: datetime) -> Any:
    with time_machine.travel(now, tick=False):
        return Webhook(secret).verify(message.body, message.headers)
