"""`/v1/withdrawal-requests`: what waits for a second person, confirm it, cancel it (docs/api.md).

A program is one person, whatever its keys: it can't confirm what it asked for itself. A request of another organisation
looks like none.
"""

from typing import Any
from uuid import UUID

from passport.awards import withdrawals
from passport.awards.models import WithdrawalRequest
from passport.awards.schemas import WithdrawalRequestOut, request_shown
from passport.db import reading, transaction
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.paging import PageQuery, page, page_schema
from passport.web.rules import caller, requires

blueprint = Blueprint(
    "withdrawal_requests", __name__, url_prefix="/v1/withdrawal-requests",
    description="Withdrawals that wait for a second person",
)  # fmt: skip


@blueprint.route("")
@requires("awards:write")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(WithdrawalRequestOut))
def waiting(query: dict[str, Any]) -> dict[str, Any]:
    """List what waits for a second person of your organisation, the oldest first."""
    with reading() as session:
        listed = withdrawals.open_ones(caller().organisation_id, now=now())
        keys = (WithdrawalRequest.asked_at, WithdrawalRequest.id)
        found = page(session, listed, keys, query["cursor"], query["limit"])
        return {"items": [request_shown(each, actor=caller().actor) for each in found.items], "next": found.next}


@blueprint.route("/<uuid:request_id>")
@requires("awards:write")
@blueprint.response(200, WithdrawalRequestOut)
def read(request_id: UUID) -> dict[str, Any]:
    """Read a request of your organisation, open or closed."""
    with reading() as session:
        found = withdrawals.of_organisation(session, request_id, caller().organisation_id)
        return request_shown(found, actor=caller().actor)


@blueprint.route("/<uuid:request_id>/confirmation", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.response(200, WithdrawalRequestOut)
def confirm(request_id: UUID) -> dict[str, Any]:
    """Confirm as the second person: the award or the recognition is withdrawn. This can't be undone."""
    acting = caller()
    with transaction() as session:
        confirmed = withdrawals.confirm(
            session, request_id=request_id, organisation_id=acting.organisation_id, actor=acting.actor, now=now()
        )
        return request_shown(confirmed, actor=acting.actor)


@blueprint.route("/<uuid:request_id>/cancellation", methods=["POST"])
@requires("awards:write")
@idempotent
@blueprint.response(200, WithdrawalRequestOut)
def cancel(request_id: UUID) -> dict[str, Any]:
    """Close a request without a withdrawal."""
    acting = caller()
    with transaction() as session:
        cancelled = withdrawals.cancel(
            session, request_id=request_id, organisation_id=acting.organisation_id, actor=acting.actor, now=now()
        )
        return request_shown(cancelled, actor=acting.actor)
