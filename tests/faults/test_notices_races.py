"""Reminders and webhooks with several workers at once, and one that dies in the middle."""

import multiprocessing
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.db import reading, transaction
from passport.notices import deliveries, endpoints, letters, reminders
from passport.notices.letters import Postbox
from passport.notices.models import Reminder, ReminderLetter, ReminderRun, WebhookDelivery
from passport.notices.sending import Result
from passport.staff.models import Contact
from tests.factories import (
    RECORDED_AT,
    AwardFactory,
    EmploymentFactory,
    FrameworkFactory,
    FrameworkVersionFactory,
    OrganisationFactory,
    PersonFactory,
    StandardFactory,
)

WORKERS, PEOPLE, EVENTS = 4, 60, 40
KEY = b"invented key"


def fill(session: Session, now: datetime) -> UUID:
    """Make a trust whose people all have something that ends; reminders are due now."""
    organisation = OrganisationFactory.create(session)
    framework = FrameworkFactory.create(session)
    version = FrameworkVersionFactory.create(session, framework_id=framework.id)
    standard = StandardFactory.create(session, framework_id=framework.id)
    for place in range(PEOPLE):
        person = PersonFactory.create(session)
        EmploymentFactory.create(session, person_id=person.id, organisation_id=organisation.id)
        session.add(Contact(person_id=person.id, email=f"p{place}@invented.example", confirmed_at=RECORDED_AT))
        AwardFactory.create(
            session, person_id=person.id, organisation_id=organisation.id, standard_id=standard.id,
            framework_version_id=version.id, valid_until=date(2026, 8, 20),
        )  # fmt: skip
    reminders.change_settings(
        session, organisation_id=organisation.id, reminders_on=True, days=[90, 30, 7], to_staff=True, mailbox=None,
        to_mailbox=False, weekday=4, actor="operator", now=now - timedelta(days=1),
    )  # fmt: skip
    made: UUID = organisation.id
    return made


def test_workers_that_race_begin_one_run_and_write_each_letter_once(database_url: str, now: datetime) -> None:
    written: list[str] = []
    postbox = Postbox(lambda **letter: written.append(letter["to"]), service="S", address="https://p.example")
    with transaction() as session:
        fill(session, now)
    start = threading.Barrier(WORKERS)

    def work() -> None:
        start.wait()
        with transaction() as session:
            reminders.begin_due(session, now=now)
        with reading() as session:
            [run_id] = session.scalars(select(ReminderRun.id)).all()
        start.wait()
        with transaction() as session:
            reminders.mark(session, run_id, now=now)
        state: str | None = ""
        while state is not None:
            with transaction() as session:
                state = letters.send_next(session, run_id, postbox=postbox, now=now)

    with ThreadPoolExecutor(WORKERS) as workers:
        for done in [workers.submit(work) for _ in range(WORKERS)]:
            done.result()
    assert Counter(written) == Counter(f"p{place}@invented.example" for place in range(PEOPLE))
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Reminder)) == PEOPLE
        assert session.scalars(select(ReminderLetter.state).distinct()).all() == ["sent"]
        assert session.scalars(select(ReminderRun.letters)).all() == [PEOPLE]


def test_workers_that_race_send_each_event_once_and_in_order(database_url: str, now: datetime) -> None:
    sent: list[bytes] = []

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Result:
        sent.append(body)
        return Result("answered", 204, 1)

    endpoint_id, expected = with_events(now)
    start = threading.Barrier(WORKERS)

    def work() -> None:
        start.wait()
        with transaction() as session:
            deliveries.collect(session, endpoint_id, now=now)
        start.wait()
        drain(endpoint_id, send, now)

    with ThreadPoolExecutor(WORKERS) as workers:
        for done in [workers.submit(work) for _ in range(WORKERS)]:
            done.result()
    assert [body.split(b'"id":"')[1][:36].decode() for body in sent] == expected


def with_events(now: datetime) -> tuple[UUID, list[str]]:
    """Make an endpoint and events for it; return its id and those of the records."""
    with transaction() as session:
        organisation_id = OrganisationFactory.create(session).id
        endpoint = endpoints.add(
            session, organisation_id=organisation_id, url="https://hooks.invented.example/", kinds=["award.recorded"],
            loopback=False, actor="operator", now=now,
        )  # fmt: skip
        ids = [str(UUID(int=place)) for place in range(EVENTS)]
        for each in ids:
            audit.record(
                session, actor="operator", organisation_id=organisation_id, action="award.recorded",
                subject=f"award:{each}", now=now,
            )  # fmt: skip
        return endpoint.id, ids


def drain(endpoint_id: UUID, send: Callable[..., Result], now: datetime) -> None:
    """Send what is due."""
    more = True
    while more:
        with transaction() as session:
            more = deliveries.deliver_next(session, endpoint_id, send=send, key=KEY, clock=lambda: now)


def die_while_sending(url: str, endpoint_id: UUID, now: datetime) -> None:
    """Work in a process of its own, until its third message kills it."""
    from passport import db  # noqa: PLC0415 (in the new process alone)

    db.connect(url, pool_size=2)
    seen: list[str] = []

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Result:
        seen.append(url)
        if len(seen) == 3:
            os._exit(9)
        return Result("answered", 204, 1)

    drain(endpoint_id, send, now)


def test_a_worker_that_dies_while_it_sends_loses_nothing(database_url: str, now: datetime) -> None:
    endpoint_id, expected = with_events(now)
    with transaction() as session:
        deliveries.collect(session, endpoint_id, now=now)
    context = multiprocessing.get_context("spawn")
    worker = context.Process(target=die_while_sending, args=(database_url, endpoint_id, now))
    worker.start()
    worker.join()
    assert worker.exitcode == 9
    sent: list[bytes] = []

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Result:
        sent.append(body)
        return Result("answered", 204, 1)

    while len(sent) < EVENTS - 2:  # the server lets go of the dead worker's lock in its own time
        drain(endpoint_id, send, now)
    assert [body.split(b'"id":"')[1][:36].decode() for body in sent] == expected[2:]
    with reading() as session:
        assert session.scalars(select(WebhookDelivery.state).distinct()).all() == ["delivered"]


@pytest.mark.parametrize("dies", ["before the commit", "after the commit"])
def test_a_run_whose_worker_died_is_done_once(database_url: str, now: datetime, dies: str) -> None:
    with transaction() as session:
        fill(session, now)
        [run_id] = reminders.begin_due(session, now=now)
    with transaction() as session:
        reminders.mark(session, run_id, now=now)
        if dies == "before the commit":
            session.rollback()
    with transaction() as session:
        assert reminders.mark(session, run_id, now=now) is (dies == "before the commit")
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(ReminderLetter)) == PEOPLE
        assert session.scalar(select(func.count()).select_from(Reminder)) == PEOPLE
