"""Whether an organisation may record an award: each rule, and each refusal with its reason."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.standards import awarding, service
from passport.standards.models import Standard
from passport.standards.service import NotAccredited, ProviderSuspended, SpecificationNotInForce, Terms
from tests.factories import OrganisationFactory

ENDORSED = "MPC-PAEDIATRICS"
IN_DEVELOPMENT = "MPC-ACUTE-STROKE"
FIRST = date(2026, 1, 1)
LAST = date(2026, 5, 31)
DAY = timedelta(days=1)
Check = Callable[..., Terms]


@pytest.fixture
def check(session: Session, loaded: int, provider: UUID, now: datetime) -> Check:
    """Check an award of the provider that is recorded today."""
    today = now.date()

    def ask(on: date = FIRST, code: str = ENDORSED, *, recorded_on: date | None = today, by: UUID = provider) -> Terms:
        standard = service.standard_by_code(session, code)
        return service.check_award(session, organisation_id=by, standard=standard, on=on, recorded_on=recorded_on)

    return ask


@pytest.fixture
def enter(session: Session, loaded: int, provider: UUID, now: datetime) -> Callable[..., Any]:
    """Put the provider in a state towards a standard."""

    def make(state: Any = "approved", from_on: date = FIRST, code: str = ENDORSED, **values: Any) -> Any:
        return service.accredit(
            session, organisation_id=provider, standard_code=code, state=state, from_on=from_on, actor="operator",
            now=now, **values,
        )  # fmt: skip

    return make


def test_an_approved_provider_awards_by_an_endorsed_specification(check: Check, enter: Callable[..., Any]) -> None:
    enter()
    assert check() == Terms()


@pytest.mark.parametrize(("on", "days"), [(FIRST - DAY, "31 December 2025"), (LAST + DAY, "1 June 2026")])
def test_an_award_outside_of_the_approval_is_refused(
    check: Check, enter: Callable[..., Any], on: date, days: str
) -> None:
    enter(until_on=LAST)
    with pytest.raises(NotAccredited, match=f"not approved to award MPC-PAEDIATRICS on {days}"):
        check(on)


def test_a_suspended_provider_records_nothing_new_and_corrects_what_is_on_record(
    check: Check, enter: Callable[..., Any]
) -> None:
    enter()
    enter("suspended", LAST)
    with pytest.raises(ProviderSuspended, match="was suspended for MPC-PAEDIATRICS on 31 May 2026"):
        check(LAST)
    with pytest.raises(ProviderSuspended, match="since 31 May 2026: it records nothing new"):
        check(FIRST)  # an earlier day does not help
    assert check(FIRST, recorded_on=None) == Terms()


def test_after_the_suspension_was_lifted_only_its_own_days_stay_closed(check: Check, enter: Callable[..., Any]) -> None:
    enter()
    enter("suspended", date(2026, 3, 1))
    enter("approved", date(2026, 4, 1))
    assert check(FIRST) == check(date(2026, 4, 1)) == Terms()
    with pytest.raises(ProviderSuspended):
        check(date(2026, 3, 31))


def test_statutory_training_asks_for_no_approval_and_a_suspension_counts(
    check: Check, enter: Callable[..., Any]
) -> None:
    assert check(code="FS") == Terms()
    enter(code="FS")
    enter("suspended", LAST, code="FS")
    with pytest.raises(ProviderSuspended):
        check(code="FS")


@pytest.mark.parametrize("on", [FIRST - DAY, FIRST, LAST, LAST + DAY])
def test_what_is_offered_is_what_one_is_approved_for(
    session: Session, provider: UUID, enter: Callable[..., Any], check: Check, now: datetime, on: date
) -> None:
    enter(until_on=LAST)
    for code, *states in (("FS", "approved", "suspended"), ("EDHR", "approved", "suspended", "approved")):
        for place, state in enumerate(states):
            enter(state, FIRST + place * DAY, code=code)
    offered = awarding.approved_codes(session, provider, on=on, recorded_on=now.date())
    assert {"HSW", "EDHR"} <= offered
    assert "FS" not in offered
    for code in session.scalars(select(Standard.code)):
        refused = False
        try:
            check(on, code)
        except NotAccredited:
            refused = True
        except SpecificationNotInForce:
            pass  # asked after the approval, and not here
        assert (code in offered) is not refused


@pytest.mark.usefixtures("loaded")
def test_nothing_is_offered_after_the_end_of_the_organisation(session: Session, provider: UUID, now: datetime) -> None:
    session.get_one(Organisation, provider).closed_on = LAST
    assert "FS" in awarding.approved_codes(session, provider, on=LAST, recorded_on=now.date())
    assert not awarding.approved_codes(session, provider, on=LAST + DAY, recorded_on=now.date())


def test_a_credential_without_an_endorsed_specification_is_not_awarded(check: Check, enter: Callable[..., Any]) -> None:
    enter(code=IN_DEVELOPMENT)
    with pytest.raises(SpecificationNotInForce, match="No version of MPC-ACUTE-STROKE was endorsed on 1 January 2026"):
        check(code=IN_DEVELOPMENT)


def test_the_specification_of_the_day_of_the_award_counts(
    session: Session, check: Check, enter: Callable[..., Any], now: datetime
) -> None:
    enter(code=IN_DEVELOPMENT)
    minutes: dict[str, Any] = {
        "standard_code": IN_DEVELOPMENT,
        "source": "Invented minutes",
        "actor": "operator",
        "now": now,
    }
    asked = Terms("multiprofessional_without_medicine", ("NMC",))
    service.change_specification(session, version="undated", state="candidate", on=FIRST, terms=asked, **minutes)
    service.change_specification(session, version="undated", state="endorsed", on=date(2026, 2, 1), **minutes)
    later = Terms("multiprofessional_with_medicine")
    service.add_specification(session, version="2", state="endorsed", on=LAST, terms=later, **minutes)
    with pytest.raises(SpecificationNotInForce):
        check(date(2026, 1, 31), IN_DEVELOPMENT)
    assert [check(on, IN_DEVELOPMENT) for on in (date(2026, 2, 1), LAST - DAY, LAST)] == [asked, asked, later]


def test_an_approval_ends_with_the_organisation_and_is_not_inherited(
    session: Session, provider: UUID, check: Check, enter: Callable[..., Any], now: datetime
) -> None:
    enter()
    ended: Organisation = organisations.by_id(session, provider)
    into = OrganisationFactory.create(session, kind="education_provider")
    organisations.merge(session, ods_code=ended.ods_code, into=into.ods_code, on=LAST, actor="operator", now=now)
    assert check(LAST) == Terms()
    with pytest.raises(NotAccredited, match="closed on 31 May 2026"):
        check(LAST + DAY)
    assert not service.may_award(session, provider, service.standard_by_code(session, ENDORSED).id, LAST + DAY)
    with pytest.raises(NotAccredited, match="not approved"):
        check(LAST, by=into.id)
