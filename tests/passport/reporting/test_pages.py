"""Pages of the workforce picture: who sees what, and the same figures on the page, in the file and from the API."""

import csv
import io
from datetime import date, datetime
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.reporting import compliance, counting, months
from passport.reporting.models import ComplianceCount
from passport.standards.models import Standard, StandardPart
from tests.callers import sign_in
from tests.passport.reporting.conftest import ACADEMY, ICB, NATIONAL, OTHER, TRUST, Country, cells
from tests.visitors import Browser, visit

DAY = {"from_on-day": "1", "from_on-month": "8", "from_on-year": "2026"}
HEAD = "organisation,profession or standard,required\n"


@pytest.fixture
def planner(app: Flask, session: Session, country: Country) -> Browser:
    return visit(app, session, country.id(ICB), "planner")


@pytest.fixture
def program(app: Flask, session: Session, country: Country) -> FlaskClient:
    return sign_in(app, session, country.id(ICB), "statistics:read")


def of_csv(browser: Browser, path: str) -> dict[str, list[str]]:
    """Return the figures of a file, by label."""
    rows = list(csv.reader(io.StringIO(browser.get(path).lstrip("\ufeff"))))
    return {row[1]: row[2:] for row in rows[1:]}


def of_json(http: FlaskClient, path: str) -> dict[str, list[str]]:
    """Return the figures of an answer, by label, as a page writes them."""
    answer = http.get(path)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json or {}
    rows = body["rows"] + ([body["total"]] if body["total"] else [])
    return {
        row["label"]: ["*" if each["count"] is None else str(each["count"]) for each in row["figures"]] for row in rows
    }


def test_a_planner_sees_the_trusts_below_with_small_numbers_hidden(
    session: Session, country: Country, planner: Browser
) -> None:
    country.practitioners(TRUST, 13)
    country.practitioners(OTHER, 3)
    country.practitioners("X5C6E", 22)
    session.commit()
    shown = cells(planner.get("/workforce"))
    assert shown["Invented Vale NHS Trust"] == ["15"]
    assert shown["Invented Moor NHS Trust"] == ["*"]
    assert shown["Invented Vale ICB, in all"] == ["20"]  # 15 and a star that stands for 4, to the nearest 5
    assert "Invented Coast" not in str(shown)


def test_page_file_and_api_show_the_same(
    session: Session, country: Country, planner: Browser, program: FlaskClient
) -> None:
    country.practitioners(TRUST, 13)
    country.practitioners(OTHER, 3)
    country.practitioners(OTHER, 9, profession="Paramedic")
    session.commit()
    page = cells(planner.get("/workforce"))
    for by, name in (("place", "place"), ("category", "profession"), ("month", "month")):
        found = of_json(program, f"/v1/statistics/practitioners?by={name}")
        assert found == of_csv(planner, f"/workforce/practitioners/{by}.csv")
        on_page = {label.removesuffix(", in all"): figures for label, figures in page.items()}
        assert found.items() <= on_page.items()


@pytest.mark.parametrize("path", ["/v1/statistics/practitioners?place=X5C6E", "/v1/statistics/gaps?place=national",
                                  "/v1/statistics/compliance?place=NOWHERE"])  # fmt: skip
def test_a_place_elsewhere_and_one_that_is_none_look_the_same(path: str, program: FlaskClient) -> None:
    answer = program.get(path)
    assert answer.status_code == 404
    assert (answer.json or {})["code"] == "place_not_found"


def test_a_trust_sees_its_own_row_exactly_and_no_other(app: Flask, session: Session, country: Country) -> None:
    country.practitioners(TRUST, 13)
    country.practitioners(OTHER, 3)
    hr = visit(app, session, country.id(OTHER), "hr")
    shown = cells(hr.get("/workforce"))
    assert shown["August 2026"] == ["3"]
    assert shown["Nurse"] == ["3"]
    assert "Vale" not in str(shown)
    hr.get(f"/workforce?place={TRUST}", status=404)


def test_the_academy_sees_the_whole_country_down_to_trusts(app: Flask, session: Session, country: Country) -> None:
    country.practitioners(TRUST, 13)
    academy = visit(app, session, country.id(ACADEMY), "academy")
    assert cells(academy.get("/workforce"))["Invented North"] == ["15"]
    assert cells(academy.get("/workforce?place=XY1"))["Invented Vale ICB"] == ["15"]
    assert cells(academy.get(f"/workforce?place={ICB}"))["Invented Vale NHS Trust"] == ["15"]
    assert "There is no such place" in academy.get("/workforce?place=NOWHERE", status=404)


def test_levels_trainees_and_professions_are_filters(session: Session, country: Country, planner: Browser) -> None:
    country.practitioners(TRUST, 13)
    country.practitioners(TRUST, 8, level="consultant", profession="Paramedic")
    session.commit()
    shown = cells(planner.get("/workforce?level=consultant"))
    assert shown["Invented Vale NHS Trust"] == ["10"]
    assert cells(planner.get("/workforce?level=consultant&profession=Nurse"))["Invented Vale NHS Trust"] == ["0"]
    assert cells(planner.get("/workforce?level=trainee"))["Invented Vale NHS Trust"] == ["0"]
    planner.get("/workforce?level=director", status=404)


@pytest.mark.parametrize("month", ["2026-13", "2027-01", "yesterday", "2026-08-01"])
def test_a_month_that_is_none_is_refused_in_words(month: str, planner: Browser, program: FlaskClient) -> None:
    assert "Give a month" in planner.get(f"/workforce?month={month}", status=422)
    assert program.get(f"/v1/statistics/practitioners?month={month}").status_code == 422


def test_a_month_without_counts_is_not_shown_as_nobody(
    session: Session, country: Country, planner: Browser, program: FlaskClient
) -> None:
    country.practitioners(TRUST, 23)
    session.commit()
    for month in ("2026-07", "1999-01"):
        assert "There are no counts of this month" in planner.get(f"/workforce?month={month}", status=422)
        assert program.get(f"/v1/statistics/practitioners?month={month}").status_code == 422


def test_a_month_that_was_closed_reads_the_same_for_ever(
    session: Session, country: Country, planner: Browser, now: datetime
) -> None:
    people = country.practitioners(TRUST, 23)
    july = date(2026, 7, 1)
    months.close(session, july, now=now)
    session.commit()
    before = cells(planner.get("/workforce?month=2026-07"))
    country.employ(OTHER, people[0], started_on=date(2026, 1, 1))  # recorded late
    country.practitioners(TRUST, 10)
    session.commit()
    after = cells(planner.get("/workforce?month=2026-07"))
    assert after["Invented Vale NHS Trust"] == before["Invented Vale NHS Trust"] == ["25"]
    assert after["July 2026"] == ["25"]
    assert cells(planner.get("/workforce"))["Invented Vale NHS Trust"] == ["35"]
    assert months.due(session, today=now.date()) == []


def test_a_national_figure_is_exact_at_the_end_of_a_month_where_it_gives_nobody_away(
    app: Flask, session: Session, country: Country, now: datetime
) -> None:
    country.practitioners(TRUST, 23)
    country.practitioners(OTHER, 3, profession="Paramedic")
    months.close(session, date(2026, 7, 1), now=now)
    academy = visit(app, session, country.id(NATIONAL), "planner")
    html = academy.get("/workforce?month=2026-07&place=national")
    assert cells(html)["Nurse"] == ["23"]
    assert cells(html)["Paramedic"] == ["*"]
    assert cells(html)["England, in all"] == ["25"]  # with a star in it, it is made from what is shown


def test_a_national_figure_of_this_month_goes_on_from_the_last_exact_one(
    app: Flask, session: Session, country: Country, now: datetime
) -> None:
    country.practitioners(TRUST, 22)
    country.practitioners("X5C6E", 11)
    months.close(session, date(2026, 7, 1), now=now)
    academy = visit(app, session, country.id(ACADEMY), "academy")
    shown = cells(academy.get("/workforce"))
    assert (shown["July 2026"], shown["August 2026"]) == (["33"], ["35"])
    country.practitioners(TRUST, 5)
    session.commit()
    assert cells(academy.get("/workforce"))["August 2026"] == ["40"]


def test_months_are_closed_from_the_first_on_and_once(session: Session, country: Country, now: datetime) -> None:
    country.practitioners(TRUST, 9)
    due = months.due(session, today=now.date())
    assert due == [date(2026, month, 1) for month in range(3, 8)]
    for month in due:
        months.close(session, month, now=now)
        assert counting.closed_counts(session, "advanced", month=month) == {(country.id(TRUST), "Nurse"): 9}
    assert months.due(session, today=now.date()) == []


def test_holders_of_credentials_are_counted_by_standard(
    session: Session, country: Country, planner: Browser, credential: str, program: FlaskClient
) -> None:
    for _ in range(9):
        country.award(country.employ(TRUST), credential)
    session.commit()
    found = of_json(program, "/v1/statistics/credentials?by=standard")
    assert sorted(figures for figures in found.values() if figures != ["0"]) == [["10"]]
    assert found.items() <= cells(planner.get("/workforce/credentials")).items()
    assert cells(planner.get(f"/workforce/credentials?standard={credential}"))["Invented Vale NHS Trust"] == ["10"]


@pytest.mark.parametrize(
    ("awarded_on", "state"),
    [(date(2026, 3, 2), 0), (date(2024, 10, 20), 1), (date(2024, 8, 20), 2), (date(2024, 8, 5), 5), (None, 6)],
)
def test_training_stands_as_the_rule_of_today_says(
    app: Flask, session: Session, country: Country, awarded_on: date | None, state: int
) -> None:
    person = country.employ(TRUST)
    country.employ(TRUST, ended_on=date(2026, 8, 1))  # who left does not count
    if awarded_on:
        country.award(person, "FS", awarded_on=awarded_on)  # 24 months
    hr = visit(app, session, country.id(TRUST), "hr")
    assert cells(hr.get("/workforce/training"))["Fire Safety"] == ["1" if place == state else "0" for place in range(7)]


def test_a_standard_of_two_parts_counts_when_both_do(session: Session, country: Country, now: datetime) -> None:
    standard = session.scalars(
        select(Standard).join(StandardPart, StandardPart.standard_id == Standard.id).order_by(Standard.code)
    ).first()
    assert standard is not None
    code, subject = standard.code, standard.subject
    person = country.employ(TRUST)
    country.award(person, code, part=1)
    found = compliance.count(session, country.id(TRUST), today=now.date())
    assert found[subject, "never"] == 1
    country.award(person, code, part=2)
    found = compliance.count(session, country.id(TRUST), today=now.date())
    assert (subject, "never") not in found


def test_others_training_is_of_the_last_night_and_small_numbers_are_hidden(
    session: Session, country: Country, planner: Browser, program: FlaskClient, now: datetime
) -> None:
    assert "There is no count yet" in planner.get("/workforce/training")
    for _ in range(9):
        country.award(country.employ(TRUST), "FS")
    for _ in range(3):
        country.employ(OTHER)
    compliance.count_all(session, today=now.date())
    session.commit()
    html = planner.get("/workforce/training?subject=Fire Safety")
    assert cells(html)["Invented Vale NHS Trust"] == ["10", "0", "0", "0", "0", "0"]
    assert cells(html)["Invented Moor NHS Trust"] == ["0", "0", "0", "0", "0", "0"]
    assert "Never held" not in html  # a column in which nobody who looks sees a figure is left out
    assert "How many never held a subject is shown for your own organisation alone." in html
    by_subject = ["10", "0", "0", "0", "0", "0"]
    assert cells(planner.get("/workforce/training"))["Fire Safety"] == by_subject
    assert of_csv(planner, "/workforce/training.csv")["Fire Safety"] == by_subject
    body: dict[str, Any] = program.get("/v1/statistics/compliance").json or {}
    figures = next(row["figures"] for row in body["rows"] if row["label"] == "Fire Safety")
    assert figures == [{"count": 10, "kind": "rounded"}] + 5 * [{"count": 0, "kind": "rounded"}]
    assert body["columns"] == [name for state, name in compliance.STATES.items() if state != "never"]


def test_what_only_some_rows_show_stands_beside_what_is_not_shown(
    session: Session, country: Country, planner: Browser, now: datetime
) -> None:
    country.award(country.employ(TRUST), "FS")
    country.employ(ICB)
    compliance.count_all(session, today=now.date())
    session.commit()
    shown = of_csv(planner, "/workforce/training.csv?subject=Fire Safety")
    assert (shown["Invented Vale NHS Trust"][-1], shown["Invented Vale ICB itself"][-1]) == ("Not shown", "1")


def test_own_training_is_of_the_last_count_until_the_team_counts_again(
    app: Flask, session: Session, country: Country, planner: Browser, now: datetime
) -> None:
    hr = visit(app, session, country.id(TRUST), "hr")
    for code in (TRUST, OTHER):
        country.award(country.employ(code), "FS")
    compliance.count_all(session, today=date(2026, 8, 5))
    for code in (TRUST, OTHER):
        country.award(country.employ(code), "FS")
    session.commit()
    assert cells(hr.get("/workforce/training"))["Fire Safety"] == ["1", "0", "0", "0", "0", "0", "0"]
    assert "Counted on 5 August 2026" in hr.get("/workforce/training")
    assert planner.post("/workforce/training/count").status_code == 403
    assert hr.post("/workforce/training/count").status_code == 303
    shown = hr.get("/workforce/training")
    assert "The training of your staff was counted." in shown
    assert "Counted on 6 August 2026" in shown
    assert cells(shown)["Fire Safety"] == ["2", "0", "0", "0", "0", "0", "0"]
    assert "Counted on 5 August 2026" in planner.get("/workforce/training")  # the others are as old as that
    kept = select(ComplianceCount.people).filter_by(organisation_id=country.id(OTHER), subject="Fire Safety")
    assert session.scalars(kept).all() == [1]


def upload(planner: Browser, text: str, status: int = 303) -> str:
    answer = planner.post("/workforce/gaps", file=(BytesIO(text.encode()), "required.csv"), **DAY)
    assert answer.status_code == status, answer.text
    return answer.text


def test_gaps_are_answered_from_counts_of_this_moment(
    session: Session, country: Country, planner: Browser, program: FlaskClient, credential: str
) -> None:
    country.practitioners(TRUST, 13)
    country.practitioners(OTHER, 3)
    session.commit()
    upload(planner, f"{HEAD}{TRUST},Nurse,40\n{OTHER.lower()},nurse,10\n{TRUST},{credential},12\n")
    html = planner.get("/workforce/gaps")
    assert "Version 1 counts from 1 August 2026" in html
    assert cells(html)["Invented Moor NHS Trust"] == ["Nurse", "10", "*", "3 to 9"]
    found = (program.get("/v1/statistics/gaps").json or {})["gaps"]
    practitioners = [gap for gap in found if gap["counted"] == "advanced"]
    assert [(gap["label"], gap["required"], gap["least"], gap["most"]) for gap in practitioners] == [
        ("Nurse", 10, 3, 9), ("Nurse", 40, 25, 25)
    ]  # fmt: skip
    country.practitioners(TRUST, 30)
    session.commit()
    (vale,) = [row for row in planner.get("/workforce/gaps.csv").splitlines() if f"{TRUST},Nurse" in row]
    assert vale.endswith("40,45,0")


def test_a_trust_sees_what_its_icb_requires_and_its_own_exact_gap(
    app: Flask, session: Session, country: Country, planner: Browser
) -> None:
    country.practitioners(OTHER, 3)
    session.commit()
    upload(planner, f"{HEAD}{TRUST},Nurse,40\n{OTHER},Nurse,10\n")
    hr = visit(app, session, country.id(OTHER), "hr")
    html = hr.get("/workforce/gaps")
    assert cells(html) == {"Invented Moor NHS Trust": ["Nurse", "10", "3", "7"]}
    assert "Say what is required" not in html
    answer = hr.post("/workforce/gaps", file=(BytesIO(HEAD.encode()), "required.csv"), **DAY)
    assert answer.status_code == 403


def test_a_newer_version_takes_the_place_of_the_one_before(planner: Browser) -> None:
    upload(planner, f"{HEAD}{TRUST},Nurse,40\n{OTHER},Nurse,10\n")
    upload(planner, f"{HEAD}{TRUST},Nurse,30\n")
    assert cells(planner.get("/workforce/gaps")) == {"Invented Vale NHS Trust": ["Nurse", "30", "0", "30"]}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file is empty."),
        ("ods,what,how many\n", "The first line must be"),
        (HEAD, "The file has a heading and no lines."),
        (f"{HEAD}X5C6E,Nurse,3\n", "Line 2, organisation: there is no organisation below yours"),
        (f"{HEAD}{TRUST},MPC-NOTHING,3\n", "Line 2, profession or standard: write a profession"),
        (f"{HEAD}{TRUST},=SUM(A1),3\n", "Line 2, profession or standard: write a profession"),
        (f"{HEAD}{TRUST},Nurse,-3\n", "Line 2, required: write a whole number"),
        (f"{HEAD}{TRUST},Nurse,1.5\n", "Line 2, required: write a whole number"),
        (f"{HEAD}{TRUST},Nurse,999999\n", "Line 2, required: write a whole number"),
        (f"{HEAD}{TRUST},Nurse\n", "Line 2: it has 2 columns and must have 3."),
        (f"{HEAD}{TRUST},Nurse,3\n\n{TRUST},nurse,4\n", "Line 4: an earlier line says"),
        (f'{HEAD}{TRUST},"Nurse,3\n', "a quotation mark is not closed"),
    ],
)
def test_a_file_that_is_wrong_is_not_taken_and_each_line_is_named(text: str, sentence: str, planner: Browser) -> None:
    assert sentence in upload(planner, text, status=422).replace("&#34;", '"')
    assert "Nothing is required of this place yet." in planner.get("/workforce/gaps")


def test_a_file_that_is_no_text_is_refused(planner: Browser) -> None:
    answer = planner.post("/workforce/gaps", file=(BytesIO(b"\xff\xfe\x00"), "required.csv"), **DAY)
    assert answer.status_code == 422
    assert "The file is no text in UTF-8" in answer.text


def test_without_a_file_or_a_day_the_form_says_what_lacks(planner: Browser) -> None:
    answer = planner.post("/workforce/gaps")
    assert "Choose a file" in answer.text
    assert "Enter the first day" in answer.text


def test_a_name_like_a_formula_is_harmless_in_a_file(session: Session, country: Country, planner: Browser) -> None:
    country.practitioners(TRUST, 9, profession="=cmd|' /C calc'!A0")
    session.commit()
    cells_of_file = [
        cell for row in csv.reader(io.StringIO(planner.get("/workforce/practitioners/category.csv"))) for cell in row
    ]
    assert not [cell for cell in cells_of_file if cell.startswith(("=", "+", "-", "@"))]
    assert [cell for cell in cells_of_file if cell.startswith("'=cmd")]


def test_pages_are_for_those_who_plan(app: Flask, session: Session, country: Country) -> None:
    for role in ("ward_manager", "staff", "registrar"):
        visit(app, session, country.id(TRUST), role).get("/workforce", status=403)


def test_an_empty_country_has_words_for_it(planner: Browser) -> None:
    assert "Nobody counts here in this month." in planner.get("/workforce")
    assert "There is no induction plan" in planner.get("/workforce/time-saved")
    assert "Nothing is required of this place yet." in planner.get("/workforce/gaps")
