"""Pages of the catalogue and the directory: everybody reads them, the Academy moves specifications along.

In the order of the code: the catalogue; one standard with the life of its specification; a new version; the next state
of a version, which its own page confirms; the directory of providers and the page of one. Standards and accreditations
are public (facts, section 2: the Academy keeps the directory); people are never searched for here.
"""

from collections.abc import Collection
from typing import Any

from flask import Response, redirect, request, url_for
from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from credentials.catalogue import Worth
from passport.db import reading, transaction
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.standards import alignment, frameworks, providers, service, specifications, wording
from passport.standards.catalogue import in_force
from passport.standards.changes import ChangedMeanwhile
from passport.standards.forms import MoveForm, MoveWithTermsForm, VersionForm
from passport.standards.models import (
    Accreditation,
    Framework,
    FrameworkVersion,
    RenewalRule,
    Specification,
    Standard,
    StandardPart,
)
from passport.standards.specifications import IN_FORCE, OVER, SpecificationExists, SpecificationMove
from passport.web.clock import now
from passport.web.fields import visible
from passport.web.forms import Form
from passport.web.pages import EVERYBODY, PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_standards_body, is_of_standards_body, public, visitor, visitor_if_any

LONGEST_SEARCH = 100
PROVIDERS_A_PAGE = 20
FIELDS = {"/terms/scope": "scope", "/terms/registers": "registers", "/terms/prerequisites": "prerequisites"}
blueprint = PageBlueprint("catalogue", __name__)
blueprint.menu("academy", "Standards", "catalogue.everything", order=10)
blueprint.menu("academy", "Directory", "catalogue.directory", order=25)
blueprint.menu(EVERYBODY, "Standards", "catalogue.everything", order=60)
blueprint.menu(EVERYBODY, "Find a provider", "catalogue.directory", order=70)


@blueprint.route("/standards")
@public
def everything() -> Response:
    """List the standards, by words, kind and state."""
    search, kind, state = _search(), request.args.get("kind", ""), request.args.get("state", "")
    with reading() as session:
        found = page_of(session, _wanted(search, kind, state), (Standard.number,), request.args.get("cursor"))
        newest = specifications.newest_of(session, [each.id for each in found.items])
        return page(
            "standards/list.html",
            standards=[(each, newest.get(each.id)) for each in found.items],
            search=search,
            kind=kind,
            state=state,
            kinds=wording.KINDS,
            states={key: words[0] for key, words in wording.SPECIFICATION_STATES.items() if key},
            tags=wording.SPECIFICATION_STATES,
            next_cursor=found.next,
        )


@blueprint.route("/standards/<code>")
@public
def show(code: str) -> Response:
    """Show one standard: its rules, what awards of earlier versions of its framework are worth, its specification."""
    with reading() as session:
        standard = service.standard_by_code(session, code)
        versions = specifications.specifications_of(session, standard.id)
        return page(
            "standards/show.html",
            standard=standard,
            framework=session.get_one(Framework, standard.framework_id),
            parts=_of(session, StandardPart, standard, StandardPart.number),
            renewals=_of(session, RenewalRule, standard, RenewalRule.from_on.nulls_first()),
            editions=_editions(session, standard),
            versions=[(each, specifications.steps(session, each), _next(each)) for each in versions],
            listed=_providers_of(session, standard),
            may_change=_is_academy(),
            **_words(),
        )


@blueprint.route("/standards/<code>/versions/new", methods=["GET", "POST"])
@for_standards_body
def add(code: str) -> AnyResponse:
    """Add a version to the specification, as proposed."""
    form = VersionForm()
    form.prepare(specifications.Terms())
    with reading() as session:
        title = service.standard_by_code(session, code).title
    if form.submitted():
        try:
            with transaction() as session:
                specifications.add_specification(
                    session, standard_code=code, version=form.version.data, on=form.on.data, terms=form.terms,
                    source=form.source.data, actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, f"Version {form.version.data} was added.")
            return redirect(url_for("catalogue.show", code=code), code=303)
        except SpecificationExists as wrong:
            form.refuse("version", wrong.detail)
        except Invalid as wrong:
            _refuse(form, wrong)
    return page("standards/version.html", form=form, code=code, standard_title=title, status=_status(form))


@blueprint.route("/standards/<code>/versions/<version>/<state>", methods=["GET", "POST"])
@for_standards_body
def move(code: str, version: str, state: str) -> AnyResponse:
    """Say what the next state means, and enter it when it is confirmed."""
    with reading() as session:
        row = specifications.specification_by_version(session, code, version)
        seen, before = len(specifications.steps(session, row)), row.state
        title, terms = service.standard_by_code(session, code).title, specifications.terms_of(row)
        _check_follows(state, specifications.following(row))
    is_open = before not in IN_FORCE | OVER and state not in OVER
    form = MoveWithTermsForm() if is_open else MoveForm()
    if isinstance(form, MoveWithTermsForm):
        form.prepare(terms)
    if form.submitted():
        try:
            with transaction() as session:
                specifications.change_specification(
                    session, standard_code=code, version=version, state=state,  # type: ignore[arg-type]  # it is in MOVES
                    on=form.on.data, terms=form.terms if isinstance(form, MoveWithTermsForm) else None,
                    source=form.source.data, seen=_seen(), actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, f"Version {version} is now: {wording.SPECIFICATION_STATES[state][0].lower()}.")
            return redirect(url_for("catalogue.show", code=code), code=303)
        except (Invalid, SpecificationMove) as wrong:
            _refuse(form, wrong)
    return page(
        "standards/move.html",
        form=form, code=code, version=version, state=state, before=wording.SPECIFICATION_STATES[before],
        standard_title=title, seen=seen, words=wording.SPECIFICATION_MOVES[state], is_final=state in OVER,
        is_open=is_open, status=_status(form),
    )  # fmt: skip


@blueprint.route("/directory")
@public
def directory() -> Response:
    """List who may award what today, and who is suspended."""
    search = _search()
    listed = providers.matching(providers.directory(now().date()), search)
    with reading() as session:
        order = (Standard.title, Organisation.name, Accreditation.id)
        found = page_of(session, listed, order, request.args.get("cursor"), PROVIDERS_A_PAGE)
        return page(
            "standards/directory.html", found=found.items, search=search, tags=wording.ACCREDITATION_STATES,
            next_cursor=found.next,
        )  # fmt: skip


@blueprint.route("/directory/<ods_code>")
@public
def provider(ods_code: str) -> Response:
    """Show one provider: what it may award today, with conditions, and what it declared to be aligned."""
    with reading() as session:
        organisation = organisations.by_ods(session, ods_code)
        listed = providers.directory(now().date()).where(Organisation.id == organisation.id).order_by(Standard.title)
        aligned = alignment.alignments(organisation.id).order_by(Framework.code, "subject", "from_on")
        return page(
            "standards/provider.html",
            organisation=organisation,
            successor=organisation.direct_successor,
            listed=session.execute(listed).all(),
            aligned=session.execute(aligned).all(),
            may_change=_is_academy(),
            **_words(),
        )


def _check_follows(state: str, following: Collection[str]) -> None:
    """Refuse the address of a state that can't follow; who sends a form for it was overtaken by somebody."""
    if state not in following:
        raise ChangedMeanwhile if request.method == "POST" and state in specifications.STATES else NotFound


def _wanted(search: str, kind: str, state: str) -> Select[Standard]:
    wanted = select(Standard)
    if search:
        columns = (Standard.title, Standard.code, Standard.subject)
        wanted = wanted.where(or_(*(func.lower(each).contains(search.lower(), autoescape=True) for each in columns)))
    if kind in wording.KINDS:
        wanted = wanted.where(Standard.kind == kind)
    if state in wording.SPECIFICATION_STATES:
        in_state = select(Specification.id).where(
            Specification.standard_id == Standard.id, Specification.state == state
        )
        wanted = wanted.where(in_state.exists())
    return wanted


def _next(version: Specification) -> list[tuple[str, str]]:
    """Return the states that a version may enter, in the order of its life, with the words of the link."""
    return [(state, wording.SPECIFICATION_MOVES[state][0]) for state in specifications.following(version)]


def _editions(session: Session, standard: Standard) -> list[tuple[FrameworkVersion, str]]:
    """Return the versions of the standard's framework, the newest first, with what an award of each is worth today."""
    today, found = now().date(), frameworks.versions_about(session, standard)
    known = service.catalogue(session).by_code[standard.code]
    present = in_force([version for version, _ in found], today)

    def words(version: FrameworkVersion, worth: Worth | None) -> str:
        if version.from_on is not None and version.from_on > today:
            return wording.COMING[worth]
        if version is present:
            return wording.PRESENT
        return wording.worth_today(known.carried_over(version.version, today))

    return [(version, words(version, worth)) for version, worth in reversed(found)]


def _providers_of(session: Session, standard: Standard) -> list[Any]:
    listed = providers.directory(now().date()).where(Standard.id == standard.id).order_by(Organisation.name)
    return list(session.execute(listed))


def _of(session: Session, table: Any, standard: Standard, order: Any) -> list[Any]:
    return list(session.scalars(select(table).where(table.standard_id == standard.id).order_by(order)))


def _words() -> dict[str, Any]:
    return {
        "kinds": wording.KINDS,
        "scopes": wording.SCOPES,
        "tags": wording.SPECIFICATION_STATES,
        "provider_tags": wording.ACCREDITATION_STATES,
    }


def _is_academy() -> bool:
    known = visitor_if_any()
    return known is not None and is_of_standards_body(known)


def _search() -> str:
    return visible(request.args.get("search", ""))[:LONGEST_SEARCH]


def _seen() -> int:
    try:
        return int(request.form.get("seen", ""))
    except ValueError:
        raise ChangedMeanwhile from None


def _refuse(form: Form, wrong: Conflict | Invalid) -> None:
    """Say what is wrong at its field; what is about no field is about the day."""
    for fault in getattr(wrong, "faults", ()):
        if fault.pointer in FIELDS:
            form.refuse(FIELDS[fault.pointer], fault.message)
            return
    form.refuse("on", wrong.detail)


def _status(form: Form) -> int:
    return 422 if form.has_errors else 200
