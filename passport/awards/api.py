"""`/v1/awards`, `/v1/recognitions`, `/v1/staff/{number}/passport`: record facts, correct and withdraw them, read them.

A withdrawal of statutory training is done at once. Of anything else it is asked for (202), and confirmed by another
program or person of the same organisation: that has endpoints of its own in `withdrawal_api`.

Who is not of the caller's staff is named by passport number and date of birth together, as the person hands them over:
that is how an education provider awards, and the Academy recognises. A foreign award looks like none.
"""

from typing import Any
from uuid import UUID

from flask import Response, jsonify
from sqlalchemy.orm import Session

from passport.awards import service, withdrawals
from passport.awards.models import Award, WithdrawalRequest
from passport.awards.schemas import (
    AwardIn,
    AwardOut,
    CorrectionIn,
    PassportOut,
    RecognitionIn,
    RecognitionOut,
    WithdrawalIn,
    WithdrawalRequestOut,
    award_shown,
    passport_shown,
    recognition_shown,
    request_shown,
)
from passport.db import reading, transaction
from passport.organisations import service as organisations
from passport.staff import service as staff
from passport.standards.models import Standard
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.rules import caller, requires

blueprint = Blueprint("awards", __name__, url_prefix="/v1", description="Awards: that a person met a standard")


@blueprint.route("/awards", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.arguments(AwardIn)
@blueprint.response(201, AwardOut)
def record_award(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Record that a person met a standard. Your organisation is the issuer."""
    acting = caller()
    with transaction() as session:
        person_id = _person_id(session, body)
        award = service.record(
            session, person_id=person_id, organisation_id=acting.organisation_id, standard_code=body.pop("standard"),
            actor=acting.actor, now=now(), **body,
        )  # fmt: skip
        answer = _shown(session, award)
    return answer, 201, {"Location": f"/v1/awards/{answer['id']}"}


@blueprint.route("/awards/<uuid:award_id>", methods=["GET"])
@requires("awards:read")
@blueprint.response(200, AwardOut)
def read_award(award_id: UUID) -> dict[str, Any]:
    """Read an award that your organisation issued, or that one of your staff holds."""
    with reading() as session:
        award = service.by_id(session, award_id, organisation_id=caller().organisation_id, now=now())
        return _shown(session, award)


@blueprint.route("/awards/<uuid:award_id>/corrections", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.arguments(CorrectionIn)
@blueprint.response(201, AwardOut)
def correct_award(body: dict[str, Any], award_id: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Correct an award that your organisation issued. The answer is the award that takes its place."""
    acting = caller()
    with transaction() as session:
        award = service.correct(
            session, award_id=award_id, organisation_id=acting.organisation_id, changes=body, actor=acting.actor,
            now=now(),
        )  # fmt: skip
        answer = _shown(session, award)
    return answer, 201, {"Location": f"/v1/awards/{answer['id']}"}


@blueprint.route("/awards/<uuid:award_id>/withdrawal", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.arguments(WithdrawalIn)
@blueprint.response(200, AwardOut)
@blueprint.alt_response(202, schema=WithdrawalRequestOut, description="A second person must confirm it")
def withdraw_award(body: dict[str, Any], award_id: UUID) -> dict[str, Any] | Response:
    """Withdraw an award that your organisation issued; ask a second person where it is a professional credential."""
    acting = caller()
    about: dict[str, Any] = {
        "award_id": award_id,
        "organisation_id": acting.organisation_id,
        "actor": acting.actor,
        "now": now(),
    }
    with transaction() as session:
        award = service.by_id(session, award_id, organisation_id=acting.organisation_id, now=now())
        if service.needs_second_person(session, award):
            return pending(withdrawals.ask_for_award(session, **about, **body))
        return _shown(session, service.withdraw(session, reason=body["reason"], **about))


@blueprint.route("/recognitions", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.arguments(RecognitionIn)
@blueprint.response(201, RecognitionOut)
def recognise_person(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Record that your organisation recognised a person at a level of practice."""
    acting = caller()
    with transaction() as session:
        person_id = _person_id(session, body)
        recognition = service.recognise(
            session, person_id=person_id, organisation_id=acting.organisation_id, actor=acting.actor, now=now(), **body
        )
        return recognition_shown(recognition), 201


@blueprint.route("/recognitions/<uuid:recognition_id>/withdrawal", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.arguments(WithdrawalIn)
@blueprint.response(202, WithdrawalRequestOut)
def withdraw_recognition(body: dict[str, Any], recognition_id: UUID) -> dict[str, Any]:
    """Ask a second person to withdraw a recognition that your organisation made."""
    acting = caller()
    with transaction() as session:
        asked = withdrawals.ask_for_recognition(
            session, recognition_id=recognition_id, organisation_id=acting.organisation_id, actor=acting.actor,
            now=now(), **body,
        )  # fmt: skip
        return request_shown(asked, actor=acting.actor)


@blueprint.route("/staff/<number>/passport", methods=["GET"])
@requires("staff:read")
@blueprint.response(200, PassportOut)
def read_passport(number: str) -> dict[str, Any]:
    """Read what the passport of one of your staff says now."""
    with reading() as session:
        person = staff.of_organisation(session, number, caller().organisation_id, now=now())
        return passport_shown(service.passport_content(session, person.id, now=now()))


def pending(request: WithdrawalRequest) -> Response:
    """Answer that a second person must confirm."""
    answer = jsonify(WithdrawalRequestOut().dump(request_shown(request, actor=caller().actor)))
    answer.status_code, answer.headers["Location"] = 202, f"/v1/withdrawal-requests/{request.id}"
    return answer


def _person_id(session: Session, body: dict[str, Any]) -> UUID:
    """Take whom the body names out of it."""
    number, birth = body.pop("number"), body.pop("date_of_birth")
    who = staff.joiner(session, number, organisation_id=caller().organisation_id, date_of_birth=birth, now=now())
    return who.id


def _shown(session: Session, award: Award) -> dict[str, Any]:
    standard = session.get_one(Standard, award.standard_id)
    issuer = organisations.by_id(session, award.organisation_id)
    return award_shown(award, standard=standard.code, issuer=issuer.ods_code)
