"""Reads a file of a batch: CSV, or JSON lines; each record with its line, its cells by column.

In the order of the code: the look at the whole file (size, text encoding); the records of CSV, then of JSON lines; the
values of one record. A fault of the file refuses all of it. What is wrong with one row is a `RowFault` of that row, and
the others go on. A file is JSON lines where it begins with `{`.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credentials.encoding import strict_json
from credentials.errors import CredentialError
from passport.batches.columns import COLUMNS, Column, RowFault, Value, read_cell
from passport.errors import Fault, Invalid

MEGABYTES: Final = 10
MAX_BYTES: Final = MEGABYTES * 1_000_000
MOST_ROWS: Final = 50_000
LONGEST_LINE: Final = 10_000  # of JSON
CELL_TOO_LONG: Final = "field larger than field limit"  # as the standard library begins it
USE_THE_TEMPLATE: Final = "The selected file must use the template"


class BatchFileInvalid(Invalid):
    """The file as a whole can't be read; nothing was done. The words are those of the NHS service manual."""

    code = "batch_file_invalid"
    title = "The file can't be read"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: its line, and what it says by column, or why it can't be read."""

    line: int
    values: dict[str, Value]
    fault: RowFault | None = None


@dataclass(frozen=True, slots=True)
class BatchFile:
    """A file that was read."""

    sha256: bytes
    records: list[Record]


def read(content: bytes, kind: str) -> BatchFile:
    """Read a whole file.

    Args:
        content: its bytes: UTF-8 with or without a byte order mark, or Windows-1252.
        kind: what it asks for; says which columns it may have.

    Raises:
        BatchFileInvalid: it is too large, empty, no text, or not of this kind's columns.
    """
    if len(content) > MAX_BYTES:
        raise _fault(f"The selected file must be smaller than {MEGABYTES}MB")
    text = _decoded(content)
    if not text.strip():
        raise _fault("The selected file is empty")
    found = _json_records if text.lstrip().startswith("{") else _csv_records
    records = []
    for record in found(text, COLUMNS[kind]):
        records.append(record)
        if len(records) > MOST_ROWS:
            raise _fault(f"The selected file must have {MOST_ROWS:,} rows or fewer")
    if not records:
        raise _fault("The selected file has no rows")
    return BatchFile(hashlib.sha256(content).digest(), records)


def _decoded(content: bytes) -> str:
    if b"\0" in content:
        raise _fault("The selected file must be a CSV")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise _fault("The selected file must be a CSV saved as UTF-8") from error


def _csv_records(text: str, columns: Sequence[Column]) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = _header(next(reader, []), columns)
        before = reader.line_num
        for cells in reader:
            line, before = before + 1, reader.line_num
            if any(cell.strip() for cell in cells):
                yield _csv_record(line, header, cells)
    except csv.Error as error:
        line = reader.line_num
        message = f"The quotes or line ends are broken at line {line}. Save the CSV again"
        if str(error).startswith(CELL_TOO_LONG):
            most = f"{csv.field_size_limit():,}"
            message = f"A cell at line {line} has more than {most} characters, or a quote is never closed"
        raise _fault(message) from error


def _csv_record(line: int, header: Sequence[Column], cells: Sequence[str]) -> Record:
    if len(cells) != len(header):
        sentence = f"The row has {len(cells)} cells and the header has {len(header)}."
        return Record(line, {}, RowFault("row_width", sentence))
    return _record(line, {column: cell.strip() for column, cell in zip(header, cells, strict=True)}, header)


def _header(cells: Sequence[str], columns: Sequence[Column]) -> list[Column]:
    by_name = {column.name: column for column in columns}
    names = ["_".join(cell.lower().split()) for cell in cells]
    allowed = ", ".join(column.heading for column in columns)
    for place, name in enumerate(names):
        if name not in by_name or name in names[:place]:
            why = "is there twice" if name in by_name else "is not in the template"
            raise _fault(
                f"The selected file must use the template. Column {place + 1} {why}. The columns are: {allowed}"
            )
    missing = [column.heading for column in columns if column.required and column.name not in names]
    if missing:
        raise _fault(f"{USE_THE_TEMPLATE}. Columns are missing: {', '.join(missing)}")
    return [by_name[name] for name in names]


def _json_records(text: str, columns: Sequence[Column]) -> Iterator[Record]:
    by_name = {column.name: column for column in columns}
    for line, source in enumerate(text.split("\n"), start=1):
        if source.strip():
            yield _json_record(line, source, by_name)


def _json_record(line: int, source: str, by_name: Mapping[str, Column]) -> Record:
    try:
        members = strict_json(source.encode()) if len(source) <= LONGEST_LINE else None
    except CredentialError:
        members = None
    if not isinstance(members, dict):
        return Record(line, {}, RowFault("row_json", "The line must be one JSON object, each member once."))
    if unknown := members.keys() - by_name.keys():
        sentence = f"{len(unknown)} members are unknown. The members are: {', '.join(by_name)}."
        return Record(line, {}, RowFault("row_members", sentence))
    if any(isinstance(value, dict | list | float) for value in members.values()):
        return Record(line, {}, RowFault("row_json", "Each member must be text, a whole number, true, false or null."))
    cells = {by_name[name]: _as_cell(value) for name, value in members.items()}
    return _record(line, cells, list(by_name.values()))


def _as_cell(value: object) -> str:
    """Return a JSON value as a cell would say it."""
    return "" if value is None else value.strip() if isinstance(value, str) else json.dumps(value)


def _record(line: int, cells: Mapping[Column, str], columns: Sequence[Column]) -> Record:
    """Return what the cells say, or the first of them that says nothing we can take."""
    values: dict[str, Value] = {}
    try:
        for column in columns:
            if cell := cells.get(column, ""):
                values[column.name] = read_cell(column, cell)
            elif column.required:
                raise RowFault("cell_missing", "This must not be empty.", column=column.heading)
    except RowFault as fault:
        return Record(line, {}, fault)
    return Record(line, values)


def _fault(message: str) -> BatchFileInvalid:
    return BatchFileInvalid(message, (Fault("/file", message),))
