"""A new version of a framework: what it says of earlier awards, from when on, and that silence accepts nothing."""

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.catalogue import CarryOver, Standard
from passport.audit.models import AuditEntry
from passport.errors import Invalid
from passport.standards import service
from passport.standards.frameworks import FrameworkVersionExists, FrameworkVersionOrder, add_version, versions_of
from passport.standards.models import FrameworkVersion

FIRST = date(2027, 1, 1)
CIRCULAR: dict[str, Any] = {"source": "Invented circular 2", "confidence": "high", "actor": "operator"}


def add(session: Session, now: datetime, version: str = "2.0", from_on: date = FIRST, **worth: Any) -> FrameworkVersion:
    return add_version(
        session, framework_code="CSTF", version=version, from_on=from_on, worth=worth, **CIRCULAR, now=now
    )


def test_a_version_begins_where_the_one_before_ends_and_is_published(
    session: Session, loaded: int, now: datetime
) -> None:
    add(session, now, FS="as_before")
    framework = service.framework_by_code(session, "CSTF")
    versions = session.scalars(select(FrameworkVersion).filter_by(framework_id=framework.id))
    assert {each.version: each.until_on for each in versions} == {"1.1": date(2026, 12, 31), "2.0": None}
    assert service.version(session) == loaded + 1
    assert session.scalar(select(func.count()).where(AuditEntry.action == "framework.version_added")) == 1


def test_what_a_version_does_not_speak_of_is_for_a_person_to_decide(
    session: Session, loaded: int, now: datetime
) -> None:
    add(session, now, FS="as_before", IPC2="in_part")
    known = service.catalogue(session).by_code
    said = {code: [each.worth for each in known[code].carry_overs] for code in ("FS", "IPC2", "HSW", "OMT1")}
    assert said == {"FS": ["as_before"], "IPC2": ["in_part"], "HSW": ["unclear"], "OMT1": []}


def test_a_version_that_cannot_be_is_refused(session: Session, loaded: int, now: datetime) -> None:
    add(session, now)
    with pytest.raises(FrameworkVersionExists):
        add(session, now, from_on=date(2028, 1, 1))
    with pytest.raises(FrameworkVersionOrder):
        add(session, now, version="2.1")
    with pytest.raises(Invalid, match="no standard OMT1"):
        add(session, now, version="2.1", from_on=date(2028, 1, 1), OMT1="as_before")
    with pytest.raises(service.FrameworkNotFound):
        add_version(
            session, framework_code="XX", version="1", from_on=FIRST, worth={}, **CIRCULAR, now=now
        )  # fmt: skip


@pytest.mark.parametrize("from_on", [date(2025, 8, 4), date(2031, 8, 11), date(1900, 1, 1), date.min, date.max])
def test_a_version_begins_at_most_a_year_ago_and_five_years_ahead(
    session: Session, loaded: int, now: datetime, from_on: date
) -> None:
    with pytest.raises(Invalid, match="from 5 August 2025 to 10 August 2031") as wrong:
        add(session, now, from_on=from_on)
    assert [fault.pointer for fault in wrong.value.faults] == ["/from_on"]
    assert service.version(session) == loaded


def test_a_version_is_entered_after_it_began_but_not_before_the_one_that_it_follows(
    session: Session, loaded: int, now: datetime
) -> None:
    add(session, now, from_on=date(2026, 7, 1))
    for from_on in (date(2026, 6, 30), date(2026, 7, 1)):
        with pytest.raises(FrameworkVersionOrder, match=r"^Version 2\.0 begins on 1 July 2026\."):
            add(session, now, version="2.1", from_on=from_on)
    add(session, now, version="2.1", from_on=date(2026, 7, 2))
    versions = [(each.version, each.until_on) for each in versions_of(session, "CSTF")]
    assert versions == [("1.1", date(2026, 6, 30)), ("2.0", date(2026, 7, 1)), ("2.1", None)]


def test_the_last_day_of_a_version_that_was_over_before_stays_unknown(
    session: Session, loaded: int, now: datetime
) -> None:
    add_version(session, framework_code="MPF", version="2027", from_on=FIRST, worth={}, **CIRCULAR, now=now)
    versions = {each.version: each.until_on for each in versions_of(session, "MPF")}
    assert versions == {"2017": None, "2025": date(2026, 12, 31), "2027": None}


def test_to_load_the_files_again_takes_no_version_back(session: Session, loaded: int, now: datetime) -> None:
    add(session, now, FS="in_part")
    before = service.version(session)
    assert service.load_catalogue(session, now=now).changed == []
    assert service.version(session) == before


CARRIED = (
    CarryOver(version="2", from_on=date(2024, 1, 1), worth="as_before", source="invented"),
    CarryOver(version="3", from_on=date(2025, 1, 1), worth="unclear", source="invented"),
    CarryOver(version="4", from_on=date(2026, 1, 1), worth="in_part", source="invented"),
)


@pytest.mark.parametrize(
    ("made_against", "on", "version"),
    [
        ("1", date(2024, 6, 1), None),  # as before
        ("1", date(2024, 12, 31), None),
        ("1", date(2025, 1, 1), "3"),
        ("1", date(2026, 1, 1), "3"),  # what leaves least decides, not the newest
        ("2", date(2025, 1, 1), "3"),
        ("3", date(2026, 1, 1), "4"),
        ("3", date(2025, 12, 31), None),
        ("4", date(2026, 1, 1), None),
    ],
)
def test_the_versions_after_the_award_decide_from_their_first_day(
    made_against: str, on: date, version: str | None
) -> None:
    standard = Standard(
        code="FS", number=3, kind="statutory", framework="CSTF", framework_version="4", subject="Fire", title="Fire",
        carry_overs=CARRIED,
    )  # fmt: skip
    found = standard.carried_over(made_against, on)
    assert (found.version if found else None) == version
