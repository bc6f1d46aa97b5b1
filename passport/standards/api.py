"""`/v1/standards`: the catalogue, its renewal rules and the life of its specifications.

Everybody may read; to change anything is for the standards body (`standards:write`). Who moves a version along says
with `If-Match` that they saw its newest step.
"""

from typing import Any

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import PreconditionFailed

from passport.db import reading, transaction
from passport.standards import frameworks, service, specifications
from passport.standards.changes import ChangedMeanwhile
from passport.standards.models import Framework, Specification, Standard
from passport.standards.schemas import (
    MoveIn,
    RenewalIn,
    SpecificationIn,
    SpecificationWithStepsOut,
    StandardIn,
    StandardOut,
    StandardQuery,
    StandardWithLifeOut,
    specification_shown,
    standard_shown,
    standard_with_life_shown,
)
from passport.standards.specifications import Terms
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.paging import Page, page, page_schema
from passport.web.preconditions import IF_MATCH, matched, tagged
from passport.web.rules import caller, public, requires

blueprint = Blueprint("standards", __name__, url_prefix="/v1", description="What can be awarded")


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
    """Read one standard with its renewal rules, the versions of its framework and the life of its specification."""
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


@blueprint.route("/standards/<code>/specifications", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.arguments(SpecificationIn)
@blueprint.response(201, SpecificationWithStepsOut)
def add_specification(body: dict[str, Any], code: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Add a version to a standard's specification. To endorse it supersedes the version in force."""
    with transaction() as session:
        added = specifications.add_specification(
            session, standard_code=code, **_move(body), actor=caller().actor, now=now()
        )
        answer, tag = _specification(session, added)
    location = url_for("standards.read_specification", code=code, version=answer["version"])
    return answer, 201, {"Location": location, **tag}


@blueprint.route("/standards/<code>/specifications/<version>", methods=["GET"])
@public
@blueprint.response(200, SpecificationWithStepsOut)
def read_specification(code: str, version: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Read a version of a standard's specification with the steps of its life."""
    with reading() as session:
        answer, tag = _specification(session, specifications.specification_by_version(session, code, version))
    return answer, 200, tag


@blueprint.route("/standards/<code>/specifications/<version>/state", methods=["POST"])
@requires("standards:write")
@idempotent
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(MoveIn)
@blueprint.response(200, SpecificationWithStepsOut)
def change_specification(body: dict[str, Any], code: str, version: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Move a version of a standard's specification along its life."""
    seen = matched()
    with transaction() as session:
        specifications.specification_by_version(session, code, version)
        try:
            moved = specifications.change_specification(
                session, standard_code=code, version=version, **_move(body), seen=seen, actor=caller().actor, now=now()
            )
        except ChangedMeanwhile as changed:
            raise PreconditionFailed(changed.detail) from changed
        answer, tag = _specification(session, moved)
    return answer, 200, tag


def _move(body: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a move, with the terms as the service knows them."""
    asked = body.pop("terms")
    terms = Terms(asked["scope"], tuple(asked["registers"]), tuple(asked["prerequisites"])) if asked else None
    return {**body, "terms": terms}


def _specification(session: Session, row: Specification) -> tuple[dict[str, Any], dict[str, str]]:
    taken = specifications.steps(session, row)
    return specification_shown(row, taken), tagged(len(taken))


def _standard(session: Session, code: str) -> dict[str, Any]:
    standard = service.standard_by_code(session, code)
    versions = frameworks.versions_about(session, standard)
    life = specifications.specifications_of(session, standard.id)
    return standard_with_life_shown(service.catalogue(session).by_code[code], versions, life)
