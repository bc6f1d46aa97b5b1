"""Pages that remove a person: one registrar asks, another confirms, and the worker does it."""

from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict
from passport.records import erasing, service
from passport.records.forms import GROUNDS, EraseForm
from passport.records.pages import blueprint, status_of
from passport.web.clock import now
from passport.web.pages import page, say
from passport.web.rules import for_role, visitor

__all__ = ["blueprint"]  # the registrar's pages, with those of this module


@blueprint.route("/people/<uuid:person_id>/erase", methods=["GET", "POST"])
@for_role("registrar")
def ask_to_erase(person_id: UUID) -> AnyResponse:
    """Ask for a person to be removed; say what forbids it where something does."""
    form = EraseForm()
    if form.submitted():
        try:
            with transaction() as session:
                asked = erasing.request(
                    session, person_id, ground=form.ground.data, organisation_id=visitor().organisation_id,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                erasure_id = asked.id
                say(session, "Another registrar must confirm the erasure.")
            return redirect(url_for("records.erasure", erasure_id=erasure_id), code=303)
        except Conflict as wrong:
            form.refuse("ground", wrong.detail)
    with reading() as session:
        side = service.side(session, person_id)
        holds = erasing.holds(session, person_id, now=now())
        return page("records/erase.html", form=form, side=side, holds=holds, status=status_of(form))


@blueprint.route("/erasures/<uuid:erasure_id>")
@for_role("registrar")
def erasure(erasure_id: UUID) -> AnyResponse:
    """Show an erasure: who waits for whom, or what is left as evidence."""
    with reading() as session:
        asked = erasing.by_id(session, erasure_id)
        return page(
            "records/erasure.html", erasure=asked, side=service.side(session, asked.person_id), grounds=GROUNDS,
            holds=erasing.holds(session, asked.person_id, now=now()),
            may_confirm=asked.requested_by != visitor().actor,
        )  # fmt: skip


@blueprint.route("/erasures/<uuid:erasure_id>/confirm", methods=["POST"])
@for_role("registrar")
def confirm_erasure(erasure_id: UUID) -> AnyResponse:
    """Confirm an erasure as the second person."""
    with transaction() as session:
        erasing.confirm(
            session, erasure_id, organisation_id=visitor().organisation_id, actor=visitor().actor, now=now()
        )
        say(session, "The erasure is confirmed. It is carried out within a minute.")
    return redirect(url_for("records.erasure", erasure_id=erasure_id), code=303)


@blueprint.route("/erasures/<uuid:erasure_id>/cancel", methods=["POST"])
@for_role("registrar")
def cancel_erasure(erasure_id: UUID) -> AnyResponse:
    """Give up an erasure."""
    with transaction() as session:
        erasing.cancel(session, erasure_id, organisation_id=visitor().organisation_id, actor=visitor().actor, now=now())
        say(session, "The erasure is cancelled. Nothing was removed.")
    return redirect(url_for("records.erasure", erasure_id=erasure_id), code=303)
