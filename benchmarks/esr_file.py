"""Makes an invented ESR file of any size, the same each time: for the import's benchmark and its tests.

Each person has 20 awards of different standards. The first rows of a person stay together, as in an extract. Variants
for a second month: some awards renewed, or some rows broken.

    python -m benchmarks.esr_file --rows 200000 --out esr.csv [--changed 0.01] [--bad 0.005]
"""

import argparse
import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from passport.esr.reading import BULK_HEADER

VPD: Final = "457"
FIRST_DAY: Final = date(2025, 1, 6)
COMPETENCES: Final = (
    "NHS|CSTF|NHS Conflict Resolution (England) - 3 Years|",
    "NHS|CSTF|Equality, Diversity and Human Rights - 3 Years|",
    "NHS|CSTF|Fire Safety - 2 Years|",
    "NHS|CSTF|Health, Safety and Welfare - 3 Years|",
    "NHS|CSTF|Infection Prevention and Control - Level 1 - 3 Years|",
    "NHS|CSTF|Infection Prevention and Control - Level 2 - 1 Year|",
    "NHS|CSTF|Information Governance and Data Security - 1 Year|",
    "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|",
    "NHS|CSTF|Moving and Handling - Level 2 - 2 Years|",
    "NHS|CSTF|Preventing Radicalisation - Basic Prevent Awareness - 3 Years|",
    "NHS|CSTF|Resuscitation - Level 1 - 1 Year|",
    "NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|",
    "NHS|CSTF|Resuscitation - Level 2 - Paediatric Basic Life Support - 1 Year|",
    "NHS|CSTF|Safeguarding Adults - Level 1 - 3 Years|",
    "NHS|CSTF|Safeguarding Adults - Level 2 - 3 Years|",
    "NHS|CSTF|Safeguarding Adults - Level 3 - 3 Years|",
    "NHS|CSTF|Safeguarding Children - Level 1 - 3 Years|",
    "NHS|CSTF|Safeguarding Children - Level 2 - 3 Years|",
    "NHS|MAND|Oliver McGowan LD and autism - Tier 1 Part 1|",
    "NHS|MAND|Oliver McGowan LD and autism - Tier 1 Part 2|",
)
GIVEN_NAMES: Final = ("Testa", "Nia", "Aneurin", "Zoë", "Łukasz", "Siân", "Amina", "José", "Wren", "Olu")
SYLLABLES: Final = ("mar", "vel", "tin", "dor", "ash", "lem", "qui", "bro", "nex", "pol")


def rows(count: int, *, changed: float = 0.0, bad: float = 0.0) -> Iterator[list[str]]:
    """Give the rows of an invented bulk file, without its header.

    Args:
        count: how many.
        changed: the share of rows whose award was renewed since the file without it.
        bad: the share of rows with a fault.
    """
    every_changed, every_bad = (round(1 / share) if share else 0 for share in (changed, bad))
    for number in range(count):
        person, place = divmod(number, len(COMPETENCES))
        day = FIRST_DAY + timedelta(days=(person * 7 + place * 13) % 400)
        if every_changed and number % every_changed == 0:
            day += timedelta(days=60)
        expires = "" if place % 3 else (day + timedelta(days=365)).strftime("%d-%b-%Y")
        awarded = "31/02/2026" if every_bad and number % every_bad == 0 else f"{day:%Y/%m/%d} 00:00:00"
        delivery = "e-learning" if place % 2 else "face to face"
        yield [*_person(person), COMPETENCES[place], "1 - Assessed", awarded, expires, delivery, "Yes"]


def write(path: Path, count: int, *, changed: float = 0.0, bad: float = 0.0) -> None:
    """Write an invented bulk file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(BULK_HEADER)
        out.writerows(rows(count, changed=changed, bad=bad))


def _person(person: int) -> list[str]:
    surname = "".join(SYLLABLES[int(digit)] for digit in f"{person:05d}").capitalize()
    born = date(1960, 1, 1) + timedelta(days=person * 11 % 14_000)
    registration = ["NMC", f"{person // 10_000 % 100:02d}A{person % 10_000:04d}E"] if person % 2 else ["", ""]
    numbers = [VPD, f"{20_000_000 + person}", f"{30_000_000 + person}"]
    return [*numbers, GIVEN_NAMES[person % len(GIVEN_NAMES)], surname, born.strftime("%d-%b-%Y"), *registration]


def main() -> None:
    """Write a file as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--changed", type=float, default=0.0)
    parser.add_argument("--bad", type=float, default=0.0)
    chosen = parser.parse_args()
    write(chosen.out, chosen.rows, changed=chosen.changed, bad=chosen.bad)


if __name__ == "__main__":
    main()
