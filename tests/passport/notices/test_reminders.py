"""Who is reminded of what, when and how often; the rule of the day says when something ends."""

from datetime import date, datetime

from sqlalchemy import func, select, text

from passport.audit.models import AuditEntry
from passport.awards.models import AwardDispute
from passport.notices import expiry, reminders
from passport.notices.models import Reminder, ReminderRun
from passport.staff.models import Contact
from tests.factories import (
    EmploymentFactory,
    OrganisationFactory,
    StandardFactory,
)
from tests.reminding import TODAY, World, rule


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
