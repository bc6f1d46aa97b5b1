"""A trust that reminds its staff of what ends, in tests."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from passport.notices import letters, reminders
from passport.notices.letters import Postbox
from passport.organisations.models import Organisation
from passport.staff.models import Contact, Person
from passport.standards.models import RenewalRule, Standard
from tests.callers import Clock
from tests.factories import (
    RECORDED_AT,
    AwardFactory,
    EmploymentFactory,
    PersonFactory,
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
