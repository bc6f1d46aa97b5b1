"""Pages for files from ESR: a check changes nothing, an import does, and what is uncertain is settled by a person."""

import io
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.awards.models import Award, LocalTraining
from passport.esr import confirmed, jobs, settling
from passport.esr.competence import Meaning
from passport.esr.models import EsrImport, EsrSetAside
from passport.settings import Settings
from passport.signing import keyring
from passport.staff.models import Employment, Person
from passport.staff.service import PersonNotFound
from passport.standards.models import Accreditation, Standard
from tests.callers import Clock
from tests.esr_files import VPD, Employer, bulk, personal
from tests.factories import OrganisationFactory, PersonFactory
from tests.visitors import Browser, visit

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def hr(app: Flask, session: Session, trust: Employer) -> Browser:
    return visit(app, session, trust.id, "hr")


@pytest.fixture
def stranger(app: Flask, session: Session) -> Browser:
    return visit(app, session, OrganisationFactory.create(session).id, "hr")


def send(browser: Browser, content: bytes, **fields: Any) -> str:
    """Check a file and return the address of its report."""
    answer = browser.post("/imports/new", layout="bulk", file=(io.BytesIO(content), "invented.csv"), **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def confirm(browser: Browser, report: str, settings: Settings, now: datetime) -> str:
    """Confirm a file that was checked, have the job do its work, and return the address of the result."""
    answer = browser.post(f"{report}/import")
    assert answer.status_code == 303, answer.text
    begun = answer.headers["Location"]
    confirmed.run(UUID(begun.rpartition("/")[2]), home=settings.home, now=now)
    return begun


def import_of(session: Session, address: str) -> EsrImport:
    return session.get_one(EsrImport, UUID(address.rpartition("/")[2]))


def set_aside(trust: Employer, **row: str) -> EsrSetAside:
    """Import one good row, then one that must be looked at; return the latter."""
    trust.take(bulk({}))
    trust.take(bulk(row))
    aside = trust.session.scalars(select(EsrSetAside).where(EsrSetAside.settled_at.is_(None))).one()
    trust.session.commit()
    return aside


def person(session: Session) -> Person:
    return session.scalars(select(Person)).one()


def test_a_check_changes_nothing_and_the_import_after_it_does(
    session: Session, hr: Browser, settings: Settings, now: datetime
) -> None:
    report = send(hr, bulk({}))
    assert "What this file would change" in hr.get(report)
    assert session.scalar(select(func.count()).select_from(Award)) == 0
    result = confirm(hr, report, settings, now)
    assert "What this file changed" in hr.get(result)
    assert session.scalar(select(func.count()).select_from(Award)) == 1
    assert f'href="{result}"' in hr.get(report)


def test_an_import_is_watched_while_it_runs(session: Session, hr: Browser) -> None:
    begun = hr.post(f"{send(hr, bulk({}, {'Employee Number': '20000002'}))}/import").headers["Location"]
    waiting = hr.get(begun)
    assert "2 rows wait to be read" in waiting
    assert 'http-equiv="refresh"' in waiting
    import_of(session, begun).rows_read = 1
    session.commit()
    assert "1 of 2 rows are read" in hr.get(begun)
    assert "Being imported" in hr.get("/imports")


def test_a_file_that_is_confirmed_twice_is_imported_once(
    session: Session, hr: Browser, settings: Settings, now: datetime
) -> None:
    report = send(hr, bulk({}))
    first, second = (hr.post(f"{report}/import").headers["Location"] for _ in range(2))
    assert first == second
    for _ in range(2):
        confirmed.run(UUID(first.rpartition("/")[2]), home=settings.home, now=now)
    assert session.scalar(select(func.count()).select_from(Award)) == 1
    assert hr.post(f"{report}/import").headers["Location"] == first
    assert session.scalar(select(func.count()).select_from(EsrImport).where(~EsrImport.dry_run)) == 1


def test_a_file_that_went_before_its_import_is_said_and_nothing_changes(
    session: Session, hr: Browser, settings: Settings, now: datetime
) -> None:
    report = send(hr, bulk({}))
    begun = hr.post(f"{report}/import").headers["Location"]
    for file in (settings.home / "uploads").iterdir():
        file.unlink()
    confirmed.run(UUID(begun.rpartition("/")[2]), home=settings.home, now=now)
    page = hr.get(begun)
    assert "The file was not imported" in page
    assert "Check it again" in page
    assert "Not imported" in hr.get("/imports")
    assert session.scalar(select(func.count()).select_from(Award)) == 0


def test_the_rows_read_are_said_beside_the_import_that_takes_them_in(
    session: Session, hr: Browser, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[int] = []
    report = send(hr, bulk(*[{}] * 30))
    monkeypatch.setattr(confirmed, "SAID_EVERY", 1)
    monkeypatch.setattr(confirmed, "say_read", lambda _, read: said.append(read))
    confirm(hr, report, settings, now)
    assert said[-1] == 30


def test_the_uploaded_file_is_for_its_owner_alone_and_goes_when_it_is_used(
    hr: Browser, settings: Settings, now: datetime
) -> None:
    report = send(hr, bulk({}))
    (kept,) = (settings.home / "uploads").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    confirm(hr, report, settings, now)
    assert not kept.exists()


def test_the_uploaded_file_goes_after_an_hour(hr: Browser, settings: Settings, clock: Clock) -> None:
    report = send(hr, bulk({}))
    clock.advance(minutes=29)
    hr.get("/account")
    clock.advance(minutes=29)
    assert "Import the file" in hr.get(report)
    clock.advance(minutes=3)
    assert "Import the file" not in hr.get(report)
    assert hr.post(f"{report}/import").status_code == 410
    send(hr, bulk({}))
    assert len(list((settings.home / "uploads").iterdir())) == 1


def test_a_file_that_nobody_imports_goes_without_another_upload(hr: Browser, settings: Settings) -> None:
    send(hr, bulk({}))  # on 6 August 2026 by the test's clock; the job looks at the real one
    keyring.configure(settings)
    jobs.forget_uploads()
    assert list((settings.home / "uploads").iterdir()) == []


def test_the_summary_links_ten_rows_and_counts_the_rest(hr: Browser) -> None:
    report = hr.get(send(hr, bulk(*[{"Date Awarded": "06/08/2026"}] * 47)))
    assert "47 rows need a look" in report
    assert report.count('href="#line-') == 10
    assert "and 37 more" in report
    assert 'id="line-2"' in report
    assert "Nothing in this file can be taken in" in report
    assert "Import the file" not in report


def test_the_rows_to_look_at_come_in_pages_of_fifty(hr: Browser) -> None:
    address = send(hr, bulk(*[{"Date Awarded": "06/08/2026"}] * 60))
    first = hr.get(address)
    assert first.count('id="line-') == 50
    following = first.split('nhsuk-pagination__link--next" href="')[1].split('"')[0]
    second = hr.get(following.replace("&amp;", "&"))
    assert second.count('id="line-') == 10
    assert "First page" in second
    assert 'id="line-61"' in second


def test_a_cursor_that_was_made_up_is_refused(hr: Browser) -> None:
    hr.get("/imports?cursor=invented", status=400)


def test_the_rows_to_look_at_are_a_file_without_values(hr: Browser) -> None:
    address = send(hr, bulk({"Date Awarded": "=1+1", "Last Name": "=cmd()"}))
    answer = hr.http.get(f"{address}/problems.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    lines = answer.text.removeprefix("\ufeff").splitlines()
    assert lines[0] == "Line,Result,Column,Reason"
    assert len(lines) == 2
    assert "=" not in answer.text
    assert "cmd" not in answer.text


def test_a_file_that_cannot_be_read_says_why_at_the_field(hr: Browser, settings: Settings) -> None:
    answer = hr.post("/imports/new", layout="bulk", file=(io.BytesIO(b"Name,Date\nx,y\n"), "invented.csv"))
    assert answer.status_code == 422
    assert "Error: Check a file from ESR" in answer.text
    assert 'href="#file"' in answer.text
    assert not (settings.home / "uploads").exists()


def test_nothing_chosen_is_an_error_and_no_failure(hr: Browser) -> None:
    assert "Choose a file" in hr.post("/imports/new", layout="bulk").text


def test_the_export_of_one_person_needs_the_assignment_number(
    hr: Browser, trust: Employer, settings: Settings, now: datetime
) -> None:
    trust.take(bulk({}))
    trust.session.commit()
    file = personal({"Competency Name": "NHS|CSTF|Infection Prevention and Control - Level 1 - 3 Years|"})
    fields = {"layout": "personal", "assignment": "12"}
    answer = hr.post("/imports/new", file=(io.BytesIO(file), "invented.csv"), **fields)
    assert answer.status_code == 422
    assert 'href="#assignment"' in answer.text
    fields["assignment"] = "30000001"
    answer = hr.post("/imports/new", file=(io.BytesIO(file), "invented.csv"), **fields)
    done = confirm(hr, answer.headers["Location"], settings, now)
    assert import_of(trust.session, done).counts["new"] == 1


def test_a_report_of_another_employer_is_not_found(hr: Browser, stranger: Browser) -> None:
    report = send(hr, bulk({"Date Awarded": ""}))
    for path in (report, f"{report}/problems.csv"):
        stranger.get(path, status=404)
    assert stranger.post(f"{report}/import").status_code == 404
    assert "Checked only" not in stranger.get("/imports")
    assert "Checked only" in hr.get("/imports")


@pytest.mark.parametrize("role", ["staff", "ward_manager", "registrar", "planner"])
def test_other_roles_see_none_of_it(app: Flask, session: Session, trust: Employer, role: str) -> None:
    browser = visit(app, session, trust.id, role)
    for path in ("/imports", "/imports/new", "/rows-set-aside"):
        browser.get(path, status=403)


def test_nobody_sees_it_without_signing_in(app: Flask, session: Session) -> None:
    assert app.test_client().get("/imports").status_code in {303, 401}


def test_a_form_without_a_token_or_with_anothers_changes_nothing(
    session: Session, hr: Browser, stranger: Browser
) -> None:
    report = send(hr, bulk({}))
    assert hr.http.post(f"{report}/import").status_code == 403
    assert hr.http.post(f"{report}/import", data={"csrf_token": stranger.token()}).status_code == 403
    crossing = hr.http.post(
        f"{report}/import", data={"csrf_token": hr.token()}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert crossing.status_code == 403
    assert hr.http.get(f"{report}/import").status_code == 405
    assert session.scalar(select(func.count()).select_from(Award)) == 0


def test_a_person_settles_a_row_whose_name_differs(session: Session, trust: Employer, hr: Browser) -> None:
    row = {"Last Name": "Otherinvented", "Competency Name": "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|"}
    aside = set_aside(trust, **row)
    shown = hr.get(f"/rows-set-aside/{aside.id}")
    places = [shown.index(f">{name}<") for name in ("VPD", "Last Name", "Competency Name", "Date Awarded")]
    assert places == sorted(places)
    assert "The numbers match a person with another name." in shown
    assert "Testa Inventedname" in shown
    answer = hr.post(f"/rows-set-aside/{aside.id}", person=str(person(session).id), standard="MH1:0")
    assert answer.status_code == 303, answer.text
    assert session.scalar(select(func.count()).select_from(Award)) == 2
    assert "No row waits" in hr.get("/rows-set-aside")
    assert hr.post(f"/rows-set-aside/{aside.id}", person="new", standard="MH1:0").status_code == 409


def test_a_row_that_a_person_settled_is_not_set_aside_again(session: Session, trust: Employer, hr: Browser) -> None:
    row = {"Last Name": "Otherinvented"}
    aside = set_aside(trust, **row)
    hr.post(f"/rows-set-aside/{aside.id}/refuse", reason="wrong_in_esr")
    trust.take(bulk(row))
    assert session.scalar(select(func.count()).select_from(EsrSetAside)) == 1
    session.refresh(aside)
    assert aside.settlement == "refused_wrong_in_esr"


def test_a_person_chooses_the_standard_of_an_unknown_name(session: Session, trust: Employer, hr: Browser) -> None:
    aside = set_aside(trust, **{"Competency Name": "NHS|CSTF|Invented Handling of Things|"})
    assert "not one that the catalogue knows" in hr.get(f"/rows-set-aside/{aside.id}")
    answer = hr.post(f"/rows-set-aside/{aside.id}", person=str(person(session).id))
    assert answer.status_code == 422
    assert "Choose the standard" in answer.text
    hr.post(f"/rows-set-aside/{aside.id}", person=str(person(session).id), standard="MH1:0")
    assert session.scalar(select(func.count()).select_from(Award)) == 2


def test_a_row_can_mean_a_new_person(session: Session, trust: Employer, hr: Browser) -> None:
    new = {"Assignment Number": "30000009", "Employee Number": "20000009"}
    aside = set_aside(trust, **new)
    assert aside.reason == "person_may_exist"
    answer = hr.post(f"/rows-set-aside/{aside.id}", person="new", standard="FS:0")
    assert answer.status_code == 303, answer.text
    employment = session.scalars(select(Employment).where(Employment.assignment_number == "30000009")).one()
    assert session.scalar(select(Award).where(Award.person_id == employment.person_id)) is not None
    assert session.scalar(select(func.count()).select_from(Person)) == 2


def test_only_what_the_employer_may_award_is_offered(session: Session, trust: Employer, hr: Browser) -> None:
    aside = set_aside(trust, **{"Last Name": "Otherinvented"})
    offered = hr.get(f"/rows-set-aside/{aside.id}")
    assert 'value="FS:0" selected' in offered
    assert "MPC-PAEDIATRICS" not in offered
    fire = session.scalars(select(Standard.id).where(Standard.code == "FS")).one()
    session.add(
        Accreditation(organisation_id=trust.id, standard_id=fire, state="suspended", from_on=date(2026, 8, 1),
                      recorded_at=trust.now)
    )  # fmt: skip
    session.commit()
    suspended = hr.get(f"/rows-set-aside/{aside.id}")
    assert "FS:0" not in suspended
    assert "MH1:0" in suspended
    assert "Your organisation may not award what the row names" in suspended
    answer = hr.post(f"/rows-set-aside/{aside.id}", person=str(person(session).id), standard="FS:0")
    assert answer.status_code == 422


def test_local_training_stays_local_when_a_person_settles_it(session: Session, trust: Employer, hr: Browser) -> None:
    aside = set_aside(trust, **{"Last Name": "Otherinvented", "Competency Name": f"{VPD}|LOCAL|Invented Induction|"})
    hr.post(f"/rows-set-aside/{aside.id}", person=str(person(session).id), standard="local")
    kept = session.scalars(select(LocalTraining)).one()
    assert kept.name == "Invented Induction"
    assert session.scalar(select(func.count()).select_from(Award)) == 1


def test_somebody_of_another_employer_is_chosen_only_by_passport_number_and_date_of_birth(
    session: Session, trust: Employer, hr: Browser
) -> None:
    aside = set_aside(trust, **{"Last Name": "Otherinvented", "Assignment Number": "30000009"})
    birth = person(session).date_of_birth
    joining, another = (
        PersonFactory.create(session, given_name="Elsewhere", date_of_birth=born)
        for born in (birth, birth + timedelta(days=1))
    )
    aside.candidates = [*aside.candidates, joining.id]
    session.commit()
    assert "Elsewhere" not in hr.get(f"/rows-set-aside/{aside.id}")
    refused = hr.post(f"/rows-set-aside/{aside.id}", person=str(joining.id), standard="FS:0")
    assert refused.status_code == 422  # was not offered
    for number in ("0000-0000-0", another.passport_number):
        wrong = hr.post(f"/rows-set-aside/{aside.id}", person="number", number=number, standard="FS:0")
        assert wrong.status_code == 422
        assert "There is no such person" in wrong.text
    taken = hr.post(f"/rows-set-aside/{aside.id}", person="number", number=joining.passport_number, standard="FS:0")
    assert taken.status_code == 303, taken.text
    assert session.scalars(select(Employment).where(Employment.person_id == joining.id)).one()


def test_the_id_of_somebody_else_s_record_is_no_choice_even_with_the_date_of_birth(
    session: Session, trust: Employer
) -> None:
    aside = set_aside(trust, **{"Last Name": "Otherinvented"})
    stranger = PersonFactory.create(session, date_of_birth=person(session).date_of_birth)
    with pytest.raises(PersonNotFound):
        settling.settle(
            session, aside.id, organisation_id=trust.id, person=stranger.id, meaning=Meaning("FS", 0),
            actor="operator", now=trust.now,
        )  # fmt: skip


def test_a_row_of_another_employer_is_not_found(trust: Employer, stranger: Browser) -> None:
    aside = set_aside(trust, **{"Last Name": "Otherinvented"})
    stranger.get(f"/rows-set-aside/{aside.id}", status=404)
    stranger.get(f"/rows-set-aside/{aside.id}/refuse", status=404)
    assert stranger.post(f"/rows-set-aside/{aside.id}", person="new", standard="FS:0").status_code == 404
    assert stranger.post(f"/rows-set-aside/{aside.id}/refuse", reason="not_ours").status_code == 404
    assert "No row waits" in stranger.get("/rows-set-aside")


def test_what_a_file_holds_is_shown_as_text(trust: Employer, hr: Browser) -> None:
    aside = set_aside(trust, **{"Competency Name": f"NHS|CSTF|{SCRIPT} {{{{7*7}}}}|"})
    for path in ("/rows-set-aside", f"/rows-set-aside/{aside.id}"):
        shown = hr.get(path)
        assert SCRIPT not in shown
        assert "{{7*7}}" in shown
    assert hr.http.get("/rows-set-aside").headers["Cache-Control"] == "no-store"


def test_the_home_may_be_missing_before_the_first_upload(hr: Browser, tmp_path: Path) -> None:
    assert not (tmp_path / "uploads").exists()
    assert "Check a file" in hr.get("/imports")
