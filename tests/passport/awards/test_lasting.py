"""Who has something to do: lists, reminders and the holder's own page say the same of the same awards."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from passport.awards import lasting
from passport.awards.models import AwardDispute
from passport.holder import service as holder
from passport.issuing import people
from passport.notices import expiry
from passport.staff.models import Employment, Person
from passport.standards.models import CarryOver, RenewalRule
from tests.factories import (
    AwardFactory,
    EmploymentFactory,
    FrameworkFactory,
    FrameworkVersionFactory,
    OrganisationFactory,
    PersonFactory,
    StandardFactory,
)

NOW = datetime.fromisoformat("2026-08-06T09:00:00+00:00")
TODAY = NOW.date()
OLD, NEW = date(2023, 3, 2), date(2026, 3, 2)  # of a standard that counts for 36 months


@dataclass
class World:
    """A lower and a higher level that covers it, a third subject, the employer and another issuer.

    Of the lower level and the third subject, the newer version of the framework leaves older awards open.
    """

    session: Session
    lower: UUID
    higher: UUID
    other: UUID
    version: UUID
    newer: UUID
    employer: UUID
    stranger: UUID

    def person(self) -> Person:
        """Make somebody who works for the employer."""
        person: Person = PersonFactory.create(self.session)
        EmploymentFactory.create(self.session, person_id=person.id, organisation_id=self.employer)
        return person

    def award(self, person: Person, standard_id: UUID, awarded_on: date, **values: Any) -> UUID:
        """Record an award by the employer, unless the test says otherwise."""
        questioned = values.pop("questioned", False)
        award = AwardFactory.create(
            self.session, person_id=person.id, standard_id=standard_id, awarded_on=awarded_on,
            **{"organisation_id": self.employer, "framework_version_id": self.newer} | values,
        )  # fmt: skip
        if questioned:
            said = {"reason": "incorrect", "words": "Not right.", "raised_at": NOW}
            by = {"person_id": person.id, "organisation_id": award.organisation_id}
            self.session.add(AwardDispute(award_id=award.id, **said, **by))
            self.session.flush()
        return UUID(str(award.id))

    def listed(self) -> Sequence[Person]:
        """Return who the employer's list names."""
        asked = people.listing(self.session, self.employer, search="", only=people.NEEDS_ACTION, now=NOW)
        return self.session.scalars(asked).all()


@pytest.fixture(scope="session")
def engine(furnished: Callable[..., Engine]) -> Engine:
    """No version of the catalogue is published, so that what these tests add to it counts at once."""
    return furnished()


@pytest.fixture
def world(session: Session) -> World:
    framework = FrameworkFactory.create(session)
    version = FrameworkVersionFactory.create(session, framework_id=framework.id)
    newer = FrameworkVersionFactory.create(session, framework_id=framework.id, version="2.0", from_on=date(2022, 1, 1))
    lower, other = (StandardFactory.create(session, framework_id=framework.id) for _ in range(2))
    higher = StandardFactory.create(session, framework_id=framework.id, satisfies=[lower.code])
    for standard in (lower, higher):
        rule = {"months": 36, "source": "invented", "confidence": "high", "recorded_at": NOW}
        session.add(RenewalRule(standard_id=standard.id, **rule))
    for standard, worth in ((lower, "in_part"), (other, "unclear"), (higher, "as_before")):
        session.add(CarryOver(framework_version_id=newer.id, standard_id=standard.id, worth=worth))
    session.flush()
    employer, stranger = (OrganisationFactory.create(session).id for _ in range(2))
    return World(session, lower.id, higher.id, other.id, version.id, newer.id, employer, stranger)


def test_an_old_award_alone_needs_action(world: World) -> None:
    person = world.person()
    world.award(person, world.lower, OLD)
    assert world.listed() == [person]


@pytest.mark.parametrize("newer", ["lower", "higher"])
def test_a_newer_award_of_whoever_issued_it_makes_the_old_one_needless(world: World, newer: str) -> None:
    person = world.person()
    old = world.award(person, world.lower, OLD)
    new = world.award(person, getattr(world, newer), NEW, organisation_id=world.stranger)
    assert world.listed() == []
    assert holder.my_passport(world.session, person.id, now=NOW).awards.needs_action == ()
    assert lasting.of_people(world.session, [person.id], today=TODAY) == {
        old: lasting.Lasting(date(2026, 3, 2), outlasted=True),
        new: lasting.Lasting(date(2029, 3, 2), outlasted=False),
    }


@pytest.mark.parametrize(
    "newer",
    [{"part": 1}, {"questioned": True}, {"valid_until": date(2026, 1, 1)}],
    ids=lambda values: next(iter(values)),
)
def test_what_covers_no_whole_is_questioned_or_ends_sooner_makes_nothing_needless(
    world: World, newer: dict[str, Any]
) -> None:
    person = world.person()
    world.award(person, world.lower, OLD)
    world.award(person, world.higher, NEW, organisation_id=world.stranger, **newer)
    assert world.listed() == [person]


def test_a_lower_level_covers_no_higher_one(world: World) -> None:
    person = world.person()
    world.award(person, world.higher, OLD)
    world.award(person, world.lower, NEW)
    assert world.listed() == [person]


def test_somebody_elses_award_makes_nothing_needless(world: World) -> None:
    person, colleague = world.person(), world.person()
    world.award(person, world.lower, OLD)
    world.award(colleague, world.lower, NEW)
    assert world.listed() == [person]


def test_what_a_newer_version_leaves_open_needs_action_until_an_award_of_it(world: World) -> None:
    person = world.person()
    world.award(person, world.lower, NEW, framework_version_id=world.version)
    assert world.listed() == [person]
    (shown,) = holder.my_passport(world.session, person.id, now=NOW).awards.needs_action
    assert (shown.tag, shown.colour) == ("Partly counts", "yellow")
    assert shown.sentence.endswith("Since 1 January 2022 the framework has new content. Do what was added.")
    world.award(person, world.lower, NEW + timedelta(days=1), organisation_id=world.stranger)
    assert world.listed() == []


A_FEW_AWARDS = some.lists(
    some.tuples(
        some.sampled_from(("lower", "higher", "other")),
        some.sampled_from(("employer", "stranger")),
        some.sampled_from((OLD, OLD + timedelta(days=180), OLD + timedelta(days=250), NEW)),
        some.sampled_from((None, TODAY - timedelta(days=1), TODAY, TODAY + lasting.SOON, TODAY + timedelta(days=91))),
        some.booleans(),
        some.sampled_from((0, 0, 1)),
        some.sampled_from(("newer", "newer", "version")),
    ),
    max_size=6,
    unique_by=lambda award: (award[0], award[1], award[5]),
)


@given(awards=A_FEW_AWARDS)
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_list_the_reminders_and_the_own_page_say_the_same(world: World, awards: list[Any]) -> None:
    person, session = world.person(), world.session
    for standard, issuer, awarded_on, valid_until, questioned, part, version in awards:
        world.award(
            person, getattr(world, standard), awarded_on, organisation_id=getattr(world, issuer),
            valid_until=valid_until, questioned=questioned, part=part, framework_version_id=getattr(world, version),
        )  # fmt: skip
    own = holder.my_passport(session, person.id, now=NOW).awards
    (shown,) = people.described(session, [person], now=NOW)
    assert shown.needs_action is bool(own.needs_action)
    counted = lasting.of_people(session, [person.id], today=TODAY)
    assert {str(award_id): one.last_on for award_id, one in counted.items()} == {
        each.award.id: each.last_day for each in own.all
    }
    assert {str(award_id) for award_id, one in counted.items() if one.outlasted} == {
        each.award.id for each in own.outlasted
    }
    found = expiry.find(session, world.employer, [lasting.SOON.days], on=TODAY)
    ending = [each for each in own.needs_action if each.state in ("ending", "in_part", "unclear")]
    assert sum(each.awards for each in found.endings) == sum(
        each.last_day is not None and each.last_day <= TODAY + lasting.SOON for each in ending
    )
    session.delete(session.scalars(select(Employment).filter_by(person_id=person.id)).one())
    session.flush()
