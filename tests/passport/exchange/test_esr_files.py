"""What an employer takes out in the shape of ESR, and reads back unchanged."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.awards.models import Award
from passport.esr.reading import BULK_HEADER
from passport.exchange import esr_files
from passport.staff.models import Employment
from tests.callers import sign_in
from tests.esr_files import ROW, Employer, bulk, make_employer
from tests.factories import EmploymentFactory, OrganisationFactory

ROWS: list[dict[str, str]] = [
    {**ROW, "Registration Body": "NMC", "Registration Number": "71A2998E", "Expiry Date": "2028-03-01"},
    {**ROW, "Competency Name": "NHS|CSTF|Infection Prevention and Control - Level 2 - 1 Year|",
     "Delivery": "e-learning"},
    {**ROW, "Competency Name": "NHS|CSTF|Safeguarding Adults - Level 1|", "Assessed": "no", "Competence Level": ""},
    {**ROW, "Employee Number": "20000002", "Assignment Number": "30000002", "First Name": "Tessa",
     "Date of Birth": "1985-01-02"},
]  # fmt: skip


@pytest.fixture
def trust(session: Session, now: Any) -> Employer:
    trust = make_employer(session, now)
    assert trust.outcomes(bulk(*ROWS)) == ["new"] * len(ROWS)
    return trust


def exported(trust: Employer) -> list[dict[str, str]]:
    return list(esr_files.bulk_rows(trust.session, trust.id, now=trust.now))


def test_what_is_taken_out_is_read_back_unchanged(trust: Employer) -> None:
    rows = exported(trust)
    assert len(rows) == len(ROWS)
    before = trust.session.execute(text("SELECT count(*) FROM award")).scalar()
    assert trust.outcomes(bulk(*rows)) == ["unchanged"] * len(ROWS)
    assert trust.session.execute(text("SELECT count(*) FROM award")).scalar() == before


def test_every_standard_of_the_catalogue_has_a_name_that_is_read_back(trust: Employer) -> None:
    session = trust.session
    from_catalogue = session.execute(
        text("SELECT s.code, coalesce(p.number, 0) FROM standard s JOIN framework f ON f.id = s.framework_id "
             "LEFT JOIN standard_part p ON p.standard_id = s.id WHERE s.kind = 'statutory'")
    ).all()  # fmt: skip
    who = session.scalars(select(Employment).where(Employment.assignment_number == "30000002")).one()
    for code, part in from_catalogue:
        known = select(Award).where(Award.person_id == who.person_id, Award.ended_at.is_(None))
        for award in session.scalars(known):
            awards.withdraw(session, award_id=award.id, organisation_id=trust.id, reason="issued_in_error", actor="x",
                            now=trust.now)  # fmt: skip
        awards.record(
            session, person_id=who.person_id, organisation_id=trust.id, standard_code=code, part=part,
            awarded_on=date(2026, 4, 1), delivery="blended", assessed=None, verification_method="record",
            pedigree="authoritative", actor="x", now=trust.now,
        )  # fmt: skip
        rows = [row for row in exported(trust) if row["Assignment Number"] == "30000002"]
        assert trust.outcomes(bulk(*rows)) == ["unchanged"], (code, part, rows)


def test_a_person_with_two_employments_is_written_once(trust: Employer) -> None:
    session = trust.session
    who = session.scalars(select(Employment).where(Employment.assignment_number == "30000002")).one()
    EmploymentFactory.create(
        session, person_id=who.person_id, organisation_id=trust.id, employee_number="20000002",
        assignment_number="30000002-2", started_on=date(2026, 8, 1), kind="bank",
    )  # fmt: skip
    assert len(exported(trust)) == len(ROWS)


def test_who_has_left_and_what_others_issued_is_left_out(trust: Employer) -> None:
    session = trust.session
    left = "started_on = '2026-01-05', ended_on = '2026-07-31'"
    session.execute(text(f"UPDATE employment SET {left} WHERE assignment_number = '30000002'"))
    assert len(exported(trust)) == len(ROWS) - 1


def test_an_employer_takes_its_file_by_api(app: Flask, trust: Employer) -> None:
    answer = sign_in(app, trust.session, trust.id).get("/v1/exports/esr")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert tuple(rows[0]) == BULK_HEADER
    assert len(rows) == len(ROWS)
    assert trust.outcomes(answer.data) == ["unchanged"] * len(ROWS)


def test_an_organisation_without_a_vpd_is_told_so(app: Flask, trust: Employer) -> None:
    other = OrganisationFactory.create(trust.session)
    answer = sign_in(app, trust.session, other.id).get("/v1/exports/esr")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "no_vpd")
