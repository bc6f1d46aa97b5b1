"""`/v1/batches`: ask for many changes by one file, see how they get on, cancel, undo.

The file is looked at within the request; jobs do the work. Every route asks for the scope `batches`, and those that
change something also for the scope of what the batch does (`SCOPE_OF`), so a program can do nothing by file that it
could not do one by one. A foreign batch and an unknown one look the same.
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from passport.batches import progress, service
from passport.batches.models import Batch, BatchRow
from passport.batches.reading import MAX_BYTES
from passport.batches.schemas import (
    BulkFileIn,
    BulkIn,
    BulkOut,
    BulkRowOut,
    BulkRowsQuery,
    UndoingIn,
    batch_shown,
    row_shown,
)
from passport.db import reading, transaction
from passport.web.api import Blueprint
from passport.web.body import MEGABYTE, body_limit
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.paging import PageQuery, page, page_schema
from passport.web.problems import InsufficientScope
from passport.web.rules import caller, requires

FORM: Final = "multipart/form-data"
SCOPE: Final = "batches"
SCOPE_OF: Final[Mapping[str, str]] = {
    "issue_passports": "passports:issue",
    "record_awards": "awards:write",
    "correct_awards": "awards:write",
    "withdraw_awards": "awards:write",
    "revoke_copies": "passports:issue",
}
FILES: Final = Limit("batches", per_minute=30)  # one file holds 50,000 rows
Answer = tuple[dict[str, Any], int, dict[str, str]]
blueprint = Blueprint("batches", __name__, url_prefix="/v1/batches", description="Many changes by one file")


@blueprint.route("", methods=["POST"])
@body_limit(MAX_BYTES + MEGABYTE)
@requires(SCOPE)
@limited(FILES)
@idempotent
@blueprint.arguments(BulkIn, location="form", content_type=FORM)
@blueprint.arguments(BulkFileIn, location="files", content_type=FORM)
@blueprint.response(201, BulkOut)
def request_batch(form: dict[str, Any], files: dict[str, FileStorage]) -> Answer:
    """Ask for one change a row. A row without the right to it stops the whole file; other faults, that row alone."""
    _check_scope(form["kind"])
    with transaction() as session:
        batch = service.request(
            session, files["file"].stream.read(MAX_BYTES + 1), kind=form["kind"], dry_run=form["dry_run"] == "true",
            **_acting(),
        )  # fmt: skip
        return _created(session, batch)


@blueprint.route("", methods=["GET"])
@requires(SCOPE)
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, page_schema(BulkOut))
def read_batches(query: dict[str, Any]) -> dict[str, Any]:
    """List the batches of your organisation, dry runs too, the oldest first."""
    with reading() as session:
        statement = service.listing(session, caller().organisation_id)
        found = page(session, statement, (Batch.requested_at, Batch.id), query["cursor"], query["limit"])
        stand = progress.progress(session, found.items)
        return {"items": [batch_shown(batch, stand[batch.id]) for batch in found.items], "next": found.next}


@blueprint.route("/<uuid:batch_id>", methods=["GET"])
@requires(SCOPE)
@blueprint.response(200, BulkOut)
def read_batch(batch_id: UUID) -> dict[str, Any]:
    """Read where a batch stands."""
    with reading() as session:
        return _shown(session, service.by_id(session, batch_id, organisation_id=caller().organisation_id))


@blueprint.route("/<uuid:batch_id>/rows", methods=["GET"])
@requires(SCOPE)
@blueprint.arguments(BulkRowsQuery, location="query")
@blueprint.response(200, page_schema(BulkRowOut))
def read_batch_rows(query: dict[str, Any], batch_id: UUID) -> dict[str, Any]:
    """List the rows of a batch by line, each with what became of it and the reason where there is one."""
    with reading() as session:
        service.by_id(session, batch_id, organisation_id=caller().organisation_id)
        statement = service.rows(batch_id, query["outcome"])
        found = page(session, statement, (BatchRow.line,), query["cursor"], query["limit"])
        return {"items": [row_shown(row) for row in found.items], "next": found.next}


@blueprint.route("/<uuid:batch_id>/cancellation", methods=["POST"])
@requires(SCOPE)
@idempotent
@blueprint.response(200, BulkOut)
def cancel_batch(batch_id: UUID) -> dict[str, Any]:
    """Stop what has not begun. What is done stays done; undo it if it is wrong."""
    with transaction() as session:
        _check_scope(service.by_id(session, batch_id, organisation_id=caller().organisation_id).kind)
        return _shown(session, service.cancel(session, batch_id, **_acting()))


@blueprint.route("/<uuid:batch_id>/undoing", methods=["POST"])
@requires(SCOPE)
@idempotent
@blueprint.arguments(UndoingIn)
@blueprint.response(201, BulkOut)
def undo_batch(body: dict[str, Any], batch_id: UUID) -> Answer:
    """Take back every row that was done, but for those that somebody changed since. The answer is the new batch."""
    with transaction() as session:
        _check_scope(service.by_id(session, batch_id, organisation_id=caller().organisation_id).kind)
        return _created(session, service.undo(session, batch_id, dry_run=body["dry_run"], **_acting()))


def _check_scope(kind: str) -> None:
    """Refuse a caller who could not do this one by one.

    Raises:
        InsufficientScope: the token lacks the scope of what the batch does.
    """
    if SCOPE_OF[kind] not in caller().scopes:
        raise InsufficientScope(SCOPE_OF[kind])


def _acting() -> dict[str, Any]:
    return {"organisation_id": caller().organisation_id, "actor": caller().actor, "now": now()}


def _shown(session: Session, batch: Batch) -> dict[str, Any]:
    return batch_shown(batch, progress.progress(session, [batch])[batch.id])


def _created(session: Session, batch: Batch) -> Answer:
    return _shown(session, batch), 201, {"Location": f"/v1/batches/{batch.id}"}
