"""Who is reminded of what, when and how often; the rule of the day says when something ends."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from credentials.periods import add_months
from passport.audit.models import AuditEntry
from passport.awards import lasting
from passport.awards.models import AwardDispute
from passport.errors import Invalid
from passport.notices import expiry, jobs, letters, reminders
from passport.notices.letters import Postbox
from passport.notices.models import Reminder, ReminderLetter, ReminderRun
from passport.organisations.models import Organisation
from passport.staff.models import Contact, Person
from passport.standards.models import RenewalRule, Standard
from passport.web.mail import MailRefused, MailUnavailable
from tests.callers import Clock
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

THURSDAY = 4  # the 6th of August 2026
TODAY = date(2026, 8, 6)


@dataclass
class World:
    """A trust whose fire training counts for 12 months, and what its reminders wrote."""

    session: Session
    clock: Clock
    trust: Organisation
    fire: Standard
    framework_version_id: UUID
    written: list[dict[str, str]] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def person(self, *, address: bool = True, name: str = "Nia", trust: Organisation | None = None) -> Person:
        """Make somebody who works at the trust."""
        person: Person = PersonFactory.create(self.session, given_name=name)
        EmploymentFactory.create(self.session, person_id=person.id, organisation_id=(trust or self.trust).id)
        if address:
            email = f"{person.passport_number.lower()}@invented-vale.example"
            self.session.add(Contact(person_id=person.id, email=email, confirmed_at=RECORDED_AT))
        self.session.flush()
        return person

    def award(self, person: Person, *, ends_in: int, standard: Standard | None = None, **values: Any) -> Any:
        """Record an award whose last day by its issuer is so many days from today."""
        return AwardFactory.create(
            self.session, person_id=person.id, organisation_id=values.pop("organisation_id", self.trust.id),
            standard_id=(standard or self.fire).id, framework_version_id=self.framework_version_id,
            **{"awarded_on": date(2026, 3, 2), "valid_until": TODAY + timedelta(days=ends_in)} | values,
        )  # fmt: skip

    def want(self, **changes: Any) -> None:
        """Set what the trust wants: letters to staff, today, unless the test says otherwise."""
        wanted: dict[str, Any] = {
            "reminders_on": True, "days": [90, 30, 7], "to_staff": True, "mailbox": None, "to_mailbox": False,
            "weekday": THURSDAY,
        }  # fmt: skip
        reminders.change_settings(
            self.session, organisation_id=self.trust.id, actor="operator",
            now=self.clock() - timedelta(days=1), **(wanted | changes),
        )  # fmt: skip

    def run(self) -> list[str]:
        """Do what the worker does at this time; return the addresses that were written to now."""
        before = len(self.written)
        for run_id in reminders.begin_due(self.session, now=self.clock()):
            reminders.mark(self.session, run_id, now=self.clock())
            while letters.send_next(self.session, run_id, postbox=self.postbox, now=self.clock()):
                pass
        return [letter["to"] for letter in self.written[before:]]

    @property
    def postbox(self) -> Postbox:
        """Where letters go."""
        return Postbox(self.write, service="Staff passport", address="https://passport.example")

    def write(self, **letter: str) -> None:
        """Take a letter, or fail as the test says."""
        if self.failures:
            raise self.failures.pop(0)
        self.written.append(letter)


@pytest.fixture
def world(session: Session, clock: Clock) -> World:
    framework = FrameworkFactory.create(session)
    version = FrameworkVersionFactory.create(session, framework_id=framework.id)
    fire = StandardFactory.create(session, framework_id=framework.id, title="Fire safety")
    world = World(session, clock, OrganisationFactory.create(session), fire, version.id)
    rule(world, months=12)
    return world


def rule(world: World, *, months: int | None, from_on: date | None = None, standard: Standard | None = None) -> None:
    world.session.add(
        RenewalRule(
            standard_id=(standard or world.fire).id,
            months=months,
            from_on=from_on,
            source="invented",
            confidence="high",
            recorded_at=RECORDED_AT,
        )
    )
    world.session.flush()


def test_a_letter_says_what_ends_when_and_names_nobody_in_its_subject(world: World) -> None:
    nia = world.person()
    world.award(nia, ends_in=20)
    world.want()
    assert world.run() == [f"{nia.passport_number.lower()}@invented-vale.example"]
    [letter] = world.written
    assert letter["subject"] == "Staff passport: training that ends soon"
    assert letter["text"].startswith("Dear Nia,\n")
    assert "- Fire safety: 26 August 2026\n" in letter["text"]
    for secret in (nia.family_name, nia.passport_number, str(nia.id), "1990"):
        assert secret not in letter["text"] + letter["subject"]
    links = [word for word in letter["text"].split() if word.startswith("http")]
    assert links == ["https://passport.example/sign-in"]


def test_many_awards_make_one_letter(world: World) -> None:
    nia = world.person()
    for place in range(5):
        standard = StandardFactory.create(
            world.session, framework_id=world.fire.framework_id, title=f"Invented subject {place}"
        )
        world.award(nia, ends_in=80 - place, standard=standard)
    world.want()
    assert len(world.run()) == 1
    days = [line for line in world.written[0]["text"].splitlines() if line.startswith("- ")]
    assert [line.partition(":")[0] for line in days] == [f"- Invented subject {place}" for place in (4, 3, 2, 1, 0)]


def test_each_step_is_reminded_once(world: World) -> None:
    nia = world.person()
    world.award(nia, ends_in=95)
    world.want()
    reminded_on = []
    for _ in range(16):
        if world.run():
            reminded_on.append((date(2026, 11, 9) - world.clock().date()).days)
        assert world.run() == []
        world.clock.advance(weeks=1)
    assert reminded_on == [88, 25, 4]


def test_only_the_lengths_of_time_that_were_chosen_count(world: World) -> None:
    world.award(world.person(), ends_in=50)
    world.want(days=[30])
    assert world.run() == []
    world.clock.advance(weeks=3)
    assert len(world.run()) == 1


def test_other_lengths_of_time_do_not_remind_of_the_same_again(world: World) -> None:
    world.award(world.person(), ends_in=20)
    world.want(days=[30])
    assert len(world.run()) == 1
    world.clock.advance(weeks=1)
    world.want(days=[90])
    assert world.run() == []


def test_a_changed_rule_changes_the_reminder(world: World) -> None:
    """An award of March 2026 that counts for 12 months ends in March 2027; with 6 months it ends on 2 September."""
    world.award(world.person(), ends_in=0, valid_until=None)
    world.want()
    assert world.run() == []
    rule(world, months=6, from_on=date(2026, 8, 10))
    world.clock.advance(weeks=1)
    assert len(world.run()) == 1
    assert "2 September 2026" in world.written[0]["text"]
    rule(world, months=7, from_on=date(2026, 8, 20))
    world.clock.advance(weeks=1)
    assert len(world.run()) == 1
    assert "2 October 2026" in world.written[1]["text"]


def test_what_has_no_end_or_ended_already_is_not_reminded(world: World) -> None:
    other = StandardFactory.create(world.session, framework_id=world.fire.framework_id)
    world.award(world.person(), ends_in=0, valid_until=None, standard=other)
    world.award(world.person(), ends_in=-1)
    rule(world, months=None, from_on=date(2026, 1, 1))
    world.award(world.person(), ends_in=0, valid_until=None)
    assert expiry.find(world.session, world.trust.id, [90, 7], on=TODAY).people == 0


def test_the_last_day_counts_still(world: World) -> None:
    world.award(world.person(), ends_in=0)
    world.want()
    assert len(world.run()) == 1


def test_an_award_that_another_outlasts_or_covers_is_not_reminded(world: World) -> None:
    other = OrganisationFactory.create(world.session)
    higher = StandardFactory.create(
        world.session, framework_id=world.fire.framework_id, satisfies=[world.fire.code], satisfies_source="invented"
    )
    outlasted, covered, both_end = (world.person() for _ in range(3))
    for person in (outlasted, covered, both_end):
        world.award(person, ends_in=20)
    world.award(outlasted, ends_in=200, organisation_id=other.id)
    world.award(covered, ends_in=200, standard=higher)
    world.award(both_end, ends_in=25, organisation_id=other.id)
    world.want()
    assert len(world.run()) == 1
    assert world.written[0]["text"].count("\n- ") == 1
    assert "31 August 2026" in world.written[0]["text"]


def test_another_part_does_not_cover(world: World) -> None:
    nia = world.person()
    world.award(nia, ends_in=20, part=1)
    world.award(nia, ends_in=200, part=2)
    world.want()
    assert len(world.run()) == 1
    assert "Fire safety, part 1: " in world.written[0]["text"]


def test_an_award_that_was_questioned_is_not_reminded(world: World, now: datetime) -> None:
    nia = world.person()
    award = world.award(nia, ends_in=20)
    world.session.add(
        AwardDispute(
            award_id=award.id,
            person_id=nia.id,
            organisation_id=world.trust.id,
            reason="incorrect",
            words="Invented.",
            raised_at=now,
        )
    )
    world.session.flush()
    world.want()
    assert world.run() == []


def test_only_those_who_work_there_now_are_reminded(world: World) -> None:
    gone, coming, elsewhere, twice = (world.person() for _ in range(4))
    for person, changes in (
        (gone, {"ended_on": date(2026, 8, 5)}),
        (coming, {"started_on": date(2026, 9, 1)}),
        (elsewhere, {"organisation_id": OrganisationFactory.create(world.session).id}),
    ):
        words = ", ".join(f"{name} = :{name}" for name in changes)
        world.session.execute(
            text(f"UPDATE employment SET {words} WHERE person_id = :person"), changes | {"person": person.id}
        )
    EmploymentFactory.create(world.session, person_id=twice.id, organisation_id=world.trust.id)
    for person in (gone, coming, elsewhere, twice):
        world.award(person, ends_in=20)
    world.want()
    assert world.run() == [f"{twice.passport_number.lower()}@invented-vale.example"]
    assert world.session.scalars(select(Reminder.person_id)).all() == [twice.id]


def test_one_without_a_confirmed_address_is_counted_and_reminded_once_there_is_one(world: World) -> None:
    nobody, unconfirmed = world.person(address=False), world.person(address=False)
    world.session.add(Contact(person_id=unconfirmed.id, email="stranger@invented.example", confirmed_at=None))
    world.award(nobody, ends_in=20)
    world.award(unconfirmed, ends_in=20)
    world.want()
    assert world.run() == []
    run = reminders.latest_run(world.session, world.trust.id)
    assert run is not None
    assert (run.letters, run.without_address) == (0, 2)
    world.session.get_one(Contact, unconfirmed.id).confirmed_at = world.clock()
    world.clock.advance(weeks=1)
    assert world.run() == ["stranger@invented.example"]


def test_who_turned_them_off_gets_none_until_turned_on(world: World) -> None:
    nia = world.person()
    world.award(nia, ends_in=20)
    world.want()
    for wants in (True, False, False):
        reminders.choose(world.session, nia.id, wants=wants, actor="account:nia", now=world.clock())
    assert world.run() == []
    reminders.choose(world.session, nia.id, wants=True, actor="account:nia", now=world.clock())
    world.clock.advance(weeks=1)
    assert len(world.run()) == 1
    actions = world.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"person:{nia.id}")).all()
    assert actions == ["reminders.turned_off", "reminders.turned_on"]


def test_two_employers_remind_once(world: World) -> None:
    second = OrganisationFactory.create(world.session)
    nia = world.person()
    EmploymentFactory.create(world.session, person_id=nia.id, organisation_id=second.id)
    world.award(nia, ends_in=20)
    world.want()
    world.trust, first = second, world.trust
    world.want()
    assert len(world.run()) == 1
    assert world.session.scalar(select(func.count()).select_from(ReminderRun)) == 2
    assert first.id != second.id


def test_a_mailbox_gets_counts_and_no_names(world: World) -> None:
    for place in range(3):
        person = world.person(name=f"Secretname{place}", address=place > 0)
        world.award(person, ends_in=20 if place else 80)
    world.want(to_staff=False, to_mailbox=True, mailbox="ward-7@invented-vale.example")
    assert world.run() == ["ward-7@invented-vale.example"]
    said = world.written[0]["text"]
    assert "- in 30 days or sooner: 2 awards of 2 people\n- in 90 days or sooner: 1 award of 1 person\n" in said
    assert "1 of them have no confirmed email address" in said
    assert "Secretname" not in said
    assert world.session.scalar(select(func.count()).select_from(Reminder)) == 0


def test_a_mailbox_is_not_written_to_about_nothing(world: World) -> None:
    world.want(to_mailbox=True, mailbox="ward-7@invented-vale.example")
    assert world.run() == []


def test_reminders_are_off_until_somebody_turns_them_on(world: World) -> None:
    world.award(world.person(), ends_in=20)
    assert world.run() == []
    world.want(reminders_on=False)
    assert world.run() == []


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
