"""`/v1/staff/{number}/credentials` and `/v1/credentials`: issue a copy of a passport, and revoke one."""

from typing import Any
from uuid import UUID

from passport.db import reading, transaction
from passport.issuing import issuance, service
from passport.issuing.schemas import CredentialOut, RevocationIn, RevocationOut
from passport.staff import service as staff
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.rules import caller, requires

blueprint = Blueprint("credentials", __name__, url_prefix="/v1", description="Signed copies of passports")


@blueprint.route("/staff/<number>/credentials", methods=["POST"])
@requires("passports:issue")
@idempotent
@blueprint.response(201, CredentialOut)
def issue(number: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Issue a signed copy of a passport to a member of the caller's staff."""
    at = now()
    with reading() as session:
        person_id = staff.of_organisation(session, number, caller().organisation_id, now=at).id
    issued = issuance.issue_passport(
        person_id, organisation_id=caller().organisation_id, requested_by=caller().actor, now=at
    )
    answer = {
        "id": issued.id,
        "credential": issued.credential,
        "expires_at": issued.expires_at,
        "status": {"status_list": {"uri": issued.status.uri, "idx": issued.status.idx}},
    }
    return answer, 201, {"Location": f"/v1/credentials/{issued.id}", "Cache-Control": "no-store"}


@blueprint.route("/credentials/<uuid:credential_id>/revocation", methods=["POST"])
@requires("passports:issue")
@idempotent
@blueprint.arguments(RevocationIn)
@blueprint.response(200, RevocationOut)
def revoke(body: dict[str, Any], credential_id: UUID) -> dict[str, Any]:
    """Withdraw a copy for ever. Revoking it again gives the same answer."""
    with transaction() as session:
        copy = service.revoke(
            session,
            credential_id,
            organisation_id=caller().organisation_id,
            reason=body["reason"],
            actor=caller().actor,
            now=now(),
        )
        return {"id": copy.id, "revoked_at": copy.revoked_at, "reason": copy.revocation_reason}
