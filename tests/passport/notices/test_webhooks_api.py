"""`/v1/webhooks`: an organisation's own, and nobody else's."""

from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.notices import deliveries, jobs
from passport.notices.models import WebhookDelivery
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory
from tests.hooks import happen, verify
from tests.receivers import Receiver

PATH = "/v1/webhooks"
BODY = {"url": "https://hooks.invented.example/passport", "kinds": ["award.recorded", "passport.revoked"]}


@pytest.fixture
def client(app: Flask, session: Session) -> FlaskClient:
    return sign_in(app, session, OrganisationFactory.create(session).id, "webhooks:write")


@pytest.fixture
def made(client: FlaskClient) -> str:
    answer = client.post(PATH, json=BODY)
    assert answer.status_code == 201, answer.get_json()
    return f"{PATH}/{answer.get_json()['id']}"


def test_the_secret_is_in_the_first_answer_alone(client: FlaskClient) -> None:
    answer = client.post(PATH, json=BODY, headers={"Idempotency-Key": "one"})
    assert answer.get_json()["secret"].startswith("whsec_")
    assert answer.headers["Location"] == f"{PATH}/{answer.get_json()['id']}"
    assert client.post(PATH, json=BODY, headers={"Idempotency-Key": "one"}).get_json() == answer.get_json()
    [listed] = client.get(PATH).get_json()["items"]
    assert listed == client.get(answer.headers["Location"]).get_json()
    assert "secret" not in listed
    assert listed["kinds"] == ["passport.revoked", "award.recorded"]


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"url": "http://hooks.invented.example/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "/url"),
        ({"kinds": []}, "/kinds"),
        ({"kinds": ["person.named"]}, "/kinds/0"),
        ({"secret": "whsec_mine"}, "/secret"),
    ],
)
def test_a_wrong_one_is_refused_by_its_place(client: FlaskClient, wrong: dict[str, object], pointer: str) -> None:
    answer = client.post(PATH, json=BODY | wrong)
    assert (answer.status_code, answer.get_json()["errors"][0]["pointer"]) == (422, pointer)
    assert client.get(PATH).get_json()["items"] == []


def test_a_foreign_one_and_an_unknown_one_are_the_same_404(app: Flask, session: Session, made: str) -> None:
    stranger = sign_in(app, session, OrganisationFactory.create(session).id, "webhooks:write")
    assert stranger.get(PATH).get_json()["items"] == []
    for path in (made, f"{PATH}/{uuid4()}"):
        for method, suffix, body in (
            ("GET", "", None), ("DELETE", "", None), ("GET", "/deliveries", None), ("POST", "/secret", None),
            ("POST", "/test", None), ("POST", "/enable", None),
            ("POST", "/replay", {"from": "2026-08-01T00:00:00Z"}),
        ):  # fmt: skip
            answer = stranger.open(f"{path}{suffix}", method=method, json=body)
            assert (answer.status_code, answer.get_json()["code"]) == (404, "webhook_not_found"), (method, suffix)


def test_another_scope_does_not_do(app: Flask, session: Session) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id, "awards:write")
    assert other.post(PATH, json=BODY).status_code == 403


def test_secret_test_replay_and_deletion(client: FlaskClient, made: str, session: Session, clock: Clock) -> None:
    changed = client.post(f"{made}/secret").get_json()
    assert changed["secret"].startswith("whsec_")
    assert changed["previous_until"] == "2026-08-07T09:00:00Z"
    tested = client.post(f"{made}/test")
    assert (tested.status_code, tested.get_json()["kind"], tested.get_json()["state"]) == (
        202,
        "webhook.test",
        "waiting",
    )
    [listed] = client.get(f"{made}/deliveries").get_json()["items"]
    assert listed == tested.get_json()
    replayed = client.post(f"{made}/replay", json={"from": "2026-08-01T00:00:00Z"})
    assert (replayed.status_code, replayed.get_json()) == (202, {"from": "2026-08-01T00:00:00Z", "events": 0})
    future = client.post(f"{made}/replay", json={"from": "2026-09-01T00:00:00Z"})
    assert (future.status_code, future.get_json()["errors"][0]["pointer"]) == (422, "/from")
    assert client.post(f"{made}/enable").get_json()["disabled_at"] is None
    assert client.delete(made).status_code == 204
    assert client.get(made).status_code == 404


def test_tests_are_limited(client: FlaskClient, made: str) -> None:
    statuses = {client.post(f"{made}/test").status_code for _ in range(31)}
    assert statuses == {202, 429}


def test_from_the_api_to_the_receiver(app: Flask, session: Session, receiver: Receiver, clock: Clock) -> None:
    """The whole way, as the worker goes it; a demonstration may send to this machine."""
    organisation = OrganisationFactory.create(session)
    settings = app.config["SETTINGS"]
    object.__setattr__(settings, "demo", True)
    client = sign_in(app, session, organisation.id, "webhooks:write")
    made = client.post(PATH, json={"url": receiver.url, "kinds": ["award.recorded"]}).get_json()
    [award] = happen(session, organisation.id, clock())
    session.commit()
    with app.app_context():
        jobs.webhooks(0)
        jobs.deliver(made["id"])
    [message] = receiver.script.received
    assert verify(message, made["secret"], clock())["data"]["id"] == award
    session.expire_all()
    delivery = session.scalars(select(WebhookDelivery)).one()
    [listed] = client.get(f"{PATH}/{made['id']}/deliveries").get_json()["items"]
    assert listed["id"] == deliveries.message_id(delivery) == message.headers["webhook-id"]
    assert (listed["state"], listed["last_status"], listed["next_attempt_at"]) == ("delivered", 204, None)
