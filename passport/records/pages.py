"""Pages of the registrar for records: find one, its history, close and reopen it, hold it, and the table of retention.

Two records that are merged or parted have their pages in `correction_pages`, erasures in `erasure_pages`. No address
holds a passport number: it is asked for in a form and leads to the record's random id.
"""

from uuid import UUID

from flask import Response, redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict, Invalid, NotFound
from passport.records import closing, erasing, retention, service
from passport.records.forms import CLOSURES, EMPLOYMENT_KINDS, GROUNDS, CloseForm, FindForm, ReasonForm
from passport.records.models import LegalHold
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Person
from passport.web.clock import now
from passport.web.forms import Form
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor

STATES = {
    "proposed": ("Waits for a decision", "yellow"),
    "refused": ("Left apart", "grey"),
    "done": ("Done", "green"),
    "undone": ("Undone", "grey"),
}
KINDS = {"merge": "Two records of one person", "parting": "A wrong match"}
blueprint = PageBlueprint("records", __name__, url_prefix="/records")
blueprint.menu("registrar", "Records", "records.overview", order=15)


def status_of(form: Form) -> int:
    """Return the HTTP status of a page with a form."""
    return 422 if form.has_errors else 200


@blueprint.route("", methods=["GET", "POST"])
@for_role("registrar")
def overview() -> AnyResponse:
    """Find a record by its number; list what waits for a registrar."""
    form = FindForm()
    if form.submitted():
        try:
            with reading() as session:
                person_id = service.by_number(session, form.number.data).id
            return redirect(url_for("records.show", person_id=person_id), code=303)
        except NotFound:
            form.refuse("number", "There is no record with this number")
    with reading() as session:
        return page(
            "records/overview.html", form=form, status=status_of(form), merges=service.waiting(session),
            grounds=GROUNDS, erasures=erasing.pending(session), due=retention.last_count(session),
            show_number=numbers.show,
        )  # fmt: skip


@blueprint.route("/people/<uuid:person_id>")
@for_role("registrar")
def show(person_id: UUID) -> AnyResponse:
    """Show a record with its history; of somebody who was removed, the evidence that is left."""
    with reading() as session:
        side = service.side(session, person_id)
        stands_for = staff.stands_for(session, person_id)
        if (gone := erasing.carried_out(session, stands_for)) is not None:
            return redirect(url_for("records.erasure", erasure_id=gone.id), code=303)
        holds = select(LegalHold).where(LegalHold.person_id == person_id, LegalHold.lifted_at.is_(None))
        return page(
            "records/record.html",
            side=side,
            stands=session.get_one(Person, stands_for) if stands_for != person_id else None,
            corrections=service.corrections_of(session, person_id),
            closure=closing.closure_of(session, person_id),
            holds=session.scalars(holds.order_by(LegalHold.placed_at)).all(),
            show_number=numbers.show, states=STATES, kinds=KINDS, closures=CLOSURES, employment_kinds=EMPLOYMENT_KINDS,
        )  # fmt: skip


@blueprint.route("/people/<uuid:person_id>/close", methods=["GET", "POST"])
@for_role("registrar")
def close(person_id: UUID) -> AnyResponse:
    """Close a record, after saying what that does."""
    form = CloseForm()
    if form.submitted():
        try:
            with transaction() as session:
                closing.close(
                    session, person_id, reason=form.reason.data, on=form.on.data,
                    organisation_id=visitor().organisation_id, actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, "The record is closed.")
            return redirect(url_for("records.show", person_id=person_id), code=303)
        except (Conflict, Invalid) as wrong:
            form.refuse("on", wrong.detail)
    with reading() as session:
        return page("records/close.html", form=form, side=service.side(session, person_id), status=status_of(form))


@blueprint.route("/people/<uuid:person_id>/reopen", methods=["POST"])
@for_role("registrar")
def reopen(person_id: UUID) -> AnyResponse:
    """Take back a closure that was a mistake."""
    with transaction() as session:
        closing.reopen(session, person_id, organisation_id=visitor().organisation_id, actor=visitor().actor, now=now())
        say(session, "The record is open again. The person needs a new invitation, and new copies.")
    return redirect(url_for("records.show", person_id=person_id), code=303)


@blueprint.route("/people/<uuid:person_id>/hold", methods=["GET", "POST"])
@for_role("registrar")
def hold(person_id: UUID) -> AnyResponse:
    """Keep a record from being erased or forgotten."""
    form = ReasonForm()
    if form.submitted():
        with transaction() as session:
            erasing.place_hold(
                session, person_id, because=form.because.data, organisation_id=visitor().organisation_id,
                actor=visitor().actor, now=now(),
            )  # fmt: skip
            say(session, "The record is held.")
        return redirect(url_for("records.show", person_id=person_id), code=303)
    with reading() as session:
        return page("records/hold.html", form=form, side=service.side(session, person_id), status=status_of(form))


@blueprint.route("/holds/<uuid:hold_id>/lift", methods=["POST"])
@for_role("registrar")
def lift(hold_id: UUID) -> AnyResponse:
    """Lift a hold."""
    with transaction() as session:
        lifted = erasing.lift_hold(
            session, hold_id, organisation_id=visitor().organisation_id, actor=visitor().actor, now=now()
        )
        person_id = lifted.person_id
        say(session, "The hold is lifted.")
    return redirect(url_for("records.show", person_id=person_id), code=303)


@blueprint.route("/retention")
@for_role("registrar")
def retention_table() -> Response:
    """Show how long each kind of data is kept, and why."""
    with reading() as session:
        return page("records/retention.html", rules=retention.rules().values(), due=retention.last_count(session))
