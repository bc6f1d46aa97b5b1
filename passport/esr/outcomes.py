"""What becomes of each row of an ESR file, in one byte, and the words for it.

In the order of the code: the outcomes of the contract, whose place in the list is their byte; every code with its
outcome and sentence, so that a report and its documentation say the same; a problem found in a row; the outcomes of
all lines of a file, most of them alike, with the notes of those that need words; and the Merkle root over rows with
their outcomes (RFC 9162 section 2.1), by which one audit entry vouches for each row.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

OUTCOMES: Final = ("new", "unchanged", "updated", "superseded_older", "set_aside", "local", "refused")
BLANK: Final = 255  # an empty line: no row, so no outcome
CHUNK_LINES: Final = 1000
FIRST_LINE: Final = 2  # as a spreadsheet counts: the header is line 1

# code: (outcome, sentence). No sentence holds a value of the row, because reports are shown and kept.
CODES: Final[dict[str, tuple[str, str]]] = {
    "row_width": ("refused", "The row has more or fewer cells than the header has columns."),
    "date_missing": ("refused", "The award date is missing."),
    "date_form": (
        "refused",
        "The date is not in a form that means one day. Use 2026-08-06, 06-Aug-2026 or 2026/08/06.",
    ),
    "date_impossible": ("refused", "There is no such day, or it is outside the years 1900 to 2199."),
    "date_in_future": ("refused", "The date is in the future."),
    "birth_impossible": ("refused", "This can't be the date of birth of a member of staff."),
    "expires_before_award": ("refused", "The expiry date is before the award date."),
    "competence_form": ("refused", "The competency name does not have the form owner|framework|title|."),
    "level_form": ("refused", "The competence level is not one of 0 - Not Assessed, 1 - Assessed and 1 - Attended."),
    "delivery_form": ("refused", "The delivery is not one of e-learning, face to face, blended and unknown."),
    "assessed_form": ("refused", "Assessed is not Yes, No or empty."),
    "status_form": ("refused", "The compliance status is not GREEN, AMBER, RED or BLUE."),
    "vpd_form": ("refused", "The VPD is not three digits."),
    "vpd_of_another_employer": ("refused", "The VPD is not one of this organisation. Ask the registrar to map it."),
    "employee_number_form": ("refused", "The employee number is not eight digits."),
    "assignment_number_form": ("refused", "The assignment number is not eight digits, with or without a suffix as -2."),
    "name_form": ("refused", "The name is too long or holds characters that no name has."),
    "registration_form": ("refused", "The registration number does not have the form of its register."),
    "local_elsewhere": ("refused", "This is local training of another employer. It does not count here."),
    "specification_asks": (
        "refused",
        "This credential needs an endorsed specification, and may ask for a register. Record the award by itself.",
    ),
    "not_accredited": ("refused", "The organisation was not accredited to award this standard on that day."),
    "withdrawn_before": ("refused", "This award was withdrawn. Correct the record in ESR."),
    "corrected_before": ("refused", "This award was corrected here. Correct the record in ESR too."),
    "standard_unknown": ("set_aside", "The competency name is not one that the catalogue knows."),
    "standard_ambiguous": (
        "set_aside",
        "The competency name could mean several standards: the level or variant lacks.",
    ),
    "person_unknown": ("set_aside", "Nobody matches, and the row says too little to record a new person."),
    "person_contradicted": ("set_aside", "The numbers in the row belong to different people."),
    "name_differs": ("set_aside", "The numbers match a person with another name."),
    "date_of_birth_differs": ("set_aside", "The numbers match a person with another date of birth."),
    "registration_differs": ("set_aside", "The person has another number with this register."),
    "registration_alone": ("set_aside", "Only the registration matches: a name and a date of birth must agree too."),
    "person_may_exist": ("set_aside", "You have a person with this name and date of birth under other numbers."),
    "employed_elsewhere": (
        "set_aside",
        "A number in this row is on record for somebody whom you do not employ. Ask the person for their passport "
        "number, and add the employment first.",
    ),
    "rows_disagree": ("set_aside", "Rows of this file say different things about this person."),
    "award_contested": ("set_aside", "Rows of this file say different things about the same award."),
    "older_than_current": ("new", "A newer award stands, so this one is kept as history."),
    "duplicate_row": ("unchanged", "Another row of this file says the same."),
    "history_kept": ("unchanged", "A newer award stands, so the older one was left as it was recorded."),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a cell or row is not taken as it is. `column` is a place in the row, None where it is the whole row."""

    code: str
    column: int | None = None

    @property
    def outcome(self) -> str:
        """What becomes of the row."""
        return CODES[self.code][0]


@dataclass(frozen=True, slots=True)
class Note:
    """What there is to say about one line."""

    line: int
    code: str
    column: str | None = None

    @property
    def sentence(self) -> str:
        """The words for people."""
        return CODES[self.code][1]


@dataclass(slots=True)
class Outcomes:
    """The outcomes of all lines of a file. A line that nothing else is said of is unchanged."""

    rows: int = 0  # lines after the header, empty ones too
    notes: list[Note] = field(default_factory=list)
    _bytes: bytearray = field(default_factory=bytearray)

    def grow(self, rows: int) -> None:
        """Take note that the file has so many lines after its header."""
        self._bytes.extend(bytes([OUTCOMES.index("unchanged")]) * (rows - len(self._bytes)))
        self.rows = rows

    def blank(self, line: int) -> None:
        """Mark an empty line."""
        self._set(line, BLANK)

    def mark(self, line: int, outcome: str) -> None:
        """Say what became of a line."""
        self._set(line, OUTCOMES.index(outcome))

    def mark_all(self, lines: Iterable[int], outcome: str) -> None:
        """Say what became of many lines."""
        byte, known = OUTCOMES.index(outcome), self._bytes
        for line in lines:
            known[line - FIRST_LINE] = byte

    def say(self, line: int, code: str, column: str | None = None) -> None:
        """Mark a line with the outcome of a code, and keep its note."""
        self.mark(line, CODES[code][0])
        self.notes.append(Note(line, code, column))

    def counts(self) -> dict[str, int]:
        """Return how many rows had each outcome."""
        counted = Counter(self._bytes)
        return {outcome: counted[byte] for byte, outcome in enumerate(OUTCOMES)}

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """Give the bytes of consecutive lines, each chunk with its first line."""
        for start in range(0, len(self._bytes), CHUNK_LINES):
            yield FIRST_LINE + start, bytes(self._bytes[start : start + CHUNK_LINES])

    def _set(self, line: int, byte: int) -> None:
        if line - FIRST_LINE >= len(self._bytes):
            self.grow(line - FIRST_LINE + 1)
        self._bytes[line - FIRST_LINE] = byte

    def __getitem__(self, line: int) -> int:
        return self._bytes[line - FIRST_LINE]


def row_hash(cells: Sequence[str]) -> bytes:
    """Return the SHA-256 of a row's cells as they were read: the key by which a row is known again."""
    return hashlib.sha256("\x1f".join(cells).encode()).digest()


def merkle_root(leaves: Iterable[bytes]) -> bytes:
    """Return the root over leaves in order (RFC 9162 section 2.1.1).

    Pairs are joined level by level; a lone node at the end of a level moves up as it is, which gives the same tree.
    """
    sha256 = hashlib.sha256
    level = [sha256(b"\0" + leaf).digest() for leaf in leaves]
    if not level:
        return sha256().digest()
    while len(level) > 1:
        lone = [level[-1]] if len(level) % 2 else []
        level = [sha256(b"\1" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level += lone
    return level[0]
