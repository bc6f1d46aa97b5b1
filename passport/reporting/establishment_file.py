"""Reads a file of required establishments: CSV or JSON lines, every fault named by its line.

In the order of the code: what a line says; the file, which is taken as a whole or not at all; its rows, from CSV, or
from JSON lines where the file begins with `{`; one row. A file speaks of organisations below the ICB or region alone.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.encoding import strict_json
from credentials.errors import CredentialError
from passport.errors import Fault, Forbidden, Invalid
from passport.reporting.models import MOST_REQUIRED, Measure, WorkforceMovement
from passport.reporting.places import SYSTEM_KINDS, Place
from passport.reporting.service import CREDENTIAL, LEVELS, Asked
from passport.standards.models import Standard

COLUMNS: Final = ("organisation", "profession or standard", "required")
MEMBERS: Final = tuple(column.replace(" ", "_") for column in COLUMNS)  # of JSON
PRACTITIONERS: Final[Measure] = "advanced"
CELL_TOO_LONG: Final = "field larger than field limit"  # as the standard library begins it
LARGEST_FILE: Final = 2 * 1024 * 1024
MOST_LINES: Final = 20_000
MOST_FAULTS: Final = 200
PROFESSION: Final = re.compile(r"[^\W\d_][^=@]{1,99}")
CODE: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)+")  # of a standard, as MPC-PAEDIATRICS
WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,6}")
Read = Iterator[tuple[int, list[str] | Fault]]  # the number of a line, with its cells or what is wrong with it


class NotForSystems(Forbidden):
    """Establishments are what ICBs and regions require of the organisations below them."""

    code = "not_a_system"
    title = "Only an ICB or a region sets an establishment"


@dataclass(frozen=True, slots=True)
class Line:
    """How many one organisation should have."""

    organisation: Place
    measure: Measure
    category: str
    required: int


def read(session: Session, asked: Asked, content: bytes) -> list[Line]:
    """Read a file.

    Args:
        session: an open transaction.
        asked: who uploads it.
        content: CSV in UTF-8 with the heading `COLUMNS`, or an object with the `MEMBERS` on each line.

    Raises:
        NotForSystems: the organisation is no ICB or region.
        Invalid: with a fault for each line that is wrong, as `/lines/7/required`; then nothing is taken.
    """
    if asked.view.top.kind not in SYSTEM_KINDS:
        raise NotForSystems
    names, below = _names(session), _below(asked)
    lines: dict[tuple[object, ...], Line] = {}
    faults: list[Fault] = []
    for number, row in _rows(content):
        read_line = [row] if isinstance(row, Fault) else _line(number, row, names, below)
        if isinstance(read_line, Line):
            key = (read_line.organisation.id, read_line.measure, read_line.category)
            if key in lines:
                read_line = [_fault(number, "", "an earlier line says what this organisation should have.")]
            else:
                lines[key] = read_line
        faults += read_line if isinstance(read_line, list) else []
    if faults:
        raise Invalid("The file was not taken. Correct these lines and upload it again.", tuple(faults[:MOST_FAULTS]))
    if not lines:
        raise _refused("The file has a heading and no lines.")
    return list(lines.values())


def _rows(content: bytes) -> Read:
    if len(content) > LARGEST_FILE:
        raise _refused("The file is larger than 2 MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("The file is no text in UTF-8. Save it as CSV UTF-8.") from None
    return _json_rows(text) if text.lstrip().startswith("{") else _csv_rows(text)


def _csv_rows(text: str) -> Read:
    try:
        read_rows = enumerate(csv.reader(io.StringIO(text), strict=True), start=1)
        rows = [(number, [cell.strip() for cell in row]) for number, row in read_rows if any(row)]
    except csv.Error as error:
        if str(error).startswith(CELL_TOO_LONG):
            most = f"{csv.field_size_limit():,}"
            raise _refused(f"A cell has more than {most} characters, or a quotation mark is not closed.") from None
        raise _refused("The file is no CSV: a quotation mark is not closed.") from None
    if not rows:
        raise _refused("The file is empty.")
    if tuple(cell.casefold() for cell in rows[0][1]) != COLUMNS:
        raise _refused(f"The first line must be: {','.join(COLUMNS)}")
    _check_length(len(rows) - 1)
    yield from rows[1:]


def _json_rows(text: str) -> Read:
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    _check_length(len(lines))
    for number, line in lines:
        yield number, _json_row(number, line)


def _json_row(number: int, line: str) -> list[str] | Fault:
    try:
        said = strict_json(line.strip())
    except CredentialError:
        return _fault(number, "", "it is no JSON object, or names a member twice.")
    if not isinstance(said, dict) or set(said) != set(MEMBERS):
        return _fault(number, "", f"its members must be: {', '.join(MEMBERS)}.")
    *names, required = (said[member] for member in MEMBERS)
    if not all(isinstance(name, str) for name in names) or type(required) is not int:
        return _fault(number, "", f"{MEMBERS[0]} and {MEMBERS[1]} are texts, {MEMBERS[2]} is a whole number.")
    return [*(name.strip() for name in names), str(required)]


def _check_length(lines: int) -> None:
    if lines > MOST_LINES:
        raise _refused(f"The file has more than {MOST_LINES:,} lines.")


def _line(number: int, row: list[str], names: dict[str, str | None], below: dict[str, Place]) -> Line | list[Fault]:
    """Return what a line says, or all that is wrong with it."""
    if len(row) != len(COLUMNS):
        return [_fault(number, "", f"it has {len(row)} columns and must have {len(COLUMNS)}.")]
    ods, name, required = row
    faults = []
    if ods.upper() not in below:
        faults.append(_fault(number, COLUMNS[0], "there is no organisation below yours with this ODS code."))
    measure, category = _meaning(name, names)
    if category is None:
        faults.append(_fault(number, COLUMNS[1], "write a profession, or the code of a credential."))
    if not WHOLE_NUMBER.fullmatch(required) or int(required) > MOST_REQUIRED:
        faults.append(_fault(number, COLUMNS[2], f"write a whole number from 0 to {MOST_REQUIRED:,}."))
    return faults or Line(below[ods.upper()], measure, category or "", int(required))


def _meaning(name: str, names: dict[str, str | None]) -> tuple[Measure, str | None]:
    """Return what a name counts: a credential by its code, else a profession, spelt as it is on record."""
    name = " ".join(name.split())
    known = names.get(name.casefold())
    if name.casefold() in names and known is None:
        return CREDENTIAL, name.upper()
    if CODE.fullmatch(name) or not PROFESSION.fullmatch(name) or not name.isprintable():
        return PRACTITIONERS, known
    return PRACTITIONERS, known or name[0].upper() + name[1:]


def _names(session: Session) -> dict[str, str | None]:
    """Return the names on record in small letters: professions with their spelling, credentials' codes with None."""
    professions = select(WorkforceMovement.category).where(WorkforceMovement.measure.in_(LEVELS)).distinct()
    codes = select(Standard.code).where(Standard.kind == CREDENTIAL)
    spelt: dict[str, str | None] = {name.casefold(): name for name in session.scalars(professions)}
    return spelt | {code.casefold(): None for code in session.scalars(codes)}


def _below(asked: Asked) -> dict[str, Place]:
    places = (asked.places.by_id[each] for each in asked.places.organisations(asked.view.top))
    return {place.code: place for place in places}


def _fault(number: int, column: str, message: str) -> Fault:
    place = f"/lines/{number}/{column}" if column else f"/lines/{number}"
    return Fault(place, f"Line {number}{f', {column}' if column else ''}: {message}")


def _refused(message: str) -> Invalid:
    return Invalid(message, (Fault("/file", message),))
