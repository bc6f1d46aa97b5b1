"""`/v1/imports`: send a file from ESR, and read what became of each row.

The file is read within the request: the answer comes when everything is done, or nothing was.
"""

from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from werkzeug.datastructures import FileStorage

from passport.db import reading, transaction
from passport.esr import service
from passport.esr.reading import MAX_BYTES
from passport.esr.schemas import FileIn, ImportIn, ImportOut, RowOut, RowsQuery, import_shown, row_shown
from passport.web.api import Blueprint
from passport.web.body import MEGABYTE, body_limit
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.paging import page, page_schema
from passport.web.rules import caller, requires

FORM: Final = "multipart/form-data"
IMPORTS: Final = Limit("imports", per_minute=30)  # one file holds a whole trust
blueprint = Blueprint("imports", __name__, url_prefix="/v1/imports", description="Files from ESR")


@blueprint.route("", methods=["POST"])
@body_limit(MAX_BYTES + MEGABYTE)
@requires("imports:write")
@limited(IMPORTS)
@idempotent
@blueprint.arguments(ImportIn, location="form", content_type=FORM)
@blueprint.arguments(FileIn, location="files", content_type=FORM)
@blueprint.response(201, ImportOut)
def import_file(form: dict[str, Any], files: dict[str, FileStorage]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Take in a file from ESR: people, awards and local training of your organisation."""
    acting = caller()
    with transaction() as session:
        imported = service.import_file(
            session, cast("BinaryIO", files["file"].stream), layout=form["layout"], assignment=form["assignment"],
            dry_run=form["dry_run"] == "true", organisation_id=acting.organisation_id, actor=acting.actor, now=now(),
        )  # fmt: skip
        answer = import_shown(imported)
    return answer, 201, {"Location": f"/v1/imports/{answer['id']}"}


@blueprint.route("/<uuid:import_id>", methods=["GET"])
@requires("imports:write")
@blueprint.response(200, ImportOut)
def read_import(import_id: UUID) -> dict[str, Any]:
    """Read an import of your organisation."""
    with reading() as session:
        return import_shown(service.by_id(session, import_id, organisation_id=caller().organisation_id))


@blueprint.route("/<uuid:import_id>/rows", methods=["GET"])
@requires("imports:write")
@blueprint.arguments(RowsQuery, location="query")
@blueprint.response(200, page_schema(RowOut))
def read_rows(query: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """List the rows of an import by line, each with its outcome and the reason where there is one."""
    with reading() as session:
        service.by_id(session, import_id, organisation_id=caller().organisation_id)
        statement, keys = service.rows(import_id, query["outcome"])
        found = page(session, statement, keys, query["cursor"], query["limit"])
        return {"items": [row_shown(row) for row in found.items], "next": found.next}
