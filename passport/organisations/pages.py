"""Pages of the registrar for organisations: the list, one of them, add one, merge one, its VPD numbers.

A merger can't be undone, so its page says first what it does. An organisation is never deleted.
"""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy import func, or_, select
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations import service
from passport.organisations.forms import KINDS, MergerForm, OrganisationForm, VpdForm
from passport.organisations.models import Organisation
from passport.web.clock import now
from passport.web.fields import visible
from passport.web.forms import Form
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

SOURCE = "registrar"
LONGEST_SEARCH = 100
blueprint = PageBlueprint("organisation_pages", __name__, url_prefix="/organisations")
blueprint.menu("registrar", "Organisations", "organisation_pages.everything", order=10)


@blueprint.route("")
@for_role("registrar")
def everything() -> Response:
    """List the organisations by ODS code, closed ones too."""
    search = visible(request.args.get("search", ""))[:LONGEST_SEARCH]
    listed = select(Organisation)
    if search:
        found_by = func.lower(Organisation.name).contains(search.lower(), autoescape=True)
        listed = listed.where(or_(found_by, Organisation.ods_code == search.upper()))
    with reading() as session:
        found = page_of(session, listed, (Organisation.ods_code,), request.args.get("cursor"))
        return page(
            "organisations/list.html", organisations=found.items, kinds=KINDS, search=search, next_cursor=found.next
        )


@blueprint.route("/new", methods=["GET", "POST"])
@for_role("registrar")
def add() -> AnyResponse:
    """Add an organisation."""
    form = OrganisationForm()
    if form.submitted():
        try:
            with transaction() as session:
                added = service.register(
                    session, ods_code=form.ods_code.data, name=form.name.data, kind=form.kind.data,
                    parent_ods=form.parent_ods.data or None, opened_on=form.opened_on.data, source=SOURCE,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                organisation_id = added.id
                say(session, "The organisation was added.")
            return redirect(url_for("organisation_pages.show", organisation_id=organisation_id), code=303)
        except (Conflict, Invalid) as wrong:
            form.refuse("parent_ods" if _is_about(wrong, "/parent") else "ods_code", wrong.detail)
    return page("organisations/new.html", form=form, status=_status(form))


@blueprint.route("/<uuid:organisation_id>", methods=["GET", "POST"])
@for_role("registrar")
def show(organisation_id: UUID) -> AnyResponse:
    """Show an organisation; its form maps a VPD number to it."""
    form, shown = VpdForm(), _shown(organisation_id)
    if form.submitted():
        try:
            with transaction() as session:
                service.map_vpd(
                    session, vpd=form.vpd.data, ods_code=shown["organisation"].ods_code, actor=visitor().actor,
                    now=now(),
                )  # fmt: skip
                say(session, "The VPD number stands for this organisation now.")
            return redirect(url_for("organisation_pages.show", organisation_id=organisation_id), code=303)
        except Invalid as wrong:
            form.refuse("vpd", wrong.detail)
    return page("organisations/show.html", form=form, kinds=KINDS, **shown, status=_status(form))


@blueprint.route("/<uuid:organisation_id>/merge", methods=["GET", "POST"])
@for_role("registrar")
def merge(organisation_id: UUID) -> AnyResponse:
    """Say what an organisation became part of."""
    form, shown = MergerForm(), _shown(organisation_id)
    if form.submitted():
        try:
            with transaction() as session:
                service.merge(
                    session, ods_code=shown["organisation"].ods_code, into=form.into.data, on=form.on.data,
                    actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, "The merger was recorded.")
            return redirect(url_for("organisation_pages.show", organisation_id=organisation_id), code=303)
        except (Conflict, Invalid, NotFound) as wrong:
            form.refuse("on" if _is_about(wrong, "/on") else "into", wrong.detail)
    return page("organisations/merge.html", form=form, **shown, status=_status(form))


def _shown(organisation_id: UUID) -> dict[str, Any]:
    with reading() as session:
        organisation = service.by_id(session, organisation_id)
        shown = {
            "organisation": organisation,
            "parent": organisation.parent,
            "successor": organisation.direct_successor,
            "vpds": [mapped.vpd for mapped in organisation.vpds],
        }
        session.expunge_all()
    return shown


def _is_about(wrong: Exception, pointer: str) -> bool:
    return any(fault.pointer == pointer for fault in getattr(wrong, "faults", ()))


def _status(form: Form) -> int:
    return 422 if form.has_errors else 200
