"""Pages of frameworks: their versions, what a new one would do, and its confirmation.

The same way as for renewal rules (`rule_pages`): the Academy proposes, sees how many people change in the country, and
confirms; a workforce team looks at the same change for its own people, by name. The preview writes nothing, and the
confirmation writes the version alone.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict, Invalid
from passport.reporting import service, version_changes
from passport.reporting.forms import SAME, WORTHS_IN_WORDS, VersionForm, standard_field, version_form
from passport.reporting.rule_changes import MOST_PEOPLE
from passport.reporting.version_changes import CHANGES, Proposal
from passport.staff import numbers
from passport.standards import service as standards
from passport.standards.frameworks import FrameworkVersionExists, check_version, standards_of
from passport.standards.models import CarryOver, Framework, FrameworkVersion, Standard
from passport.standards.wording import in_full
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, for_standards_body, is_of_standards_body, visitor

CONFIDENCE: Final = "high"  # the owner of the framework says so
COLOURS: Final = {"unclear": "grey", "in_part": "yellow"}  # as the holder sees them (`holder.standing`)
blueprint = PageBlueprint("versions", __name__, url_prefix="/rules/frameworks")


@blueprint.route("")
@for_role("academy", "hr")
def versions() -> Response:
    """List the versions of every framework, the newest first."""
    with reading() as session:
        found = session.execute(
            select(Framework, FrameworkVersion)
            .join(FrameworkVersion, FrameworkVersion.framework_id == Framework.id)
            .order_by(Framework.title, FrameworkVersion.from_on.desc().nulls_last(), FrameworkVersion.version.desc())
        ).all()
        frameworks: dict[Framework, list[FrameworkVersion]] = {}
        for framework, version in found:
            frameworks.setdefault(framework, []).append(version)
        left_open = _left_open(session)
        return page(
            "reporting/versions.html",
            frameworks=frameworks,
            left_open=left_open,
            proposes=is_of_standards_body(visitor()),
        )


@blueprint.route("/<code>/effect")
@for_role("academy", "hr")
def effect(code: str) -> Response:
    """Show what a new version would do. A form with GET: it writes nothing, and its address can be sent to somebody."""
    with reading() as session:
        form = _form(session, code, request.args)
        if not request.args or not _can_be(session, form, code):
            return _form_page(session, form, code, status=422 if request.args else 200)
        return _effect_page(session, form, code)


@blueprint.route("/<code>/confirm", methods=["POST"])
@for_standards_body
def confirm(code: str) -> AnyResponse:
    """Record the version. Nothing is issued again: what awards are worth is worked out each time they are read."""
    with reading() as session:
        form = _form(session, code, request.form)
        if not _can_be(session, form, code):
            return _form_page(session, form, code, status=422)
        said = _proposal(session, form, code)
    try:
        with transaction() as session:
            standards.add_framework_version(
                session, framework_code=code, version=said.version, from_on=said.from_on, worth=said.worth,
                source=form.source.data, confidence=CONFIDENCE, actor=visitor().actor, now=now(),
            )  # fmt: skip
            say(session, f"Version {said.version} is recorded. It counts for everybody from its first day.")
    except (Conflict, Invalid) as wrong:  # somebody else was faster
        _refuse(form, wrong)
        with reading() as session:
            return _form_page(session, form, code, status=422)
    return redirect(url_for("versions.versions"), code=303)


def _can_be(session: Session, form: VersionForm, code: str) -> bool:
    """Say whether the version that was filled in could be added. If not, the form says why at its field."""
    if not form.validate():
        return False
    try:
        check_version(
            session, framework_code=code, version=form.version.data, from_on=form.from_on.data, today=_today()
        )
    except (Conflict, Invalid) as wrong:
        _refuse(form, wrong)
    return not form.has_errors


def _refuse(form: VersionForm, wrong: Conflict | Invalid) -> None:
    form.refuse("version" if isinstance(wrong, FrameworkVersionExists) else "from_on", wrong.detail)


def _left_open(session: Session) -> dict[UUID, list[tuple[str, str]]]:
    """Return by version the standards whose earlier awards do not all count as before, with what they are worth."""
    rows = session.execute(
        select(CarryOver, Standard)
        .join(Standard, Standard.id == CarryOver.standard_id)
        .where(CarryOver.worth != "as_before")
        .order_by(Standard.number)
    )
    found: dict[UUID, list[tuple[str, str]]] = {}
    for said, each in rows:
        named = in_full(each.title, each.level, each.variant)
        found.setdefault(said.framework_version_id, []).append((named, WORTHS_IN_WORDS[said.worth]))
    return found


def _effect_page(session: Session, form: VersionForm, code: str) -> Response:
    acting, proposal, today = visitor(), _proposal(session, form, code), _today()
    view, own = service.ask(session, acting.organisation_id, role=acting.role).view, acting.role == "hr"
    seen = version_changes.count(session, view, proposal, today=today)
    titles = {each.code: in_full(each.title, each.level, each.variant) for each in standards_of(session, code)}
    table = version_changes.by_standard(seen, proposal, titles)
    return page(
        "reporting/version_effect.html", form=form, proposal=proposal, changes=CHANGES, colours=COLOURS, own=own,
        framework=standards.framework_by_code(session, code), is_national=view.is_national,
        table=table, withheld=table.withholds, nothing_shown=not table.lines,
        people=version_changes.people(session, acting.organisation_id, proposal) if own else [],
        show_number=numbers.show, most=MOST_PEOPLE, given=request.args.to_dict(), is_past=proposal.from_on < today,
        proposes=is_of_standards_body(acting),
    )  # fmt: skip


def _form_page(session: Session, form: VersionForm, code: str, *, status: int) -> Response:
    framework = standards.framework_by_code(session, code)
    each = [standard_field(standard.code) for standard in standards_of(session, code)]
    return page("reporting/version_propose.html", form=form, framework=framework, each=each, status=status)


def _form(session: Session, code: str, given: Any) -> VersionForm:
    return version_form(standards_of(session, code), given or None)


def _proposal(session: Session, form: VersionForm, code: str) -> Proposal:
    worth = {each.code: form[standard_field(each.code)].data for each in standards_of(session, code)}
    return version_changes.proposal(
        session, framework_code=code, version=form.version.data, from_on=form.from_on.data, others=form.others.data,
        worth={standard: said for standard, said in worth.items() if said in WORTHS_IN_WORDS and said != SAME},
    )  # fmt: skip


def _today() -> date:
    return now().date()
