"""Reads an ESR file: CSV or XLSX, one of two layouts, record by record.

In the order of the code: the layouts (contract, Import; facts, section 3), which put the cells of a row into one
order whatever the file's; the look at the whole file before it is read (size, NUL, UTF-8 or else Windows-1252); the
records of a CSV file; the header. XLSX is in `workbook`. A fault of the file refuses all of it, with its line and
column and what is allowed; what is wrong with one row is found in `rows`. Memory is bounded by the longest line.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from operator import itemgetter
from typing import BinaryIO, Final, TextIO

from passport.errors import Fault, Invalid
from passport.esr import workbook

MAX_BYTES: Final = 200_000_000
MAX_ROWS: Final = 1_000_000
CELL_TOO_LONG: Final = "field larger than field limit"  # as the standard library begins it
BLOCK: Final = 1 << 20
XLSX_MAGIC: Final = b"PK\x03\x04"

# The order in which rows are worked on: eight cells that say who, then which competence, when, until when, and how.
BULK_ORDER: Final = (
    "VPD", "Employee Number", "Assignment Number", "First Name", "Last Name", "Date of Birth",
    "Registration Body", "Registration Number",
    "Competency Name", "Date Awarded", "Expiry Date", "Competence Level", "Delivery", "Assessed",
)  # fmt: skip
BULK_HEADER: Final = (
    "VPD", "Employee Number", "Assignment Number", "First Name", "Last Name", "Date of Birth", "Registration Body",
    "Registration Number", "Competency Name", "Competence Level", "Date Awarded", "Expiry Date", "Delivery", "Assessed",
)  # fmt: skip
PERSONAL_ORDER: Final = (
    "VPD", "", "", "", "", "", "", "",
    "Competency Name", "Date Last Awarded", "Expiry Date", "Competence Level", "", "", "Compliance Status",
)  # fmt: skip
PERSONAL_HEADER: Final = (
    "Competency Name", "Competence Level", "Min Requirement", "Essential", "Expiry Date", "Compliance Status",
    "Description", "Date Start", "Date Last Awarded", "Title", "Last Updated By", "VPD",
)  # fmt: skip
PERSON_CELLS: Final = 8
ASSIGNMENT: Final = 2  # its place among them

Cells = Sequence[str]


class EsrFileInvalid(Invalid):
    """The file as a whole can't be read; nothing of it was imported."""

    code = "esr_file_invalid"
    title = "The file can't be imported"


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file. `order` names, for each cell of a row as we work on it, the column that it comes from."""

    name: str
    header: tuple[str, ...]
    order: tuple[str, ...]


LAYOUTS: Final = {
    "bulk": Layout("bulk", BULK_HEADER, BULK_ORDER),
    "personal": Layout("personal", PERSONAL_HEADER, PERSONAL_ORDER),
}


@dataclass(frozen=True, slots=True)
class EsrFile:
    """A file that was looked at: its content's hash, and its text encoding (None: it is a workbook)."""

    content: BinaryIO
    sha256: bytes
    encoding: str | None


@dataclass(frozen=True, slots=True)
class Records:
    """The records of a file after its header: `arrange` puts one of the right `width` in the layout's order."""

    rows: Iterator[list[str]]
    arrange: Callable[[list[str]], Cells]
    width: int


def look_at(content: BinaryIO) -> EsrFile:
    """Look through a file before it is read.

    Args:
        content: the file, open for reading bytes, seekable.

    Raises:
        EsrFileInvalid: it is empty, too large, holds NUL, or is in no encoding that we read.
    """
    content.seek(0)
    is_workbook = content.read(len(XLSX_MAGIC)) == XLSX_MAGIC
    sha256 = _digest(content, is_text=not is_workbook)
    try:
        return EsrFile(content, sha256, None if is_workbook else _encoding(content))
    except UnicodeDecodeError as error:
        raise fault(0, "The text is neither UTF-8 nor Windows-1252. Save the file as CSV UTF-8.") from error


def fault(line: int, message: str, column: str | None = None) -> EsrFileInvalid:
    """Return the fault of a file, to be raised: where, and what to do."""
    where = f"line {line}" if line else "file"
    return EsrFileInvalid(message, (Fault(f"{where}, column {column}" if column else where, message),))


@contextmanager
def records(file: EsrFile, layout: Layout) -> Iterator[Records]:
    """Read the header and give the records after it.

    Raises:
        EsrFileInvalid: the header is not the layout's; while reading, a quote is broken or there are too many rows.
    """
    file.content.seek(0)
    if file.encoding is None:
        yield _with_header(workbook.records(file.content), layout)
        return
    text = io.TextIOWrapper(file.content, encoding=file.encoding, newline="")
    try:
        yield _with_header(_csv_records(text), layout)
    finally:
        text.detach()


def _with_header(found: Iterator[list[str]], layout: Layout) -> Records:
    header = next(found, [])
    return Records(found, _arrangement(header, layout), len(header))


def _digest(content: BinaryIO, *, is_text: bool) -> bytes:
    digest, size = hashlib.sha256(), 0
    content.seek(0)
    while block := content.read(BLOCK):
        digest.update(block)
        size += len(block)
        if size > MAX_BYTES:
            raise fault(0, f"The file is larger than {MAX_BYTES // 1_000_000} MB. Split it.")
        if is_text and b"\0" in block:
            raise fault(0, "The file holds NUL characters: it is no text, or UTF-16. Save the file as CSV UTF-8.")
    if size == 0:
        raise fault(0, "The file is empty.")
    return digest.digest()


def _encoding(content: BinaryIO) -> str:
    try:
        return _decodes(content, "utf-8-sig")
    except UnicodeDecodeError:
        return _decodes(content, "cp1252")


def _decodes(content: BinaryIO, encoding: str) -> str:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    content.seek(0)
    while block := content.read(BLOCK):
        decoder.decode(block)
    decoder.decode(b"", final=True)
    return encoding


def _csv_records(text: TextIO) -> Iterator[list[str]]:
    """Give the records, turning a broken quote or a cell without end into a fault with its line."""
    reader = csv.reader(text, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        message = f"The quotes or line ends are broken here ({error}). Save the file as CSV again."
        if str(error).startswith(CELL_TOO_LONG):
            message = f"A cell holds more than {csv.field_size_limit():,} characters, or a quote is never closed."
        raise fault(reader.line_num, message) from error


def _arrangement(header: list[str], layout: Layout) -> Callable[[list[str]], Cells]:
    """Return the function that puts a record's cells in the layout's order.

    Raises:
        EsrFileInvalid: a column is missing, unknown or there twice.
    """
    names = [" ".join(cell.split()) for cell in header]
    allowed = ", ".join(layout.header)
    for place, name in enumerate(names):
        if name not in layout.header:
            raise fault(1, f"Column {place + 1} is not one of this layout. The columns are: {allowed}.", f"{place + 1}")
        if name in names[:place]:
            raise fault(1, f"This column is there twice. The columns are: {allowed}.", name)
    for name in layout.header:
        if name not in names:
            raise fault(1, f"This column is missing. The columns are: {allowed}.", name)
    if "" not in layout.order:
        return itemgetter(*(names.index(name) for name in layout.order))
    places = [names.index(name) if name else None for name in layout.order]
    return lambda cells: ["" if place is None else cells[place] for place in places]
