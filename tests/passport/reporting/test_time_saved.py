"""Induction time saved, from plans as they are stored: the sums, who sees them how exactly, and the method."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from flask import Flask
from sqlalchemy.orm import Session

from credentials.acceptance import InductionPlan as Plan
from passport.induction.models import (
    AcceptancePolicy,
    AcceptancePolicyVersion,
    InductionPlan,
    RequirementProfile,
    RequirementProfileVersion,
)
from passport.reporting import service, tables
from passport.verifying.models import Verification
from tests.callers import sign_in
from tests.passport.reporting.conftest import ICB, OTHER, TRUST, Country, cells
from tests.visitors import visit

JULY, JUNE = datetime(2026, 7, 14, 9, tzinfo=UTC), datetime(2026, 6, 30, 22, tzinfo=UTC)
Add = Callable[..., UUID]


@pytest.fixture
def add(session: Session, country: Country) -> Add:
    """Store the plan of one starter: what it accepted and how many minutes that saves."""
    rules: dict[str, tuple[UUID, UUID]] = {}

    def make(
        code: str = TRUST, *, minutes: int = 45, items: int = 1, at: datetime = JULY, again: UUID | None = None
    ) -> UUID:
        organisation_id = country.id(code)
        if code not in rules:
            rules[code] = write_rules(session, organisation_id)
        plan = Plan(
            minutes_saved=minutes, minutes_left=30, minutes_referred=0, accepted=tuple(map(str, range(items))),
            to_check=(), to_do=("rest",),
        )  # fmt: skip
        checked = again or verification(session, organisation_id, at)
        profile_id, policy_id = rules[code]
        session.add(
            InductionPlan(
                organisation_id=organisation_id, verification_id=checked, profile_id=profile_id, profile_version=1,
                policy_id=policy_id, policy_version=1, starts_on=at.date(), decided_at=at, decided_by="operator",
                plan=msgspec.to_builtins(plan), evidence={}, sha256=bytes(32),
            )
        )  # fmt: skip
        session.flush()
        return checked

    return make


def write_rules(session: Session, organisation_id: UUID) -> tuple[UUID, UUID]:
    """Give an organisation a profile and a policy of one version each."""
    named: dict[str, Any] = {"organisation_id": organisation_id, "code": "ward", "title": "Ward", "recorded_at": JUNE}
    version: dict[str, Any] = {"version": 1, "rules": {}, "recorded_at": JUNE, "recorded_by": "operator"}
    profile, policy = RequirementProfile(**named), AcceptancePolicy(**named)
    session.add_all((profile, policy))
    session.flush()
    session.add(RequirementProfileVersion(set_id=profile.id, **version))
    session.add(AcceptancePolicyVersion(set_id=policy.id, **version))
    return profile.id, policy.id


def verification(session: Session, organisation_id: UUID, at: datetime) -> UUID:
    row = Verification(
        organisation_id=organisation_id, actor="operator", carrier="sd_jwt", outcome="genuine", verdict={}, evidence={},
        checked_at=at,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row.id


def figures(
    session: Session, country: Country, viewer: str, *, by: str = "place", now: datetime
) -> dict[str, list[str]]:
    asked = service.ask(session, country.id(viewer))
    table, _ = tables.saved(session, asked, by=by, today=now.date())
    return {row.code: [figure.text for figure in row.figures] for row in table.lines}


def test_an_organisation_sees_its_own_hours_exactly(
    session: Session, country: Country, add: Add, now: datetime
) -> None:
    for minutes in (45, 45, 90):
        add(minutes=minutes, items=2)
    add(minutes=30, at=JUNE)
    shown = figures(session, country, TRUST, by="month", now=now)
    assert (shown["2026-07"], shown["2026-06"], shown["2026-05"]) == (["3", "6", "3"], ["1", "1", "0"], ["0", "0", "0"])
    assert shown["total"] == ["4", "7", "3"]  # 210 minutes


def test_the_newest_plan_of_a_check_counts_and_those_of_the_last_twelve_months(
    session: Session, country: Country, add: Add, now: datetime
) -> None:
    checked = add(minutes=600, at=JUNE)
    add(minutes=60, again=checked)
    add(minutes=600, at=datetime(2025, 8, 31, 22, tzinfo=UTC))
    assert figures(session, country, TRUST, by="month", now=now)["total"] == ["1", "1", "1"]


def test_hours_of_others_need_eight_plans_in_a_month_and_are_shown_to_the_nearest_five(
    session: Session, country: Country, add: Add, now: datetime
) -> None:
    for _ in range(8):
        add(minutes=45)
    for at in (JULY, JUNE):
        for _ in range(7):
            add(OTHER, minutes=600, at=at)
    shown = figures(session, country, ICB, now=now)
    assert shown[TRUST] == ["10", "10", "5"]  # 6 hours
    assert shown[OTHER] == ["10", "0", "0"]  # 140 hours of 7 plans a month are left out
    assert shown[ICB] == ["20", "10", "5"]  # a star of a month stands for 4
    assert figures(session, country, ICB, by="month", now=now)["2026-06"] == ["*", "0", "0"]


@pytest.mark.parametrize("others", [1, 4, 7])
def test_how_many_plans_a_star_stands_for_changes_no_figure(
    session: Session, country: Country, add: Add, now: datetime, others: int
) -> None:
    for _ in range(10):
        add(minutes=60)
    for number in range(others):
        add(OTHER, minutes=100 * number)
    assert figures(session, country, ICB, now=now) == {
        TRUST: ["10", "10", "10"], OTHER: ["*", "0", "0"], ICB: ["15", "10", "10"],
    }  # fmt: skip


def test_page_file_and_program_show_the_same_and_the_method(
    app: Flask, session: Session, country: Country, add: Add
) -> None:
    for _ in range(8):
        add(minutes=45)
    session.commit()
    planner = visit(app, session, country.id(ICB), "planner")
    page = planner.get("/workforce/time-saved")
    assert "An organisation says how many minutes of training each requirement of a role takes." in page
    assert "hours in a month need at least 8 plans." in page
    assert cells(page)["July 2026"] == ["10", "10", "5"]
    assert "July 2026,10,10,5" in planner.http.get("/workforce/time-saved/month.csv").text
    program = sign_in(app, session, country.id(ICB), "statistics:read")
    answer: Any = program.get("/v1/statistics/time-saved?by=place").get_json()
    assert answer["columns"] == ["Induction plans", "Accepted items", "Hours saved"]
    trust = next(row for row in answer["rows"] if row["code"] == TRUST)
    assert trust["figures"] == [{"count": count, "kind": "rounded"} for count in (10, 10, 5)]
