"""The names that ESR gives to competences: their grammar, and which standard of the catalogue a name means.

A name is `<owner>|<framework>|<title>[ - Level n][ - variant][ - n Year(s)]|`, as
`NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|`; a name that begins with a three-digit VPD and
`LOCAL` is an employer's own (facts, section 3). In the order of the code: the grammar, and the map from a name to a
standard and part. Subject, level and variant decide; the period in a name is evidence, never the rule. The map is
made of the catalogue and of `data/competences.csv`, which holds the other spellings. What it does not know, or could
mean several standards, is never guessed: a person looks at it.
"""

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from credentials.catalogue import Catalogue, Standard

NAME: Final = re.compile(r"([^|]{1,40})\|([^|]{1,40})\|([^|]{1,240})\|")
LEVEL: Final = re.compile(r"Level ([1-9])", re.IGNORECASE)
YEARS: Final = re.compile(r"([1-9][0-9]?) Years?", re.IGNORECASE)
VPD: Final = re.compile(r"[0-9]{3}")
DASHES: Final = re.compile(r"\s+[-\u2010-\u2015]\s+")
NOT_A_WORD: Final = re.compile(r"[^\w]+")
LOCAL_FRAMEWORK: Final = "LOCAL"


class CompetenceNameError(ValueError):
    """The text is not the name of an ESR competence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetenceName:
    """The parts of an ESR competence name. `years` is what the name says of its period."""

    owner: str
    framework: str
    subject: str
    level: int | None = None
    variant: str | None = None
    years: int | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is an employer's own; then `owner` is the employer's VPD."""
        return self.framework.upper() == LOCAL_FRAMEWORK and VPD.fullmatch(self.owner) is not None

    @property
    def title(self) -> str:
        """The title without its period, as `Moving and Handling - Level 2`."""
        level = f"Level {self.level}" if self.level else None
        return " - ".join(part for part in (self.subject, level, self.variant) if part)

    def __str__(self) -> str:
        years = f" - {self.years} Year{'s' if self.years > 1 else ''}" if self.years else ""
        return f"{self.owner}|{self.framework}|{self.title}{years}|"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name stands for: the code of a standard, and the part of it (0: the whole)."""

    standard: str
    part: int = 0


def parse(text: str) -> CompetenceName:
    """Read the name of an ESR competence.

    Args:
        text: as `NHS|CSTF|Fire Safety - 2 Years|`. Long dashes and repeated blanks are read as the plain ones.

    Raises:
        CompetenceNameError: it does not have the form.
    """
    found = NAME.fullmatch(" ".join(text.split()))
    if found is None:
        raise CompetenceNameError(text)
    owner, framework, title = (part.strip() for part in found.groups())
    segments = [segment for segment in DASHES.split(title) if segment]
    if not (owner and framework and segments):
        raise CompetenceNameError(text)
    subject, *rest = segments
    years = _take(rest, -1, YEARS)
    level = _take(rest, 0, LEVEL)
    return CompetenceName(
        owner=owner, framework=framework, subject=subject, level=level, variant=" - ".join(rest) or None, years=years
    )


def _take(segments: list[str], place: int, form: re.Pattern[str]) -> int | None:
    """Take the first or last segment away when it has the form, and return its number."""
    found = form.fullmatch(segments[place]) if segments else None
    if found is None:
        return None
    del segments[place]
    return int(found[1])


def normalise(text: str) -> str:
    """Return text for comparison: case, accents' forms, punctuation and `&` make no difference."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("&", " and ")
    return NOT_A_WORD.sub(" ", folded).strip()


@dataclass(frozen=True, slots=True)
class _Spelling:
    level: int | None
    words: str
    meaning: Meaning


class CompetenceMap:
    """Finds the standard that a competence name means."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._subjects: dict[tuple[str, str], list[_Spelling]] = defaultdict(list)
        known = catalogue.by_code
        for standard in catalogue.standards:
            for spelling in _own_spellings(standard):
                self._subjects[_subject_key(standard.framework, standard.subject)].append(spelling)
        for framework, subject, spelling in _other_spellings():
            if spelling.meaning.standard in known:
                self._subjects[_subject_key(framework, subject)].append(spelling)

    def meanings(self, name: CompetenceName) -> frozenset[Meaning]:
        """Return every standard that a name can mean: none is unknown, several are ambiguous.

        What a name leaves unsaid excludes nothing: `NHS|CSTF|Fire Safety|` means the one standard of that subject,
        `NHS|CSTF|Safeguarding Adults|` could be any level.
        """
        words = normalise(name.variant or "")
        return frozenset(
            spelling.meaning
            for spelling in self._subjects.get(_subject_key(name.framework, name.subject), ())
            if name.level in (None, spelling.level) and words in ("", spelling.words)
        )


def _subject_key(framework: str, subject: str) -> tuple[str, str]:
    return framework.upper(), normalise(subject)


def _own_spellings(standard: Standard) -> Iterator[_Spelling]:
    """Give the catalogue's own spellings. A standard with parts is named part by part: one part is not the whole."""
    level = int(standard.level) if standard.level and standard.level.isdecimal() else None
    words = [standard.level if level is None else None, standard.variant]
    for number in [part.number for part in standard.parts] or [0]:
        said = [*words, f"Part {number}" if number else None]
        yield _Spelling(level, normalise(" ".join(word for word in said if word)), Meaning(standard.code, number))


@cache
def _other_spellings() -> tuple[tuple[str, str, _Spelling], ...]:
    text = files(__package__).joinpath("data/competences.csv").read_text(encoding="utf-8")
    return tuple(_spelling(row) for row in csv.DictReader(text.splitlines(), strict=True))


def _spelling(row: dict[str, str]) -> tuple[str, str, _Spelling]:
    level = int(row["level"]) if row["level"] else None
    meaning = Meaning(row["standard"], int(row["part"] or 0))
    return row["framework"], row["subject"], _Spelling(level, normalise(row["variant"]), meaning)


def codes(meanings: Iterable[Meaning]) -> list[str]:
    """Return the codes of standards in order, for a report."""
    return sorted({meaning.standard for meaning in meanings})
