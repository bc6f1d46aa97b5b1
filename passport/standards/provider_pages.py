"""Pages of the Academy for providers: who applied, is approved, suspended or due for review, and each move.

In the order of the code: the list with its filters; a new application or approval; one provider towards one standard,
with its history and reviews; the next state, which its own page confirms (to suspend or end is an interruption); the
yearly review. Addresses name an accreditation by its id. Who acts on a state that is not the newest is told to look
again.
"""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import Select, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from credentials.periods import in_words
from passport.db import reading, transaction
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.standards import accreditation, providers, reviews, service, wording
from passport.standards.accreditation import STATES, AccreditationMove, Seen, SpecificationDead
from passport.standards.changes import ChangedMeanwhile
from passport.standards.forms import ConditionsForm, ProviderForm, ReviewForm, StateForm
from passport.standards.models import Accreditation, Standard
from passport.standards.reviews import ReviewExists
from passport.web.clock import now
from passport.web.fields import visible
from passport.web.forms import Form
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import STANDARDS_BODY, for_standards_body, visitor

LONGEST_SEARCH = 100
SOON = timedelta(days=60)  # time to arrange a review
DUE = {"now": timedelta(0), "soon": SOON}
INTERRUPTED = ("suspended", "ended")
blueprint = PageBlueprint("accreditations", __name__, url_prefix="/accreditations")
blueprint.menu("academy", "Accreditations", "accreditations.everything", order=20, kind=STANDARDS_BODY)


@blueprint.route("")
@for_standards_body
def everything() -> Response:
    """List where each provider stands, by words, state and whether its review is due."""
    search = visible(request.args.get("search", ""))[:LONGEST_SEARCH]
    state, due = request.args.get("state", ""), request.args.get("due", "")
    with reading() as session:
        order = (Organisation.name, Standard.title, Accreditation.id)
        found = page_of(session, _wanted(search, state, due), order, request.args.get("cursor"))
        return page(
            "standards/accreditations.html",
            found=found.items, search=search, state=state, due=due, tags=wording.ACCREDITATION_STATES,
            today=now().date(), next_cursor=found.next,
        )  # fmt: skip


@blueprint.route("/new", methods=["GET", "POST"])
@for_standards_body
def add() -> AnyResponse:
    """Record that a provider applied for a standard, or is approved at once."""
    form = ProviderForm()
    with reading() as session:
        listed = session.scalars(select(Standard).where(Standard.kind != "statutory").order_by(Standard.title))
        form.standard.offer((each.code, each.title) for each in listed)
        form.organisation.offer(_open_organisations(session, now().date()))
    if form.submitted():
        try:
            with transaction() as session:
                row = service.accredit(
                    session, organisation_id=organisations.by_ods(session, form.organisation.data).id,
                    standard_code=form.standard.data, state=form.state.data, from_on=form.from_on.data,
                    note=form.note.data or None, conditions=form.conditions.data or None, actor=visitor().actor,
                    now=now(),
                )  # fmt: skip
                accreditation_id = row.id
                say(session, "It was recorded.")
            return redirect(url_for("accreditations.show", accreditation_id=accreditation_id), code=303)
        except (AccreditationMove, SpecificationDead, Invalid) as wrong:
            _refuse(form, wrong, otherwise="state")
    return page("standards/accreditation_new.html", form=form, status=_status(form))


@blueprint.route("/<uuid:accreditation_id>")
@for_standards_body
def show(accreditation_id: UUID) -> Response:
    """Show where a provider stands towards a standard: now, before, its reviews, and what can follow."""
    with reading() as session:
        row, provider, standard = _newest(session, accreditation_id)
        history = accreditation.accreditations(provider.id, standard.code).order_by(Accreditation.from_on.desc())
        return page(
            "standards/accreditation.html",
            row=row,
            provider=provider,
            standard=standard,
            history=session.scalars(history).all(),
            reviews=reviews.reviews_of(session, row),
            moves=[(state, wording.move_words(state, row.state)) for state in accreditation.following(row)],
            may_review=row.state in accreditation.MAY_AWARD,
            tags=wording.ACCREDITATION_STATES,
            today=now().date(),
        )


@blueprint.route("/<uuid:accreditation_id>/move/<state>", methods=["GET", "POST"])
@for_standards_body
def move(accreditation_id: UUID, state: str) -> AnyResponse:
    """Say what the next state means, and enter it when it is confirmed."""
    with reading() as session:
        row, provider, standard = _newest(session, accreditation_id)
        before, seen, code, words = row.state, (row.id, row.revision), standard.code, row.conditions
        shown: dict[str, Any] = {
            "provider": provider.name,
            "standard_title": standard.title,
            "seen": row.revision,
            "row_id": row.id,
        }
        following = accreditation.following(row)
    if state not in following:
        raise ChangedMeanwhile if request.method == "POST" and state in STATES else NotFound
    form = ConditionsForm() if state == "conditions" else StateForm()
    if isinstance(form, ConditionsForm) and request.method == "GET":
        form.conditions.data = words
    if form.submitted():
        _check_seen(accreditation_id, seen)
        try:
            with transaction() as session:
                after = service.accredit(
                    session, organisation_id=accreditation.by_id(session, accreditation_id).organisation_id,
                    standard_code=code, state=state, from_on=form.from_on.data, note=form.note.data,
                    conditions=form.conditions.data if isinstance(form, ConditionsForm) else None, seen=seen,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                after_id = after.id
                say(session, f"The provider is now: {wording.ACCREDITATION_STATES[state][0].lower()}.")
            return redirect(url_for("accreditations.show", accreditation_id=after_id), code=303)
        except (AccreditationMove, SpecificationDead, Invalid) as wrong:
            _refuse(form, wrong, otherwise="from_on")
    return page(
        "standards/accreditation_move.html",
        form=form, title=wording.move_words(state, before), consequence=wording.consequence(state, before),
        is_interrupted=state in INTERRUPTED, has_conditions=state == "conditions", status=_status(form), **shown,
    )  # fmt: skip


@blueprint.route("/<uuid:accreditation_id>/review", methods=["GET", "POST"])
@for_standards_body
def review(accreditation_id: UUID) -> AnyResponse:
    """Record the yearly review of a provider."""
    form = ReviewForm()
    with reading() as session:
        row, provider, standard = _newest(session, accreditation_id)
        seen, words = (row.id, row.revision), row.conditions
        if row.state not in accreditation.MAY_AWARD:
            raise NotFound
        shown = _shown(row, provider, standard)
    if request.method == "GET":
        form.conditions.data = words
    if form.submitted():
        _check_seen(accreditation_id, seen)
        try:
            with transaction() as session:
                done = reviews.record_review(
                    session, accreditation_id=accreditation_id, reviewed_on=form.reviewed_on.data,
                    outcome=form.outcome.data, note=form.note.data, seen=seen,
                    conditions=(form.conditions.data or None) if form.outcome.data == "conditions" else None,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                due = f" The next one is due on {in_words(done.next_due_on)}." if done.next_due_on else ""
                say(session, f"The review was recorded.{due}")
            return redirect(url_for("accreditations.show", accreditation_id=accreditation_id), code=303)
        except (AccreditationMove, ReviewExists, SpecificationDead, Invalid) as wrong:
            _refuse(form, wrong, otherwise="reviewed_on")
    return page("standards/review.html", form=form, status=_status(form), **shown)


def _open_organisations(session: Session, on: date) -> list[tuple[str, str]]:
    """Return the code, and the name with the code, of every organisation that is open on a day."""
    named = select(Organisation.ods_code, Organisation.name).where(organisations.open_on(on))
    found = session.execute(named.order_by(Organisation.name, Organisation.ods_code))
    return [(code, f"{name} ({code})") for code, name in found]


def _wanted(search: str, state: str, due: str) -> Select[Accreditation, Organisation, Standard]:
    listed = providers.due_for_review(now().date() + DUE[due]) if due in DUE else providers.standings()
    if state in STATES:
        listed = listed.where(Accreditation.state == state)
    return providers.matching(listed, search) if search else listed


def _newest(session: Session, accreditation_id: UUID) -> tuple[Accreditation, Organisation, Standard]:
    """Return the newest state of the provider towards the standard that a row is about."""
    row = accreditation.by_id(session, accreditation_id)
    newest = accreditation.latest_of(session, row.organisation_id, row.standard_id) or row
    provider = organisations.by_id(session, row.organisation_id)
    return newest, provider, session.get_one(Standard, row.standard_id)


def _shown(row: Accreditation, provider: Organisation, standard: Standard) -> dict[str, Any]:
    """Return what every page of a move says of the state that it starts from, read while the session is open."""
    return {
        "provider": provider.name,
        "standard_title": standard.title,
        "seen": row.revision,
        "row_id": row.id,
        "due_on": row.review_due_on,
    }


def _check_seen(accreditation_id: UUID, newest: Seen) -> None:
    """Refuse who looked at another state than the newest."""
    if (str(accreditation_id), request.form.get("seen", "")) != (str(newest[0]), str(newest[1])):
        raise ChangedMeanwhile


def _refuse(form: Form, wrong: Conflict | Invalid, *, otherwise: str) -> None:
    """Say what is wrong at its field, or at another one where it is about none of them."""
    named = [fault.pointer.removeprefix("/") for fault in getattr(wrong, "faults", ())]
    field: Any = next((name for name in named if name in form), otherwise)
    form.refuse(field, wrong.detail)


def _status(form: Form) -> int:
    return 422 if form.has_errors else 200
