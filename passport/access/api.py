"""`/v1/clients`: register API clients, change their keys, disable them."""

from typing import Any

from sqlalchemy.orm import Session

from passport.access import service
from passport.access.models import ApiClient
from passport.access.schemas import ClientIn, ClientOut, KeyIn
from passport.db import reading, transaction
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.paging import PageQuery, page, page_schema
from passport.web.rules import caller, requires

blueprint = Blueprint("clients", __name__, url_prefix="/v1/clients", description="API clients")


@blueprint.route("")
@requires("registrar")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(ClientOut))
def read_all(query: dict[str, Any]) -> dict[str, Any]:
    """List the API clients."""
    with reading() as session:
        found = page(session, service.all_clients(), (ApiClient.id,), query["cursor"], query["limit"])
        return {"items": [_described(session, client) for client in found.items], "next": found.next_cursor}


@blueprint.route("", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(ClientIn)
@blueprint.response(201, ClientOut)
def register(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Register a program of an organisation."""
    with transaction() as session:
        client = service.register(
            session,
            organisation_id=organisations.by_ods(session, body["organisation"]).id,
            name=body["name"],
            algorithm=body["algorithm"],
            jwks=body["jwks"]["keys"],
            scopes=body["scopes"],
            actor=caller().actor,
            now=now(),
        )
        described = _described(session, client)
    return described, 201, {"Location": f"/v1/clients/{described['client_id']}"}


@blueprint.route("/<client_id>")
@requires("registrar")
@blueprint.response(200, ClientOut)
def read(client_id: str) -> dict[str, Any]:
    """Read one API client."""
    with reading() as session:
        return _described(session, service.by_client_id(session, client_id))


@blueprint.route("/<client_id>/disable", methods=["POST"])
@requires("registrar")
@blueprint.response(200, ClientOut)
def disable(client_id: str) -> dict[str, Any]:
    """Shut a client out for good; its tokens stop within five seconds."""
    with transaction() as session:
        return _described(session, service.disable(session, client_id=client_id, actor=caller().actor, now=now()))


@blueprint.route("/<client_id>/keys", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(KeyIn)
@blueprint.response(201, ClientOut)
def add_key(body: dict[str, Any], client_id: str) -> dict[str, Any]:
    """Give a client a further key."""
    with transaction() as session:
        client = service.add_key(session, client_id=client_id, jwk=body["jwk"], actor=caller().actor, now=now())
        return _described(session, client)


@blueprint.route("/<client_id>/keys/<kid>/retirement", methods=["POST"])
@requires("registrar")
@blueprint.response(200, ClientOut)
def retire_key(client_id: str, kid: str) -> dict[str, Any]:
    """Accept nothing more that this key signs."""
    with transaction() as session:
        client = service.retire_key(session, client_id=client_id, kid=kid, actor=caller().actor, now=now())
        return _described(session, client)


def _described(session: Session, client: ApiClient) -> dict[str, Any]:
    """Return a client as JSON tells of it, while its session is open."""
    organisation = session.get_one(Organisation, client.organisation_id)
    keys = [{name: getattr(key, name) for name in ("kid", "jwk", "recorded_at", "retired_at")} for key in client.keys]
    members = ("client_id", "name", "algorithm", "scopes", "recorded_at", "disabled_at")
    return {"organisation": organisation.ods_code, "keys": keys} | {name: getattr(client, name) for name in members}
