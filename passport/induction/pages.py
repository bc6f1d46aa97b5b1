"""Pages of a receiving manager: decide on a passport that was checked, and the plans that came of it.

In the order of the code: what to decide by; the proposal, which a person confirms as it stands or with exceptions; the
plan as a task list, for print, as a file for ESR and as a dated page of evidence; the plans of the organisation.
Cohorts are in `cohort_pages`. Addresses name a check or a plan by its id and rules by their code, never a person.
"""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import accounts
from passport.db import reading, transaction
from passport.errors import Invalid
from passport.induction import rule_sets, service, showing
from passport.induction.forms import CHOICES, DeparturesForm, QuestionForm
from passport.induction.models import InductionPlan
from passport.induction.rule_sets import POLICIES, PROFILES, Kind
from passport.staff import numbers
from passport.verifying import service as verifying
from passport.verifying import wording
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

blueprint = PageBlueprint("deciding", __name__)
blueprint.menu("ward_manager", "Induction plans", "deciding.plans", order=20)


@blueprint.route("/decide/<uuid:verification_id>", methods=["GET", "POST"])
@for_role("ward_manager")
def question(verification_id: UUID) -> AnyResponse:
    """Ask what to decide by."""
    with reading() as session:
        verdict = verifying.of_organisation(session, verification_id, visitor().organisation_id).verdict
        profiles, policies = (offered(session, kind) for kind in (PROFILES, POLICIES))
    form = QuestionForm()
    form.offer(profiles, policies)
    if form.submitted():
        chosen = {"profile": form.profile.data, "starts_on": form.starts_on.data.isoformat()}
        if "policy" in form:
            chosen["policy"] = form.policy.data
        return redirect(url_for("deciding.proposal", verification_id=verification_id, **chosen), code=303)
    return page(
        "induction/question.html",
        form=form,
        name=wording.name_of(verdict),
        verification_id=verification_id,
        lacks=[words for words, offers in (("role", profiles), ("policy", policies)) if not offers],
        status=422 if form.has_errors else 200,
    )


@blueprint.route("/decide/<uuid:verification_id>/requirements", methods=["GET", "POST"])
@for_role("ward_manager")
def proposal(verification_id: UUID) -> AnyResponse:
    """Show what the rules propose for each requirement; keep the plan when it is confirmed."""
    asked = _asked(verification_id)
    with reading() as session:
        proposed = service.propose(session, **asked)
        plan, title = proposed.content.plan, proposed.profile.rule_set.title
        practice = wording.practice(proposed.content.evidence["verdict"])
    confirmed, as_proposed = request.method == "POST", "as_proposed" in request.form
    form = DeparturesForm(showing.requirements(plan), {} if as_proposed else request.form)
    if confirmed and not form.has_errors:
        return _confirm(asked, form)
    return page(
        "induction/proposal.html",
        form=form,
        plan=plan,
        name=showing.holder_of(plan),
        role=title,
        practice=practice,
        choices=CHOICES,
        starts_on=asked["starts_on"],
        verification_id=verification_id,
        time=showing.duration,
        status=422 if form.has_errors else 200,
    )


@blueprint.route("/plans")
@for_role("ward_manager")
def plans() -> Response:
    """List the plans of the organisation, the newest first."""
    with reading() as session:
        kept = InductionPlan.plan  # read in parts: a whole one is long
        statement = service.all_of(visitor().organisation_id).with_only_columns(
            InductionPlan.id, InductionPlan.starts_on, InductionPlan.decided_at, kept["holder"],
            kept["profile"]["title"].astext, kept["minutes_left"].as_integer(),
        )  # fmt: skip
        keys = (InductionPlan.decided_at, InductionPlan.id)
        found = page_of(session, statement, keys, request.args.get("cursor"), descending=True)
        return page(
            "induction/plans.html",
            plans=found.items,
            name_of=showing.named,
            time=showing.duration,
            next_cursor=found.next,
        )


@blueprint.route("/plans/<uuid:plan_id>")
@for_role("ward_manager")
def plan(plan_id: UUID) -> Response:
    """Show a plan as a task list."""
    with reading() as session:
        stored = service.of_organisation(session, plan_id, visitor().organisation_id)
        return page("induction/plan.html", **_shown(session, stored))


@blueprint.route("/plans/<uuid:plan_id>/evidence")
@for_role("ward_manager", "auditor")
def evidence(plan_id: UUID) -> Response:
    """Show what a plan rests on, dated, to print and keep."""
    with reading() as session:
        stored = service.of_organisation(session, plan_id, visitor().organisation_id)
        verdict = stored.evidence["verdict"]
        return page(
            "induction/evidence.html",
            facts=wording.facts(verdict),
            records=wording.records(verdict, today=stored.decided_at.date()),
            practice=wording.practice(verdict),
            checked_at=wording.instant(stored.evidence["checked_at"]),
            as_decided=service.is_as_decided(stored),
            printed_at=now(),
            show_number=numbers.show,
            **_shown(session, stored),
        )


@blueprint.route("/plans/<uuid:plan_id>/esr.csv")
@for_role("ward_manager")
def esr_file(plan_id: UUID) -> Response:
    """Return the accepted records in the columns of ESR."""
    with reading() as session:
        stored = service.of_organisation(session, plan_id, visitor().organisation_id)
        name = showing.file_name("accepted-training", stored.starts_on)
        return csv_answer(name, showing.ESR_COLUMNS, showing.esr_rows(stored.plan))


def offered(session: Session, kind: Kind) -> list[tuple[str, str]]:
    """Return the organisation's rule sets of a kind, as choices."""
    statement = rule_sets.all_of(kind, visitor().organisation_id).order_by(kind.rule_set.title)
    return [(each.code, each.title) for each in session.scalars(statement)]


def _asked(verification_id: UUID) -> dict[str, Any]:
    try:
        starts_on = date.fromisoformat(request.args.get("starts_on", ""))
    except ValueError:
        raise Invalid("Go back and enter the start date.") from None
    return {
        "organisation_id": visitor().organisation_id,
        "verification_id": verification_id,
        "profile": request.args.get("profile", ""),
        "policy": request.args.get("policy"),
        "starts_on": starts_on,
        "actor": visitor().actor,
        "now": now(),
    }


def _confirm(asked: dict[str, Any], form: DeparturesForm) -> AnyResponse:
    with transaction() as session:
        kept = service.decide(session, departures=form.departures, **asked)
        say(session, "The induction plan is saved.")
        return redirect(url_for("deciding.plan", plan_id=kept.id), code=303)


def _shown(session: Session, stored: InductionPlan) -> dict[str, Any]:
    found = showing.requirements(stored.plan)
    return {
        "stored": stored,
        "name": showing.holder_of(stored.plan),
        "requirements": found,
        "left": [each for each in found if each.standing in {"to_do", "partial"}],
        "to_check": [each for each in found if each.standing == "to_check"],
        "done": [each for each in found if each.standing == "accepted"],
        "decided_by": accounts.name_of_actor(session, stored.decided_by),
        "choices": CHOICES,
        "time": showing.duration,
    }
