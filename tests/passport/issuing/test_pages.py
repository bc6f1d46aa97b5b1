"""Pages for staff of an employer: find somebody, see what is on record, issue a passport."""

import re
from base64 import urlsafe_b64decode
from datetime import date, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from passport.awards import lasting
from passport.awards.models import Award
from passport.issuing import pages, people
from passport.issuing.models import Credential
from passport.staff import numbers
from passport.staff.models import Person
from passport.standards.models import RenewalRule
from passport.web.paging import Page, page
from tests.factories import AwardFactory, EmploymentFactory, OrganisationFactory, PersonFactory
from tests.passports import Nurse, make_nurse
from tests.visitors import Browser, visit

SCRIPT = "<script>alert(1)</script>"
NEXT_PAGE = re.compile(r'nhsuk-pagination__link--next" href="([^"]+)"')


@pytest.fixture
def hr(app: Flask, session: Session, nurse: Nurse) -> Browser:
    return visit(app, session, nurse.organisation_id, "hr")


@pytest.fixture
def stranger(app: Flask, session: Session) -> Browser:
    return visit(app, session, OrganisationFactory.create(session).id, "hr")


def employ(session: Session, nurse: Nurse, **values: object) -> Person:
    person: Person = PersonFactory.create(session, **values)
    EmploymentFactory.create(session, person_id=person.id, organisation_id=nurse.organisation_id)
    session.commit()
    return person


@pytest.mark.parametrize(
    "search", ["Ąmity", "ąm", "O'Madeup", "ąmity o'mad", "o'madeup ą", "  Ąmity   O'Madeup ", "TEST0000H"]
)
def test_staff_are_found_by_the_beginning_of_a_name_and_by_number(
    session: Session, nurse: Nurse, hr: Browser, search: str
) -> None:
    number = numbers.with_check("TEST9999")
    employ(session, nurse, given_name="Ąmity", family_name="O'Madeup", passport_number=number)
    shown = hr.search("/people", number if search.startswith("TEST") else search)
    assert "O&#39;Madeup, Ąmity" in shown
    assert "Inventedname, Testa" not in shown


def test_one_letter_begins_a_family_name(session: Session, nurse: Nurse, hr: Browser) -> None:
    employ(session, nurse, given_name="Zed", family_name="Unreal")
    assert "Unreal, Zed" in hr.search("/people", "u")
    assert "Nobody fits" in hr.search("/people", "z")


@pytest.mark.parametrize("name", ["İnvented", "ẞinvented", "ǅinvented", "ΣΑΣ", "/invented", "%invented", "\\invented"])
def test_whatever_a_name_begins_with_it_is_found_as_it_is_written(
    session: Session, nurse: Nurse, hr: Browser, name: str
) -> None:
    employ(session, nurse, family_name=name)
    for search in (name, name[0], f"{name} te", f"testa {name}"):
        assert f"{name}, Testa" in hr.search("/people", search)


def test_staff_are_found_by_the_employers_own_numbers(session: Session, nurse: Nurse, hr: Browser) -> None:
    person = PersonFactory.create(session, family_name="Numbered")
    EmploymentFactory.create(
        session, person_id=person.id, organisation_id=nurse.organisation_id, assignment_number="12345678"
    )
    session.commit()
    assert "Numbered" in hr.search("/people", "12345678")
    assert "Nobody fits" in hr.search("/people", "12345679")


def test_no_name_stands_in_an_address(session: Session, nurse: Nurse, hr: Browser) -> None:
    for place in range(51):
        employ(session, nurse, given_name="Zed", family_name=f"Unrealname{place:02}")
    found = hr.post("/people", form_at="/people", search="unrealname", only="no_passport").location
    shown = hr.get(found)
    assert "Unrealname49, Zed" in shown
    assert "Unrealname50, Zed" not in shown
    assert 'value="unrealname"' in shown
    following = unescape(NEXT_PAGE.findall(shown)[0])
    assert "Unrealname50, Zed" in hr.get(following)
    for address in (found, following):
        values = [each for values in parse_qs(urlsplit(address).query).values() for each in values]
        assert not any("unreal" in each.lower() or b"nreal" in urlsafe_b64decode(each + "===") for each in values)


def test_a_search_opens_for_nobody_else(app: Flask, session: Session, nurse: Nurse, hr: Browser) -> None:
    found = hr.post("/people", form_at="/people", search="inventedname").location
    colleague = visit(app, session, nurse.organisation_id, "hr", name="Other Inventedname")
    assert "Open the list and search again." in colleague.get(found, status=400)
    assert "Open the list and search again." in hr.get("/people?search=inventedname", status=400)


def test_a_search_is_no_pattern(nurse: Nurse, hr: Browser) -> None:
    assert "Nobody fits" in hr.search("/people", "%")
    assert "Nobody fits" in hr.search("/people", "_")


def test_a_search_is_shown_as_text(hr: Browser) -> None:
    shown = hr.search("/people", f'"><svg onload=alert(1)>{SCRIPT}')
    assert SCRIPT not in shown
    assert "<svg onload" not in shown


def test_the_list_comes_in_pages_of_fifty_in_the_order_of_names(session: Session, nurse: Nurse, hr: Browser) -> None:
    for place in range(60):
        person = PersonFactory.create(session, family_name=f"Made{place:02}")
        EmploymentFactory.create(session, person_id=person.id, organisation_id=nurse.organisation_id)
    session.commit()
    first = hr.get("/people")
    assert first.count('<td role="cell"') == 50 * 4
    following = unescape(NEXT_PAGE.findall(first)[0])
    second = hr.get(following)
    assert second.count('<td role="cell"') == 11 * 4
    assert "Made59" in second
    assert "Made00" not in second


@pytest.mark.parametrize("nearby", [7, 300])
@pytest.mark.parametrize("only", [people.NEEDS_ACTION, people.NO_PASSPORT])
def test_a_filter_leaves_the_same_people_whether_they_are_near_or_far_in_the_list(
    session: Session, nurse: Nurse, hr: Browser, now: datetime, monkeypatch: pytest.MonkeyPatch, only: str, nearby: int
) -> None:
    monkeypatch.setattr(pages, "NEARBY", {only: nearby})
    award = session.get_one(Award, nurse.award_id)
    for place in range(70):
        person = PersonFactory.create(session, family_name=f"Made{place:02}")
        EmploymentFactory.create(session, person_id=person.id, organisation_id=nurse.organisation_id)
        AwardFactory.create(
            session, person_id=person.id, organisation_id=nurse.organisation_id, standard_id=award.standard_id,
            framework_version_id=award.framework_version_id, valid_until=date(2026 if place % 5 else 2036, 8, 31),
        )  # fmt: skip
    hr.post(f"/people/{nurse.person_id}/passport")
    listed = people.listing(session, nurse.organisation_id, search="", only=only, now=now).order_by(*people.KEYS)
    expected = [person.family_name for person in session.scalars(listed)]
    assert len(expected) == {people.NEEDS_ACTION: 56, people.NO_PASSPORT: 70}[only]
    first = hr.get(f"/people?only={only}")
    following = first.split('nhsuk-pagination__link--next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert re.findall(r"Made\d\d", first + hr.get(following)) == expected


def test_a_list_that_is_read_as_a_whole_is_planned_for_its_employer(
    session: Session, nurse: Nurse, hr: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in range(3):
        employ(session, nurse, family_name=f"Made{place}")
    planned: list[Any] = []

    def note_and_read(readers: Session, *asked: Any) -> Page:
        planned.append(readers.scalar(text("SHOW plan_cache_mode")))
        return page(readers, *asked)

    monkeypatch.setattr(pages, "NEARBY", {people.NO_PASSPORT: 2})
    monkeypatch.setattr(pages, "page_of", note_and_read)
    hr.get("/people?only=no_passport")
    assert planned == ["force_custom_plan", "auto", "force_custom_plan"]


def test_the_filters_show_who_needs_action_and_who_has_no_passport(
    app: Flask, session: Session, nurse: Nurse, hr: Browser
) -> None:
    employ(session, nurse, family_name="Untrained")
    assert "Nobody fits" in hr.get("/people?only=needs_action")
    standard_id = session.get_one(Award, nurse.award_id).standard_id
    session.add(
        RenewalRule(
            standard_id=standard_id, months=6, source="invented", confidence="high", recorded_at=app.config["CLOCK"]()
        )
    )
    session.commit()
    shown = hr.get("/people?only=needs_action")  # awarded on 2 March, so it ends on 2 September
    assert "Inventedname, Testa" in shown
    assert "Untrained" not in shown
    assert "Ends soon" in hr.get(f"/people/{nurse.person_id}")
    hr.post(f"/people/{nurse.person_id}/passport")
    assert "Inventedname, Testa" not in hr.get("/people?only=no_passport")
    assert "Untrained" in hr.get("/people?only=no_passport")


@pytest.mark.parametrize(
    ("awarded_on", "rule", "valid_until", "listed"),
    [
        # The clock says 6 August 2026, so what ends by 4 November is about to.
        (date(2026, 5, 4), {"months": 6}, None, True),
        (date(2026, 5, 5), {"months": 6}, None, False),
        (date(2025, 8, 31), {"months": 13}, None, True),  # 31 August and 13 months is 30 September
        (date(2026, 5, 4), {"months": 6}, date(2027, 1, 1), True),  # whichever ends first
        (date(2026, 7, 1), {"months": 36}, date(2026, 11, 4), True),
        (date(2026, 5, 4), {"months": 6, "from_on": date(2026, 8, 7)}, None, False),  # the rule of today counts
        (date(2026, 5, 4), {"months": 6, "until_on": date(2026, 8, 5)}, None, False),
        (date(2026, 5, 4), {"months": 6, "from_on": date(2026, 8, 6), "until_on": date(2026, 8, 6)}, None, True),
        (date(2020, 1, 1), {"months": None}, None, False),
    ],
)
def test_who_needs_action_is_found_by_the_rules_of_today(
    session: Session, now: datetime, awarded_on: date, rule: dict[str, Any], valid_until: date | None, listed: bool
) -> None:
    nurse = make_nurse(session, awarded_on=awarded_on, valid_until=valid_until)
    standard_id = session.get_one(Award, nurse.award_id).standard_id
    session.add(RenewalRule(standard_id=standard_id, source="invented", confidence="high", recorded_at=now, **rule))
    session.flush()
    statement = people.listing(session, nurse.organisation_id, search="", only=people.NEEDS_ACTION, now=now)
    found = session.scalars(statement).all()
    assert [person.id for person in found] == ([nurse.person_id] if listed else [])
    (shown,) = people.described(session, [session.get_one(Person, nurse.person_id)], now=now)
    assert shown.needs_action is listed
    (counted,) = lasting.of_people(session, [nurse.person_id], today=now.date()).values()
    assert (counted.last_on is not None and counted.last_on <= now.date() + lasting.SOON) is listed


def test_a_passport_is_issued_once(session: Session, nurse: Nurse, hr: Browser) -> None:
    assert "Issue a passport" in hr.get(f"/people/{nurse.person_id}")
    assert hr.post(f"/people/{nurse.person_id}/passport").status_code == 303
    shown = hr.get(f"/people/{nurse.person_id}")
    assert "The passport was issued." in shown
    assert "Issued on 6 August 2026" in shown
    assert "Issue a passport" not in shown
    assert hr.post(f"/people/{nurse.person_id}/passport").status_code == 422
    assert session.scalar(select(func.count()).select_from(Credential)) == 1


def test_staff_of_another_employer_do_not_exist(session: Session, nurse: Nurse, stranger: Browser) -> None:
    stranger.get(f"/people/{nurse.person_id}", status=404)
    assert stranger.post(f"/people/{nurse.person_id}/passport").status_code == 404
    assert session.scalar(select(func.count()).select_from(Credential)) == 0
    number = session.get_one(Person, nurse.person_id).passport_number
    assert "Nobody fits" in stranger.search("/people", number)
    assert "Nobody is on record yet" in stranger.get("/people")


def test_who_left_is_not_found_any_more(session: Session, nurse: Nurse, hr: Browser, now: datetime) -> None:
    person = PersonFactory.create(session, family_name="Gone")
    EmploymentFactory.create(
        session, person_id=person.id, organisation_id=nurse.organisation_id, ended_on=date(2026, 8, 5)
    )
    session.commit()
    assert now.date() == date(2026, 8, 6)
    hr.get(f"/people/{person.id}", status=404)
    assert "Gone" not in hr.get("/people")


def test_a_name_is_shown_as_text(session: Session, nurse: Nurse, hr: Browser) -> None:
    person = employ(session, nurse, given_name=SCRIPT, family_name='" onmouseover=alert(1) {{7*7}}')
    for path in ("/people", f"/people/{person.id}"):
        shown = hr.get(path)
        assert SCRIPT not in shown
        assert '" onmouseover' not in shown
        assert "{{7*7}}" in shown


def test_no_page_may_be_kept_by_anybody(nurse: Nurse, hr: Browser) -> None:
    for path in ("/people", f"/people/{nurse.person_id}"):
        assert hr.http.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("role", ["staff", "ward_manager", "registrar", "academy"])
def test_other_roles_see_none_of_it(app: Flask, session: Session, nurse: Nurse, role: str) -> None:
    browser = visit(app, session, nurse.organisation_id, role)
    browser.get("/people", status=403)
    browser.get(f"/people/{nurse.person_id}", status=403)
    assert browser.post(f"/people/{nurse.person_id}/passport").status_code == 403


def test_what_another_issuer_awarded_can_be_seen_and_not_changed(session: Session, nurse: Nurse, hr: Browser) -> None:
    other = make_nurse(session)
    EmploymentFactory.create(session, person_id=other.person_id, organisation_id=nurse.organisation_id)
    session.commit()
    shown = hr.get(f"/people/{other.person_id}")
    assert "Only its issuer can" in shown
    assert f"/awards/{other.award_id}/" not in shown


def test_the_list_is_where_the_workforce_team_begins(hr: Browser) -> None:
    assert hr.http.get("/").headers["Location"] == "/people"
