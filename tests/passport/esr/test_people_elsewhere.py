"""A file tells nothing of people whom its employer does not employ, and takes nobody over.

Names and registration numbers are public, so each test lets an attacker know both; what they must not learn is the
date of birth, and what they must not become is her employer (docs/adr/0006-who-an-import-may-find.md).
"""

import io
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards.models import Award, LocalTraining
from passport.errors import Invalid
from passport.esr import people, settling
from passport.esr.api import IMPORTS
from passport.esr.competence import Meaning
from passport.esr.models import EsrImport, EsrSetAside
from passport.staff import service as staff
from passport.staff.models import Employment, Person, Registration
from tests.callers import sign_in
from tests.esr_files import Employer, bulk, make_employer

BORN = date(1990, 2, 3)
NURSE = {"Registration Body": "NMC", "Registration Number": "26X0004E"}
UNNUMBERED = {"VPD": "458", "Employee Number": "", "Assignment Number": ""}
NUMBERED = {"VPD": "458", "Employee Number": "70000002", "Assignment Number": "70000001"}
ELSEWHERE = "set_aside employed_elsewhere"


@pytest.fixture
def nurse(trust: Employer) -> Person:
    """A nurse whom another employer than the attacker employs."""
    trust.take(bulk(NURSE))
    return trust.session.scalars(select(Person)).one()


@pytest.fixture
def attacker(trust: Employer, nurse: Person) -> Employer:
    """Another employer, that knows her name and her registration number from the public register."""
    return make_employer(trust.session, trust.now, ods="X3M4C", vpd="458")


def days_around(day: date, count: int) -> Iterable[date]:
    return (day + timedelta(days=number - count // 2) for number in range(count))


def people_and_awards(session: Session) -> list[int]:
    tables: tuple[type[Any], ...] = (Person, Employment, Registration, Award, LocalTraining)
    return [session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def employers_of(nurse: Person, session: Session) -> list[Any]:
    return list(session.scalars(select(Employment.organisation_id).where(Employment.person_id == nurse.id)))


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("numbers", [UNNUMBERED, NUMBERED])
def test_a_row_for_each_date_of_birth_tells_none_of_them(
    attacker: Employer, numbers: dict[str, str], dry_run: bool
) -> None:
    before = people_and_awards(attacker.session)
    guesses = [numbers | NURSE | {"Date of Birth": day.isoformat()} for day in days_around(BORN, 400)]
    assert set(attacker.outcomes(bulk(*guesses), dry_run=dry_run)) == {"set_aside rows_disagree"}
    assert people_and_awards(attacker.session) == before
    assert all(not aside.candidates for aside in attacker.session.scalars(select(EsrSetAside)))


def test_different_assignment_numbers_make_no_difference(attacker: Employer) -> None:
    guesses = [
        NURSE
        | {"VPD": "458", "Employee Number": f"7{number:07d}", "Assignment Number": f"8{number:07d}"}
        | {"Date of Birth": day.isoformat()}
        for number, day in enumerate(days_around(BORN, 40))
    ]
    assert set(attacker.outcomes(bulk(*guesses), dry_run=True)) == {"set_aside rows_disagree"}


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    born=st.sampled_from(["1990-02-03", "1990-02-04", "1960-01-01", ""]),
    given_name=st.sampled_from(["Testa", "TESTA", "Nia", ""]),
    family=st.sampled_from(["Inventedname", "Otherwise", ""]),
    numbers=st.sampled_from([UNNUMBERED, NUMBERED]),
)
def test_small_files_say_the_same_of_right_and_wrong_guesses(
    attacker: Employer, born: str, given_name: str, family: str, numbers: dict[str, str]
) -> None:
    savepoint, before = attacker.session.begin_nested(), people_and_awards(attacker.session)
    row = numbers | NURSE | {"Date of Birth": born, "First Name": given_name, "Last Name": family}
    assert attacker.outcomes(bulk(row), dry_run=True) == [ELSEWHERE]
    assert attacker.outcomes(bulk(row)) == [ELSEWHERE]
    assert people_and_awards(attacker.session) == before
    assert attacker.session.scalars(select(EsrSetAside.candidates)).one() == []
    savepoint.rollback()


def test_the_right_row_in_earnest_employs_nobody(attacker: Employer, nurse: Person, trust: Employer) -> None:
    local = {"Competency Name": "458|LOCAL|Invented Induction|"}
    assert attacker.outcomes(bulk(NUMBERED | NURSE, NUMBERED | NURSE | local)) == [ELSEWHERE] * 2
    assert employers_of(nurse, trust.session) == [trust.id]
    assert (
        staff.find(attacker.session, organisation_id=attacker.id, now=attacker.now, registration="NMC:26X0004E") == []
    )


@pytest.mark.parametrize("born", ["1990-02-03", "1985-07-09"])
@pytest.mark.parametrize("given_name", ["Testa", "Nia"])
def test_one_of_our_own_numbers_beside_hers_tells_no_more(
    attacker: Employer, nurse: Person, born: str, given_name: str
) -> None:
    attacker.take(bulk(NUMBERED | {"First Name": "Nia", "Date of Birth": "1985-07-09"}))
    guess = NUMBERED | NURSE | {"First Name": given_name, "Date of Birth": born}
    assert attacker.outcomes(bulk(guess)) == [ELSEWHERE]
    assert nurse.id not in attacker.session.scalars(select(EsrSetAside.candidates)).one()


@pytest.mark.parametrize("born", ["1990-02-03", "1990-02-04"])
def test_name_and_date_of_birth_of_a_stranger_are_as_new_as_invented_ones(attacker: Employer, born: str) -> None:
    assert attacker.outcomes(bulk(NUMBERED | {"Date of Birth": born}), dry_run=True) == ["new"]
    assert attacker.outcomes(bulk(NUMBERED | {"Date of Birth": born})) == ["new"]
    assert attacker.session.scalar(select(func.count()).select_from(Person)) == 2


def test_a_namesake_among_our_own_people_is_still_for_a_human(attacker: Employer) -> None:
    attacker.take(bulk(NUMBERED))
    again = NUMBERED | {"Employee Number": "70000009", "Assignment Number": "70000009"}
    assert attacker.outcomes(bulk(again)) == ["set_aside person_may_exist"]


def test_whoever_hands_over_the_passport_is_found_by_the_next_file(
    attacker: Employer, nurse: Person, trust: Employer
) -> None:
    row = bulk(NUMBERED | NURSE)
    assert attacker.outcomes(row) == [ELSEWHERE]
    joining = staff.joiner(
        attacker.session, nurse.passport_number, organisation_id=attacker.id, date_of_birth=BORN, now=attacker.now
    )
    staff.employ(
        attacker.session, person_id=joining.id, organisation_id=attacker.id, assignment_number="70000001",
        started_on=attacker.now.date(), actor="operator", now=attacker.now,
    )  # fmt: skip
    assert attacker.outcomes(row) == ["new"]
    assert attacker.session.scalars(select(EsrSetAside.settlement)).one() == "imported"
    assert employers_of(nurse, attacker.session) == [trust.id, attacker.id]


def test_somebody_who_left_is_found_by_her_assignment_number_and_not_employed_again(
    trust: Employer, nurse: Person
) -> None:
    yesterday = trust.now.date() - timedelta(days=1)
    trust.session.execute(update(Employment).values(started_on=yesterday, ended_on=yesterday))
    late = {"Competency Name": "NHS|CSTF|Moving and Handling - Level 2|"}
    assert trust.outcomes(bulk(late, late | NURSE)) == ["new", "unchanged duplicate_row"]
    for row in (NURSE | {"Assignment Number": "30000009"}, {"Assignment Number": "30000009"}, NURSE | UNNUMBERED):
        assert trust.outcomes(bulk(row | {"VPD": "457"})) == [ELSEWHERE]
    assert len(employers_of(nurse, trust.session)) == 1


def test_nobody_settles_such_a_row_as_a_new_person(attacker: Employer) -> None:
    attacker.take(bulk(NUMBERED | NURSE))
    aside = attacker.session.scalars(select(EsrSetAside)).one()
    assert settling.candidates(attacker.session, aside, now=attacker.now) == []
    with pytest.raises(Invalid):
        settling.settle(
            attacker.session, aside.id, organisation_id=attacker.id, person=None, meaning=Meaning("FS", 0),
            actor="operator", now=attacker.now,
        )  # fmt: skip


def test_a_person_settles_such_a_row_with_the_passport_number(attacker: Employer, nurse: Person) -> None:
    attacker.take(bulk(NUMBERED | NURSE))
    aside = attacker.session.scalars(select(EsrSetAside)).one()
    settling.settle(
        attacker.session, aside.id, organisation_id=attacker.id, person=nurse.passport_number,
        meaning=Meaning("FS", 0), actor="operator", now=attacker.now,
    )  # fmt: skip
    assert attacker.id in employers_of(nurse, attacker.session)


def test_a_check_leaves_an_audit_entry_and_no_work(attacker: Employer) -> None:
    checked = attacker.take(bulk(NUMBERED | NURSE), dry_run=True)
    entry = attacker.session.scalars(select(AuditEntry).where(AuditEntry.action == "esr.checked")).one()
    assert (entry.subject, entry.detail["counts"]) == (f"import:{checked.id}", checked.counts)
    assert attacker.session.scalars(select(EsrImport.dry_run).where(EsrImport.id == checked.id)).one()
    assert "1990" not in str(entry.detail)


def test_the_evidence_of_a_stranger_holds_no_name_and_no_date_of_birth(
    attacker: Employer, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[people.Evidence] = []
    judge = people.judge

    def look_and_judge(evidence: list[people.Evidence]) -> people.Judgement:
        seen.extend(evidence)
        return judge(evidence)

    monkeypatch.setattr(people, "judge", look_and_judge)
    attacker.take(bulk(NUMBERED | NURSE))
    assert [(row.by, row.is_ours, row.given_name, row.family_name, row.date_of_birth) for row in seen] == [
        ("registration", False, None, None, None)
    ]


@pytest.fixture
def http_of_attacker(app: Flask, attacker: Employer) -> FlaskClient:
    return sign_in(app, attacker.session, attacker.id, "imports:write", "staff:read")


def test_over_http_a_guess_looks_the_same_and_the_record_stays_hidden(http_of_attacker: FlaskClient) -> None:
    answers = []
    for born in ("1990-02-03", "1990-02-04"):
        file = io.BytesIO(bulk(NUMBERED | NURSE | {"Date of Birth": born}))
        sent = http_of_attacker.post("/v1/imports", data={"file": (file, "esr.csv")})
        assert sent.json is not None
        answers.append((sent.json["counts"], http_of_attacker.get(f"{sent.headers['Location']}/rows").json))
    assert answers[0] == answers[1]
    found = http_of_attacker.get("/v1/staff?registration=NMC:26X0004E").json
    assert found is not None
    assert found["items"] == []


def test_files_have_a_limit_for_each_program(http_of_attacker: FlaskClient) -> None:
    statuses = [http_of_attacker.post("/v1/imports").status_code for _ in range(IMPORTS.per_minute + 1)]
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429
