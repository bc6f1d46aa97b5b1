"""`/v1/organisations`: register organisations, and say what became of them. All of it is the registrar's."""

from typing import Any

from flask import url_for

from passport.db import reading, transaction
from passport.organisations import service
from passport.organisations.models import Organisation
from passport.organisations.schemas import (
    ClosureIn,
    MergerIn,
    OrganisationIn,
    OrganisationOut,
    OrganisationQuery,
    ParentIn,
    PeriodIn,
    VpdIn,
    shown,
)
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.paging import Page, page, page_schema
from passport.web.rules import caller, requires

blueprint = Blueprint(
    "organisations", __name__, url_prefix="/v1/organisations", description="Trusts, the Academy, ICBs and regions"
)


@blueprint.route("", methods=["GET"])
@requires("registrar")
@blueprint.arguments(OrganisationQuery, location="query")
@blueprint.response(200, page_schema(OrganisationOut))
def list_organisations(query: dict[str, Any]) -> Page:
    """List organisations by ODS code, closed ones too."""
    with reading() as session:
        rows = page(session, service.listing(query["kind"]), (Organisation.ods_code,), query["cursor"], query["limit"])
        return Page([shown(organisation) for organisation in rows.items], rows.next_cursor)


@blueprint.route("", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(OrganisationIn)
@blueprint.response(201, OrganisationOut)
def register_organisation(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Register an organisation."""
    with transaction() as session:
        organisation = service.register(
            session, ods_code=body["ods"], name=body["name"], kind=body["kind"], parent_ods=body["parent"],
            opened_on=body["opened_on"], source=body["source"], actor=caller().actor, now=now(),
        )  # fmt: skip
        answer = shown(organisation)
    return answer, 201, {"Location": url_for("organisations.read_organisation", ods=answer["ods"])}


@blueprint.route("/<ods>", methods=["GET"])
@requires("registrar")
@blueprint.response(200, OrganisationOut)
def read_organisation(ods: str) -> dict[str, Any]:
    """Read one organisation."""
    with reading() as session:
        return shown(service.by_ods(session, ods))


@blueprint.route("/<ods>/merger", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(MergerIn)
@blueprint.response(200, OrganisationOut)
def merge_organisation(body: dict[str, Any], ods: str) -> dict[str, Any]:
    """End an organisation that became part of another one."""
    with transaction() as session:
        return shown(service.merge(session, ods_code=ods, **body, actor=caller().actor, now=now()))


@blueprint.route("/<ods>/closure", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(ClosureIn)
@blueprint.response(200, OrganisationOut)
def close_organisation(body: dict[str, Any], ods: str) -> dict[str, Any]:
    """End an organisation that has no successor."""
    with transaction() as session:
        return shown(service.close(session, ods_code=ods, **body, actor=caller().actor, now=now()))


@blueprint.route("/<ods>/parent", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(ParentIn)
@blueprint.response(200, OrganisationOut)
def place_organisation(body: dict[str, Any], ods: str) -> dict[str, Any]:
    """Put an organisation under its ICB, region or national body."""
    with transaction() as session:
        placed = service.place(session, ods_code=ods, parent_ods=body["parent"], actor=caller().actor, now=now())
        return shown(placed)


@blueprint.route("/<ods>/vpds", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(VpdIn)
@blueprint.response(200, OrganisationOut)
def map_vpd(body: dict[str, Any], ods: str) -> dict[str, Any]:
    """Say that an ESR VPD number means this organisation."""
    with transaction() as session:
        return shown(service.map_vpd(session, ods_code=ods, **body, actor=caller().actor, now=now()))


@blueprint.route("/<ods>/agreement", methods=["POST"])
@requires("registrar")
@idempotent
@blueprint.arguments(PeriodIn)
@blueprint.response(200, OrganisationOut)
def join_agreement(body: dict[str, Any], ods: str) -> dict[str, Any]:
    """Say from when till when the organisation is party to the training agreement."""
    with transaction() as session:
        return shown(service.join_agreement(session, ods_code=ods, **body, actor=caller().actor, now=now()))
