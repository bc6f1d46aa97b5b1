"""Reads the first sheet of an XLSX workbook as rows of text.

A workbook is an archive of XML, and a small one can unfold without bound: by its compression, or by one cell far down
or far right, for which the reader allots every cell before it. So the archive is looked through first, with the
standard library and a fixed budget: the number and true size of its members, and the highest row and column that any
cell names. Only then python-calamine reads it. Dates become ISO text, whole numbers lose their `.0`; a formula comes
as the value that was saved with it and is never computed.
"""

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO, Final

from python_calamine import CalamineError, CalamineWorkbook

from passport.errors import Fault, Invalid

MAX_MEMBERS: Final = 200
MAX_UNPACKED_BYTES: Final = 150_000_000
MAX_ROWS: Final = 99_999
BLOCK: Final = 1 << 20
LONGEST_TEXT: Final = 4 * BLOCK
CELL: Final = re.compile(rb"<(?:[A-Za-z0-9]{1,20}:)?c[\s/>]")
ROW: Final = re.compile(rb"<(?:[A-Za-z0-9]{1,20}:)?row[\s/>]")
# A cell in column A to Z and row 1 to 99,999. The reader allots rows times columns.
CELL_WITHIN_BOUNDS: Final = re.compile(
    rb"<(?:[A-Za-z0-9]{1,20}:)?c\s+(?:[A-Za-z:]{1,20}=[\"'][^\"'<>]{0,40}[\"']\s+){0,8}r=[\"'][A-Z][0-9]{1,5}[\"']"
)


class WorkbookInvalid(Invalid):
    """The workbook can't be read, or unfolds without bound."""

    code = "esr_file_invalid"
    title = "The file can't be imported"


def records(content: BinaryIO) -> Iterator[list[str]]:
    """Give the rows of the first sheet as text, the header first.

    Raises:
        WorkbookInvalid: it is no workbook, or is larger than any that we read.
    """
    _look_through(content)
    content.seek(0)
    try:
        sheet = CalamineWorkbook.from_filelike(content).get_sheet_by_index(0)
        rows = sheet.to_python(skip_empty_area=False)
    except (CalamineError, IndexError, OSError) as error:
        raise _refusal("The workbook can't be read. Save it again, or save it as CSV UTF-8.") from error
    width = len(_text_row(rows[0])) if rows else 0
    for row in rows:
        yield _trimmed([_text(cell) for cell in row], width)


def _look_through(content: BinaryIO) -> None:
    try:
        with zipfile.ZipFile(content) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
                raise _refusal("The workbook is too large when unpacked. Save it as CSV UTF-8.")
            for member in members:
                _look_into(archive, member)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _refusal("The workbook is damaged. Save it again, or save it as CSV UTF-8.") from error


def _look_into(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a member once, tag by tag: its size is what the archive says, and every cell is within bounds."""
    rows, text = 0, b""
    with archive.open(member) as unpacked:
        while block := unpacked.read(BLOCK):
            seen, opening, text = (text + block).rpartition(b"<")
            text = opening + text
            rows += _rows_within_bounds(seen)
            if rows > MAX_ROWS or len(text) > LONGEST_TEXT:
                raise _refusal(f"The sheet has more than {MAX_ROWS} rows. Save it as CSV UTF-8.")
    _rows_within_bounds(text)


def _rows_within_bounds(text: bytes) -> int:
    """Return how many rows begin in a piece of XML, after looking at its cells."""
    if len(CELL.findall(text)) != len(CELL_WITHIN_BOUNDS.findall(text)):
        raise _refusal(f"The sheet has cells beyond column Z or row {MAX_ROWS}. Save it as CSV UTF-8.")
    return len(ROW.findall(text))


def _text_row(row: Sequence[object]) -> list[str]:
    cells = [_text(cell) for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _trimmed(cells: list[str], width: int) -> list[str]:
    """Cut empty cells right of the header; an empty row becomes an empty record, as in CSV."""
    if not any(cells):
        return []
    return cells if any(cells[width:]) else cells[:width]


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "Yes" if cell else "No"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date):
        return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()
    return str(cell)


def _refusal(message: str) -> WorkbookInvalid:
    return WorkbookInvalid(message, (Fault("file", message),))
