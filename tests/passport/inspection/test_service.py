"""What was known on a day: no more and no less than what was recorded by its end, and only at the own organisation."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards import service as awards
from passport.awards.models import Award
from passport.errors import Invalid
from passport.holder import looks
from passport.inspection import service
from passport.inspection.models import Inspection
from tests.factories import OrganisationFactory
from tests.receiving import Shown

DAY = timedelta(days=1)


def inspect(session: Session, shown: Shown, now: datetime, **changed: Any) -> Inspection:
    asked: dict[str, Any] = {
        "organisation_id": shown.nurse.organisation_id, "number": shown.nurse.number, "as_of_on": now.date(),
        "reason": "Yearly audit", "actor": "operator", "now": now,
    }  # fmt: skip
    return service.inspect(session, **asked | changed)


def withdraw(session: Session, shown: Shown, now: datetime) -> None:
    awards.withdraw(
        session, award_id=shown.nurse.award_id, organisation_id=shown.nurse.organisation_id, reason="issued_in_error",
        actor="operator", now=now,
    )  # fmt: skip


def stood(session: Session, shown: Shown, *, on: date, now: datetime) -> list[bool]:
    return [each.stood for each in service.known_then(session, inspect(session, shown, now, as_of_on=on)).awards]


def test_an_award_stands_until_the_day_on_which_it_is_withdrawn(session: Session, shown: Shown, now: datetime) -> None:
    withdraw(session, shown, now)
    later = now + 3 * DAY
    assert stood(session, shown, on=now.date() - DAY, now=later) == [True]
    assert stood(session, shown, on=now.date(), now=later) == [False]
    assert stood(session, shown, on=later.date(), now=later) == [False]


def test_what_was_recorded_later_was_not_known(session: Session, shown: Shown, now: datetime) -> None:
    recorded = session.get_one(Award, shown.nurse.award_id).recorded_at
    assert stood(session, shown, on=recorded.date() - DAY, now=now) == []
    assert stood(session, shown, on=recorded.date(), now=now) == [True]


def test_an_organisation_that_has_nothing_to_do_with_a_person_finds_no_record(
    session: Session, shown: Shown, now: datetime
) -> None:
    stranger = OrganisationFactory.create(session)
    with pytest.raises(service.NoRecordHere):
        inspect(session, shown, now, organisation_id=stranger.id)
    for number in ("0000-0000-0", "hello", "", shown.nurse.number[:-1]):
        with pytest.raises(service.NoRecordHere):
            inspect(session, shown, now, number=number)
    assert session.scalars(select(Inspection)).all() == []


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"as_of_on": date(2100, 1, 1)}, "/as_of_on"),
        ({"reason": "  x "}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
    ],
)
def test_an_inspection_needs_a_reason_and_a_day_that_has_come(
    session: Session, shown: Shown, now: datetime, changed: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        inspect(session, shown, now, **changed)
    assert [fault.pointer for fault in refusal.value.faults] == [pointer]


def test_the_holder_sees_the_inspection_and_the_log_holds_no_reason(
    session: Session, shown: Shown, now: datetime
) -> None:
    made = inspect(session, shown, now)
    [look] = looks.who_has_looked(session, shown.nurse.person_id).items
    assert (look.how, look.result.text, look.at) == ("Your record, by an auditor", "Inspected", now)
    entry = session.scalars(select(AuditEntry).filter_by(action="person.inspected")).one()
    assert entry.detail == {"inspection": str(made.id), "as_of": now.date().isoformat()}


def test_another_organisation_does_not_read_an_inspection(session: Session, shown: Shown, now: datetime) -> None:
    made = inspect(session, shown, now)
    with pytest.raises(service.InspectionNotFound):
        service.by_id(session, made.id, organisation_id=OrganisationFactory.create(session).id)
