"""How often somebody may ask: AUT-059 and AUT-060 of the catalogue of attacks."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.errors import TooMany
from passport.web.limits import Limit, forget_old_windows
from passport.web.models import RateWindow
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory

LIMITED = "/v1/things/limited"


def test_aut_059_who_asks_too_often_must_wait_and_others_need_not(
    app: Flask, known: FlaskClient, session: Session, clock: Clock
) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id, "verify")
    clock.advance(seconds=1)
    for _ in range(5):
        assert known.post(LIMITED).status_code == 200
    clock.advance(seconds=29)
    answer = known.post(LIMITED)
    assert (answer.status_code, answer.get_json()["code"]) == (429, "too_many_requests")
    assert answer.headers["Retry-After"] == "31"
    assert other.post(LIMITED).status_code == 200
    clock.advance(seconds=31)
    assert known.post(LIMITED).status_code == 200


@pytest.mark.parametrize("block", [1, 3, 10])
def test_aut_060_two_workers_allow_together_what_one_does(database_url: str, now: datetime, block: int) -> None:
    workers = [Limit("shared", per_minute=20, block=block) for _ in range(2)]

    def ask(number: int) -> bool:
        try:
            workers[number % 2].use("client", now=now)
        except TooMany:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        allowed = sum(pool.map(ask, range(80)))
    assert allowed == 20


def test_a_block_costs_one_write(session: Session, now: datetime) -> None:
    limit = Limit("blocks", per_minute=100, block=10)
    for _ in range(11):
        limit.use("client", now=now)
    assert session.scalars(select(RateWindow.used).filter_by(name="blocks:client")).one() == 20


def test_old_windows_are_forgotten(session: Session, clock: Clock) -> None:
    Limit("old", per_minute=1).use("client", now=clock.now)
    forget_old_windows(session, at=clock.now)
    assert session.scalar(select(func.count()).select_from(RateWindow)) == 1
    forget_old_windows(session, at=clock.advance(days=1))
    assert session.scalar(select(func.count()).select_from(RateWindow)) == 0
