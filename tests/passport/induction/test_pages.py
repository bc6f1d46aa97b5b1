"""Pages of a decision: proposed as the rules say, exceptions only with a reason, and the same plan for ever."""

import io
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.esr import competence
from passport.esr import service as esr
from passport.esr.competence import CompetenceMap, Meaning
from passport.induction import service, showing
from passport.induction.models import InductionPlan
from passport.organisations.models import Organisation
from passport.standards import service as standards
from tests.factories import OrganisationFactory
from tests.receiving import Shown, issued_again
from tests.visitors import Browser, visit

START = {"starts_on-day": "1", "starts_on-month": "9", "starts_on-year": "2026"}


@pytest.fixture
def manager(app: Flask, session: Session, receiver: Organisation, ruled: FlaskClient) -> Browser:
    """A manager of a trust that has written its rules."""
    return visit(app, session, receiver.id, "ward_manager")


@pytest.fixture
def proposal(manager: Browser, shown: Shown) -> str:
    """The address of the proposal for the shown passport."""
    check = manager.post("/check", passport=shown.text).headers["Location"].rpartition("/")[2]
    asked = manager.post(f"/decide/{check}", profile="ward-nurse", **START)
    assert asked.status_code == 303, asked.text
    return str(asked.headers["Location"])


def kept(session: Session) -> list[InductionPlan]:
    return list(session.scalars(select(InductionPlan)))


def test_the_proposal_shows_each_requirement_with_its_sentence_and_keeps_nothing(
    manager: Browser, proposal: str, session: Session
) -> None:
    page = manager.get(proposal)
    assert "Accepted until 2 March 2028" in page
    assert "Fire procedure of the ward" in page
    assert kept(session) == []


def test_all_that_is_proposed_is_accepted_by_one_button(manager: Browser, proposal: str, session: Session) -> None:
    answer = manager.post(proposal, as_proposed="yes", **{"choice-0": "to_do"})
    assert answer.status_code == 303
    plan = kept(session)[0].plan
    assert "departures" not in plan
    page = manager.get(answer.headers["Location"])
    assert "The induction plan is saved." in page
    assert "20 minutes" in page


def test_an_exception_needs_a_reason(manager: Browser, proposal: str, session: Session) -> None:
    answer = manager.post(proposal, **{"choice-1": "accept"})
    assert answer.status_code == 422
    assert 'href="#reason-1"' in answer.text
    assert kept(session) == []


def test_an_exception_stands_in_the_plan_its_hash_and_the_audit_log(
    manager: Browser, proposal: str, session: Session
) -> None:
    reason = "Worked on this ward until June & knows <it>"
    answer = manager.post(proposal, **{"choice-1": "accept", "reason-1": reason, "choice-0": "proposed"})
    assert answer.status_code == 303
    stored = kept(session)[0]
    assert stored.plan["departures"] == [{"requirement": "ward", "decision": "accept", "reason": reason}]
    assert (stored.plan["accepted"], stored.plan["minutes_left"], stored.plan["minutes_saved"]) == (
        ["held", "ward"], 0, 80,
    )  # fmt: skip
    assert service.is_as_decided(stored)
    session.expunge(stored)
    stored.plan = {**stored.plan, "departures": []}
    assert not service.is_as_decided(stored)
    entry = session.scalars(select(AuditEntry).filter_by(action="induction_plan.decided")).one()
    assert entry.detail["departures"] == {"ward": "accept"}
    assert reason not in str(entry.detail)
    assert "knows &lt;it&gt;" in manager.get(answer.headers["Location"])


def test_an_accepted_award_can_be_asked_for_again(manager: Browser, proposal: str, session: Session) -> None:
    manager.post(proposal, **{"choice-0": "to_do", "reason-0": "New equipment here"})
    plan = kept(session)[0].plan
    assert (plan["to_do"], plan["minutes_left"], plan["minutes_saved"]) == (["held", "ward"], 80, 0)


def test_the_file_for_esr_holds_the_accepted_award_in_safe_cells(
    manager: Browser, proposal: str, session: Session
) -> None:
    address = manager.post(proposal, as_proposed="yes").headers["Location"]
    answer = manager.http.get(f"{address}/esr.csv")
    lines = answer.text.splitlines()
    assert len(lines) == 2
    assert lines[0].lstrip("\ufeff").split(",") == list(showing.ESR_COLUMNS)
    assert "2026-03-02,2028-03-02" in lines[1]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="accepted-training-2026-09-01.csv"'


def test_the_file_for_esr_is_one_that_our_own_import_reads(
    manager: Browser, proposal: str, session: Session, receiver: Organisation, now: datetime
) -> None:
    address = manager.post(proposal, as_proposed="yes").headers["Location"]
    content = manager.http.get(f"{address}/esr.csv").data
    done = esr.import_file(
        session, io.BytesIO(content), organisation_id=receiver.id, dry_run=True, actor="operator", now=now
    )
    statement, order = esr.rows(done.id)
    (row,) = session.execute(statement.order_by(*order)).all()
    assert row.code == "person_unknown"  # all else was read; the numbers of the new employer are for it to fill in
    assert done.counts["set_aside"] == 1


@pytest.mark.parametrize(
    ("code", "part"),
    [*((code, None) for code in ("FS", "MH1", "MH2", "RES2A", "SC2", "IPC2", "PRA", "EDHR")), ("OMT1", 2)],
)
def test_the_file_for_esr_names_a_standard_as_our_import_knows_it(
    session: Session, now: datetime, code: str, part: int | None
) -> None:
    standards.load_catalogue(session, now=now)
    catalogue = standards.catalogue(session)
    said = {name: getattr(catalogue.by_code[code], name) for name in ("framework", "subject", "level", "variant")}
    award = {"id": "a", **said, "part": part, "awarded_on": "2026-03-02", "valid_until": None,
             "assurance": {"assessed": True, "delivery": "e_learning"}}  # fmt: skip
    decision = {"requirement": "r", "awards": ["a"], "accepted_until": None}
    plan = {"holder": {}, "awards": [award], "accepted": ["r"], "decisions": [decision]}
    (row,) = showing.esr_rows(plan)
    name = str(row[showing.ESR_COLUMNS.index("Competency Name")])
    assert CompetenceMap(catalogue).meanings(competence.parse(name)) == {Meaning(code, part or 0)}


def test_the_evidence_names_the_rules_and_the_hash(manager: Browser, proposal: str, session: Session) -> None:
    address = manager.post(proposal, as_proposed="yes").headers["Location"]
    page = manager.get(f"{address}/evidence")
    assert kept(session)[0].sha256.hex() in page
    assert "invented table" in page
    assert "was changed after the decision" not in page


def test_a_plan_of_another_organisation_is_not_found(
    app: Flask, session: Session, manager: Browser, proposal: str
) -> None:
    address = manager.post(proposal, as_proposed="yes").headers["Location"]
    stranger = visit(app, session, OrganisationFactory.create(session).id, "ward_manager")
    for each in (address, f"{address}/evidence", f"{address}/esr.csv", proposal):
        stranger.get(each, status=404)


@pytest.mark.parametrize("query", ["", "?profile=ward-nurse", "?profile=ward-nurse&starts_on=soon"])
def test_a_proposal_without_a_whole_question_is_refused(manager: Browser, proposal: str, query: str) -> None:
    manager.get(proposal.partition("?")[0] + query, status=422)


def test_a_trust_without_rules_is_told_so(app: Flask, session: Session, shown: Shown) -> None:
    bare = visit(app, session, OrganisationFactory.create(session).id, "ward_manager")
    check = bare.post("/check", passport=shown.text).headers["Location"].rpartition("/")[2]
    assert "has no requirement profile yet" in bare.get(f"/decide/{check}")
    assert "There are no plans yet" in bare.get("/plans")
    assert "Nobody has a plan yet" in bare.get("/cohorts")


def decide_many(manager: Browser, **fields: Any) -> Any:
    return manager.post("/cohorts", profile="ward-nurse", **START, **fields)


def test_many_starters_are_decided_at_once_and_stand_in_the_matrix(
    manager: Browser, shown: Shown, session: Session
) -> None:
    answer = decide_many(manager, passports=f"{shown.text}\n\n{shown.text}\n")
    assert answer.status_code == 303, answer.text
    assert len(kept(session)) == 1, "the same text twice is one starter"
    page = manager.get(answer.headers["Location"])
    assert "1 of 1 shown" in page
    assert "Accept" in page
    assert "0 of 1 shown" in manager.get(f"{answer.headers['Location']}&requirement=held&state=to_do")
    assert "1 of 1 shown" in manager.get(f"{answer.headers['Location']}&requirement=ward&state=to_do")
    lines = manager.http.get(answer.headers["Location"].replace("matrix", "matrix.csv")).text.splitlines()
    assert len(lines) == 2
    assert lines[1].endswith("Accept,To do,20")


def test_starters_who_were_checked_before_can_be_chosen(manager: Browser, shown: Shown, session: Session) -> None:
    check = manager.post("/check", passport=shown.text).headers["Location"].rpartition("/")[2]
    assert check in manager.get("/cohorts")
    assert decide_many(manager, checked=check).status_code == 303
    assert check not in manager.get("/cohorts"), "a decision was made on it"


def test_a_refused_text_is_named_and_the_others_get_their_plans(
    manager: Browser, shown: Shown, session: Session
) -> None:
    answer = decide_many(manager, passports=f"{shown.text}\nhello")
    for _ in range(2):  # to load it again decides nothing again
        assert "1 of 2 got no plan" in manager.get(answer.location)
    assert len(kept(session)) == 1
    assert manager.http.get(f"/cohorts/refused/{uuid4()}").location == "/cohorts"


def test_a_cohort_form_without_starters_is_refused(manager: Browser) -> None:
    assert decide_many(manager).status_code == 422


def test_the_newest_plan_of_a_person_counts(manager: Browser, shown: Shown, session: Session, now: Any) -> None:
    decide_many(manager, passports=shown.text)
    address = decide_many(manager, passports=issued_again(shown.nurse, now).text).headers["Location"]
    assert len(kept(session)) == 2
    assert "1 of 1 shown" in manager.get(address)
