"""Cells of an ESR file: each form that is taken, each that is refused, and what is never read."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy import text as sql

from passport.awards.models import Award, LocalTraining
from passport.esr.outcomes import CODES, OUTCOMES
from passport.esr.rows import MONTHS, read_day
from passport.esr.service import rows as listed_rows
from passport.staff.models import Person
from tests.esr_files import Employer, bulk, personal

days = st.dates(date(1900, 1, 1), date(2199, 12, 31))


@given(days)
def test_every_form_of_a_day_means_that_day(day: date) -> None:
    month = MONTHS[day.month - 1].capitalize()
    for text in (f"{day.day:02d}-{month}-{day.year}", f"{day:%Y/%m/%d} 00:00:00", f"{day:%Y/%m/%d}", day.isoformat()):
        assert read_day(text) == day


@given(st.text(max_size=24))
def test_any_other_text_is_a_day_or_none_or_impossible(text: str) -> None:
    try:
        day = read_day(text)
    except ValueError:
        return
    assert day is None or str(day.day) in text


@pytest.mark.parametrize(
    "text", ["06/08/2026", "8/6/26", "06.08.2026", "6 August 2026", "２０２６-08-06", "2026-8-6", "46240"]
)
def test_a_date_that_could_mean_two_days_is_refused(trust: Employer, text: str) -> None:
    assert trust.outcomes(bulk({"Date Awarded": text})) == ["refused date_form"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"Date Awarded": ""}, "date_missing"),
        ({"Date Awarded": "31-Feb-2026"}, "date_impossible"),
        ({"Date Awarded": "9999-01-01"}, "date_impossible"),
        ({"Date Awarded": "2026-08-07"}, "date_in_future"),
        ({"Expiry Date": "2026-03-01"}, "expires_before_award"),
        ({"Expiry Date": "soon"}, "date_form"),
        ({"Competency Name": "Fire Safety"}, "competence_form"),
        ({"Competency Name": "NHS|CSTF|Fire\u202eSafety|"}, "competence_form"),
        ({"Competency Name": "999|LOCAL|Fire procedure|"}, "local_elsewhere"),
        ({"Competence Level": "2 - Excellent"}, "level_form"),
        ({"Delivery": "telepathy"}, "delivery_form"),
        ({"Assessed": "perhaps"}, "assessed_form"),
        ({"VPD": "45"}, "vpd_form"),
        ({"VPD": "999"}, "vpd_of_another_employer"),
        ({"Employee Number": "1234567"}, "employee_number_form"),
        ({"Assignment Number": "=1+1"}, "assignment_number_form"),
        ({"First Name": "Tes\u202eta"}, "name_form"),
        ({"Last Name": '=HYPERLINK("x")'}, "name_form"),
        ({"First Name": "a" * 300}, "name_form"),
        ({"First Name": "Tes\x1fta"}, "name_form"),
        ({"Registration Body": "NMC", "Registration Number": "12"}, "registration_form"),
        ({"Date of Birth": "2020-01-01"}, "birth_impossible"),
        ({"Date of Birth": "03/02/1990"}, "date_form"),
    ],
)
def test_a_wrong_cell_refuses_its_row_with_a_code(trust: Employer, cells: dict[str, str], code: str) -> None:
    assert trust.outcomes(bulk(cells, {"Competency Name": "NHS|CSTF|Safeguarding Adults - Level 1|"})) == [
        f"refused {code}",
        "new",
    ]


def test_a_note_names_the_column_and_never_the_value(trust: Employer) -> None:
    imported = trust.take(bulk({"Date of Birth": "03/02/1990"}))
    statement, _ = listed_rows(imported.id)
    (row,) = trust.session.execute(statement).all()
    assert (row.line, row.column) == (2, "Date of Birth")
    assert "1990" not in row.sentence


def test_what_is_wrong_comes_before_what_is_uncertain(trust: Employer) -> None:
    both = {"Competency Name": "NHS|CSTF|Unheard Of|", "Date Awarded": "tomorrow"}
    assert trust.outcomes(bulk(both)) == ["refused date_form"]


def test_too_few_and_too_many_cells_refuse_a_row_and_empty_lines_are_none(trust: Employer) -> None:
    file = bulk({}) + b"a,b\r\n\r\n" + b"," * 14 + b"\r\n\r\n"
    imported = trust.take(file)
    assert trust.report(imported) == ["new", "refused row_width", "refused row_width"]
    assert imported.row_count == 3


@pytest.mark.parametrize("text", ["", "no expiry", "No Expiry", "does not expire", "N/A"])
def test_no_expiry_in_words_is_no_last_day(trust: Employer, text: str) -> None:
    assert trust.outcomes(bulk({"Expiry Date": text})) == ["new"]
    assert only_award(trust).valid_until is None


@pytest.mark.parametrize(
    ("level", "assessed", "expected"),
    [
        ("0 - Not Assessed", "", False),
        ("1 - Assessed", "", True),
        ("1 - Attended", "", None),
        ("", "", None),
        ("1 - Attended", "Yes", True),
        ("1 - Attended", "no", False),
    ],
)
def test_an_award_is_assessed_where_the_row_says_so(
    trust: Employer, level: str, assessed: str, expected: bool | None
) -> None:
    trust.take(bulk({"Competence Level": level, "Assessed": assessed}))
    assert only_award(trust).assessed is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("e-learning", "e_learning"), ("Face to face", "face_to_face"), ("BLENDED", "blended"), ("", "unknown")],
)
def test_delivery_is_read_as_people_write_it(trust: Employer, text: str, expected: str) -> None:
    trust.take(bulk({"Delivery": text}))
    assert only_award(trust).delivery == expected


def test_last_updated_by_is_never_the_learner(trust: Employer) -> None:
    trust.take(bulk({}))
    file = personal(
        {"Competency Name": "NHS|CSTF|Safeguarding Adults - Level 2|", "Last Updated By": "Nia Otherperson"}
    )
    assert trust.outcomes(file, layout="personal", assignment="30000001") == ["new"]
    (person,) = trust.session.scalars(select(Person)).all()
    assert (person.given_name, person.family_name) == ("Testa", "Inventedname")
    assert "Otherperson" not in str(trust.session.execute(sql("SELECT row FROM esr_set_aside")).all())


def test_compliance_status_is_checked_and_changes_nothing(trust: Employer) -> None:
    trust.take(bulk({}))
    named = {"Competency Name": "NHS|CSTF|Safeguarding Adults - Level 2|"}
    file = personal({**named, "Compliance Status": "PURPLE"}, {**named, "Compliance Status": "RED"})
    assert trust.outcomes(file, layout="personal", assignment="30000001") == ["refused status_form", "new"]


def test_a_personal_file_is_of_the_named_person_alone(trust: Employer) -> None:
    assert trust.outcomes(personal({}), layout="personal", assignment="39999999") == ["set_aside person_unknown"]


def test_formula_like_local_names_are_kept_as_data(trust: Employer) -> None:
    assert trust.outcomes(bulk({"Competency Name": "457|LOCAL|=1+1\\n|"})) == ["local"]
    assert trust.session.scalars(select(LocalTraining.name)).all() == ["=1+1\\n"]


def test_every_code_has_an_outcome_of_the_contract_and_a_sentence() -> None:
    for outcome, sentence in CODES.values():
        assert outcome in OUTCOMES
        assert sentence.endswith(".")


def test_a_day_is_past_until_today(trust: Employer) -> None:
    today = trust.now.date()
    assert trust.outcomes(bulk({"Date Awarded": today.isoformat()})) == ["new"]
    tomorrow = (today + timedelta(days=1)).isoformat()
    assert trust.outcomes(bulk({"Date Awarded": tomorrow})) == ["refused date_in_future"]


def only_award(trust: Employer) -> Award:
    return trust.session.scalars(select(Award)).one()
