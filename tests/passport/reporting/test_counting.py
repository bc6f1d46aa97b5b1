"""Counts that the database keeps in the transaction of each change: always those of the people themselves."""

from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from passport.awards.models import Recognition
from passport.recognition.models import RecognitionApplication
from passport.reporting import counting
from passport.reporting.models import WorkforceMovement
from passport.staff.models import Employment
from tests.passport.reporting.conftest import ACADEMY, OTHER, TRUST, Country

AUGUST = date(2026, 8, 1)


def advanced(session: Session, month: date = AUGUST) -> dict[tuple[object, str], int]:
    found = dict(counting.counts(session, "advanced", month=month))
    assert found == counting.recount(session, "advanced", month=month)
    return found  # type: ignore[return-value]


def test_a_practitioner_counts_where_they_are_employed(session: Session, country: Country) -> None:
    country.practitioners(TRUST, 2)
    country.practitioners(OTHER, 1, profession="Physiotherapist")
    assert advanced(session) == {
        (country.id(TRUST), "Nurse"): 2, (country.id(OTHER), "Physiotherapist"): 1
    }  # fmt: skip
    assert counting.national(session, "advanced", month=AUGUST) == 3


def test_who_is_not_recognised_or_not_employed_counts_nowhere(session: Session, country: Country) -> None:
    country.employ(TRUST)
    person = country.employ(TRUST, started_on=date(2024, 4, 1), ended_on=date(2026, 5, 31))
    country.recognise(person)
    assert advanced(session) == {}
    assert advanced(session, date(2026, 5, 1)) == {(country.id(TRUST), "Nurse"): 1}


def test_the_order_of_employment_and_recognition_does_not_matter(session: Session, country: Country) -> None:
    person = country.employ(TRUST)
    country.recognise(person)
    country.employ(OTHER, person)
    assert advanced(session) == {(country.id(TRUST), "Nurse"): 1, (country.id(OTHER), "Nurse"): 1}


def test_two_employments_at_one_employer_count_once(session: Session, country: Country) -> None:
    (person,) = country.practitioners(TRUST, 1)
    country.employ(TRUST, person, started_on=date(2026, 6, 1))
    assert advanced(session) == {(country.id(TRUST), "Nurse"): 1}


def test_a_month_is_counted_on_its_last_day(session: Session, country: Country) -> None:
    country.recognise(country.employ(TRUST, ended_on=date(2026, 7, 30)))
    assert advanced(session, date(2026, 7, 1)) == {}
    country.recognise(country.employ(OTHER, ended_on=date(2026, 7, 31)))
    assert advanced(session, date(2026, 7, 1)) == {(country.id(OTHER), "Nurse"): 1}
    assert advanced(session) == {}


def test_a_profession_is_one_however_its_first_letter_is_written(session: Session, country: Country) -> None:
    country.practitioners(TRUST, 1, profession="nurse")
    country.practitioners(TRUST, 1, profession=" Nurse")
    assert advanced(session) == {(country.id(TRUST), "Nurse"): 2}


def test_an_end_moves_the_count(session: Session, country: Country, now: datetime) -> None:
    first, second = country.practitioners(TRUST, 2)
    session.execute(update(Employment).where(Employment.person_id == first).values(ended_on=date(2026, 6, 1)))
    assert advanced(session) == {(country.id(TRUST), "Nurse"): 1}
    ended = {"ended_at": now, "ending": "withdrawn"}
    session.execute(update(Recognition).where(Recognition.person_id == second).values(**ended))
    assert advanced(session) == {}
    session.execute(delete(Employment).where(Employment.person_id == first))
    assert counting.national(session, "advanced", month=AUGUST) == 0


def test_trainees_count_apart(session: Session, country: Country, now: datetime) -> None:
    person = country.employ(TRUST)
    session.add(RecognitionApplication(
        person_id=person, organisation_id=country.id(ACADEMY), route="programme", level="advanced", edition="2025",
        base_profession="Nurse", programme="Invented MSc", begun_on=date(2026, 1, 5), step="enrolled",
        recorded_at=now, recorded_by="operator",
    ))  # fmt: skip
    session.flush()
    assert counting.national(session, "trainee", month=AUGUST) == 1
    assert counting.national(session, "advanced", month=AUGUST) == 0


def test_a_credential_counts_and_statutory_training_does_not(
    session: Session, country: Country, credential: str
) -> None:
    person = country.employ(TRUST)
    country.award(person, credential)
    country.award(person, "FS")
    assert dict(counting.counts(session, "credential", month=AUGUST)) == {(country.id(TRUST), credential): 1}


def test_folding_changes_no_count(session: Session, country: Country) -> None:
    country.practitioners(TRUST, 9)
    country.recognise(country.employ(TRUST, ended_on=date(2026, 9, 15)))
    before = [advanced(session, month) for month in (AUGUST, date(2026, 9, 1))]
    counting.fold(session, month=AUGUST)
    assert [advanced(session, month) for month in (AUGUST, date(2026, 9, 1))] == before
    assert session.scalar(select(func.count()).select_from(WorkforceMovement)) == 2


def test_the_service_cannot_write_who_counts(session: Session, country: Country) -> None:
    country.practitioners(TRUST, 1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        session.execute(text("DELETE FROM workforce_stint"))


changes = st.lists(
    st.tuples(
        st.sampled_from(["employ", "recognise", "leave", "end", "return"]), st.integers(0, 3), st.integers(1, 12)
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes)
def test_whatever_happens_the_counts_are_those_of_the_people(
    session: Session, country: Country, now: datetime, history: list[tuple[str, int, int]]
) -> None:
    with session.begin_nested() as part:
        people = [country.employ(TRUST, started_on=date(2025, 1, 1)) for _ in range(4)]
        for what, who, month in history:
            day, person = date(2026, month, 7), people[who]
            if what == "employ":
                country.employ(OTHER, person, started_on=day)
            elif what == "leave":
                session.execute(update(Employment).where(Employment.person_id == person).values(
                    ended_on=func.greatest(Employment.started_on, day)))  # fmt: skip
            elif what == "return":
                country.employ(TRUST, person, started_on=day)
            else:
                session.execute(update(Recognition).where(
                    Recognition.person_id == person, Recognition.ended_at.is_(None)
                ).values(ended_at=now, ending="withdrawn"))  # fmt: skip
                if what == "recognise":
                    country.recognise(person, on=day)
        for month in range(1, 13):
            advanced(session, date(2026, month, 1))
        part.rollback()
