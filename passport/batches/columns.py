"""What a file of each kind holds: its columns, what a cell may say, and a template to fill in.

In the order of the code: the refusal of a cell; the readers of cells, which return plain JSON values; the columns; the
columns of each kind. A column's name in JSON lines is its heading in lower case with underscores. An empty cell is no
cell. Days are read as in files from ESR: one that could mean two days is refused.
"""

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final, get_args
from uuid import UUID

from credentials.records import Delivery, Pedigree, VerificationMethod
from passport.awards.models import WITHDRAWAL_REASONS
from passport.errors import Invalid
from passport.esr.rows import read_day
from passport.issuing.service import REVOCATION_REASONS
from passport.staff import numbers

Value = str | bool | int | None
LARGEST_PART: Final = 99
LONGEST_CELL: Final = 200
NOTHING: Final = "none"  # takes away a last day that was wrong
TRUTH: Final = {"yes": True, "true": True, "no": False, "false": False, "unknown": None}


class RowFault(Exception):
    """Why one row can't be done: the column, a stable code, and a sentence that repeats nothing from the file.

    Args:
        code: stable.
        sentence: what was expected and what to do.
        column: the heading; None where the row as a whole is meant.
        exceeds: the row asks for what the organisation has no right to, which stops the whole batch.
    """

    def __init__(self, code: str, sentence: str, *, column: str | None = None, exceeds: bool = False) -> None:
        super().__init__(sentence)
        self.code, self.sentence, self.column, self.exceeds = code, sentence, column, exceeds


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what reads a cell of it, what it means, and a cell as an example."""

    heading: str
    read: Callable[[str], Value]
    meaning: str
    example: str
    required: bool = False

    @property
    def name(self) -> str:
        """The column's name in JSON lines, and in the values of a row."""
        return self.heading.lower().replace(" ", "_")


def read_cell(column: Column, text: str) -> Value:
    """Return what a cell says.

    Raises:
        RowFault: it says nothing that this column can hold.
    """
    try:
        return column.read(text[: LONGEST_CELL + 1])
    except Invalid as error:
        raise RowFault("cell_form", error.detail, column=column.heading) from error
    except ValueError as error:
        raise RowFault("cell_form", f"This must be {column.meaning}.", column=column.heading) from error


def one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    """Return the reader of one of these words, in any case and with blanks for underscores."""

    def read(text: str) -> str:
        word = "_".join(text.lower().replace("-", " ").split()).replace("__", "_")
        if word not in words:
            raise ValueError
        return word

    return read


def _day(text: str) -> str:
    day = read_day(text)
    if day is None:
        raise ValueError
    return day.isoformat()


def _day_or_nothing(text: str) -> str:
    return NOTHING if text.lower() == NOTHING else _day(text)


def _part(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= number <= LARGEST_PART:
        raise ValueError
    return number


def _truth(text: str) -> bool | None:
    try:
        return TRUTH[text.lower()]
    except KeyError:
        raise ValueError from None


def _id(text: str) -> str:
    return str(UUID(text))


def _code(text: str) -> str:
    if not text.isascii() or not text.isprintable() or len(text) > 60:
        raise ValueError
    return text


DAY: Final = "a day, as 2026-03-02 or 2-Mar-2026"
WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Delivery": get_args(Delivery),
    "Verification method": get_args(VerificationMethod),
    "Pedigree": get_args(Pedigree),
}
NUMBER: Final = Column("Passport number", numbers.normalise, "a passport number", "0123-4567-T")
PERSON: Final = Column("Passport number", numbers.normalise, "a passport number", "0123-4567-T", required=True)
BIRTH: Final = Column(
    "Date of birth", _day, f"{DAY}; needed for somebody whom you do not employ", "1990-02-03"
)  # fmt: skip
STANDARD: Final = Column("Standard", _code, "the catalogue's code of a standard, as IPC2", "IPC2")
MET: Final = Column("Standard", _code, "the catalogue's code of a standard, as IPC2", "IPC2", required=True)
PART: Final = Column("Part", _part, f"a whole number from 0 (the whole standard) to {LARGEST_PART}", "0")
AWARD: Final = Column("Award", _id, "the id of an award; or leave it empty and name person and standard", "")
COPY: Final = Column("Copy", _id, "the id of a copy; or leave it empty and name the person for all of theirs", "")


def _word(heading: str, example: str, *, required: bool = False, new: bool = False) -> Column:
    words = WORDS[heading]
    shown = f"New {heading.lower()}" if new else heading
    return Column(shown, one_of(words), f"one of: {', '.join(words)}", example, required)


def _reason(words: tuple[str, ...]) -> Column:
    return Column("Reason", one_of(words), f"one of: {', '.join(words)}", words[0], required=True)


COLUMNS: Final[Mapping[str, tuple[Column, ...]]] = {
    "issue_passports": (PERSON,),
    "record_awards": (
        PERSON, BIRTH, MET, PART,
        Column("Awarded on", _day, DAY, "2026-03-02", required=True),
        Column("Valid until", _day, f"{DAY}; empty where you set none", ""),
        _word("Delivery", "face_to_face", required=True),
        Column("Assessed", _truth, "yes, no or unknown", "yes"),
        _word("Verification method", "record", required=True),
        _word("Pedigree", "authoritative", required=True),
    ),
    "correct_awards": (
        AWARD, NUMBER, STANDARD, PART,
        Column("New part", _part, f"a whole number from 0 to {LARGEST_PART}", ""),
        Column("New awarded on", _day, DAY, "2026-03-03"),
        Column("New valid until", _day_or_nothing, f"{DAY}, or the word {NOTHING}", ""),
        _word("Delivery", "", new=True),
        Column("New assessed", _truth, "yes, no or unknown", ""),
        _word("Verification method", "", new=True),
        _word("Pedigree", "", new=True),
    ),
    "withdraw_awards": (AWARD, NUMBER, STANDARD, PART, _reason(WITHDRAWAL_REASONS)),
    "revoke_copies": (COPY, NUMBER, _reason(REVOCATION_REASONS)),
}  # fmt: skip


def template(kind: str) -> str:
    """Return the file to fill in: the headings, and one example row."""
    text = io.StringIO(newline="")
    out = csv.writer(text)
    out.writerow(column.heading for column in COLUMNS[kind])
    out.writerow(column.example for column in COLUMNS[kind])
    return text.getvalue()


def as_day(value: Value) -> date | None:
    """Return the day of a value that `_day` read."""
    return date.fromisoformat(value) if isinstance(value, str) and value != NOTHING else None
