"""Pages of withdrawals that take two people: ask, the queue of the second person, confirm or cancel.

A withdrawal can't be undone, so both see an interruption page: the first one says why, the second one reads it. Whoever
asked sees the request and may take it back, in whatever role they come. A request of another organisation is not found.
"""

from typing import Any, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import accounts
from passport.awards import recognition, service, withdrawals
from passport.awards.forms import PROFESSIONAL_REASONS, AskWithdrawalForm
from passport.awards.models import Award, Recognition, WithdrawalRequest
from passport.db import reading, transaction
from passport.errors import Conflict, Forbidden
from passport.staff.models import Person
from passport.standards.models import Standard
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

REASONS: Final = {reason: text for reason, text, *_ in PROFESSIONAL_REASONS}
ROLES: Final = ("academy", "hr")
blueprint = PageBlueprint("withdrawals", __name__, url_prefix="/withdrawals")
blueprint.menu("academy", "Second person", "withdrawals.waiting", order=40)
blueprint.menu("hr", "Second person", "withdrawals.waiting", order=55)


@blueprint.route("")
@for_role(*ROLES)
def waiting() -> Response:
    """List what waits for a second person, the oldest first."""
    with reading() as session:
        listed = withdrawals.open_ones(visitor().organisation_id, now=now())
        keys = (WithdrawalRequest.asked_at, WithdrawalRequest.id)
        found = page_of(session, listed, keys, request.args.get("cursor"))
        lines = [_described(session, each) for each in found.items]
        return page("awards/second_person.html", lines=lines, next_cursor=found.next)


@blueprint.route("/awards/<uuid:award_id>", methods=["GET", "POST"])
@for_role(*ROLES)
def ask_award(award_id: UUID) -> AnyResponse:
    """Say what the withdrawal of a credential does, and ask a second person for it."""
    with reading() as session:
        award = service.by_id(session, award_id, organisation_id=visitor().organisation_id, now=now())
        if not service.is_issuer(session, award, visitor().organisation_id):
            raise service.AwardNotFound
        if award.ended_at is not None:
            raise service.AwardEnded
        shown = _about(session, award)
    return _ask(shown, lambda session, said: withdrawals.ask_for_award(session, award_id=award_id, **said))


@blueprint.route("/recognitions/<uuid:recognition_id>", methods=["GET", "POST"])
@for_role(*ROLES)
def ask_recognition(recognition_id: UUID) -> AnyResponse:
    """Say what the withdrawal of a recognition does, and ask a second person for it."""
    with reading() as session:
        found = recognition.seen_recognition(session, recognition_id, visitor().organisation_id)
        shown = _about(session, found)
    return _ask(
        shown, lambda session, said: withdrawals.ask_for_recognition(session, recognition_id=recognition_id, **said)
    )


@blueprint.route("/<uuid:request_id>")
@for_role(*ROLES)
def show(request_id: UUID) -> Response:
    """Show a request: to confirm for a second person, to take back for whoever asked."""
    with reading() as session:
        found = withdrawals.of_organisation(session, request_id, visitor().organisation_id)
        return page("awards/second_person_request.html", **_described(session, found), over=_over(found))


@blueprint.route("/<uuid:request_id>/confirm", methods=["POST"])
@for_role(*ROLES)
def confirm(request_id: UUID) -> AnyResponse:
    """Withdraw, as the second person."""
    return _close(request_id, withdrawals.confirm, "It was withdrawn.")


@blueprint.route("/<uuid:request_id>/cancel", methods=["POST"])
@for_role(*ROLES)
def cancel(request_id: UUID) -> AnyResponse:
    """Close a request without a withdrawal."""
    return _close(request_id, withdrawals.cancel, "Nothing was withdrawn. The request is closed.")


def _ask(shown: dict[str, Any], ask: Any) -> AnyResponse:
    form = AskWithdrawalForm()
    if form.submitted():
        try:
            with transaction() as session:
                made: WithdrawalRequest = ask(
                    session, _acting() | {"reason": form.reason.data, "words": form.words.data}
                )
                say(session, "A colleague can now confirm it. Nothing is withdrawn until then.")
                return redirect(url_for("withdrawals.show", request_id=made.id), code=303)
        except (withdrawals.AlreadyRequested, withdrawals.RecognitionAlreadyRequested) as wrong:
            form.refuse("reason", wrong.title)
    return page("awards/ask_second_person.html", form=form, **shown, status=422 if form.has_errors else 200)


def _close(request_id: UUID, act: Any, sentence: str) -> AnyResponse:
    try:
        with transaction() as session:
            act(session, request_id=request_id, **_acting())
            say(session, sentence)
    except (Conflict, Forbidden) as refused:
        with reading() as session:
            found = withdrawals.of_organisation(session, request_id, visitor().organisation_id)
            described = _described(session, found)
            return page("awards/second_person_request.html", **described, over=refused.title, status=409)
    return redirect(url_for("withdrawals.waiting"), code=303)


def _described(session: Session, found: WithdrawalRequest) -> dict[str, Any]:
    """Return a request with what it is about and who asked, in words."""
    subject = withdrawals.subject_of(session, found)
    described = _about(session, subject) | {"asked": found, "reason": REASONS[found.reason]}
    described["asked_by"] = accounts.name_of_actor(session, found.asked_by)
    described["mine"] = found.asked_by == visitor().actor
    return described


def _about(session: Session, subject: Award | Recognition) -> dict[str, Any]:
    person = session.get_one(Person, subject.person_id)
    if isinstance(subject, Award):
        title = session.get_one(Standard, subject.standard_id).title
        return {"person": person, "title_of": title, "on": subject.awarded_on, "is_recognition": False}
    title = f"{subject.level.capitalize()} practice"
    return {"person": person, "title_of": title, "on": subject.recognised_on, "is_recognition": True}


def _over(found: WithdrawalRequest) -> str | None:
    if found.closed_at is not None:
        return {"confirmed": "It was withdrawn", "cancelled": "It was cancelled", "lapsed": "It waited too long"}[
            str(found.outcome)
        ]
    return "It waited too long" if found.expires_at <= now() else None


def _acting() -> dict[str, Any]:
    return {"organisation_id": visitor().organisation_id, "actor": visitor().actor, "now": now()}
