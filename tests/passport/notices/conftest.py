"""What is at the other end of notices: a receiver of webhooks, its endpoint, and a trust that reminds its staff."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from passport.notices.models import WebhookEndpoint
from tests.callers import Clock
from tests.factories import (
    FrameworkFactory,
    FrameworkVersionFactory,
    OrganisationFactory,
    StandardFactory,
)
from tests.hooks import add
from tests.receivers import Receiver
from tests.reminding import World, rule


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A program that receives webhooks."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def asked_for(session: Session) -> Callable[[], list[tuple[str, Any]]]:
    """Call it for the jobs that were asked for so far: their names and arguments, the oldest first."""

    def read() -> list[tuple[str, Any]]:
        rows = session.execute(text("SELECT task_name, args FROM procrastinate_jobs ORDER BY id"))
        return [(name, arguments) for name, arguments in rows]

    return read


@pytest.fixture
def world(session: Session, clock: Clock) -> World:
    framework = FrameworkFactory.create(session)
    version = FrameworkVersionFactory.create(session, framework_id=framework.id)
    fire = StandardFactory.create(session, framework_id=framework.id, title="Fire safety")
    world = World(session, clock, OrganisationFactory.create(session), fire, version.id)
    rule(world, months=12)
    return world


@pytest.fixture
def organisation_id(session: Session) -> UUID:
    made: UUID = OrganisationFactory.create(session).id
    return made


@pytest.fixture
def endpoint(session: Session, organisation_id: UUID, receiver: Receiver, now: datetime) -> WebhookEndpoint:
    return add(session, organisation_id, now, url=receiver.url)
