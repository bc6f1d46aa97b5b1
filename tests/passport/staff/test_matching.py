"""Which person a row means: by numbers, never by name."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport.staff import matching
from passport.staff.matching import Claimed, Match, Matched, NoMatch, Uncertain
from passport.staff.models import Person
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory, RegistrationFactory

BORN = date(1990, 2, 3)
ROW: dict[str, Any] = {"given_name": "Siân", "family_name": "Inventedname", "date_of_birth": BORN}
REGISTERED: dict[str, Any] = {"registration_body": "NMC", "registration_number": "71A2998E"}


@pytest.fixture
def trust(session: Session) -> UUID:
    """The employer whose file it is."""
    return UUID(str(OrganisationFactory.create(session).id))


@pytest.fixture
def add(session: Session, trust: UUID) -> Callable[..., Person]:
    """Add a person whom the employer, or another one, employs."""

    def make(assignment: str, employee: str, *, employer: UUID = trust, **values: Any) -> Person:
        person: Person = PersonFactory.create(session, **(ROW | values))
        EmploymentFactory.create(
            session, person_id=person.id, organisation_id=employer, assignment_number=assignment,
            employee_number=employee,
        )  # fmt: skip
        return person

    return make


@pytest.fixture
def person(session: Session, trust: UUID, add: Callable[..., Person]) -> Person:
    """A nurse whom the employer employs."""
    made = add("20000001", "10000001")
    RegistrationFactory.create(session, person_id=made.id, checked_by_id=trust, body="NMC", number="71A2998E")
    return made


@pytest.fixture
def match(session: Session, trust: UUID) -> Callable[..., Match]:
    """Match a row of the employer's file."""
    return lambda **row: matching.match(session, Claimed(**row), organisation_id=trust)


@pytest.mark.parametrize(
    ("numbers", "by"),
    [
        ({"assignment_number": "20000001"}, "assignment_number"),
        ({"employee_number": "10000001"}, "employee_number"),
        (REGISTERED, "registration_number"),
        ({"registration_body": "nmc", "registration_number": "71a 2998e"}, "registration_number"),
        ({"assignment_number": "20000001", **REGISTERED}, "assignment_number"),
        ({"assignment_number": "29999999", "employee_number": "10000001"}, "employee_number"),
    ],
)
def test_a_number_finds_its_person(
    person: Person, match: Callable[..., Match], numbers: dict[str, str], by: str
) -> None:
    assert match(**ROW, **numbers) == Matched(person.id, by)  # type: ignore[arg-type]  # one of the keys


def test_numbers_that_name_two_people_are_a_doubt(
    person: Person, add: Callable[..., Person], match: Callable[..., Match]
) -> None:
    other = add("20000002", "10000002")
    answer = match(**ROW, assignment_number="20000002", **REGISTERED)
    assert isinstance(answer, Uncertain)
    assert answer.reason == "numbers_disagree"
    assert {candidate.person_id for candidate in answer.candidates} == {person.id, other.id}


def test_an_employee_number_that_two_people_carry_is_a_doubt(
    add: Callable[..., Person], match: Callable[..., Match]
) -> None:
    add("20000001", "10000001")
    add("20000002", "10000001", given_name="Bea")
    answer = match(**ROW, employee_number="10000001")
    assert isinstance(answer, Uncertain)
    assert answer.reason == "numbers_disagree"


def test_another_date_of_birth_is_a_doubt(person: Person, match: Callable[..., Match]) -> None:
    answer = match(**(ROW | {"date_of_birth": date(1990, 3, 2)}), assignment_number="20000001")
    assert isinstance(answer, Uncertain)
    assert answer.reason == "date_of_birth_differs"
    assert [(found.person_id, found.name_likeness, found.date_of_birth_agrees) for found in answer.candidates] == [
        (person.id, 100, False)
    ]


@pytest.mark.parametrize(
    ("given_name", "family_name"), [("SIAN", "Other"), ("Other", "inventedname"), ("Siân", "Inventedname")]
)
def test_without_a_date_of_birth_one_name_that_agrees_is_enough(
    person: Person, match: Callable[..., Match], given_name: str, family_name: str
) -> None:
    answer = match(given_name=given_name, family_name=family_name, assignment_number="20000001")
    assert answer == Matched(person.id, "assignment_number")


def test_without_a_date_of_birth_two_other_names_are_a_doubt_however_alike(
    person: Person, match: Callable[..., Match]
) -> None:
    answer = match(given_name="Siâni", family_name="Inventednam", assignment_number="20000001")
    assert isinstance(answer, Uncertain)
    assert answer.reason == "names_differ"
    assert answer.candidates[0].name_likeness > 85
    assert answer.candidates[0].date_of_birth_agrees is None


def test_the_date_of_birth_confirms_a_person_whose_names_changed(person: Person, match: Callable[..., Match]) -> None:
    answer = match(given_name="Cat", family_name="Other", date_of_birth=BORN, assignment_number="20000001")
    assert answer == Matched(person.id, "assignment_number")


def test_name_and_date_of_birth_never_match_by_themselves(person: Person, match: Callable[..., Match]) -> None:
    for numbers in ({}, {"assignment_number": "29999999"}):
        answer = match(**ROW, **numbers)
        assert isinstance(answer, Uncertain)
        assert answer.reason == "only_name_and_birth_agree"
        assert [candidate.person_id for candidate in answer.candidates] == [person.id]


@pytest.mark.parametrize(
    "row",
    [
        {"given_name": "Siân", "family_name": "Inventedname"},
        ROW | {"family_name": "Other"},
        ROW | {"date_of_birth": date(1990, 2, 4)},
        ROW | {"family_name": "Other", "registration_body": "NMC", "registration_number": "nonsense"},
        ROW | {"family_name": "Other", "registration_body": "NMC"},
    ],
)
def test_a_row_that_nobody_fits_has_no_match(person: Person, match: Callable[..., Match], row: dict[str, Any]) -> None:
    assert match(**row) == NoMatch()


@pytest.fixture
def stranger(session: Session, add: Callable[..., Person]) -> Person:
    """A nurse whom only another organisation employs, under numbers that the employer could use too."""
    elsewhere = OrganisationFactory.create(session)
    made = add("20000001", "10000001", employer=elsewhere.id)
    RegistrationFactory.create(session, person_id=made.id, checked_by_id=elsewhere.id, body="NMC", number="71A2998E")
    return made


def test_numbers_of_another_employer_find_nobody(stranger: Person, match: Callable[..., Match]) -> None:
    assert match(**ROW, assignment_number="20000001", employee_number="10000001") == NoMatch()


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        ROW | {"date_of_birth": date(1990, 3, 2)},
        {"given_name": "Siân", "family_name": "Inventedname"},
        {"given_name": "Cat", "family_name": "Other", "date_of_birth": BORN},
    ],
)
def test_a_public_registration_number_tells_nothing_about_a_stranger(
    stranger: Person, match: Callable[..., Match], row: dict[str, Any]
) -> None:
    assert match(**row, **REGISTERED) == Uncertain("not_employed_here", ())


def test_the_number_of_a_stranger_beside_one_of_ours_tells_no_more(
    stranger: Person, add: Callable[..., Person], match: Callable[..., Match]
) -> None:
    add("20000002", "10000002")
    assert match(**ROW, assignment_number="20000002", **REGISTERED) == Uncertain("not_employed_here", ())


def test_the_likeness_does_not_see_case_accents_or_the_order_of_names(person: Person) -> None:
    assert matching.likeness(person, Claimed(given_name="INVENTEDNAME", family_name="sian")) == 100
    assert matching.likeness(person, Claimed(given_name="Bob", family_name="Quux")) < 40
