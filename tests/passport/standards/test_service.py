"""The catalogue as a value, its versions, and the life of a standard."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from credentials.code_list import WORDS, CodeList, check_follows
from passport.audit.models import AuditEntry
from passport.db import transaction
from passport.errors import Invalid
from passport.standards import service
from passport.standards.catalogue import publish
from passport.standards.models import CatalogueVersion, FrameworkVersion, RenewalRule, Specification
from passport.standards.service import (
    FrameworkNotFound,
    RenewalConflict,
    StandardExists,
    StandardNotFound,
)
from tests.races import second_waits_for_first

START = date(2027, 1, 1)
FIRE_SOURCE = (
    "DocPass, a public project; coastmedic.org.uk, mandatory training matrix (24); jobs.uhb.nhs.uk, statutory and "
    "mandatory training; NHSDigital, prototype-digital-staff-passport (29 April 2025) (12) (read November 2026)"
)
CIRCULAR: dict[str, Any] = {"source": "Invented circular 1", "confidence": "high", "actor": "operator"}


@pytest.fixture
def change(session: Session, loaded: int, now: datetime) -> Callable[..., RenewalRule]:
    """Change the renewal of fire safety."""

    def make(months: int | None = 12, from_on: date = START, code: str = "FS") -> RenewalRule:
        return service.change_renewal(session, standard_code=code, months=months, from_on=from_on, **CIRCULAR, now=now)

    return make


@pytest.fixture
def move(session: Session, loaded: int, now: datetime) -> Callable[..., Specification]:
    """Move the specification of acute medicine, of which no source says where it stands."""

    def make(state: Any, on: date = START, version: str = "undated") -> Specification:
        return service.change_specification(
            session, standard_code="MPC-ACUTE-MEDICINE", version=version, state=state, on=on, source="Invented minutes",
            actor="operator", now=now,
        )  # fmt: skip

    return make


@pytest.fixture
def add(session: Session, loaded: int, now: datetime) -> Callable[..., Any]:
    """Add an invented credential."""

    def make(**values: Any) -> Any:
        usual: dict[str, Any] = {
            "code": "MPC-INVENTED",
            "kind": "credential",
            "framework_code": "CENTRE",
            "subject": "Inventing",
        }
        return service.add_standard(session, **(usual | {"title": "Inventing"} | values), **CIRCULAR, now=now)

    return make


def test_the_catalogue_holds_everything_in_the_order_of_the_numbers(session: Session, loaded: int) -> None:
    known = service.catalogue(session)
    numbers = [standard.number for standard in known.standards]
    assert (known.version, len(numbers)) == (1, 50)
    assert numbers == sorted(numbers)
    fire, tier = known.by_code["FS"], known.by_code["OMT2"]
    assert (fire.framework, fire.framework_version, fire.number) == ("CSTF", "1.1", 3)
    assert [(rule.months, rule.source) for rule in fire.renewals] == [(24, FIRE_SOURCE)]
    assert [part.title for part in tier.parts] == ["E-learning", "One day face to face"]
    assert known.by_code["RES3P"].variant == "Paediatric"


def test_a_catalogue_that_did_not_change_is_not_read_again(
    session: Session, change: Callable[..., RenewalRule]
) -> None:
    first = service.catalogue(session)
    assert service.catalogue(session) is first
    change()
    assert service.catalogue(session) is not first


def test_an_unloaded_catalogue_is_empty_and_of_no_version(session: Session) -> None:
    known = service.catalogue(session)
    assert (known.version, known.standards) == (0, ())


def test_a_changed_period_ends_the_rule_before_and_is_read_by_the_next_decision(
    session: Session, change: Callable[..., RenewalRule]
) -> None:
    change()
    fire = service.catalogue(session).by_code["FS"]
    assert [(rule.months, rule.from_on, rule.until_on) for rule in fire.renewals] == [
        (24, None, date(2026, 12, 31)),
        (12, START, None),
    ]
    in_force = [fire.renewal_on(on) for on in (date(2026, 12, 31), START)]
    assert [rule.months for rule in in_force if rule] == [24, 12]


def test_a_changed_period_reissues_nothing(session: Session, change: Callable[..., RenewalRule]) -> None:
    change()
    waiting = session.scalars(text("SELECT task_name FROM procrastinate_jobs")).all()
    assert waiting == ["publishing.refresh"]  # the code list says the new period; no copy is made again


def test_a_period_can_be_left_to_the_employer_again(session: Session, change: Callable[..., RenewalRule]) -> None:
    change(12)
    change(None, date(2028, 1, 1))
    rules = service.catalogue(session).by_code["FS"].renewals
    assert [(rule.months, rule.until_on) for rule in rules] == [
        (24, date(2026, 12, 31)), (12, date(2027, 12, 31)), (None, None),
    ]  # fmt: skip


def test_a_standard_without_a_rule_gets_its_first(session: Session, change: Callable[..., RenewalRule]) -> None:
    change(60, code="MPC-PAEDIATRICS")
    rules = service.catalogue(session).by_code["MPC-PAEDIATRICS"].renewals
    assert [(rule.months, rule.from_on) for rule in rules] == [(60, START)]


@pytest.mark.parametrize("from_on", [START, date(2026, 12, 31)])
def test_a_rule_is_not_slipped_in_before_one_on_record(change: Callable[..., RenewalRule], from_on: date) -> None:
    change()
    with pytest.raises(RenewalConflict):
        change(6, from_on)


@pytest.mark.parametrize("months", [0, -1, 601])
def test_a_period_has_between_one_and_six_hundred_months(change: Callable[..., RenewalRule], months: int) -> None:
    with pytest.raises(Invalid) as refused:
        change(months)
    assert [fault.pointer for fault in refused.value.faults] == ["/months"]


def test_an_unknown_standard_has_no_period_to_change(change: Callable[..., RenewalRule]) -> None:
    with pytest.raises(StandardNotFound):
        change(code="fs")


def test_the_version_grows_with_each_change_of_content_and_only_then(
    session: Session,
    loaded: int,
    change: Callable[..., RenewalRule],
    move: Callable[..., Specification],
    add: Callable[..., Any],
    now: datetime,
) -> None:
    versions = [loaded]
    for step in (change, add, lambda: move("candidate"), lambda: publish(session, now=now)):
        step()
        versions.append(service.version(session))
    assert versions == [1, 2, 3, 3, 3]


def test_each_version_may_follow_the_one_before_as_a_code_list(
    session: Session, change: Callable[..., RenewalRule], add: Callable[..., Any]
) -> None:
    def code_list() -> CodeList:
        known = service.catalogue(session)
        return CodeList(iss="x", iat=0, exp=1, version=known.version, standards=known.standards, words=WORDS)

    before = code_list()
    change()
    add()
    check_follows(code_list(), before)


def test_two_changes_at_once_get_two_versions(database_url: str, now: datetime) -> None:
    with transaction() as session:
        service.load_catalogue(session, now=now)

    def change(code: str) -> Callable[[Session], RenewalRule]:
        return lambda session: service.change_renewal(
            session, standard_code=code, months=6, from_on=START, **CIRCULAR, now=now
        )

    second_waits_for_first(change("FS"), change("IPC1"))
    with transaction() as session:
        numbers = session.scalars(select(CatalogueVersion.number).order_by(CatalogueVersion.number))
        assert list(numbers) == [1, 2, 3]


def test_a_new_standard_gets_the_next_number_and_its_parts(session: Session, add: Callable[..., Any]) -> None:
    add(parts=["Course", "Assessment"])
    standard = service.catalogue(session).by_code["MPC-INVENTED"]
    assert standard.number == 122
    assert [(part.number, part.title) for part in standard.parts] == [(1, "Course"), (2, "Assessment")]


def test_a_code_is_taken_once_and_belongs_to_a_known_framework(add: Callable[..., Any]) -> None:
    add()
    with pytest.raises(StandardExists):
        add()
    with pytest.raises(FrameworkNotFound):
        add(code="MPC-OTHER", framework_code="INVENTED")


def test_the_framework_version_is_that_of_the_day(session: Session, loaded: int, now: datetime) -> None:
    framework = service.framework_by_code(session, "CSTF")
    current = service.framework_version(session, framework.id, date(2026, 8, 6))
    current.until_on = date(2026, 12, 31)
    session.add(
        FrameworkVersion(framework_id=framework.id, version="2.0", from_on=START, source="invented", confidence="high")
    )
    publish(session, now=now)
    asked = [date(2020, 1, 1), date(2026, 12, 31), START]
    assert [service.framework_version(session, framework.id, on).version for on in asked] == ["1.1", "1.1", "2.0"]
    read = [service.catalogue(session, on).by_code["FS"].framework_version for on in (asked[1], START, None)]
    assert read == ["1.1", "2.0", "2.0"]


def test_a_day_before_the_first_version_gets_the_first(session: Session, loaded: int) -> None:
    framework = service.framework_by_code(session, "OMT")
    only = service.framework_version(session, framework.id, date(2026, 1, 1))
    only.from_on = date(2025, 9, 1)
    session.flush()
    assert service.framework_version(session, framework.id, date(2020, 1, 1)) is only


def test_of_editions_whose_days_are_unknown_the_latest_counts(session: Session, loaded: int) -> None:
    framework = service.framework_by_code(session, "MPF")
    assert service.framework_version(session, framework.id, date(2026, 8, 6)).version == "2025"


def test_each_change_is_in_the_audit_log(
    session: Session,
    change: Callable[..., RenewalRule],
    move: Callable[..., Specification],
    add: Callable[..., Any],
) -> None:
    change()
    move("candidate")
    add()
    actions = list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.sequence)))
    assert actions == ["catalogue.loaded", "standard.renewal_changed", "specification.changed", "standard.added"]
