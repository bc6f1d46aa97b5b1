"""Batches as JSON: what comes in beside the file, where a batch stands, and what became of each row."""

from typing import Any, Final, get_args

from marshmallow import Schema, fields

from passport.batches.models import KINDS, OUTCOMES, Batch, BatchRow
from passport.batches.progress import Progress, State
from passport.web.fields import Flag, Instant, OneOf
from passport.web.paging import PageQuery

STATES: Final = get_args(State)


class BulkFileIn(Schema):
    """The file."""

    file = fields.Raw(
        required=True,
        metadata={
            "type": "string",
            "format": "binary",
            "description": "CSV (UTF-8 or Windows-1252) with the columns of its kind, or JSON lines",
        },
    )


class BulkIn(Schema):
    """What is asked for each row. In a form, yes and no are the words `true` and `false`."""

    kind = OneOf(KINDS, required=True)
    dry_run = OneOf(("true", "false"), load_default="false")


class UndoingIn(Schema):
    """How a batch is undone."""

    dry_run = Flag(load_default=False)


class BulkRowsQuery(PageQuery):
    """Which rows to list."""

    outcome = OneOf(OUTCOMES, load_default=None)


class BulkOut(Schema):
    """A batch and where it stands. `failed` counts the rows that could not be done, from the beginning or later."""

    id = fields.UUID(required=True)
    kind = OneOf(KINDS, required=True)
    dry_run = fields.Boolean(required=True)
    undoes = fields.UUID(required=True, allow_none=True, metadata={"description": "the batch that this one takes back"})
    state = OneOf(
        STATES,
        required=True,
        metadata={"description": "`refused`: it would exceed your rights; `waiting`: for a second person"},
    )
    total = fields.Integer(required=True)
    done = fields.Integer(required=True)
    failed = fields.Integer(required=True)
    cancelled = fields.Integer(required=True)
    left = fields.Integer(required=True)
    requested_at = Instant(required=True)
    finished_at = Instant(required=True, allow_none=True)


class BulkRowOut(Schema):
    """What became of a row. `line` counts as a spreadsheet does: the header is line 1."""

    line = fields.Integer(required=True)
    outcome = OneOf(OUTCOMES, required=True)
    column = fields.String(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    sentence = fields.String(required=True, allow_none=True)
    award = fields.UUID(
        required=True, allow_none=True, metadata={"description": "what the row corrected, withdrew or took back"}
    )
    result = fields.UUID(required=True, allow_none=True, metadata={"description": "the award that the row recorded"})
    credential = fields.UUID(required=True, allow_none=True)


def batch_shown(batch: Batch, progress: Progress) -> dict[str, Any]:
    """Return a batch as `BulkOut` shows it."""
    counts = {name: getattr(progress, name) for name in ("state", "total", "done", "failed", "cancelled", "left")}
    return counts | {
        "id": batch.id,
        "kind": batch.kind,
        "dry_run": batch.dry_run,
        "undoes": batch.undoes_id,
        "requested_at": batch.requested_at,
        "finished_at": progress.finished_at,
    }


def row_shown(row: BatchRow) -> dict[str, Any]:
    """Return a row as `BulkRowOut` shows it."""
    names = ("line", "outcome", "column", "code", "sentence")
    told = {name: getattr(row, name) for name in names}
    return told | {"award": row.award_id, "result": row.result_id, "credential": row.credential_id}
