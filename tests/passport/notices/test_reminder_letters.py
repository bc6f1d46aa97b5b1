"""Letters of reminders: sent once though a mail server fails, and runs at their hour."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from credentials.periods import add_months
from passport.awards import lasting
from passport.errors import Invalid
from passport.notices import jobs, letters, reminders
from passport.notices.models import ReminderLetter
from passport.web.mail import MailRefused, MailUnavailable
from tests.reminding import World


def test_a_letter_that_is_needless_by_now_is_dropped(world: World) -> None:
    renewed, off, left, stays = (world.person() for _ in range(4))
    old = world.award(renewed, ends_in=20)
    for person in (off, left, stays):
        world.award(person, ends_in=20)
    world.want()
    [run_id] = reminders.begin_due(world.session, now=world.clock())
    reminders.mark(world.session, run_id, now=world.clock())
    old.ended_at, old.ending = world.clock(), "superseded"
    reminders.choose(world.session, off.id, wants=False, actor="account:off", now=world.clock())
    world.session.execute(
        text("UPDATE employment SET ended_on = '2026-08-05' WHERE person_id = :person"), {"person": left.id}
    )
    states = []
    while state := letters.send_next(world.session, run_id, postbox=world.postbox, now=world.clock()):
        states.append(state)
    assert sorted(states) == ["dropped", "dropped", "dropped", "sent"]
    assert [letter["to"] for letter in world.written] == [f"{stays.passport_number.lower()}@invented-vale.example"]


def test_a_letter_that_is_refused_for_good_does_not_stop_the_others(world: World) -> None:
    for _ in range(3):
        world.award(world.person(), ends_in=20)
    world.want()
    world.failures = [MailRefused()]
    assert len(world.run()) == 2
    states = world.session.scalars(select(ReminderLetter.state)).all()
    assert sorted(states) == ["refused", "sent", "sent"]


def test_a_mail_server_that_is_away_is_waited_for_and_nobody_is_written_to_twice(
    app: Flask, world: World, asked_for: Callable[[], list[tuple[str, Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        world.award(world.person(), ends_in=20)
    world.want()
    world.session.commit()
    monkeypatch.setattr(jobs, "_postbox", lambda: world.postbox)
    with app.app_context():
        jobs.begin_reminders(0)
        [(name, asked)] = asked_for()
        assert name == "notices.remind"
        world.failures = [MailUnavailable(), MailUnavailable()]
        for _ in range(2):
            with pytest.raises(MailUnavailable):
                jobs.remind(**asked)
        jobs.begin_reminders(0)
        assert asked_for() == [(name, asked)] * 2
        for _ in range(2):
            jobs.remind(**asked)
        jobs.begin_reminders(0)
        assert asked_for() == [(name, asked)] * 2
    assert len({letter["to"] for letter in world.written}) == len(world.written) == 3
    assert len({letter["reference"] for letter in world.written}) == 3


def test_a_letter_that_is_sent_again_has_the_same_name(world: World) -> None:
    """The worker dies after the server took the letter, before that was noted."""
    world.award(world.person(), ends_in=20)
    world.want()
    [run_id] = reminders.begin_due(world.session, now=world.clock())
    reminders.mark(world.session, run_id, now=world.clock())
    world.session.commit()
    for _ in range(2):
        letters.send_next(world.session, run_id, postbox=world.postbox, now=world.clock())
        world.session.rollback()
    first, second = world.written
    assert first == second


@pytest.mark.parametrize(
    ("weekday", "at", "last"),
    [
        (4, "2026-08-06T05:59", "2026-07-30"),  # 6.59 in England, in summer
        (4, "2026-08-06T06:00", "2026-08-06"),
        (3, "2026-08-06T06:00", "2026-08-05"),
        (5, "2026-08-06T06:00", "2026-07-31"),
        (1, "2026-12-07T06:59", "2026-11-30"),  # in winter England is at UTC
        (1, "2026-12-07T07:00", "2026-12-07"),
        (1, "2026-08-02T23:30", "2026-07-27"),  # Monday in England already, but before seven
    ],
)
def test_a_run_is_due_at_seven_in_england(weekday: int, at: str, last: str) -> None:
    now = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert reminders.last_due(weekday, now) == date.fromisoformat(last)
    assert reminders.next_due(weekday, now) == date.fromisoformat(last) + timedelta(days=7)


def test_a_run_that_was_missed_is_made_up_for_but_new_settings_wait(world: World) -> None:
    world.award(world.person(), ends_in=20)
    world.want()
    world.clock.advance(days=3)
    assert len(world.run()) == 1
    world.award(world.person(), ends_in=20)
    world.want(weekday=1)
    world.clock.advance(hours=1)
    assert world.run() == []
    world.clock.advance(days=1)
    assert len(world.run()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"days": []},
        {"days": [31]},
        {"weekday": 0},
        {"weekday": 8},
        {"to_staff": False},
        {"to_mailbox": True},
        {"mailbox": "no address"},
        {"mailbox": "a@b.example\r\nBcc: c@d.example"},
    ],
)
def test_settings_that_make_no_sense_are_refused(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        world.want(**wrong)


@given(awarded_on=some.dates(date(2023, 1, 1), date(2026, 8, 6)), months=some.integers(1, 60))
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_counts_months_as_a_persons_page_does(session: Session, awarded_on: date, months: int) -> None:
    counted = session.scalar(
        text(f"SELECT {lasting.last_day('a', 'r')} FROM (SELECT CAST(:day AS date) AS awarded_on, "
             "CAST(NULL AS date) AS valid_until) a, (SELECT CAST(:months AS integer) AS months) r"),
        {"day": awarded_on, "months": months},
    )  # fmt: skip
    assert counted == add_months(awarded_on, months)
