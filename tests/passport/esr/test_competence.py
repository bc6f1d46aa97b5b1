"""The names of ESR competences: every form that the facts tell, and what is never guessed."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from passport.esr.competence import CompetenceMap, CompetenceName, CompetenceNameError, Meaning, codes, parse
from passport.standards import service as standards

words = st.text(alphabet="ABCdef123(),&", min_size=1, max_size=12)
names = st.builds(
    CompetenceName,
    owner=words,
    framework=words,
    subject=words,
    level=st.none() | st.integers(1, 9),
    variant=st.none() | words,
    years=st.none() | st.integers(1, 99),
)


@pytest.fixture
def known(session: Session, now: datetime) -> CompetenceMap:
    standards.load_catalogue(session, now=now)
    return CompetenceMap(standards.catalogue(session))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "NHS|CSTF|Fire Safety - 2 Years|",
            CompetenceName(owner="NHS", framework="CSTF", subject="Fire Safety", years=2),
        ),
        ("NHS|CSTF|Fire Safety|", CompetenceName(owner="NHS", framework="CSTF", subject="Fire Safety")),
        (
            "NHS|CSTF|Resuscitation - Level 2 - Adult Basic Life Support - 1 Year|",
            CompetenceName(
                owner="NHS",
                framework="CSTF",
                subject="Resuscitation",
                level=2,
                variant="Adult Basic Life Support",
                years=1,
            ),
        ),
        (
            "NHS|CSTF|Preventing Radicalisation – Basic Prevent Awareness  -  3 years|",
            CompetenceName(
                owner="NHS",
                framework="CSTF",
                subject="Preventing Radicalisation",
                variant="Basic Prevent Awareness",
                years=3,
            ),
        ),
        (
            "457|LOCAL|Clinical Risk (PAR) - 3 Years|",
            CompetenceName(owner="457", framework="LOCAL", subject="Clinical Risk (PAR)", years=3),
        ),
    ],
)
def test_a_name_is_read_into_its_parts(text: str, expected: CompetenceName) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "Fire Safety", "NHS|CSTF|Fire Safety", "NHS|CSTF||", "|CSTF|Fire Safety|", "NHS|CSTF|A|B|", "a" * 9000]
)
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(CompetenceNameError):
        parse(text)


@given(names)
def test_a_name_that_was_written_is_read_as_itself(name: CompetenceName) -> None:
    assert parse(str(name)) == name


@given(st.text(max_size=60))
def test_any_text_is_either_a_name_or_refused(text: str) -> None:
    try:
        name = parse(text)
    except CompetenceNameError:
        return
    assert parse(str(name)) == name


def test_only_an_employer_s_own_framework_is_local() -> None:
    assert parse("457|LOCAL|Fire procedure|").is_local
    assert not parse("NHS|LOCAL|Fire procedure|").is_local
    assert not parse("457|CSTF|Fire Safety|").is_local


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Fire Safety", "FS"),
        ("FIRE  SAFETY - 1 Year", "FS"),
        ("Health, Safety & Welfare - 3 Years", "HSW"),
        ("NHS Conflict Resolution (England) - 3 Years", "CR"),
        ("Infection Prevention and Control - Level 2 - 1 Year", "IPC2"),
        ("Moving and Handling - Level 1", "MH1"),
        ("Preventing Radicalisation - Basic Prevent Awareness - 3 Years", "PRB"),
        ("Resuscitation - Level 1", "RES1"),
        ("Resuscitation - Level 2 - Adult Basic Life Support - 1 Year", "RES2A"),
        ("Resuscitation - Level 3 - Newborn Immediate Life Support", "RES3N"),
        ("Safeguarding Children - Level 3", "SC3"),
    ],
)
def test_subject_level_and_variant_name_the_standard(known: CompetenceMap, title: str, code: str) -> None:
    assert known.meanings(parse(f"NHS|CSTF|{title}|")) == {Meaning(code)}


def test_the_period_in_a_name_decides_nothing(known: CompetenceMap) -> None:
    for years in (1, 2, 3):
        assert codes(known.meanings(parse(f"NHS|CSTF|Safeguarding Adults - Level 1 - {years} Years|"))) == ["SA1"]


@pytest.mark.parametrize(
    "title",
    ["Safeguarding Adults", "Resuscitation - Level 2", "Preventing Radicalisation", "Moving and Handling - 2 Years"],
)
def test_a_name_without_what_tells_standards_apart_is_ambiguous(known: CompetenceMap, title: str) -> None:
    assert len(known.meanings(parse(f"NHS|CSTF|{title}|"))) > 1


@pytest.mark.parametrize(
    "name",
    [
        "NHS|CSTF|Fire Safety - Level 2|",
        "NHS|CSTF|Fire Safety - Marshal|",
        "NHS|CSTF|Fire|",
        "NHS|OTHER|Fire Safety|",
        "NHS|CSTF|Safeguarding Adults - Level 9|",
    ],
)
def test_a_name_that_says_something_else_is_unknown(known: CompetenceMap, name: str) -> None:
    assert known.meanings(parse(name)) == set()


def test_a_tier_of_the_oliver_mcgowan_training_is_named_part_by_part(known: CompetenceMap) -> None:
    subject = "NHS|MAND|Oliver McGowan LD and autism - Tier"
    assert known.meanings(parse(f"{subject} 1 Part 1|")) == {Meaning("OMT1", 1)}
    assert known.meanings(parse(f"{subject} 2 Part 2|")) == {Meaning("OMT2", 2)}
    assert known.meanings(parse(f"{subject} 1|")) == set()
