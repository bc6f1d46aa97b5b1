"""Pages of renewal rules: what is in force, what a change would do, and its confirmation.

The Academy proposes, sees how many people change colour in the country and where the holders are, and confirms. A
workforce team looks at the same change for its own people, by name. The preview is a page that is read: nothing is
written before the confirmation, and that writes the rule alone.
"""

from datetime import date
from typing import Any, Final

from flask import Response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict, Invalid
from passport.reporting import previews, rule_changes, service
from passport.reporting.forms import RuleForm
from passport.reporting.rule_changes import CHANGES, Proposal
from passport.staff import numbers
from passport.standards import service as standards
from passport.standards.models import RenewalRule, Standard
from passport.standards.wording import in_full
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, for_standards_body, is_of_standards_body, visitor

CONFIDENCE: Final = "high"  # the owner of the standard says so
COLOURS: Final = {"lapses": "red", "sooner": "yellow", "later": "green", "revives": "green"}
blueprint = PageBlueprint("rules", __name__, url_prefix="/rules")
blueprint.menu("academy", "Renewal rules", "rules.rules", order=50)
blueprint.menu("hr", "Renewal rules", "rules.rules", order=80)


@blueprint.route("")
@for_role("academy", "hr")
def rules() -> Response:
    """List the renewal rules: those in force, those to come, those that are past."""
    with reading() as session:
        found = session.execute(
            select(RenewalRule, Standard)
            .join(Standard, Standard.id == RenewalRule.standard_id)
            .order_by(Standard.title, Standard.code, RenewalRule.from_on.desc().nulls_last())
        ).all()
        rows = [(rule, in_full(each.title, each.level, each.variant), _state(rule)) for rule, each in found]
        return page("reporting/rules.html", rows=rows, proposes=is_of_standards_body(visitor()))


@blueprint.route("/effect")
@for_role("academy", "hr")
def effect() -> Response:
    """Show what a change would do. A form with GET: it writes nothing, and its address can be sent to somebody."""
    form = _form(request.args)
    if not request.args:
        return page("reporting/propose.html", form=form, check=False)
    if not form.validate():
        return page("reporting/propose.html", form=form, status=422)
    with reading() as session:
        try:
            return _effect_page(session, form)
        except Invalid as wrong:
            form.refuse("months", wrong.detail)
            return page("reporting/propose.html", form=form, status=422)


@blueprint.route("/confirm", methods=["POST"])
@for_standards_body
def confirm() -> AnyResponse:
    """Record the rule. Nothing is issued again: how long awards count is worked out each time they are read."""
    form = _form(request.form)
    if not form.validate():
        return page("reporting/propose.html", form=form, status=422)
    proposal = _proposal(form)
    try:
        with transaction() as session:
            standards.change_renewal(
                session, standard_code=proposal.standard_code, months=proposal.months, from_on=proposal.from_on,
                source=form.source.data, confidence=CONFIDENCE, actor=visitor().actor, now=now(),
            )  # fmt: skip
            say(session, "The rule is recorded. It counts for everybody from its first day.")
    except (Conflict, Invalid) as wrong:
        form.refuse("from_on" if isinstance(wrong, Conflict) else "months", wrong.detail)
        return page("reporting/propose.html", form=form, status=422)
    return redirect(url_for("rules.rules"), code=303)


def _effect_page(session: Session, form: RuleForm) -> Response:
    acting, proposal, today = visitor(), _proposal(form), now().date()
    asked = service.ask(session, acting.organisation_id, place=request.args.get("place") or None, role=acting.role)
    figures = rule_changes.count(session, asked.view, proposal, today=today).figures()
    known, own = standards.standard_by_code(session, proposal.standard_code), acting.role == "hr"
    people = previews.changing(figures)
    return page(
        "reporting/rule_effect.html", form=form, proposal=proposal, changes=CHANGES, colours=COLOURS, own=own,
        standard=in_full(known.title, known.level, known.variant),
        figures=[(CHANGES[change], figure) for change, figure in figures.items()], shares=people > 0,
        withheld=any(figure.withheld for figure in figures.values()),
        nothing_shown=all(figure.withheld for figure in figures.values()),
        is_national=asked.view.is_national, place=asked.place,
        way=asked.places.way(asked.place, top=asked.view.top)[:-1],
        where=previews.where(session, asked, known, people=people, today=today) if asked.view.is_national else None,
        people=rule_changes.people(session, acting.organisation_id, proposal) if own else [],
        show_number=numbers.show, most=rule_changes.MOST_PEOPLE, given=_given(), is_past=proposal.from_on < today,
        proposes=is_of_standards_body(acting),
    )  # fmt: skip


def _given() -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name != "place"}


def _form(given: Any) -> RuleForm:
    with reading() as session:
        columns = (Standard.code, Standard.title, Standard.level, Standard.variant)
        known = session.execute(select(*columns).order_by(Standard.title, Standard.number)).all()
    form = RuleForm(given or None)
    form.standard.offer([(code, in_full(title, level, variant)) for code, title, level, variant in known])
    return form


def _proposal(form: RuleForm) -> Proposal:
    months = int(form.months.data) if form.months.data else None
    return Proposal(form.standard.data, months, form.from_on.data)


def _state(rule: RenewalRule) -> str:
    today: date = now().date()
    if rule.from_on is not None and rule.from_on > today:
        return "to_come"
    return "in_force" if rule.until_on is None or rule.until_on >= today else "past"
