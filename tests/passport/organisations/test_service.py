"""Organisations: codes, places, ends, VPDs and the agreement."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.db import transaction
from passport.errors import Invalid
from passport.organisations import service
from passport.organisations.models import Organisation
from passport.organisations.service import (
    OrganisationClosed,
    OrganisationExists,
    OrganisationNotFound,
    SuccessorConflict,
)
from tests.races import second_waits_for_first

Register = Callable[..., Organisation]


@pytest.fixture
def register(session: Session, now: datetime) -> Register:
    """Register an invented organisation by its code."""

    def make(ods_code: str, **values: Any) -> Organisation:
        usual = {"name": f"Invented {ods_code}", "kind": "nhs_trust", "source": "invented"}
        return service.register(session, ods_code=ods_code, actor="operator", now=now, **(usual | values))

    return make


@pytest.fixture
def merge(session: Session, now: datetime) -> Callable[[str, str, date], Organisation]:
    """Merge one organisation into another on a day."""
    return lambda ods, into, on: service.merge(session, ods_code=ods, into=into, on=on, actor="operator", now=now)


def pointers(error: Invalid) -> list[str]:
    return [fault.pointer for fault in error.faults]


@pytest.mark.parametrize("code", ["RHQ", "X1V2A", "8HQ45", "A", "ABCDEFGH1234"])
def test_any_form_of_ods_code_is_taken(session: Session, register: Register, code: str) -> None:
    register(code)
    assert service.by_ods(session, code).ods_code == code


def test_an_ods_code_is_kept_in_capitals_and_found_in_any_case(session: Session, register: Register) -> None:
    assert register(" x1v2a ").ods_code == "X1V2A"
    assert service.by_ods(session, "x1V2a ").ods_code == "X1V2A"


@pytest.mark.parametrize("code", ["", " ", "X1V-2A", "ABCDEFGH12345", "X1V2Ä", "X1 V2", "X1V2A\n1", "Ⅻ", "١٢٣"])
def test_what_is_no_ods_code_is_refused_and_named(register: Register, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        register(code)
    assert pointers(refused.value) == ["/ods"]


@pytest.mark.parametrize("code", ["X9X9X", "no code", ""])
def test_an_unknown_code_is_not_found(session: Session, code: str) -> None:
    with pytest.raises(OrganisationNotFound):
        service.by_ods(session, code)


def test_an_ods_code_is_never_used_again_even_after_the_end(
    session: Session, register: Register, now: datetime
) -> None:
    register("X1V2A")
    service.close(session, ods_code="X1V2A", on=date(2026, 3, 31), actor="operator", now=now)
    with pytest.raises(OrganisationExists):
        register("x1v2a")


def test_an_organisation_stands_under_one_of_a_higher_tier(register: Register) -> None:
    register("X80", kind="national_body")
    register("Y90", kind="region", parent_ods="X80")
    icb = register("Q9Z", kind="icb", parent_ods="Y90")
    assert register("X1V2A", parent_ods="q9z").parent is icb


@pytest.mark.parametrize(
    ("kind", "parent_kind"), [("region", "icb"), ("icb", "icb"), ("icb", "nhs_trust"), ("nhs_trust", "council")]
)
def test_a_parent_of_the_same_or_a_lower_tier_is_refused(register: Register, kind: str, parent_kind: str) -> None:
    register("Q9Z", kind=parent_kind)
    with pytest.raises(Invalid) as refused:
        register("X1V2A", kind=kind, parent_ods="Q9Z")
    assert pointers(refused.value) == ["/parent"]


def test_an_unknown_parent_is_a_fault_of_the_input(register: Register) -> None:
    with pytest.raises(Invalid) as refused:
        register("X1V2A", parent_ods="Q9Z")
    assert pointers(refused.value) == ["/parent"]


def test_an_organisation_moves_to_another_parent(session: Session, register: Register, now: datetime) -> None:
    register("Q9Z", kind="icb")
    new = register("Q8Z", kind="icb")
    register("X1V2A", parent_ods="Q9Z")
    assert service.place(session, ods_code="X1V2A", parent_ods="Q8Z", actor="operator", now=now).parent is new


def test_successors_are_followed_to_the_end_of_the_chain(
    register: Register, merge: Callable[[str, str, date], Organisation]
) -> None:
    first, _, last = register("X1A"), register("X2A"), register("X3A")
    merge("X1A", "X2A", date(2020, 3, 31))
    merge("X2A", "X3A", date(2023, 3, 31))
    assert service.successor(first) is last
    assert service.successor(last) is last
    assert (first.closed_on, last.closed_on) == (date(2020, 3, 31), None)


def test_a_chain_of_mergers_may_fall_on_one_day(
    register: Register, merge: Callable[[str, str, date], Organisation]
) -> None:
    first, _, last = register("X1A"), register("X2A"), register("X3A")
    merge("X1A", "X2A", date(2020, 3, 31))
    merge("X2A", "X3A", date(2020, 3, 31))
    assert service.successor(first) is last


@pytest.mark.parametrize("on", [date(2020, 3, 31), date(2021, 3, 31)])
def test_mergers_make_no_circle(register: Register, merge: Callable[[str, str, date], Organisation], on: date) -> None:
    for code in ("X1A", "X2A", "X3A"):
        register(code)
    merge("X1A", "X2A", date(2020, 3, 31))
    merge("X2A", "X3A", date(2020, 3, 31))
    with pytest.raises(SuccessorConflict):
        merge("X3A", "X1A", on)
    with pytest.raises(SuccessorConflict):
        merge("X3A", "X3A", on)


def test_an_organisation_merges_once(register: Register, merge: Callable[[str, str, date], Organisation]) -> None:
    for code in ("X1A", "X2A", "X3A"):
        register(code)
    merge("X1A", "X2A", date(2020, 3, 31))
    with pytest.raises(OrganisationClosed):
        merge("X1A", "X3A", date(2020, 3, 31))


def test_a_successor_that_was_closed_before_is_refused(
    session: Session, register: Register, merge: Callable[[str, str, date], Organisation], now: datetime
) -> None:
    register("X1A")
    register("X2A")
    service.close(session, ods_code="X2A", on=date(2019, 3, 31), actor="operator", now=now)
    with pytest.raises(SuccessorConflict):
        merge("X1A", "X2A", date(2020, 3, 31))


def test_an_organisation_that_took_in_another_one_later_can_not_have_ended_before(
    register: Register, merge: Callable[[str, str, date], Organisation]
) -> None:
    for code in ("X1A", "X2A", "X3A"):
        register(code)
    merge("X1A", "X2A", date(2020, 3, 31))
    with pytest.raises(SuccessorConflict):
        merge("X2A", "X3A", date(2019, 3, 31))


def test_a_closed_organisation_can_be_given_its_successor_for_the_same_day_only(
    session: Session, register: Register, merge: Callable[[str, str, date], Organisation], now: datetime
) -> None:
    closed, last = register("X1A"), register("X2A")
    service.close(session, ods_code="X1A", on=date(2020, 3, 31), actor="operator", now=now)
    with pytest.raises(OrganisationClosed):
        merge("X1A", "X2A", date(2020, 4, 1))
    merge("X1A", "X2A", date(2020, 3, 31))
    assert service.successor(closed) is last


def test_an_organisation_does_not_end_before_it_began(session: Session, register: Register, now: datetime) -> None:
    register("X1A", opened_on=date(2020, 4, 1))
    with pytest.raises(Invalid) as refused:
        service.close(session, ods_code="X1A", on=date(2020, 3, 31), actor="operator", now=now)
    assert pointers(refused.value) == ["/on"]


def test_two_mergers_at_once_close_no_circle(database_url: str, now: datetime) -> None:
    with transaction() as session:
        for code in ("X1A", "X2A"):
            service.register(
                session, ods_code=code, name="Invented", kind="nhs_trust", source="invented", actor="operator", now=now
            )

    def merge(ods_code: str, into: str) -> Callable[[Session], Organisation]:
        on = date(2026, 3, 31)
        return lambda session: service.merge(session, ods_code=ods_code, into=into, on=on, actor="operator", now=now)

    with pytest.raises(SuccessorConflict):
        second_waits_for_first(merge("X1A", "X2A"), merge("X2A", "X1A"))


def test_a_vpd_names_one_employer_and_can_move(session: Session, register: Register, now: datetime) -> None:
    first, second = register("X1A"), register("X2A")
    service.map_vpd(session, vpd="457", ods_code="X1A", actor="operator", now=now)
    assert service.by_vpd(session, " 457") is first
    service.map_vpd(session, vpd="457", ods_code="X2A", actor="operator", now=now)
    assert service.by_vpd(session, "457") is second
    assert ([row.vpd for row in first.vpds], [row.vpd for row in second.vpds]) == ([], ["457"])


@pytest.mark.parametrize("vpd", ["45", "4571", "X1A", "45a", "", "٤٥٧"])
def test_a_vpd_has_three_digits(session: Session, register: Register, now: datetime, vpd: str) -> None:
    register("X1A")
    with pytest.raises(Invalid) as refused:
        service.map_vpd(session, vpd=vpd, ods_code="X1A", actor="operator", now=now)
    assert pointers(refused.value) == ["/vpd"]
    with pytest.raises(OrganisationNotFound):
        service.by_vpd(session, vpd)


def test_the_agreement_holds_from_its_first_to_its_last_day(
    session: Session, register: Register, now: datetime
) -> None:
    never = register("X2A")
    register("X1A")
    days = {"from_on": date(2025, 5, 1), "until_on": date(2026, 4, 30)}
    party = service.join_agreement(session, ods_code="X1A", **days, actor="operator", now=now)
    asked = [date(2025, 4, 30), date(2025, 5, 1), date(2026, 4, 30), date(2026, 5, 1)]
    assert [service.is_signatory(party, on) for on in asked] == [False, True, True, False]
    assert not service.is_signatory(never, date(2025, 5, 1))


def test_a_time_in_the_agreement_does_not_end_before_it_begins(
    session: Session, register: Register, now: datetime
) -> None:
    register("X1A")
    days = {"from_on": date(2025, 5, 1), "until_on": date(2025, 4, 30)}
    with pytest.raises(Invalid) as refused:
        service.join_agreement(session, ods_code="X1A", **days, actor="operator", now=now)
    assert pointers(refused.value) == ["/until_on"]


def test_each_change_is_in_the_audit_log(
    session: Session, register: Register, merge: Callable[[str, str, date], Organisation], now: datetime
) -> None:
    register("Q9Z", kind="icb")
    register("X2A")
    register("X1A")
    service.place(session, ods_code="X1A", parent_ods="Q9Z", actor="operator", now=now)
    service.map_vpd(session, vpd="457", ods_code="X1A", actor="operator", now=now)
    service.join_agreement(session, ods_code="X1A", from_on=date(2025, 5, 1), actor="operator", now=now)
    service.close(session, ods_code="X1A", on=date(2026, 3, 31), actor="operator", now=now)
    merge("X1A", "X2A", date(2026, 3, 31))
    actions = session.scalars(
        select(AuditEntry.action).where(AuditEntry.detail["ods"].astext == "X1A").order_by(AuditEntry.sequence)
    )
    verbs = ["registered", "placed", "vpd_mapped", "agreement_set", "closed", "merged"]
    assert list(actions) == [f"organisation.{verb}" for verb in verbs]
    assert audit.broken_entries(session) == []
