"""Makes up the staff of a whole system: names, numbers, professions and employments, and who of them is what.

Everything is drawn from the data files with a fixed seed: how many an organisation employs, how many of them are
recognised or in training, and which profession is foremost there. Nothing is stored here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from passport.demo.files import read

SEED: Final = 2026
ROLES: Final = ("advanced", "consultant", "enhanced", "trainee")
FOREMOST: Final = 0.4  # the share of an organisation's foremost profession
LEAVE: Final = 0.04  # who left within the last months
FIRST_ASSIGNMENT: Final = 70_000_000
FIRST_NUMBER: Final = 1001  # of registrations; the demonstration's first people have lower ones
YOUNGEST, OLDEST = 23, 64
LONGEST_SERVICE: Final = 12 * 365
DAYS_OF_YEAR: Final = 365


@dataclass(frozen=True, slots=True)
class Invented:
    """One invented member of staff. `role` is their level of practice, `trainee`, or empty."""

    employer: str
    assignment: str
    given_name: str
    family_name: str
    born_on: date
    started_on: date
    ended_on: date | None
    profession: str
    body: str
    registration: str
    role: str
    holds_credential: bool


def staff(*, today: date) -> tuple[list[Invented], Random]:
    """Return everybody, by employer, and the source of chance for what else is made up of them."""
    chance = Random(SEED)  # noqa: S311 (made-up people, nothing secret)
    people: list[Invented] = []
    for row in read("workforce.csv"):
        people += _of_employer(row, chance, first=len(people), today=today)
    return people, chance


def _of_employer(row: dict[str, str], chance: Random, *, first: int, today: date) -> Iterator[Invented]:
    roles = [role for role in ROLES for _ in range(int(row[role]))]
    holders = int(row["credential"])
    for place in range(int(row["staff"])):
        yield _person(
            row, chance, first + place, role=roles[place] if place < len(roles) else "",
            holds_credential=place < holders, today=today,
        )  # fmt: skip


def _person(
    row: dict[str, str], chance: Random, number: int, *, role: str, holds_credential: bool, today: date
) -> Invented:
    profession = _profession(row["foremost"], chance)
    given, family = (chance.choice(read("names.csv"))[column] for column in ("given", "family"))
    age = timedelta(days=chance.randrange(YOUNGEST * DAYS_OF_YEAR, OLDEST * DAYS_OF_YEAR))
    leaves = not role and chance.random() < LEAVE
    return Invented(
        employer=row["organisation"], assignment=str(FIRST_ASSIGNMENT + number), given_name=given, family_name=family,
        born_on=today - age, started_on=today - timedelta(days=chance.randrange(DAYS_OF_YEAR, LONGEST_SERVICE)),
        ended_on=today - timedelta(days=chance.randrange(1, 200)) if leaves else None,
        profession=profession["profession"], body=profession["body"],
        registration=profession["form"].format(FIRST_NUMBER + number), role=role, holds_credential=holds_credential,
    )  # fmt: skip


def _profession(foremost: str, chance: Random) -> dict[str, str]:
    known = read("professions.csv")
    if chance.random() < FOREMOST:
        return next(each for each in known if each["profession"] == foremost)
    return chance.choices(known, weights=[int(each["share"]) for each in known])[0]
