"""`/v1/induction-plans` over HTTP: what is decided, what it rests on, and that it never changes."""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.acceptance import decide
from credentials.acceptance_rules import AcceptancePolicy, RequirementProfile
from credentials.catalogue import Catalogue
from credentials.encoding import canonical_json
from credentials.records import VerifiedAward
from passport.audit.models import AuditEntry
from passport.awards import service as awards
from passport.induction import service
from passport.induction.models import InductionPlan
from passport.induction.schemas import PlanOut
from passport.issuing import service as issuing
from passport.issuing.models import Credential
from passport.verifying.models import Verification
from tests.callers import Clock, sign_in
from tests.factories import OrganisationFactory
from tests.receiving import Shown

PATH = "/v1/induction-plans"
Ask = Callable[..., dict[str, Any]]


def count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def revoke(session: Session, shown: Shown, now: Any) -> None:
    copy = session.scalars(select(Credential).filter_by(status_index=shown.index)).one()
    owner = shown.nurse.organisation_id
    issuing.revoke(session, copy.id, organisation_id=owner, reason="lost", actor="operator", now=now)
    session.commit()


def test_a_plan_says_what_is_accepted_until_when_and_why_and_what_is_left(ruled: FlaskClient, ask: Ask) -> None:
    answer = ruled.post(PATH, json=ask())
    assert answer.status_code == 201
    plan = answer.get_json()
    assert PlanOut().validate(plan) == {}
    held, ward = plan["decisions"]
    assert (held["outcome"], held["code"], held["accepted_until"]) == ("ACCEPT_UNTIL", "current", "2028-03-02")
    assert held["sentence"].startswith("Accepted until 2 March 2028: ")
    assert held["rule"]["source"] == "invented table"
    assert held["awards"] == [plan["awards"][0]["id"]]
    assert (ward["outcome"], ward["code"], ward["minutes_left"]) == ("REFUSE", "local_only", 20)
    assert (plan["minutes_saved"], plan["minutes_left"], plan["minutes_referred"]) == (60, 20, 0)
    assert (plan["accepted"], plan["to_check"], plan["to_do"]) == (["held"], [], ["ward"])
    assert (plan["profile"]["version"], plan["policy"]["version"]) == (1, 1)


def test_a_plan_is_read_again_byte_for_byte_although_the_rules_have_changed(
    ruled: FlaskClient, ask: Ask, policy: dict[str, Any], requirements: list[dict[str, Any]]
) -> None:
    made = ruled.post(PATH, json=ask())
    tag = {"If-Match": '"1"'}
    stricter = {"rules": {**policy, "accepted_issuer_kinds": ["academy"]}}
    assert ruled.post("/v1/acceptance-policies/movers/versions", json=stricter, headers=tag).status_code == 201
    fewer = {"rules": {"requirements": requirements[1:]}}
    assert ruled.post("/v1/requirement-profiles/ward-nurse/versions", json=fewer, headers=tag).status_code == 201
    again = ruled.get(made.headers["Location"])
    assert again.status_code == 200
    assert again.get_data() == made.get_data()
    later = ruled.post(PATH, json=ask()).get_json()
    assert [decision["requirement"] for decision in later["decisions"]] == ["ward"]
    assert (later["profile"]["version"], later["policy"]["version"]) == (2, 2)


def test_a_stricter_policy_decides_the_next_plan(ruled: FlaskClient, ask: Ask, policy: dict[str, Any]) -> None:
    stricter = {"rules": {**policy, "accepted_issuer_kinds": ["academy"]}}
    ruled.post("/v1/acceptance-policies/movers/versions", json=stricter, headers={"If-Match": '"1"'})
    decision = ruled.post(PATH, json=ask()).get_json()["decisions"][0]
    assert (decision["outcome"], decision["code"]) == ("REFUSE", "issuer_kind_not_accepted")


def test_the_evidence_is_enough_to_decide_again(ruled: FlaskClient, ask: Ask) -> None:
    plan = ruled.post(PATH, json=ask()).get_json()
    kept = ruled.get(f"{PATH}/{plan['id']}/evidence").get_json()
    evidence = kept["evidence"]
    decisions = decide(
        msgspec.convert(evidence["records"], tuple[VerifiedAward, ...]),
        msgspec.convert(evidence["profile"], RequirementProfile).requirements,
        policy=msgspec.convert(evidence["policy"], AcceptancePolicy),
        catalogue=msgspec.convert(evidence["catalogue"], Catalogue),
        on=date.fromisoformat(plan["starts_on"]),
        today=date.fromisoformat(plan["decided_at"][:10]),
    )
    assert msgspec.json.decode(msgspec.json.encode(decisions)) == plan["decisions"]
    assert evidence["verdict"]["outcome"] == "genuine"
    assert evidence["status_list_as_of"] == "2026-08-06T09:00:00Z"
    assert evidence["trust_list_sequence"] == 1
    assert evidence["catalogue"]["version"] == plan["catalogue_version"] == 1


def test_the_hash_covers_plan_and_evidence_and_stands_in_the_audit_log(
    ruled: FlaskClient, session: Session, ask: Ask
) -> None:
    plan = ruled.post(PATH, json=ask()).get_json()
    kept = ruled.get(f"{PATH}/{plan['id']}/evidence").get_json()
    content = canonical_json({"evidence": kept["evidence"], "plan": kept["plan"]})
    assert hashlib.sha256(content).hexdigest() == kept["sha256"] == plan["sha256"]
    assert kept["as_decided"] is True
    entry = session.scalars(select(AuditEntry).filter_by(action="induction_plan.decided")).one()
    assert entry.subject == f"induction_plan:{plan['id']}"
    assert entry.detail == {"sha256": plan["sha256"], "verification": plan["verification_id"]}


def test_a_plan_that_was_altered_in_the_database_is_seen(ruled: FlaskClient, session: Session, ask: Ask) -> None:
    ruled.post(PATH, json=ask())
    stored = session.scalars(select(InductionPlan)).one()
    assert service.is_as_decided(stored)
    session.expunge(stored)
    stored.plan = stored.plan | {"minutes_saved": 6000}
    assert not service.is_as_decided(stored)


def test_a_plan_is_made_on_a_check_that_was_made_before(
    ruled: FlaskClient, session: Session, ask: Ask, shown: Shown
) -> None:
    checked = ruled.post("/v1/verifications", json={"presentation": shown.text}).get_json()
    plan = ruled.post(PATH, json=ask(presentation=None, verification_id=checked["id"])).get_json()
    assert plan["verification_id"] == checked["id"]
    assert plan["holder"] == checked["holder"]
    assert count(session, Verification) == 1


def test_a_check_of_another_organisation_and_an_unknown_one_look_the_same(
    app: Flask, session: Session, ruled: FlaskClient, ask: Ask, shown: Shown
) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id)
    foreign = other.post("/v1/verifications", json={"presentation": shown.text}).get_json()["id"]
    answers = [ruled.post(PATH, json=ask(presentation=None, verification_id=str(i))) for i in (foreign, uuid4())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].get_json()["code"] == answers[1].get_json()["code"]
    assert count(session, InductionPlan) == 0


def test_rules_of_another_organisation_decide_nothing(
    app: Flask, session: Session, ruled: FlaskClient, ask: Ask
) -> None:
    other = sign_in(app, session, OrganisationFactory.create(session).id)
    answer = other.post(PATH, json=ask(policy="movers"))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "requirement_profile_not_found")


def test_a_plan_of_another_organisation_and_an_unknown_one_look_the_same(
    app: Flask, session: Session, ruled: FlaskClient, ask: Ask
) -> None:
    plan = ruled.post(PATH, json=ask()).get_json()["id"]
    other = sign_in(app, session, OrganisationFactory.create(session).id)
    for rest in ("", "/evidence"):
        answers = [other.get(f"{PATH}/{each}{rest}") for each in (plan, uuid4())]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].get_json()["code"] == answers[1].get_json()["code"]
    assert other.get(PATH).get_json()["items"] == []


@pytest.mark.parametrize("text", ["nonsense", "", "a.b.c~"])
def test_a_refused_passport_gets_no_plan_and_the_check_is_on_record(
    ruled: FlaskClient, session: Session, ask: Ask, text: str
) -> None:
    answer = ruled.post(PATH, json=ask(presentation=text))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "passport_unusable")
    assert answer.get_json()["errors"] == [
        {"pointer": "/presentation", "detail": "malformed: The text does not have the form of a staff passport."}
    ]
    assert (count(session, InductionPlan), count(session, Verification)) == (0, 1)


def test_a_withdrawn_copy_gets_no_plan(
    ruled: FlaskClient, session: Session, ask: Ask, shown: Shown, clock: Clock
) -> None:
    revoke(session, shown, clock.now)
    answer = ruled.post(PATH, json=ask())
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["detail"].startswith("withdrawn: ")


def test_a_copy_that_was_withdrawn_after_the_check_gets_no_plan(
    ruled: FlaskClient, session: Session, ask: Ask, shown: Shown, clock: Clock
) -> None:
    checked = ruled.post("/v1/verifications", json={"presentation": shown.text}).get_json()["id"]
    revoke(session, shown, clock.now)
    answer = ruled.post(PATH, json=ask(presentation=None, verification_id=checked))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "passport_unusable")
    assert answer.get_json()["errors"][0]["detail"].startswith("withdrawn: ")


def test_a_check_carries_a_plan_only_for_a_day(
    ruled: FlaskClient, session: Session, ask: Ask, shown: Shown, app: Flask, clock: Clock, receiver: Any
) -> None:
    checked = ruled.post("/v1/verifications", json={"presentation": shown.text}).get_json()["id"]
    question = ask(presentation=None, verification_id=checked)
    assert ruled.post(PATH, json=question).status_code == 201
    clock.advance(days=1, seconds=1)
    again = sign_in(app, session, receiver.id)
    answer = again.post(PATH, json=question)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "verification_too_old")


def test_a_check_for_an_earlier_moment_carries_no_plan(
    ruled: FlaskClient, ask: Ask, shown: Shown, clock: Clock, app: Flask, session: Session, receiver: Any
) -> None:
    clock.advance(days=3)
    later = sign_in(app, session, receiver.id)
    body = {"presentation": shown.text, "at": "2026-08-06T09:00:00Z"}
    checked = later.post("/v1/verifications", json=body).get_json()
    assert checked["outcome"] == "genuine"
    answer = later.post(PATH, json=ask(presentation=None, verification_id=checked["id"]))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "verification_too_old")


def test_a_passport_that_nobody_could_check_gets_no_plan(
    ruled: FlaskClient, app: Flask, session: Session, ask: Ask, clock: Clock, receiver: Any
) -> None:
    clock.advance(days=2)
    later = sign_in(app, session, receiver.id)
    answer = later.post(PATH, json=ask())
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["detail"].startswith("status_stale: ")


def test_a_withdrawn_award_is_refused_although_its_copy_is_still_out(
    ruled: FlaskClient, session: Session, ask: Ask, shown: Shown, clock: Clock
) -> None:
    awards.withdraw(
        session,
        award_id=shown.nurse.award_id,
        organisation_id=shown.nurse.organisation_id,
        reason="issued_in_error",
        actor="operator",
        now=clock.now,
    )
    session.commit()
    decision = ruled.post(PATH, json=ask()).get_json()["decisions"][0]
    assert (decision["outcome"], decision["code"]) == ("REFUSE", "withdrawn")


def test_without_a_policy_the_only_one_counts_and_with_several_one_must_be_named(
    ruled: FlaskClient, ask: Ask, policy: dict[str, Any]
) -> None:
    assert ruled.post(PATH, json=ask()).status_code == 201
    ruled.post("/v1/acceptance-policies", json={"code": "second", "title": "Second", "rules": policy})
    answer = ruled.post(PATH, json=ask())
    assert (answer.status_code, answer.get_json()["code"]) == (422, "policy_not_named")
    named = ruled.post(PATH, json=ask(policy="second"))
    assert named.get_json()["policy"] == {"code": "second", "version": 1}


def test_everything_is_decided_as_at_the_start_date(ruled: FlaskClient, ask: Ask) -> None:
    decision = ruled.post(PATH, json=ask(starts_on="2028-03-03")).get_json()["decisions"][0]
    assert decision["code"] == "lapses_before_start"
    last_day = ruled.post(PATH, json=ask(starts_on="2028-03-02")).get_json()["decisions"][0]
    assert last_day["outcome"] == "ACCEPT_UNTIL"


@pytest.mark.parametrize("starts_on", ["2025-08-04", "2028-08-07", "2199-01-01"])
def test_a_start_date_that_can_not_be_meant_is_refused(ruled: FlaskClient, ask: Ask, starts_on: str) -> None:
    answer = ruled.post(PATH, json=ask(starts_on=starts_on))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "starts_on_out_of_range")


@pytest.mark.parametrize(
    "changed",
    [
        {"presentation": None},
        {"verification_id": str(uuid4())},
        {"presentation": None, "verification_id": "7"},
        {"presentation": 7},
        {"profile": None},
        {"profile": ""},
        {"profile": "x\u0000"},
        {"starts_on": None},
        {"starts_on": "1 September"},
        {"starts_on": "2026-02-30"},
        {"colour": "red"},
    ],
)
def test_a_question_that_is_not_complete_is_refused(ruled: FlaskClient, ask: Ask, changed: dict[str, Any]) -> None:
    assert ruled.post(PATH, json=ask(**changed)).status_code == 422


def test_an_unknown_profile_or_policy_is_not_found(ruled: FlaskClient, ask: Ask) -> None:
    assert ruled.post(PATH, json=ask(profile="unknown")).get_json()["code"] == "requirement_profile_not_found"
    assert ruled.post(PATH, json=ask(policy="unknown")).get_json()["code"] == "acceptance_policy_not_found"


def test_plans_are_listed_in_pages_oldest_first(ruled: FlaskClient, ask: Ask) -> None:
    made = [ruled.post(PATH, json=ask()).get_json()["id"] for _ in range(3)]
    first = ruled.get(f"{PATH}?limit=2").get_json()
    second = ruled.get(PATH, query_string={"limit": 2, "cursor": first["next"]}).get_json()
    assert [item["id"] for page in (first, second) for item in page["items"]] == made
    assert first["items"][0]["minutes_saved"] == 60


def test_deciding_needs_its_own_scope(app: Flask, session: Session, ask: Ask, receiver: Any) -> None:
    others = sign_in(app, session, receiver.id, "verify", "induction:read", "induction:write")
    assert others.post(PATH, json=ask()).status_code == 403
    assert others.get(PATH).status_code == 403


def test_the_same_question_again_under_one_key_makes_one_plan(ruled: FlaskClient, session: Session, ask: Ask) -> None:
    headers = {"Idempotency-Key": "invented-1"}
    first, second = (ruled.post(PATH, json=ask(), headers=headers) for _ in range(2))
    assert first.get_data() == second.get_data()
    assert count(session, InductionPlan) == 1
