"""Checks the cells of each row and turns them into lines for the database's COPY.

A file of 200,000 rows has few different values in a column, so each value is read once and remembered (`Memo`): the
common row costs a handful of look-ups. A cell that is not taken becomes a `Problem`, which is no text, and so the row
falls out of the quick path. In the order of the code: memory of what was read; one reader for each kind of cell
(who, which competence, which day, how); the rows. `Last Updated By` is who typed a row and is never read.

An award is `assessed` where the level says so or the column does; `1 - Attended` says nothing of an assessment, and
stays unknown.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from passport.errors import Invalid
from passport.esr import competence
from passport.esr.competence import CompetenceMap, CompetenceNameError, Meaning
from passport.esr.outcomes import FIRST_LINE, Outcomes, Problem
from passport.esr.reading import MAX_ROWS, PERSON_CELLS, Layout, Records, fault
from passport.staff import names, registrations
from passport.staff.employments import ASSIGNMENT_NUMBER, EMPLOYEE_NUMBER
from passport.staff.service import YOUNGEST_YEARS

NOTHING: Final = r"\N"  # null, in COPY's text form
SEPARATOR: Final = "\x1f"
LINES_AT_ONCE: Final = 2000
MEMORY: Final = 100_000  # values of a column that are remembered
COMPETENCE, AWARDED, EXPIRES, MANNER = 8, 9, 10, 11  # places in a row
LEVEL, DELIVERY, ASSESSED, STATUS = 11, 12, 13, 14
VPD, EMPLOYEE, ASSIGNMENT, GIVEN, FAMILY, BORN, BODY, NUMBER = range(PERSON_CELLS)

YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/])([0-9]{2})\2([0-9]{2})(?:[ T][0-9]{2}:[0-9]{2}:[0-9]{2})?")
DAY_FIRST: Final = re.compile(r"([0-9]{1,2})-([A-Za-z]{3})-([0-9]{4})")
MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
YEARS: Final = range(1900, 2200)
NO_EXPIRY: Final = frozenset(("", "no expiry", "no expiry date", "does not expire", "not applicable", "n/a"))
LEVELS: Final = {"": None, "0 - not assessed": False, "1 - assessed": True, "1 - attended": None}
DELIVERIES: Final = {
    "": "unknown", "unknown": "unknown", "elearning": "e_learning", "facetoface": "face_to_face", "blended": "blended",
}  # fmt: skip
ASSESSMENTS: Final = {"": None, "yes": True, "no": False}
STATUSES: Final = frozenset(("", "green", "amber", "red", "blue"))
TRUTH: Final = {True: "t", False: "f", None: NOTHING}
ESCAPES: Final = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})

Reading = str | Problem


class Memo(dict[str, Reading]):
    """Remembers what each value of a column was read as, up to a number of values."""

    def __init__(self, read: Callable[[str], Reading]) -> None:
        super().__init__()
        self.read = read

    def __missing__(self, raw: str) -> Reading:
        if len(self) >= MEMORY:
            self.clear()
        value = self[raw] = self.read(raw)
        return value


@dataclass(frozen=True, slots=True)
class Employer:
    """What the rows are checked against: the employer's VPDs, the catalogue's names, and the day."""

    vpds: frozenset[str]
    competences: CompetenceMap
    today: date


@dataclass(slots=True)
class Staged:
    """What the rows of a file said, as lines for COPY, beside the rows themselves."""

    people: list[str] = field(default_factory=list)
    meanings: list[Meaning] = field(default_factory=list)  # the place is the key
    locals: list[str] = field(default_factory=list)  # names of local training, by the place, counted from -1 down


def read_day(text: str) -> date | None:
    """Return the day that a text names; None where it could mean none or two.

    Args:
        text: `2026-08-06`, `2026/08/06` (each with or without a time), or `6-Aug-2026` (facts, section 3).

    Raises:
        ValueError: the form is right and there is no such day.
    """
    if found := YEAR_FIRST.fullmatch(text):
        year, month, day = int(found[1]), int(found[3]), int(found[4])
    elif (found := DAY_FIRST.fullmatch(text)) and found[2].lower() in MONTHS:
        year, month, day = int(found[3]), MONTHS.index(found[2].lower()) + 1, int(found[1])
    else:
        return None
    if year not in YEARS:
        raise ValueError(text)
    return date(year, month, day)


class RowReader:
    """Reads the rows of one file for one employer."""

    def __init__(self, employer: Employer, layout: Layout, outcomes: Outcomes, *, assignment: str = "") -> None:
        self.staged = Staged()
        self._employer, self._layout, self._outcomes, self._assignment = employer, layout, outcomes, assignment
        self._people = Memo(self._person)
        self._competences = Memo(self._competence)
        self._awarded = Memo(lambda text: self._past_day(text, AWARDED))
        self._expires = Memo(self._expiry)
        self._manner = Memo(read_manner)
        self._meanings: dict[Meaning, int] = {}
        self._locals: dict[str, int] = {}

    def lines(self, records: Records) -> Iterator[str]:
        """Give the rows that are taken as text for COPY, many at once; mark the others in the outcomes.

        A line is: line number, person's key, competence's key (negative: local), award day, expiry, delivery, assessed.
        """
        people, competences, manner = self._people, self._competences, self._manner
        awarded, expires, arrange, width = self._awarded, self._expires, records.arrange, records.width
        lines: list[str] = []
        line, last_line = FIRST_LINE - 1, FIRST_LINE - 1 + MAX_ROWS
        for line, record in enumerate(records.rows, FIRST_LINE):
            if line > last_line:
                raise fault(line, f"The file has more than {MAX_ROWS} rows. Split it.")
            try:
                if len(record) != width:
                    raise TypeError  # out of the quick path, as a Problem among the parts of `join`
                cells = arrange(record)
                day, until = awarded[cells[AWARDED]], expires[cells[EXPIRES]]
                if until < day:  # type: ignore[operator]  # a Problem raises TypeError, which is meant
                    self._outcomes.say(line, "expires_before_award", self._layout.order[EXPIRES])
                    continue
                person = people[SEPARATOR.join(cells[:PERSON_CELLS])]
                how = manner[SEPARATOR.join(cells[MANNER:])]
                lines.append("\t".join((str(line), person, competences[cells[COMPETENCE]], day, until, how)))  # type: ignore[arg-type]  # as above
            except TypeError:
                self._explain(line, record, records)
            if len(lines) == LINES_AT_ONCE:
                yield "\n".join(lines) + "\n"
                lines.clear()
        self._outcomes.grow(line - FIRST_LINE + 1)
        if lines:
            yield "\n".join(lines) + "\n"

    def _explain(self, line: int, record: list[str], records: Records) -> None:
        """Find out why a row was not taken, and say so: what is wrong comes before what is uncertain."""
        if not record:
            self._outcomes.blank(line)
            return
        if len(record) != records.width:
            self._outcomes.say(line, "row_width")
            return
        cells = records.arrange(record)
        readings = (
            self._people[SEPARATOR.join(cells[:PERSON_CELLS])], self._competences[cells[COMPETENCE]],
            self._awarded[cells[AWARDED]], self._expires[cells[EXPIRES]], self._manner[SEPARATOR.join(cells[MANNER:])],
        )  # fmt: skip
        problems = [reading for reading in readings if isinstance(reading, Problem)]
        worst = min(problems, key=lambda problem: problem.outcome != "refused")
        column = None if worst.column is None else self._layout.order[worst.column]
        self._outcomes.say(line, worst.code, column)

    def _person(self, joined: str) -> Reading:
        """Read the cells that say who, and keep them as one line for COPY. What is read is the person's key."""
        cells = [" ".join(cell.split()) for cell in joined.split(SEPARATOR)]
        if len(cells) != PERSON_CELLS:
            return Problem("name_form", GIVEN)  # a cell holds the separator, a control character
        if self._assignment:
            cells[ASSIGNMENT] = self._assignment
        if (wrong := self._wrong_number(cells)) is not None:
            return wrong
        born = self._birth(cells[BORN])
        try:
            said = [names.normalise(cells[place], pointer="") if cells[place] else "" for place in (GIVEN, FAMILY)]
        except Invalid:
            return Problem("name_form", GIVEN)
        registration = _registration(cells[BODY], cells[NUMBER])
        for problem in (born, registration):
            if isinstance(problem, Problem):
                return problem
        key = str(len(self.staged.people))
        line = (key, *map(_copied, (cells[EMPLOYEE], cells[ASSIGNMENT], *said)), str(born), str(registration))
        self.staged.people.append("\t".join(line))
        return key

    def _wrong_number(self, cells: Sequence[str]) -> Problem | None:
        if cells[VPD] and not competence.VPD.fullmatch(cells[VPD]):
            return Problem("vpd_form", VPD)
        if cells[VPD] and cells[VPD] not in self._employer.vpds:
            return Problem("vpd_of_another_employer", VPD)
        if cells[EMPLOYEE] and not EMPLOYEE_NUMBER.fullmatch(cells[EMPLOYEE]):
            return Problem("employee_number_form", EMPLOYEE)
        if cells[ASSIGNMENT] and not ASSIGNMENT_NUMBER.fullmatch(cells[ASSIGNMENT]):
            return Problem("assignment_number_form", ASSIGNMENT)
        return None

    def _birth(self, text: str) -> Reading:
        day = self._day(text, BORN) if text else NOTHING
        if isinstance(day, str) and day != NOTHING and int(day[:4]) > self._employer.today.year - YOUNGEST_YEARS:
            return Problem("birth_impossible", BORN)
        return day

    def _competence(self, text: str) -> Reading:
        try:
            name = competence.parse(text)
        except CompetenceNameError:
            return Problem("competence_form", COMPETENCE)
        if not name.title.isprintable():
            return Problem("competence_form", COMPETENCE)
        if name.is_local:
            return self._local(name)
        meanings = self._employer.competences.meanings(name)
        if len(meanings) != 1:
            return Problem("standard_ambiguous" if meanings else "standard_unknown", COMPETENCE)
        (meaning,) = meanings
        key = self._meanings.setdefault(meaning, len(self._meanings))
        if key == len(self.staged.meanings):
            self.staged.meanings.append(meaning)
        return str(key)

    def _local(self, name: competence.CompetenceName) -> Reading:
        if name.owner not in self._employer.vpds:
            return Problem("local_elsewhere", COMPETENCE)
        key = self._locals.setdefault(name.title, len(self._locals))
        if key == len(self.staged.locals):
            self.staged.locals.append(_copied(name.title))
        return str(-1 - key)

    def _day(self, text: str, column: int) -> Reading:
        try:
            day = read_day(text.strip())
        except ValueError:
            return Problem("date_impossible", column)
        return day.isoformat() if day else Problem("date_form", column)

    def _past_day(self, text: str, column: int) -> Reading:
        if not text.strip():
            return Problem("date_missing", column)
        day = self._day(text, column)
        if isinstance(day, str) and day > self._employer.today.isoformat():
            return Problem("date_in_future", column)
        return day

    def _expiry(self, text: str) -> Reading:
        return NOTHING if " ".join(text.casefold().split()) in NO_EXPIRY else self._day(text, EXPIRES)


def read_manner(joined: str) -> Reading:
    """Read level, delivery, assessed and compliance status; what is read is `delivery<tab>assessed`."""
    level, delivery, assessed, *status = (" ".join(cell.casefold().split()) for cell in joined.split(SEPARATOR))
    delivery = re.sub("[-_ ]", "", delivery)
    if level not in LEVELS:
        return Problem("level_form", LEVEL)
    if delivery not in DELIVERIES:
        return Problem("delivery_form", DELIVERY)
    if assessed not in ASSESSMENTS:
        return Problem("assessed_form", ASSESSED)
    if status and status[0] not in STATUSES:
        return Problem("status_form", STATUS)
    was_assessed = ASSESSMENTS[assessed] if assessed else LEVELS[level]
    return f"{DELIVERIES[delivery]}\t{TRUTH[was_assessed]}"


def _registration(body: str, number: str) -> Reading:
    """Read a registration into `body<tab>number`; a body without a number says nothing."""
    if not number:
        return f"{NOTHING}\t{NOTHING}"
    try:
        named = registrations.normalise(body, number)
    except Invalid:
        return Problem("registration_form", NUMBER)
    return f"{_copied(named.body)}\t{_copied(named.number)}"


def _copied(text: str) -> str:
    """Return text as COPY reads it; an empty one is null."""
    return text.translate(ESCAPES) if text else NOTHING
