"""Writes the demonstration's two ESR files, with dates that count back from the day of the first run.

The first is a bulk extract of twelve people; three of its rows show what becomes of a row that can't be taken as it
is. The second is the "Compliance and Competency" export of one person from her second employer. Once written, the
files stay as they are, so that a second run imports the very same bytes and changes nothing.
"""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from credentials.periods import add_months

BULK: Final = (
    "VPD", "Employee Number", "Assignment Number", "First Name", "Last Name", "Date of Birth", "Registration Body",
    "Registration Number", "Competency Name", "Competence Level", "Date Awarded", "Expiry Date", "Delivery", "Assessed",
)  # fmt: skip
PERSONAL: Final = (
    "Competency Name", "Competence Level", "Min Requirement", "Essential", "Expiry Date", "Compliance Status",
    "Description", "Date Start", "Date Last Awarded", "Title", "Last Updated By", "VPD",
)  # fmt: skip
DAYS_APART: Final = 9  # from one person to the next, so that not everybody trained on the same day
UNKNOWN_ASSIGNMENT: Final = "91000099"
BANK_ASSIGNMENT: Final = "92000001"  # of the first person, at her second employer


@cache
def read(name: str) -> list[dict[str, str]]:
    """Return the rows of one of the demonstration's data files."""
    text = files("passport.demo").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def write_bulk(path: Path, *, today: date) -> None:
    """Write the bulk extract, unless it is there already."""
    _write(path, BULK, _bulk_rows(today), encoding="utf-8-sig")


def write_personal(path: Path, *, today: date) -> None:
    """Write the export of one person, unless it is there already: Windows-1252, both of ESR's forms of a date."""
    _write(path, PERSONAL, _personal_rows(today), encoding="cp1252")


def _write(path: Path, header: tuple[str, ...], rows: Iterator[list[str]], *, encoding: str) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("w", encoding=encoding, newline="") as lines:
        csv.writer(lines).writerows([header, *rows])
    unfinished.rename(path)


def _bulk_rows(today: date) -> Iterator[list[str]]:
    training = read("training.csv")
    for place, person in enumerate(read("people.csv")):
        identity = ["901", *(person[column] for column in PERSON)]
        for course in training:
            awarded_on = add_months(today, -int(course["months_ago"])) - timedelta(days=place * DAYS_APART)
            yield [*identity, course["competency"], course["level"], _day(awarded_on), _expiry(course, awarded_on),
                   course["delivery"], course["assessed"]]  # fmt: skip
    first = ["901", *(read("people.csv")[0][column] for column in PERSON)]
    yield [*first, "NHS|CSTF|Juggling Chainsaws - Level 9|", "1 - Assessed", _day(today), "", "E-learning", "Yes"]
    yield [*first, "NHS|CSTF|Fire Safety - 2 Years|", "1 - Assessed", "31-Feb-2026", "", "E-learning", "Yes"]
    nobody = ["901", "", UNKNOWN_ASSIGNMENT, "", "", "", "", ""]
    yield [*nobody, "NHS|CSTF|Fire Safety - 2 Years|", "1 - Assessed", _day(today), "", "E-learning", "Yes"]


PERSON: Final = (
    "employee_number", "assignment_number", "first_name", "last_name", "date_of_birth", "body", "number",
)  # fmt: skip


def _personal_rows(today: date) -> Iterator[list[str]]:
    for name, months, ago in (
        ("NHS|CSTF|Information Governance and Data Security - 1 Year|", 12, 2),
        ("NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|", 12, 1),
    ):
        awarded_on = add_months(today, -ago)
        yield [name, "1 - Assessed", "1 - Assessed", "Yes", _day(add_months(awarded_on, months)), "GREEN", "",
               _stamp(awarded_on), _stamp(awarded_on), "Staff Nurse – Bank", "INVENTED, CLERK", "902"]  # fmt: skip


def _expiry(course: dict[str, str], awarded_on: date) -> str:
    return _day(add_months(awarded_on, int(course["renewal_months"]))) if course["renewal_months"] else "No Expiry"


def _day(day: date) -> str:
    return day.strftime("%d-%b-%Y")


def _stamp(day: date) -> str:
    return day.strftime("%Y/%m/%d 00:00:00")
