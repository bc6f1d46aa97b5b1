"""Am I ready? The receiver's own rules answer, and nothing is kept."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials import acceptance_rules
from passport.audit.models import AuditEntry
from passport.awards import disputes
from passport.induction import rule_sets
from passport.induction.models import InductionPlan
from passport.organisations.models import Organisation
from passport.standards import service as standards
from passport.verifying.models import Verification
from tests.factories import OrganisationFactory, StandardFactory
from tests.holders import Holder

POLICY = acceptance_rules.AcceptancePolicy(
    id="standard",
    version=1,
    accepted_issuer_kinds=("nhs_trust",),
    alignment_needed_in=(),
    accreditation_needed_in=(),
    signatory_needed=False,
    practical_deliveries=("face_to_face", "blended"),
    shorter_periods=(),
    does_not_lapse=(),
)


def make_role(session: Session, holder: Holder, now: datetime) -> UUID:
    """Let a trust require what the nurse has, something else, and something local; return the profile's id."""
    trust: Organisation = OrganisationFactory.create(session, name="Invented Coast <b>Trust</b>")
    held = standards.standard_by_code(session, holder.nurse.standard_code)
    other = StandardFactory.create(session, framework_id=held.framework_id, title="Invented other subject")
    standards.change_renewal(
        session, standard_code=held.code, months=12, from_on=now.date(), source="invented", confidence="high",
        actor="operator", now=now,
    )  # fmt: skip
    requirements = [
        {"id": "held", "minutes": 90, "standard": held.code},
        {"id": "other", "minutes": 60, "standard": other.code},
        {"id": "local", "minutes": 30, "local": "Welcome day"},
    ]
    made: dict[str, Any] = {"organisation_id": trust.id, "actor": "operator", "now": now}
    policy = msgspec.to_builtins(POLICY)
    rule_sets.create(session, rule_sets.POLICIES, code="standard", title="What we accept", rules=policy, **made)
    profile = rule_sets.create(
        session, rule_sets.PROFILES, code="nurse", title="Nurse", rules={"requirements": requirements}, **made
    )
    session.commit()
    return profile.rule_set.id


def ask(holder: Holder, profile_id: object, day: str = "1", month: str = "9", year: str = "2026") -> str:
    start = f"starts_on-day={day}&starts_on-month={month}&starts_on-year={year}"
    return holder.browser.get(f"/my-passport/ready?role={profile_id}&{start}")


def rows(session: Session) -> list[int]:
    tables = (Verification, InductionPlan, AuditEntry)
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def test_nobody_who_asks_for_anything_can_not_be_asked_about(holder: Holder) -> None:
    assert "No organisation has published" in holder.browser.get("/my-passport/ready")


def test_what_is_accepted_and_what_is_left_is_said_before_the_move(
    holder: Holder, session: Session, now: datetime
) -> None:
    profile_id = make_role(session, holder, now)
    before = rows(session)
    page = ask(holder, profile_id)
    assert "1 of 3 need nothing more. You save 1 hour 30 minutes." in page
    assert page.index("Left to do") < page.index("Invented other subject") < page.index("They would accept")
    assert "Welcome day" in page
    assert "<b>Trust" not in page
    assert rows(session) == before


def test_by_then_it_may_count_no_longer(holder: Holder, session: Session, now: datetime) -> None:
    page = ask(holder, make_role(session, holder, now), day="3", month="3", year="2027")
    assert "0 of 3 need nothing more" in page
    assert "They would accept" not in page


def test_what_is_disputed_is_for_a_person_to_decide(holder: Holder, session: Session, now: datetime) -> None:
    profile_id = make_role(session, holder, now)
    disputes.raise_dispute(
        session, award_id=holder.nurse.award_id, person_id=holder.nurse.person_id, reason="incorrect", words="",
        actor="account:invented", now=now,
    )  # fmt: skip
    session.commit()
    page = ask(holder, profile_id)
    assert "They will ask you" in page
    assert "has been questioned and is not settled" in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"day": "", "month": "", "year": ""}, "Enter your first day"),
        ({"day": "31", "month": "2"}, "Enter a real date"),
        ({"profile_id": uuid4()}, "Choose an organisation and role"),
        ({"profile_id": ""}, "Choose an organisation and role"),
    ],
)
def test_what_is_not_answered_is_asked_again(
    holder: Holder, session: Session, now: datetime, changes: dict[str, Any], said: str
) -> None:
    profile_id = make_role(session, holder, now)
    page = ask(holder, **{"profile_id": profile_id, **changes})
    assert "There is a problem" in page
    assert said in page


def test_an_organisation_with_two_policies_is_not_offered(holder: Holder, session: Session, now: datetime) -> None:
    profile_id = make_role(session, holder, now)
    trust = session.scalars(select(Organisation).where(Organisation.name.like("Invented Coast%"))).one()
    second = msgspec.to_builtins(msgspec.structs.replace(POLICY, id="strict"))
    rule_sets.create(
        session, rule_sets.POLICIES, organisation_id=trust.id, code="strict", title="Strict", rules=second,
        actor="operator", now=now,
    )  # fmt: skip
    session.commit()
    assert str(profile_id) not in holder.browser.get("/my-passport/ready")
