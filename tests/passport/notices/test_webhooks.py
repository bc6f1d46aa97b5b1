"""Events of the audit log reach a real receiver: signed, in order, again when it was away, and nobody else's."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from standardwebhooks import WebhookVerificationError

from passport.audit.models import AuditEntry
from passport.notices import deliveries, endpoints, events, letters, reminders, signatures
from passport.notices.endpoints import WebhookDisabled
from passport.notices.letters import Postbox
from passport.notices.models import WebhookDelivery, WebhookEndpoint
from passport.notices.sending import Result
from passport.standards import service as standards
from tests.callers import Clock
from tests.factories import OrganisationFactory
from tests.hooks import KEY, add, happen, ids_of, states, tell, verify
from tests.receivers import Message, Receiver
from tests.trusts import make_trust


def test_an_event_arrives_signed_thin_and_once(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    [award] = happen(session, organisation_id, clock())
    tell(session, endpoint, clock)
    tell(session, endpoint, clock)
    [message] = receiver.script.received
    said = verify(message, signatures.secret(endpoint.secret_salt, key=KEY), clock())
    assert said == {
        "type": "award.recorded",
        "timestamp": "2026-08-06T09:00:00.000Z",
        "data": {"object": "award", "id": award},
    }
    assert states(session, endpoint) == [("delivered", 1)]


def test_a_real_award_makes_its_event(session: Session, receiver: Receiver, clock: Clock, now: datetime) -> None:
    standards.load_catalogue(session, actor="operator", now=now)
    trust = make_trust(session, now)
    endpoint = add(session, trust.organisation.id, now, url=receiver.url)
    award = trust.record()
    tell(session, endpoint, clock)
    assert ids_of(receiver) == [str(award.id)]
    assert trust.nurse.family_name.encode() not in receiver.script.received[0].body


def test_every_kind_stands_for_entries_that_the_code_writes(session: Session) -> None:
    assert events.ACTIONS.keys() == {
        "credential.issued", "credential.revoked", "award.recorded", "award.corrected", "award.withdrawn",
        "esr.imported", "batch.finished", "dispute.raised", "dispute.answered", "accreditation.changed",
    }  # fmt: skip


def test_an_event_about_several_records_has_their_number(now: datetime) -> None:
    body = events.message(kind="passport.revoked", happened_at=now, subject="credentials:" + "ab" * 32, count=7)
    assert json.loads(body)["data"] == {"object": "credential", "count": 7}


def test_a_forged_or_old_message_is_not_ours(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    happen(session, organisation_id, clock())
    tell(session, endpoint, clock)
    [message] = receiver.script.received
    secret = signatures.secret(endpoint.secret_salt, key=KEY)
    forged = Message(message.path, message.headers, message.body.replace(b"recorded", b"withdrawn"))
    for wrong, by, at in (
        (forged, secret, clock()),
        (message, signatures.secret(signatures.new_salt(), key=KEY), clock()),
        (message, signatures.secret(endpoint.secret_salt, key=b"another key"), clock()),
        (message, secret, clock() + timedelta(minutes=6)),
    ):
        with pytest.raises(WebhookVerificationError):
            verify(wrong, by, at)


def test_only_ones_own_events_of_the_chosen_kinds_from_now_on_arrive(
    session: Session, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    happen(session, organisation_id, clock())
    endpoint = add(session, organisation_id, clock(), url=receiver.url, kinds=("award.withdrawn",))
    happen(session, OrganisationFactory.create(session).id, clock(), action="award.withdrawn")
    happen(session, organisation_id, clock(), action="award.recorded")
    happen(session, organisation_id, clock(), action="session.began")
    [wanted] = happen(session, organisation_id, clock(), action="award.withdrawn")
    tell(session, endpoint, clock)
    assert ids_of(receiver) == [wanted]


def test_events_arrive_in_the_order_of_the_log(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    happened = happen(session, organisation_id, clock(), count=30)
    tell(session, endpoint, clock)
    assert ids_of(receiver) == happened


def test_what_was_answered_badly_comes_again_while_later_ones_go_on(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    receiver.script.answers = [500, 200]
    first, second = happen(session, organisation_id, clock(), count=2)
    tell(session, endpoint, clock)
    assert ids_of(receiver) == [first, second]
    tell(session, endpoint, clock)
    assert len(receiver.script.received) == 2
    clock.advance(seconds=70)
    tell(session, endpoint, clock)
    assert ids_of(receiver) == [first, second, first]
    again, before = receiver.script.received[2].headers, receiver.script.received[0].headers
    assert again["webhook-id"] == before["webhook-id"]
    assert int(again["webhook-timestamp"]) == int(before["webhook-timestamp"]) + 70
    assert states(session, endpoint) == [("delivered", 2), ("delivered", 1)]


def test_a_receiver_that_does_not_answer_is_asked_once_a_pause_and_gets_all_in_order(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    asked: list[str] = []

    def nobody(url: str, body: bytes, headers: Mapping[str, str]) -> Result:
        asked.append(headers["webhook-id"])
        return Result("no_connection", None, 1)

    happened = happen(session, organisation_id, clock(), count=3)
    tell(session, endpoint, clock, nobody)
    tell(session, endpoint, clock, nobody)
    happened += happen(session, organisation_id, clock())
    tell(session, endpoint, clock, nobody)
    assert len(asked) == 1
    clock.advance(seconds=70)
    tell(session, endpoint, clock, nobody)
    assert asked == [asked[0]] * 2
    clock.advance(minutes=6)
    tell(session, endpoint, clock)
    assert ids_of(receiver) == happened
    assert session.get_one(WebhookEndpoint, endpoint.id).failing_since is None


def test_after_a_day_it_is_switched_off_its_organisation_is_told_and_nothing_is_lost(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock, now: datetime
) -> None:
    receiver.script.answers = [500]
    happened, tries = happen(session, organisation_id, now), list[datetime]()
    while endpoint.disabled_at is None:
        tell(session, endpoint, clock)
        tries.append(clock())
        clock.now = session.scalars(select(WebhookDelivery.next_attempt_at)).one()
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert len(tries) == len(receiver.script.received) == len(deliveries.PAUSES) + 1
    assert pauses == sorted(pauses)
    assert timedelta(hours=21) < tries[-1] - now < timedelta(hours=27)
    assert (endpoint.disabled_by, states(session, endpoint)) == ("failing", [("failed", 8)])
    happened = happen(session, organisation_id, clock(), count=2)
    tell(session, endpoint, clock)
    assert len(receiver.script.received) == 8
    assert told(session, endpoint, mailbox=None) == []
    [letter] = told(session, endpoint, mailbox="team@invented-vale.example")
    assert letter["to"] == "team@invented-vale.example"
    assert "nothing got through" in letter["text"]
    assert receiver.url not in f"{letter}"
    receiver.script.answers = [200]
    endpoints.enable(session, endpoint, actor="operator", now=clock())
    tell(session, endpoint, clock)
    assert ids_of(receiver)[8:] == happened


def told(session: Session, endpoint: WebhookEndpoint, *, mailbox: str | None) -> list[dict[str, str]]:
    if mailbox:
        reminders.change_settings(
            session, organisation_id=endpoint.organisation_id, reminders_on=False, days=[90], to_staff=True,
            mailbox=mailbox, to_mailbox=False, weekday=1, actor="operator", now=endpoint.recorded_at,
        )  # fmt: skip
    written: list[dict[str, str]] = []
    postbox = Postbox(lambda **letter: written.append(letter), service="Staff passport", address="https://p.example")
    letters.tell_disabled(session, endpoint.id, postbox=postbox)
    return written


def test_one_message_that_never_passes_switches_nothing_off(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, clock: Clock
) -> None:
    [bad] = happen(session, organisation_id, clock())

    def send(url: str, body: bytes, headers: Mapping[str, str]) -> Result:
        return Result("answered", 500 if bad.encode() in body else 200, 1)

    for _ in range(40):
        happen(session, organisation_id, clock())
        tell(session, endpoint, clock, send)
        clock.advance(hours=1)
    assert states(session, endpoint)[0] == ("failed", 8)
    assert endpoint.disabled_at is None


def test_gone_switches_off_at_once(
    session: Session, endpoint: WebhookEndpoint, organisation_id: UUID, receiver: Receiver, clock: Clock
) -> None:
    receiver.script.answers = [410]
    happen(session, organisation_id, clock(), count=3)
    tell(session, endpoint, clock)
    assert (len(receiver.script.received), endpoint.disabled_by) == (1, "gone")
    assert session.scalar(select(func.count()).where(AuditEntry.action == "webhook.disabled")) == 1
    with pytest.raises(WebhookDisabled):
        endpoints.test(session, endpoint, actor="operator", now=clock())
    with pytest.raises(WebhookDisabled):
        endpoints.replay(session, endpoint, since=clock(), actor="operator", now=clock())
