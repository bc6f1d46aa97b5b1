"""`/v1/standards`, `/v1/accreditations`, `/v1/alignments`: the catalogue, and who may award what.

Everybody may read; to change anything is for the standards body (`standards:write`).
"""

from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.db import reading, transaction
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.standards import service
from passport.standards.models import Accreditation, Framework, Specification, Standard
from passport.standards.schemas import (
    AccreditationIn,
    AccreditationOut,
    AccreditationQuery,
    AlignmentIn,
    AlignmentOut,
    RenewalIn,
    SpecificationIn,
    StandardIn,
    StandardOut,
    StandardQuery,
    StandardWithLifeOut,
    accreditation_shown,
    alignment_shown,
    standard_shown,
)
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.paging import Page, page, page_schema
from passport.web.rules import caller, public, requires

blueprint = Blueprint("standards", __name__, url_prefix="/v1", description="What can be awarded, and who may award it")


@blueprint.route("/standards", methods=["GET"])
@public
@blueprint.arguments(StandardQuery, location="query")
@blueprint.response(200, page_schema(StandardOut))
def list_standards(query: dict[str, Any]) -> Page:
    """List the standards of the catalogue."""
    wanted = select(Standard.code)
    if query["framework"] is not None:
        wanted = wanted.join(Framework, Framework.id == Standard.framework_id)
        wanted = wanted.where(Framework.code == query["framework"])
    if query["kind"] is not None:
        wanted = wanted.where(Standard.kind == query["kind"])
    with reading() as session:
        codes = page(session, wanted, (Standard.number,), query["cursor"], query["limit"])
        known = service.catalogue(session).by_code
        return Page([standard_shown(known[code]) for code in codes.items], codes.next_cursor)


@blueprint.route("/standards", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(StandardIn)
@blueprint.response(201, StandardWithLifeOut)
def add_standard(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a standard to the catalogue."""
    with transaction() as session:
        standard = service.add_standard(
            session, framework_code=body.pop("framework"), **body, actor=caller().actor, now=now()
        )
        answer = _standard(session, standard.code)
    return answer, 201, {"Location": url_for("standards.read_standard", code=answer["code"])}


@blueprint.route("/standards/<code>", methods=["GET"])
@public
@blueprint.response(200, StandardWithLifeOut)
def read_standard(code: str) -> dict[str, Any]:
    """Read one standard with its renewal rules and the life of its specification."""
    with reading() as session:
        return _standard(session, code)


@blueprint.route("/standards/<code>/renewals", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(RenewalIn)
@blueprint.response(201, StandardWithLifeOut)
def change_renewal(body: dict[str, Any], code: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Set how long awards of a standard count from a day on. Nothing is re-issued: decisions read the rules anew."""
    with transaction() as session:
        service.change_renewal(session, standard_code=code, **body, actor=caller().actor, now=now())
        answer = _standard(session, code)
    return answer, 201, {"Location": url_for("standards.read_standard", code=code)}


@blueprint.route("/standards/<code>/specification", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(SpecificationIn)
@blueprint.response(200, StandardWithLifeOut)
def change_specification(body: dict[str, Any], code: str) -> dict[str, Any]:
    """Move a version of a standard's specification along its life."""
    with transaction() as session:
        service.change_specification(session, standard_code=code, **body, actor=caller().actor, now=now())
        return _standard(session, code)


@blueprint.route("/accreditations", methods=["GET"])
@public
@blueprint.arguments(AccreditationQuery, location="query")
@blueprint.response(200, page_schema(AccreditationOut))
def list_accreditations(query: dict[str, Any]) -> Page:
    """List who may award what, with every state that was."""
    with reading() as session:
        provider = organisations.by_ods(session, query["organisation"]).id if query["organisation"] else None
        statement = (
            service.accreditations(provider, query["standard"])
            .join(Organisation, Organisation.id == Accreditation.organisation_id)
            .add_columns(Organisation.ods_code)
        )
        rows = page(session, statement, (Accreditation.id,), query["cursor"], query["limit"])
        codes = {standard.id: standard.code for standard in session.scalars(select(Standard))}
        shown = [accreditation_shown(row, ods_code, codes[row.standard_id]) for row, ods_code in rows.items]
        return Page(shown, rows.next_cursor)


@blueprint.route("/accreditations", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(AccreditationIn)
@blueprint.response(201, AccreditationOut)
def change_accreditation(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Approve, suspend or end an organisation's right to award a standard."""
    with transaction() as session:
        provider = organisations.by_ods(session, body.pop("organisation"))
        standard_code = body.pop("standard")
        row = service.accredit(
            session, organisation_id=provider.id, standard_code=standard_code, actor=caller().actor, now=now(), **body
        )
        answer, ods_code = accreditation_shown(row, provider.ods_code, standard_code), provider.ods_code
    location = url_for("standards.list_accreditations", organisation=ods_code, standard=standard_code)
    return answer, 201, {"Location": location}


@blueprint.route("/alignments", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(AlignmentIn)
@blueprint.response(201, AlignmentOut)
def declare_alignment(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Record that an organisation declares its training on a subject to be aligned with a framework."""
    with transaction() as session:
        declaring = organisations.by_ods(session, body.pop("organisation"))
        framework_code = body.pop("framework")
        row = service.declare_alignment(
            session, organisation_id=declaring.id, framework_code=framework_code, actor=caller().actor, now=now(),
            **body,
        )  # fmt: skip
        return alignment_shown(row, declaring.ods_code, framework_code), 201


def _standard(session: Session, code: str) -> dict[str, Any]:
    standard = service.standard_by_code(session, code)
    life = session.scalars(
        select(Specification).where(Specification.standard_id == standard.id).order_by(Specification.version)
    )
    return standard_shown(service.catalogue(session).by_code[code], life)
