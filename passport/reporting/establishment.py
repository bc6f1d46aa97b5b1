"""Required establishments and the gaps to them. Flushes, never commits.

An ICB or region uploads a CSV file: `organisation,profession or standard,required`. In the order of the code: read the
file, every fault named by its line; keep a new version, dated; the version in force on a day; its gaps, from the counts
of this moment. A gap is made from what may be seen of a count (`Picture`): where that is a `*`, the gap is a range.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.errors import Fault, Forbidden, Invalid
from passport.reporting.control import SMALLEST_SHOWN, Figure
from passport.reporting.counting import month_of
from passport.reporting.models import (
    MOST_REQUIRED,
    Establishment,
    EstablishmentLine,
    Measure,
    WorkforceMovement,
)
from passport.reporting.places import SYSTEM_KINDS, WHOLE_COUNTRY, Place
from passport.reporting.service import CREDENTIAL, LEVELS, Asked, categories, picture
from passport.standards.models import Standard

COLUMNS: Final = ("organisation", "profession or standard", "required")
PRACTITIONERS: Final[Measure] = "advanced"
CELL_TOO_LONG: Final = "field larger than field limit"  # as the standard library begins it
MOST_LINES: Final = 20_000
MOST_FAULTS: Final = 200
PROFESSION: Final = re.compile(r"[^\W\d_][^\x00-\x1f=@]{1,99}")
CODE: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)+")  # of a standard, as MPC-PAEDIATRICS
WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,6}")


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


@dataclass(frozen=True, slots=True)
class Gap:
    """What is required of an organisation, what it has as far as may be seen, and what lacks: at least, at most."""

    organisation: Place
    measure: Measure
    label: str
    required: int
    held: Figure
    least: int
    most: int

    @property
    def text(self) -> str:
        """The gap in a cell."""
        return f"{self.least:,}" if self.least == self.most else f"{self.least:,} to {self.most:,}"


def read(session: Session, asked: Asked, content: bytes) -> list[Line]:
    """Read a file.

    Args:
        session: an open transaction.
        asked: who uploads it.
        content: CSV in UTF-8, with a heading.

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
        read_line = _line(number, row, names, below)
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


def keep(
    session: Session, asked: Asked, lines: Sequence[Line], *, from_on: date, actor: str, now: datetime
) -> Establishment:
    """Keep a new version.

    Args:
        session: an open transaction.
        asked: who sets it.
        lines: from `read`.
        from_on: its first day; the version before counts until then.
        actor: who acts.
        now: UTC.

    Raises:
        NotForSystems: the organisation is no ICB or region.
    """
    own = asked.view.top
    if own.kind not in SYSTEM_KINDS or own.id is None:
        raise NotForSystems
    last = select(func.max(Establishment.version)).where(Establishment.organisation_id == own.id)
    kept = Establishment(
        organisation_id=own.id, version=(session.scalar(last) or 0) + 1, from_on=from_on, recorded_at=now,
        recorded_by=actor,
    )  # fmt: skip
    session.add(kept)
    session.flush()
    session.add_all(
        EstablishmentLine(
            establishment_id=kept.id, organisation_id=line.organisation.id, measure=line.measure,
            category=line.category, required=line.required,
        )
        for line in lines
    )  # fmt: skip
    session.flush()
    audit.record(
        session, actor=actor, organisation_id=own.id, action="establishment.set", subject=f"establishment:{kept.id}",
        now=now, detail={"version": kept.version, "from_on": from_on.isoformat(), "lines": len(lines)},
    )  # fmt: skip
    return kept


def in_force(session: Session, organisation_id: UUID, *, on: date) -> Establishment | None:
    """Return an ICB's version of a day: of those begun, the newest; None where there is none."""
    statement = (
        select(Establishment)
        .where(Establishment.organisation_id == organisation_id, Establishment.from_on <= on)
        .order_by(Establishment.from_on.desc(), Establishment.version.desc())
    )
    return session.scalar(statement.limit(1))


def gaps(session: Session, asked: Asked, *, today: date) -> list[Gap]:
    """Return the gaps at and below a place, by organisation; of an organisation, what its ICB or region requires of it.

    Args:
        session: an open transaction.
        asked: who looks at which place.
        today: the day whose versions and counts are used.
    """
    below = set(asked.places.organisations(asked.place))
    month = month_of(today)
    measures = (PRACTITIONERS, CREDENTIAL)
    seen = {measure: picture(session, asked, measure, month=month, today=today) for measure in measures}
    titles = {code: title for code, title, _ in categories(session, CREDENTIAL, seen[CREDENTIAL])}
    versions = [kept.id for kept in _versions(session, asked, today)]
    lines = select(EstablishmentLine).where(EstablishmentLine.establishment_id.in_(versions))
    found = []
    for line in session.scalars(lines.where(EstablishmentLine.organisation_id.in_(below))):
        place, measure = asked.places.by_id[line.organisation_id], _measure(line)
        held = seen[measure].itself(place, [line.category])
        found.append(_gap(place, line, titles.get(line.category, line.category), held))
    return sorted(found, key=lambda gap: (gap.organisation.name, gap.organisation.code, gap.label))


def _gap(place: Place, line: EstablishmentLine, label: str, held: Figure) -> Gap:
    least, most = (SMALLEST_SHOWN - 1, 1) if held.count is None else (held.count, held.count)
    lacks = [max(line.required - count, 0) for count in (least, most)]
    return Gap(place, _measure(line), label, line.required, held, *lacks)


def _measure(line: EstablishmentLine) -> Measure:
    return CREDENTIAL if line.measure == CREDENTIAL else PRACTITIONERS


def _versions(session: Session, asked: Asked, today: date) -> Iterator[Establishment]:
    """Give the versions in force of the ICBs and regions above, at and below the place, one for each."""
    above = asked.places.way(asked.place, top=WHOLE_COUNTRY)
    ids = {place.id for place in above if place.id} | set(asked.places.organisations(asked.place))
    for organisation_id in sorted(ids):
        kept = in_force(session, organisation_id, on=today)
        if kept is not None:
            yield kept


def _rows(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _refused("The file is no text in UTF-8. Save it as CSV UTF-8.") from None
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
    if len(rows) - 1 > MOST_LINES:
        raise _refused(f"The file has more than {MOST_LINES:,} lines.")
    return rows[1:]


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
    known = names.get(name.casefold())
    if name.casefold() in names and known is None:
        return CREDENTIAL, name.upper()
    if CODE.fullmatch(name) or not PROFESSION.fullmatch(name):
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
