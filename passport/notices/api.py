"""`/v1/webhooks`: an organisation's programs say where they want to be told of events, and look at what was sent.

In the order of the code: list, add, read, delete; the secret; test, replay, switch on; the deliveries. What a message
says and how its signature is checked is in `docs/webhooks.md`.
"""

from typing import Any, Final
from uuid import UUID

from flask import current_app

from passport.db import reading, transaction
from passport.notices import deliveries, endpoints, signatures
from passport.notices.models import WebhookDelivery, WebhookEndpoint
from passport.notices.schemas import (
    DeliveryOut,
    ReplayIn,
    ReplayOut,
    SecretOut,
    WebhookIn,
    WebhookMadeOut,
    WebhookOut,
)
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.paging import Page, PageQuery, page, page_schema
from passport.web.rules import caller, requires

SCOPE: Final = "webhooks:write"
LISTED: Final = page_schema(WebhookOut)
DELIVERIES_LISTED: Final = page_schema(DeliveryOut)
ASKING: Final = Limit("webhooks", per_minute=30)  # tests and replays make us send

blueprint = Blueprint("webhooks", __name__, url_prefix="/v1/webhooks", description="Messages about events")


@blueprint.route("", methods=["GET"])
@requires(SCOPE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, LISTED)
def read_all(query: dict[str, Any]) -> Page:
    """List your organisation's endpoints, the oldest first."""
    with reading() as session:
        statement = endpoints.all_of(caller().organisation_id)
        return page(session, statement, (WebhookEndpoint.id,), query["cursor"], query["limit"])


@blueprint.route("", methods=["POST"])
@requires(SCOPE)
@idempotent
@blueprint.arguments(WebhookIn)
@blueprint.response(201, WebhookMadeOut)
def add(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add an endpoint. It is told of what happens from now on; its secret is in this answer alone."""
    acting = caller()
    with transaction() as session:
        endpoint = endpoints.add(
            session, organisation_id=acting.organisation_id, loopback=current_app.config["SETTINGS"].demo,
            actor=acting.actor, now=now(), **body,
        )  # fmt: skip
        answer = _shown(endpoint) | {"secret": signatures.secret(endpoint.secret_salt, key=_key())}
    return answer, 201, {"Location": f"/v1/webhooks/{answer['id']}"}


@blueprint.route("/<uuid:endpoint_id>", methods=["GET"])
@requires(SCOPE)
@blueprint.response(200, WebhookOut)
def read(endpoint_id: UUID) -> dict[str, Any]:
    """Read one of your endpoints."""
    with reading() as session:
        return _shown(endpoints.by_id(session, endpoint_id, organisation_id=caller().organisation_id))


@blueprint.route("/<uuid:endpoint_id>", methods=["DELETE"])
@requires(SCOPE)
@blueprint.response(204)
def remove(endpoint_id: UUID) -> None:
    """Delete an endpoint, with the record of what it was told."""
    acting = caller()
    with transaction() as session:
        endpoint = endpoints.by_id(session, endpoint_id, organisation_id=acting.organisation_id, changing=True)
        endpoints.remove(session, endpoint, actor=acting.actor, now=now())


@blueprint.route("/<uuid:endpoint_id>/secret", methods=["POST"])
@requires(SCOPE)
@blueprint.response(200, SecretOut)
def change_secret(endpoint_id: UUID) -> dict[str, Any]:
    """Make a new secret. For a day messages carry the signatures of both."""
    acting = caller()
    with transaction() as session:
        endpoint = endpoints.by_id(session, endpoint_id, organisation_id=acting.organisation_id, changing=True)
        endpoints.change_secret(session, endpoint, actor=acting.actor, now=now())
        secret = signatures.secret(endpoint.secret_salt, key=_key())
        return {"secret": secret, "previous_until": endpoint.previous_until}


@blueprint.route("/<uuid:endpoint_id>/test", methods=["POST"])
@requires(SCOPE)
@limited(ASKING)
@blueprint.response(202, DeliveryOut)
def test(endpoint_id: UUID) -> dict[str, Any]:
    """Send the endpoint a message `webhook.test`, which means nothing. Look at the deliveries for what came of it."""
    acting = caller()
    with transaction() as session:
        endpoint = endpoints.by_id(session, endpoint_id, organisation_id=acting.organisation_id, changing=True)
        return _sent(endpoints.test(session, endpoint, actor=acting.actor, now=now()))


@blueprint.route("/<uuid:endpoint_id>/replay", methods=["POST"])
@requires(SCOPE)
@limited(ASKING)
@blueprint.arguments(ReplayIn)
@blueprint.response(202, ReplayOut)
def replay(body: dict[str, Any], endpoint_id: UUID) -> dict[str, Any]:
    """Tell the endpoint again of all that happened since a time, out of the audit log."""
    acting = caller()
    with transaction() as session:
        endpoint = endpoints.by_id(session, endpoint_id, organisation_id=acting.organisation_id, changing=True)
        count = endpoints.replay(session, endpoint, since=body["since"], actor=acting.actor, now=now())
    return {"since": body["since"], "events": count}


@blueprint.route("/<uuid:endpoint_id>/enable", methods=["POST"])
@requires(SCOPE)
@blueprint.response(200, WebhookOut)
def enable(endpoint_id: UUID) -> dict[str, Any]:
    """Switch an endpoint on again. It is told of all that it missed."""
    acting = caller()
    with transaction() as session:
        endpoint = endpoints.by_id(session, endpoint_id, organisation_id=acting.organisation_id, changing=True)
        endpoints.enable(session, endpoint, actor=acting.actor, now=now())
        return _shown(endpoint)


@blueprint.route("/<uuid:endpoint_id>/deliveries", methods=["GET"])
@requires(SCOPE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, DELIVERIES_LISTED)
def read_deliveries(query: dict[str, Any], endpoint_id: UUID) -> dict[str, Any]:
    """List what the endpoint was told or will be, the oldest first; kept for 30 days."""
    with reading() as session:
        endpoint = endpoints.by_id(session, endpoint_id, organisation_id=caller().organisation_id)
        statement = endpoints.deliveries_of(endpoint)
        found = page(session, statement, (WebhookDelivery.id,), query["cursor"], query["limit"])
        return {"items": [_sent(each) for each in found.items], "next": found.next}


def _shown(endpoint: WebhookEndpoint) -> dict[str, Any]:
    return {name: getattr(endpoint, name) for name in WebhookOut._declared_fields}


def _sent(delivery: WebhookDelivery) -> dict[str, Any]:
    named = {name: getattr(delivery, name) for name in DeliveryOut._declared_fields if name != "id"}
    waits = delivery.state == "waiting"
    return named | {
        "id": deliveries.message_id(delivery),
        "next_attempt_at": delivery.next_attempt_at if waits else None,
    }


def _key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()
