"""Pages of the workforce team by which staff get in: invite many, invite one, and help somebody who lost a device.

An invitation goes by e-mail; where there is no address, a page shows its code, to be given by hand: to the browser that
invited alone and for ten minutes, sealed in a draft (`access.drafts`), so that it can be loaded again.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from passport.access import drafts
from passport.db import reading, transaction
from passport.errors import Conflict, Invalid
from passport.staff import claiming, inviting
from passport.staff import service as staff
from passport.staff.inviting_forms import InvitationForm, ListForm, RecoveryForm
from passport.staff.models import Person
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor

ERRORS_SHOWN: Final = 10
CODE: Final = "invitation_code"  # the kind of draft that holds one
blueprint = PageBlueprint("inviting", __name__, url_prefix="/invitations")
blueprint.menu("hr", "Invite staff", "inviting.invite_many", order=40)


@blueprint.route("", methods=["GET", "POST"])
@for_role("hr")
def invite_many() -> AnyResponse:
    """Invite the people of a list."""
    acting, form = visitor(), ListForm()
    if form.submitted():
        try:
            invited = inviting.read(form.people.data)
            with transaction() as session:
                count = inviting.invite_all(
                    session, invited, organisation_id=acting.organisation_id, actor=acting.actor, now=now()
                )
                say(session, f"{count} {'person was' if count == 1 else 'people were'} invited.")
            return redirect(url_for("inviting.invite_many"), code=303)
        except Invalid as wrong:
            for fault in wrong.faults[:ERRORS_SHOWN]:
                form.refuse("people", fault.message)
            if (more := len(wrong.faults) - ERRORS_SHOWN) > 0:
                form.refuse("people", f"and {more} more")
    return page("staff/invite_many.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:person_id>", methods=["GET", "POST"])
@for_role("hr")
def invite_one(person_id: UUID) -> AnyResponse:
    """Invite one member of staff, by e-mail or with a code on paper."""
    person, form, acting = _member(person_id), InvitationForm(), visitor()
    if form.submitted():
        try:
            with transaction() as session:
                email = form.email.data or None
                invitation, code = claiming.invite(
                    session, person_id=person.id, organisation_id=acting.organisation_id, email=email,
                    by_mail=email is not None, actor=acting.actor, now=now(),
                )  # fmt: skip
                if code is None:
                    say(session, "The invitation is on its way.")
                else:
                    shown = {"code": code, "until": invitation.expires_at.isoformat()}
                    drafts.save(session, person.id, CODE, shown, now=now(), lives=drafts.SHOWN_FOR)
            way = "people.person" if code is None else "inviting.show_code"
            return redirect(url_for(way, person_id=person.id), code=303)
        except (Conflict, Invalid) as wrong:
            form.refuse("email", wrong.detail)
    return page("staff/invite_one.html", form=form, person=person, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:person_id>/code")
@for_role("hr")
def show_code(person_id: UUID) -> AnyResponse:
    """Show the code of an invitation that this browser has just made; later, lead to the person."""
    person = _member(person_id)
    with reading() as session:
        shown = drafts.find(session, person_id, CODE, now=now())
    if shown is None:
        return redirect(url_for("people.person", person_id=person_id), code=303)
    until = datetime.fromisoformat(shown["until"])
    return page("staff/invitation.html", person=person, code=shown["code"], until=until)


@blueprint.route("/<uuid:person_id>/recover", methods=["GET", "POST"])
@for_role("hr")
def recover(person_id: UUID) -> AnyResponse:
    """Shut every way in to somebody's passport, because a device or an address is lost."""
    person, form, acting = _member(person_id), RecoveryForm(), visitor()
    if form.submitted():
        with transaction() as session:
            claiming.recover(
                session, person_id=person.id, organisation_id=acting.organisation_id, actor=acting.actor, now=now()
            )
            say(session, "Every way in was shut. Invite the person again.")
        return redirect(url_for("inviting.invite_one", person_id=person.id), code=303)
    return page("staff/recover.html", form=form, person=person)


def _member(person_id: UUID) -> Person:
    with reading() as session:
        return staff.member(session, person_id, organisation_id=visitor().organisation_id, now=now())
