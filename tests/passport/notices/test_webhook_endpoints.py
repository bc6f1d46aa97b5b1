"""Endpoints of webhooks: replay, new secrets, tests, limits, and what goes with them."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from standardwebhooks import WebhookVerificationError

from passport.audit.models import AuditEntry
from passport.errors import Invalid
from passport.notices import deliveries, endpoints, jobs, signatures
from passport.notices.endpoints import TooManyWebhooks, WebhookNotFound
from passport.notices.models import WebhookDelivery, WebhookEndpoint
from tests.callers import Clock
from tests.factories import OrganisationFactory
from tests.hooks import KEY, PUBLIC, add, happen, ids_of, states, tell, verify
from tests.receivers import Receiver


def test_a_replay_tells_again_from_the_log_under_the_same_names(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    old = happen(session, organisation_id, clock())
    since = clock.advance(hours=1)
    new = happen(session, organisation_id, clock(), count=2)
    clock.advance(hours=1)
    tell(session, endpoint, clock)
    assert endpoints.replay(session, endpoint, since=since, actor="operator", now=clock()) == 2
    tell(session, endpoint, clock)
    assert ids_of(receiver) == old + new + new
    names = [message.headers["webhook-id"] for message in receiver.script.received]
    assert names[1:3] == names[3:]


def test_a_replay_finds_what_happened_before_the_endpoint_was_there(
    session: Session, organisation_id: UUID, receiver: Receiver, clock: Clock, now: datetime
) -> None:
    happened = happen(session, organisation_id, now, count=2)
    clock.advance(days=300)
    endpoint = add(session, organisation_id, clock(), url=receiver.url)
    assert endpoints.replay(session, endpoint, since=now, actor="operator", now=clock()) == 2
    tell(session, endpoint, clock)
    assert ids_of(receiver) == happened
    with pytest.raises(Invalid):
        endpoints.replay(session, endpoint, since=clock() + timedelta(seconds=1), actor="operator", now=clock())


def test_a_replay_of_much_goes_in_pieces(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(deliveries, "AT_ONCE", 4)
    happened = happen(session, organisation_id, clock(), count=10)
    for _ in range(3):
        tell(session, endpoint, clock)
    assert ids_of(receiver) == happened


def test_after_a_change_both_secrets_verify_for_a_day(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    old = signatures.secret(endpoint.secret_salt, key=KEY)
    endpoints.change_secret(session, endpoint, actor="operator", now=clock())
    new = signatures.secret(endpoint.secret_salt, key=KEY)
    assert old != new
    happen(session, organisation_id, clock())
    tell(session, endpoint, clock)
    for secret in (old, new):
        verify(receiver.script.received[0], secret, clock())
    clock.advance(hours=25)
    happen(session, organisation_id, clock())
    tell(session, endpoint, clock)
    verify(receiver.script.received[1], new, clock())
    with pytest.raises(WebhookVerificationError):
        verify(receiver.script.received[1], old, clock())


def test_a_test_goes_first_and_means_nothing(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    happen(session, organisation_id, clock())
    endpoints.test(session, endpoint, actor="operator", now=clock())
    tell(session, endpoint, clock)
    said = [json.loads(message.body) for message in receiver.script.received]
    assert [each["type"] for each in said] == ["webhook.test", "award.recorded"]
    assert said[0]["data"] == {}


def test_an_endpoint_is_ones_own_and_leads_to_the_internet(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, now: datetime
) -> None:
    other = OrganisationFactory.create(session).id
    with pytest.raises(WebhookNotFound):
        endpoints.by_id(session, endpoint.id, organisation_id=other)
    for url, kinds in (("https://10.0.0.1/", ("award.recorded",)), (PUBLIC, ()), (PUBLIC, ("person.named",))):
        with pytest.raises(Invalid):
            add(session, organisation_id, now, url=url, kinds=kinds)


def test_an_organisation_has_a_limited_number(session: Session, organisation_id: UUID, now: datetime) -> None:
    for number in range(endpoints.MOST_ENDPOINTS):
        add(session, organisation_id, now, url=f"{PUBLIC}/{number}")
    with pytest.raises(TooManyWebhooks):
        add(session, organisation_id, now, url=f"{PUBLIC}/one-more")


def test_an_address_is_told_once_and_may_be_taken_again_when_it_is_free(
    session: Session, organisation_id: UUID, now: datetime
) -> None:
    first = add(session, organisation_id, now)
    with pytest.raises(endpoints.WebhookExists):
        add(session, organisation_id, now)
    add(session, OrganisationFactory.create(session).id, now)
    endpoints.remove(session, first, actor="operator", now=now)
    add(session, organisation_id, now)


def test_a_deleted_endpoint_leaves_its_trace_in_the_log_alone(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    happen(session, organisation_id, clock())
    tell(session, endpoint, clock)
    endpoints.remove(session, endpoint, actor="operator", now=clock())
    assert session.scalar(select(func.count()).select_from(WebhookDelivery)) == 0
    trace = session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("webhook."))).all()
    assert [entry.action for entry in trace] == ["webhook.added", "webhook.deleted"]
    assert receiver.url not in str([entry.detail for entry in trace])


def test_old_deliveries_are_forgotten_and_those_that_wait_are_not(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    receiver.script.answers = [200, 500]
    happen(session, organisation_id, clock(), count=2)
    tell(session, endpoint, clock)
    deliveries.forget_old(session, at=clock.advance(days=29))
    assert len(states(session, endpoint)) == 2
    deliveries.forget_old(session, at=clock.advance(days=2))
    assert states(session, endpoint) == [("waiting", 1)]


def test_the_worker_collects_every_minute_and_sends(
    app: Flask, session: Session, organisation_id: UUID, clock: Clock, asked_for: Callable[[], list[tuple[str, Any]]]
) -> None:
    endpoint = add(session, organisation_id, clock(), url="https://10.0.0.1.invalid/")
    happen(session, organisation_id, clock())
    session.commit()
    with app.app_context():
        jobs.webhooks(0)
        assert asked_for() == [("notices.deliver", {"endpoint_id": str(endpoint.id)})]
        jobs.deliver(str(endpoint.id))
    session.expire_all()
    [delivery] = session.scalars(select(WebhookDelivery))
    assert (delivery.last_result, delivery.attempts, delivery.last_status) == ("host_unknown", 1, None)
