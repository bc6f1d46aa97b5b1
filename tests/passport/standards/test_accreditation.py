"""Who may award what, from when till when; and who is aligned."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.db import transaction
from passport.errors import Invalid
from passport.standards import service
from passport.standards.accreditation import (
    MAY_AWARD,
    MOVES,
    STATES,
    AccreditationMove,
    SpecificationDead,
)
from passport.standards.alignment import AlignmentNotFound, AlreadyAligned
from passport.standards.models import Accreditation, Alignment
from tests.factories import OrganisationFactory
from tests.races import second_waits_for_first

CODE = "MPC-PAEDIATRICS"
FIRST = date(2026, 1, 1)
DAY = timedelta(days=1)


@pytest.fixture
def accredit(session: Session, loaded: int, provider: UUID, now: datetime) -> Callable[..., Accreditation]:
    """Put the provider in a state towards paediatrics."""

    def make(state: Any = "approved", from_on: date = FIRST, **values: Any) -> Accreditation:
        usual: dict[str, Any] = {
            "organisation_id": provider,
            "standard_code": CODE,
            "actor": "client:academy",
            "now": now,
        }
        usual |= {"conditions": "Two assessors"} if state == "conditions" else {}
        return service.accredit(session, state=state, from_on=from_on, **(usual | values))

    return make


@pytest.fixture
def may_award(session: Session, loaded: int, provider: UUID) -> Callable[..., bool]:
    """Ask whether the provider may award a standard on a day."""
    return lambda on, code=CODE: service.may_award(session, provider, service.standard_by_code(session, code).id, on)


@pytest.fixture
def declare(session: Session, loaded: int, provider: UUID, now: datetime) -> Callable[..., Alignment]:
    """Declare alignment of fire safety with the CSTF."""

    def make(from_on: date = FIRST, until_on: date | None = None, **values: Any) -> Alignment:
        usual: dict[str, Any] = {
            "organisation_id": provider,
            "framework_code": "CSTF",
            "subject": "Fire Safety",
            "actor": "client:x",
        }
        return service.declare_alignment(session, from_on=from_on, until_on=until_on, now=now, **(usual | values))

    return make


def periods(session: Session, provider: UUID) -> list[tuple[str, date, date | None]]:
    rows = session.scalars(
        select(Accreditation).where(Accreditation.organisation_id == provider).order_by(Accreditation.from_on)
    )
    return [(row.state, row.from_on, row.until_on) for row in rows]


def test_a_credential_is_awarded_only_while_approved(
    accredit: Callable[..., Accreditation], may_award: Callable[..., bool]
) -> None:
    assert not may_award(FIRST)
    accredit(until_on=date(2026, 12, 31))
    asked = [FIRST - DAY, FIRST, date(2026, 12, 31), date(2027, 1, 1)]
    assert [may_award(on) for on in asked] == [False, True, True, False]


def test_an_approval_is_for_one_standard_and_one_organisation(
    session: Session, accredit: Callable[..., Accreditation], may_award: Callable[..., bool]
) -> None:
    row = accredit()
    assert not may_award(FIRST, "MPC-ACUTE-MEDICINE")
    assert not service.may_award(session, row.id, row.standard_id, FIRST)


def test_an_approval_with_conditions_allows_awards_and_an_application_does_not(
    accredit: Callable[..., Accreditation], may_award: Callable[..., bool]
) -> None:
    accredit("applied")
    assert not may_award(FIRST)
    accredit("conditions", FIRST + DAY)
    assert may_award(FIRST + DAY)


def test_a_suspension_stops_new_awards_and_leaves_the_days_before(
    session: Session,
    provider: UUID,
    accredit: Callable[..., Accreditation],
    may_award: Callable[..., bool],
) -> None:
    accredit()
    suspended = date(2026, 5, 1)
    accredit("suspended", suspended)
    assert [may_award(on) for on in (suspended - DAY, suspended)] == [True, False]
    accredit("approved", date(2026, 6, 1))
    accredit("ended", date(2026, 7, 1))
    assert periods(session, provider) == [
        ("approved", FIRST, date(2026, 4, 30)),
        ("suspended", suspended, date(2026, 5, 31)),
        ("approved", date(2026, 6, 1), date(2026, 6, 30)),
        ("ended", date(2026, 7, 1), None),
    ]


def test_statutory_training_needs_no_approval_but_a_suspension_counts(
    session: Session, provider: UUID, may_award: Callable[..., bool], accredit: Callable[..., Accreditation]
) -> None:
    assert may_award(FIRST, "FS")
    accredit("approved", standard_code="FS")
    accredit("suspended", FIRST + DAY, standard_code="FS")
    assert [may_award(on, "FS") for on in (FIRST, FIRST + DAY)] == [True, False]


def test_advanced_practice_is_recognised_only_by_who_is_approved_for_it(
    accredit: Callable[..., Accreditation], may_award: Callable[..., bool]
) -> None:
    assert not may_award(FIRST, "MPF-ADVANCED")
    accredit(standard_code="MPF-ADVANCED")
    assert may_award(FIRST, "MPF-ADVANCED")


def test_an_approval_is_due_for_review_after_a_year(accredit: Callable[..., Accreditation]) -> None:
    assert accredit(from_on=date(2024, 2, 29)).review_due_on == date(2025, 2, 28)
    assert accredit("suspended").review_due_on is None


@pytest.mark.parametrize("before", [None, *STATES])
@pytest.mark.parametrize("after", STATES)
def test_an_accreditation_moves_as_the_table_says_and_in_no_other_way(
    session: Session, provider: UUID, accredit: Callable[..., Accreditation], before: Any, after: Any, now: datetime
) -> None:
    if before is not None:
        standard = service.standard_by_code(session, CODE)
        session.add(
            Accreditation(
                organisation_id=provider, standard_id=standard.id, state=before, from_on=FIRST, recorded_at=now
            )
        )
        session.flush()
    if after in MOVES[before]:
        assert accredit(after, FIRST + DAY).state == after
    else:
        with pytest.raises(AccreditationMove):
            accredit(after, FIRST + DAY)


def test_an_approval_that_ran_out_can_be_given_again(
    accredit: Callable[..., Accreditation], may_award: Callable[..., bool]
) -> None:
    accredit(until_on=date(2026, 12, 31))
    accredit("approved", date(2027, 6, 1))
    assert [may_award(on) for on in (date(2026, 12, 31), date(2027, 1, 1), date(2027, 6, 1))] == [True, False, True]


def test_a_state_that_held_for_no_whole_day_is_replaced(
    session: Session, provider: UUID, accredit: Callable[..., Accreditation]
) -> None:
    accredit()
    accredit("suspended")
    assert periods(session, provider) == [("suspended", FIRST, None)]


def test_a_state_is_not_slipped_in_before_one_on_record(accredit: Callable[..., Accreditation]) -> None:
    accredit()
    with pytest.raises(AccreditationMove):
        accredit("suspended", FIRST - DAY)


def test_nobody_is_approved_for_a_specification_that_is_over(
    session: Session, accredit: Callable[..., Accreditation], now: datetime
) -> None:
    accredit("applied")
    service.change_specification(
        session, standard_code=CODE, version="undated", state="withdrawn", on=FIRST, source="Invented minutes",
        actor="client:academy", now=now,
    )  # fmt: skip
    with pytest.raises(SpecificationDead):
        accredit("approved", FIRST + DAY)
    assert accredit("ended", FIRST + DAY).state == "ended"


def test_a_time_does_not_end_before_it_begins(
    accredit: Callable[..., Accreditation], declare: Callable[..., Alignment]
) -> None:
    for change in (accredit, declare):
        with pytest.raises(Invalid) as refused:
            change(until_on=FIRST - DAY)
        assert [fault.pointer for fault in refused.value.faults] == ["/until_on"]


def test_two_changes_of_one_accreditation_take_turns(database_url: str, now: datetime) -> None:
    with transaction() as session:
        service.load_catalogue(session, now=now)
        provider = OrganisationFactory.create(session, kind="education_provider").id

    def change(state: Any) -> Callable[[Session], Accreditation]:
        return lambda session: service.accredit(
            session, organisation_id=provider, standard_code=CODE, state=state, from_on=FIRST, actor="operator", now=now
        )

    with pytest.raises(AccreditationMove):
        second_waits_for_first(change("approved"), change("applied"))


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 40), st.none() | st.integers(0, 20)), max_size=8))
def test_whatever_happens_no_day_has_two_states(
    session: Session, provider: UUID, accredit: Callable[..., Accreditation], changes: list[tuple[Any, int, int | None]]
) -> None:
    savepoint = session.begin_nested()
    for state, start, length in changes:
        from_on = FIRST + start * DAY
        try:
            accredit(state, from_on, until_on=None if length is None else from_on + length * DAY)
        except AccreditationMove:
            continue
    rows = periods(session, provider)
    savepoint.rollback()
    for (_, _, until_on), (_, from_on, _) in pairwise(rows):
        assert until_on is not None
        assert until_on < from_on


def test_only_approvals_allow_awards() -> None:
    assert {"approved", "conditions"} == MAY_AWARD
    assert set(MOVES) == {None, *STATES}


def test_alignment_holds_from_its_first_to_its_last_day(
    session: Session, provider: UUID, declare: Callable[..., Alignment], now: datetime
) -> None:
    framework_id = declare().framework_id
    service.end_alignment(
        session, organisation_id=provider, framework_code="CSTF", subject="Fire Safety", until_on=date(2026, 6, 30),
        actor="client:x", now=now,
    )  # fmt: skip
    asked = [FIRST - DAY, FIRST, date(2026, 6, 30), date(2026, 7, 1)]
    held = [service.is_aligned(session, provider, framework_id, "Fire Safety", on) for on in asked]
    assert held == [False, True, True, False]
    assert not service.is_aligned(session, provider, framework_id, "Moving and Handling", FIRST)


@pytest.mark.parametrize(("from_on", "until_on"), [(date(2026, 3, 1), None), (date(2025, 1, 1), FIRST)])
def test_a_day_is_declared_once(declare: Callable[..., Alignment], from_on: date, until_on: date | None) -> None:
    declare(until_on=date(2026, 3, 1))
    with pytest.raises(AlreadyAligned):
        declare(from_on, until_on)


def test_alignment_can_be_declared_again_after_a_gap(declare: Callable[..., Alignment]) -> None:
    declare(until_on=date(2026, 3, 1))
    assert declare(date(2026, 3, 2))


def test_only_a_subject_of_the_framework_can_be_aligned(declare: Callable[..., Alignment]) -> None:
    with pytest.raises(Invalid) as refused:
        declare(subject="Acute Medicine")
    assert [fault.pointer for fault in refused.value.faults] == ["/subject"]


def test_what_is_not_declared_can_not_end(
    session: Session, provider: UUID, declare: Callable[..., Alignment], now: datetime
) -> None:
    declare()
    with pytest.raises(AlignmentNotFound):
        service.end_alignment(
            session, organisation_id=provider, framework_code="CSTF", subject="Fire Safety", until_on=FIRST - DAY,
            actor="client:x", now=now,
        )  # fmt: skip


def test_each_change_is_in_the_audit_log(
    session: Session, provider: UUID, accredit: Callable[..., Accreditation], declare: Callable[..., Alignment]
) -> None:
    accredit()
    declare()
    entries = session.scalars(
        select(AuditEntry).where(AuditEntry.organisation_id == provider).order_by(AuditEntry.sequence)
    )
    assert [(entry.action, entry.actor) for entry in entries] == [
        ("accreditation.changed", "client:academy"),
        ("alignment.declared", "client:x"),
    ]
