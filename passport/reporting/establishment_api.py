"""`/v1/establishments`: what an ICB or a region requires of the organisations below it, by file.

A file is CSV or JSON lines (`establishment_file`) and is read within the request: a version is kept as a whole, or
nothing is. Versions are numbered from 1, dated and never changed; each organisation reads its own alone.
"""

from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from passport.db import reading, transaction
from passport.organisations.models import Organisation
from passport.reporting import establishment, establishment_file, service
from passport.reporting.establishment_file import LARGEST_FILE
from passport.reporting.models import Establishment, EstablishmentLine
from passport.reporting.schemas import (
    EstablishmentFileIn,
    EstablishmentIn,
    EstablishmentLineOut,
    EstablishmentOut,
    establishment_line,
)
from passport.web.api import Blueprint
from passport.web.body import MEGABYTE, body_limit
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.paging import PageQuery, page, page_schema
from passport.web.rules import caller, requires

FORM: Final = "multipart/form-data"
SCOPE: Final = "establishments:write"
FILES: Final = Limit("establishments", per_minute=10)  # one file holds a whole ICB
blueprint = Blueprint(
    "establishments", __name__, url_prefix="/v1/establishments",
    description="What an ICB or a region requires of the organisations below it",
)  # fmt: skip


@blueprint.route("", methods=["POST"])
@body_limit(LARGEST_FILE + MEGABYTE)
@requires(SCOPE)
@limited(FILES)
@idempotent
@blueprint.arguments(EstablishmentIn, location="form", content_type=FORM)
@blueprint.arguments(EstablishmentFileIn, location="files", content_type=FORM)
@blueprint.response(201, EstablishmentOut)
def set_establishment(
    form: dict[str, Any], files: dict[str, FileStorage]
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Say what the organisations below yours should have from a day on. A file with a wrong line changes nothing."""
    content = files["file"].stream.read(LARGEST_FILE + 1)
    with transaction() as session:
        asked = service.ask(session, caller().organisation_id)
        lines = establishment_file.read(session, asked, content)
        kept = establishment.keep(session, asked, lines, from_on=form["from_on"], actor=caller().actor, now=now())
        answer = _shown(session, kept)
    return answer, 201, {"Location": f"/v1/establishments/{answer['version']}"}


@blueprint.route("", methods=["GET"])
@requires(SCOPE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(EstablishmentOut))
def list_establishments(query: dict[str, Any]) -> dict[str, Any]:
    """List the versions of your organisation, the newest first."""
    with reading() as session:
        listed = establishment.versions(caller().organisation_id)
        found = page(session, listed, (Establishment.version,), query["cursor"], query["limit"], descending=True)
        return {"items": [_shown(session, each) for each in found.items], "next": found.next}


@blueprint.route("/current", methods=["GET"])
@requires(SCOPE)
@blueprint.response(200, EstablishmentOut)
def read_current() -> dict[str, Any]:
    """Read the version of your organisation that is in force today."""
    return _read(None)


@blueprint.route("/<int:version>", methods=["GET"])
@requires(SCOPE)
@blueprint.response(200, EstablishmentOut)
def read_version(version: int) -> dict[str, Any]:
    """Read one version of your organisation."""
    return _read(version)


@blueprint.route("/<int:version>/lines", methods=["GET"])
@requires(SCOPE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(EstablishmentLineOut))
def list_lines(query: dict[str, Any], version: int) -> dict[str, Any]:
    """List what a version requires, by organisation."""
    keys = (Organisation.ods_code, EstablishmentLine.measure, EstablishmentLine.category)
    with reading() as session:
        kept = establishment.by_version(session, caller().organisation_id, version, today=now().date())
        found = page(session, establishment.lines_of(kept.id), keys, query["cursor"], query["limit"])
        return {"items": [establishment_line(*each) for each in found.items], "next": found.next}


def _read(version: int | None) -> dict[str, Any]:
    with reading() as session:
        kept = establishment.by_version(session, caller().organisation_id, version, today=now().date())
        return _shown(session, kept)


def _shown(session: Session, kept: Establishment) -> dict[str, Any]:
    lines = select(func.count()).where(EstablishmentLine.establishment_id == kept.id)
    return {
        "version": kept.version, "from_on": kept.from_on, "recorded_at": kept.recorded_at,
        "line_count": session.scalar(lines),
    }  # fmt: skip
