"""Imports from ESR as JSON: what comes in beside the file, the counts, and the outcome of each row."""

from typing import Any

from marshmallow import Schema, fields

from passport.esr.models import EsrImport
from passport.esr.outcomes import OUTCOMES
from passport.esr.reading import LAYOUTS
from passport.web.fields import Instant, OneOf, Text
from passport.web.paging import PageQuery


class FileIn(Schema):
    """The file."""

    file = fields.Raw(
        required=True,
        metadata={"type": "string", "format": "binary", "description": "CSV (UTF-8 or Windows-1252) or XLSX"},
    )


class ImportIn(Schema):
    """How the file is to be read. In a form, yes and no are the words `true` and `false`."""

    layout = OneOf(tuple(LAYOUTS), load_default="bulk")
    assignment = Text(
        max_length=11, load_default=None, metadata={"description": "whose file it is, for the layout personal alone"}
    )
    dry_run = OneOf(("true", "false"), load_default="false")


class RowsQuery(PageQuery):
    """Which rows to list."""

    outcome = OneOf(OUTCOMES, load_default=None)


class CountsOut(Schema.from_dict({outcome: fields.Integer(required=True) for outcome in OUTCOMES}, name="Counts")):  # type: ignore[misc]  # made at run time
    """How many rows had each outcome."""


class ImportOut(Schema):
    """An import and its counts. A dry run changed nothing but this report."""

    id = fields.UUID(required=True)
    layout = OneOf(tuple(LAYOUTS), required=True)
    dry_run = fields.Boolean(required=True)
    state = fields.String(required=True)
    row_count = fields.Integer(required=True)
    counts = fields.Nested(CountsOut, required=True)
    file_sha256 = fields.String(required=True)
    rows_root = fields.String(required=True, metadata={"description": "Merkle root over the lines (RFC 9162)"})
    started_at = Instant(required=True)


class RowOut(Schema):
    """What became of a row. `line` counts as a spreadsheet does: the header is line 1."""

    line = fields.Integer(required=True)
    outcome = OneOf(OUTCOMES, required=True)
    column = fields.String(required=True, allow_none=True)
    code = fields.String(required=True, allow_none=True)
    sentence = fields.String(required=True, allow_none=True)


def import_shown(imported: EsrImport) -> dict[str, Any]:
    """Return an import as `ImportOut` shows it."""
    names = ImportOut().fields.keys() - {"file_sha256", "rows_root"}
    hashes = {"file_sha256": imported.file_sha256.hex(), "rows_root": (imported.rows_root or b"").hex()}
    return {name: getattr(imported, name) for name in names} | hashes


def row_shown(row: Any) -> dict[str, Any]:
    """Return a row of `service.rows` as `RowOut` shows it."""
    line, outcome, column, code, sentence = row
    return {"line": line, "outcome": OUTCOMES[outcome], "column": column, "code": code, "sentence": sentence}
