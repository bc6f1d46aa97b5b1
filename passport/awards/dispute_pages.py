"""Pages of an issuer, employer or Academy, for awards that their holders question: the list, and the answer.

Awards of an organisation that became part of this one are its own to answer for. An award that was wrong is corrected
or withdrawn first, on its own pages; the answer then says so.
"""

from typing import Any, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from passport.awards import disputes
from passport.awards.dispute_forms import AnswerForm
from passport.awards.models import Award, AwardDispute
from passport.db import reading, transaction
from passport.errors import Invalid
from passport.organisations import service as organisations
from passport.staff.models import Person
from passport.standards.models import Standard
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

REASONS: Final = {
    "duplicate": "It is there twice",
    "incorrect": "Something in it is wrong",
    "not_mine": "It is not theirs",
    "other": "Something else",
}
blueprint = PageBlueprint("disputes", __name__, url_prefix="/disputes")
ROLES: Final = ("hr", "academy")
blueprint.menu("hr", "Disputes", "disputes.open_ones", order=50)
blueprint.menu("academy", "Disputes", "disputes.open_ones", order=45)


@blueprint.route("")
@for_role(*ROLES)
def open_ones() -> Response:
    """List the awards that somebody questions, the oldest question first."""
    with reading() as session:
        listed = (
            disputes.to_answer(organisations.with_predecessors(visitor().organisation_id))
            .join(Award, Award.id == AwardDispute.award_id)
            .join(Standard, Standard.id == Award.standard_id)
            .join(Person, Person.id == AwardDispute.person_id)
            .add_columns(Standard, Person)
        )
        keys = (AwardDispute.raised_at, AwardDispute.id)
        found = page_of(session, listed, keys, request.args.get("cursor"))
        return page("awards/disputes.html", disputes=found.items, next_cursor=found.next, reasons=REASONS)


@blueprint.route("/<uuid:dispute_id>", methods=["GET", "POST"])
@for_role(*ROLES)
def answer(dispute_id: UUID) -> AnyResponse:
    """Show what somebody says is wrong, and answer."""
    acting, form = visitor(), AnswerForm()
    shown = _shown(dispute_id)
    if form.submitted():
        try:
            with transaction() as session:
                disputes.answer(
                    session, dispute_id=dispute_id, organisation_id=acting.organisation_id, outcome=form.outcome.data,
                    reply=form.reply.data, actor=acting.actor, now=now(),
                )  # fmt: skip
                say(session, "Your answer was sent.")
            return redirect(url_for("disputes.open_ones"), code=303)
        except disputes.StillStands:
            form.refuse("outcome", "The award has not changed. Correct or withdraw it first")
        except Invalid as wrong:
            form.refuse("reply", wrong.detail)
    return page("awards/dispute.html", form=form, **shown, reasons=REASONS, status=422 if form.has_errors else 200)


def _shown(dispute_id: UUID) -> dict[str, Any]:
    """Return a dispute with its award, standard and person.

    Raises:
        DisputeNotFound: there is none, or it is another organisation's.
        DisputeAnswered: nothing is left to answer.
    """
    with reading() as session:
        dispute = disputes.for_organisation(session, dispute_id, visitor().organisation_id)
        if dispute.answered_at is not None:
            raise disputes.DisputeAnswered
        award = session.get_one(Award, dispute.award_id)
        standard, person = session.get_one(Standard, award.standard_id), session.get_one(Person, award.person_id)
    return {"dispute": dispute, "award": award, "standard": standard, "person": person}
