"""Pages of an issuer, employer or Academy, for one of its awards: correct it, or withdraw it.

A withdrawal can't be undone and ends the copies of the passport that say it, so its page says so first and asks why
(the interruption page of the NHS service manual). A professional credential is withdrawn by two people, on pages of its
own (`withdrawal_pages`). An award of another issuer is not found.
"""

from typing import Any, Final
from uuid import UUID

from flask import redirect, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.awards import service
from passport.awards.forms import CorrectionForm, WithdrawalForm
from passport.awards.models import Award
from passport.db import reading, transaction
from passport.errors import Conflict, Forbidden, Invalid
from passport.staff.models import Person
from passport.standards.models import Standard
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor

ROLES: Final = ("hr", "academy")
blueprint = PageBlueprint("award_pages", __name__, url_prefix="/awards")


@blueprint.route("/<uuid:award_id>/correct", methods=["GET", "POST"])
@for_role(*ROLES)
def correct(award_id: UUID) -> AnyResponse:
    """Put right what the record says wrongly."""
    award, shown = _shown(award_id)
    form = CorrectionForm.of(award)
    if form.submitted():
        try:
            with transaction() as session:
                right = service.correct(session, award_id=award_id, changes=form.changes(award), **_acting())
                say(session, "The record was corrected.")
                after = _way_back(right, shown["standard"])
            return redirect(after, code=303)
        except (Conflict, Forbidden, Invalid) as wrong:
            form.refuse(_field(wrong), _sentence(wrong))
    return page("awards/correct.html", form=form, **shown, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:award_id>/withdraw", methods=["GET", "POST"])
@for_role(*ROLES)
def withdraw(award_id: UUID) -> AnyResponse:
    """Say what a withdrawal does, ask why, and withdraw."""
    _, shown = _shown(award_id)
    if shown["standard"].kind != "statutory":
        return redirect(url_for("withdrawals.ask_award", award_id=award_id), code=303)
    form = WithdrawalForm()
    if form.submitted():
        with transaction() as session:
            service.withdraw(session, award_id=award_id, reason=form.reason.data, **_acting())
            say(session, "The award was withdrawn.")
        return redirect(shown["way_back"], code=303)
    return page("awards/withdraw.html", form=form, **shown, status=422 if form.has_errors else 200)


def _shown(award_id: UUID) -> tuple[Award, dict[str, Any]]:
    """Return a current award of the visitor's organisation, and what a page shows of it.

    Raises:
        AwardNotFound: there is none, or somebody else issued it.
        AwardEnded: it is not current any more.
    """
    with reading() as session:
        award = service.by_id(session, award_id, organisation_id=visitor().organisation_id, now=now())
        if not service.is_issuer(session, award, visitor().organisation_id):
            raise service.AwardNotFound
        if award.ended_at is not None:
            raise service.AwardEnded
        shown = {"award": award, "person": _known(session, Person, award.person_id)}
        shown["standard"] = _known(session, Standard, award.standard_id)
        shown["way_back"] = _way_back(award, shown["standard"])
        return award, shown


def _way_back(award: Award, standard: Standard) -> str:
    """Return where the visitor finds the award: an employer at its person, the Academy at the credential."""
    if visitor().role == "hr":
        return url_for("people.person", person_id=award.person_id)
    if standard.kind == "statutory":
        return url_for("disputes.open_ones")
    return url_for("credential_pages.one", award_id=award.id)


def _known(session: Session, kind: type[Any], key: UUID) -> Any:
    return session.get_one(kind, key)


def _acting() -> dict[str, Any]:
    return {"organisation_id": visitor().organisation_id, "actor": visitor().actor, "now": now()}


def _field(wrong: Conflict | Forbidden | Invalid) -> str:
    pointers = [fault.pointer.removeprefix("/") for fault in getattr(wrong, "faults", ())]
    return pointers[0] if pointers and pointers[0] in {"awarded_on", "valid_until"} else "awarded_on"


def _sentence(wrong: Conflict | Forbidden | Invalid) -> str:
    nothing = any(fault.pointer == "/" for fault in getattr(wrong, "faults", ()))
    return "Change at least one of the answers" if nothing else wrong.detail
