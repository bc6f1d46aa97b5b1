"""The pages of the own passport: what its holder reads, shows, questions and takes away."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.qr import verify_qr
from passport.access.models import BrowserSession
from passport.awards import disputes
from passport.awards.models import Award, AwardDispute
from passport.staff.models import Person
from passport.standards.models import RenewalRule, Standard
from passport.verifying import lists
from passport.verifying import service as verifying
from tests.callers import Clock
from tests.factories import RECORDED_AT, AwardFactory, OrganisationFactory
from tests.holders import Holder
from tests.receiving import issued_again
from tests.visitors import visit

ANSWERS = "/shares/0198c0de-0000-4000-8000-000000000000/answers"
PAGES = ("", "/show", "/who-has-looked", "/ready", "/lost-phone", "/shares", ANSWERS, "/print")


def renew_after(session: Session, holder: Holder, months: int | None) -> None:
    standard = session.scalars(select(Standard).where(Standard.code == holder.nurse.standard_code)).one()
    rule = {"months": months, "source": "invented", "confidence": "high", "recorded_at": RECORDED_AT}
    session.add(RenewalRule(standard_id=standard.id, **rule))
    session.commit()


def rename(session: Session, holder: Holder, given: str, family: str) -> None:
    person = session.get_one(Person, holder.nurse.person_id)
    person.given_name, person.family_name = given, family
    session.commit()


def code_on(page: str) -> str:
    found = re.search(r'class="app-show__text">([^<]+)<', page)
    assert found
    return found[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_one_heading_a_title_and_is_kept_by_nobody(holder: Holder, page: str) -> None:
    answer = holder.browser.http.get(f"/my-passport{page}")
    assert answer.status_code == 200
    assert answer.text.count("<h1") == 1
    assert "- Staff passport</title>" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("page", PAGES)
def test_nobody_but_staff_sees_a_page(app: Flask, session: Session, holder: Holder, page: str) -> None:
    manager = visit(app, session, holder.nurse.organisation_id, "ward_manager")
    manager.get(f"/my-passport{page}", status=403)
    assert app.test_client().get(f"/my-passport{page}").headers["Location"].startswith("/sign-in")


def test_an_account_without_a_passport_is_told_whom_to_ask(app: Flask, session: Session, holder: Holder) -> None:
    page = visit(app, session, holder.nurse.organisation_id, "staff").get("/my-passport", status=404)
    assert "You have no passport here yet" in page


def test_an_award_that_counts_is_current_and_says_who_issued_it(holder: Holder, session: Session) -> None:
    page = holder.browser.get("/my-passport")
    assert "Needs action" not in page
    assert "Invented subject" in page
    assert "2 March 2026" in page
    assert "No end date is set." in page


@pytest.mark.parametrize(
    ("months", "said", "tag"),
    [
        (12, "It counts until 2 March 2027.", "Current"),
        (6, "It counts until 2 September 2026. That is in 27 days. Book your renewal.", "Ends soon"),
        (5, "It stopped counting after 2 August 2026. Book this training again.", "Ended"),
        (None, "Your employer decides how long it counts.", "Current"),
    ],
)
def test_the_catalogue_says_until_when_an_award_counts(
    holder: Holder, session: Session, months: int | None, said: str, tag: str
) -> None:
    renew_after(session, holder, months)
    page = holder.browser.get("/my-passport")
    assert said in page
    assert f">{tag}<" in page
    assert ("Needs action" in page) == (tag != "Current")


def test_an_award_of_somebody_else_that_lasts_longer_makes_an_ended_one_needless(
    holder: Holder, session: Session
) -> None:
    renew_after(session, holder, 5)
    held = session.get_one(Award, holder.nurse.award_id)
    elsewhere = OrganisationFactory.create(session)
    AwardFactory.create(
        session, person_id=held.person_id, organisation_id=elsewhere.id, standard_id=held.standard_id,
        framework_version_id=held.framework_version_id, awarded_on=date(2026, 6, 1),
    )  # fmt: skip
    session.commit()
    page = holder.browser.get("/my-passport")
    assert "Needs action" in page  # the newer one ends on 1 November, in 87 days
    assert page.count(">Ended<") == 1
    assert page.index("Earlier training (1)") < page.index(">Ended<")


def test_a_name_is_text_and_never_markup(holder: Holder, session: Session) -> None:
    rename(session, holder, "<script>alert(1)</script>", '" onmouseover="x {{7*7}}')
    for page in ("", "/show", "/print", "/shares"):
        html = holder.browser.get(f"/my-passport{page}")
        assert "<script>alert" not in html
        assert ' onmouseover="x' not in html
        assert "49" not in re.findall(r"<bdi>([^<]*)</bdi>", html)


@pytest.mark.parametrize("name", ["O’Neill-Łukasz van der Wörd", "X" * 200])
def test_any_name_can_be_shown(holder: Holder, session: Session, name: str) -> None:
    rename(session, holder, "Testa", name)
    assert f"Testa {name}" in holder.browser.get("/my-passport/show")


def test_the_code_on_the_screen_is_genuine_and_ends_after_ten_minutes(
    holder: Holder, session: Session, clock: Clock
) -> None:
    page = holder.browser.get("/my-passport/show")
    assert "This code lasts until 10:10am" in page
    assert "ask for photo ID" in page
    published = lists.published(session, now=clock.now)
    assert published.code_list is not None
    known = {"trust": published.trust, "code_list": published.code_list, "statuses": {}}
    addresses = published.addresses
    assert verify_qr(code_on(page), **known, addresses=addresses, now=clock.now).current.result  # type: ignore[arg-type]  # one dict of three types
    later = clock.now + timedelta(minutes=15)
    assert not verify_qr(code_on(page), **known, addresses=addresses, now=later).current.result  # type: ignore[arg-type]  # as above


def test_each_view_shows_another_code(holder: Holder) -> None:
    codes = {code_on(holder.browser.get("/my-passport/show")) for _ in range(3)}
    assert len(codes) == 3


def test_a_browser_without_scripts_makes_a_new_code_by_itself(holder: Holder) -> None:
    page = holder.browser.get("/my-passport/show")
    assert '<noscript><meta http-equiv="refresh" content="540"></noscript>' in page
    assert 'href="/my-passport/show">Make a new code</a>' in page


def test_who_has_looked_names_the_organisation_and_how_it_came_out(
    holder: Holder, session: Session, clock: Clock
) -> None:
    code = code_on(holder.browser.get("/my-passport/show"))
    receiver = OrganisationFactory.create(session, name="Invented Coast NHS Trust")
    assert "Nobody has looked" in holder.browser.get("/my-passport/who-has-looked")
    for minutes in (1, 14):
        verifying.verify(
            session, presentation=code, organisation_id=receiver.id, actor="client:invented",
            now=clock.advance(minutes=minutes),
        )  # fmt: skip
    session.commit()
    page = holder.browser.get("/my-passport/who-has-looked")
    assert page.count("Invented Coast NHS Trust") == 2
    assert "A program of the organisation" in page
    assert page.index("Refused: the copy had expired") < page.index("Genuine and not withdrawn")


def test_the_looks_of_others_are_theirs(holder: Holder, other: Holder, session: Session, clock: Clock) -> None:
    code = code_on(holder.browser.get("/my-passport/show"))
    verifying.verify(
        session, presentation=code, organisation_id=other.nurse.organisation_id, actor="client:invented", now=clock.now
    )
    session.commit()
    assert "Nobody has looked" in other.browser.get("/my-passport/who-has-looked")


def test_many_looks_come_in_pages_and_none_is_lost(holder: Holder, session: Session, clock: Clock) -> None:
    code = code_on(holder.browser.get("/my-passport/show"))
    receiver = OrganisationFactory.create(session)
    verifying.verify_many(
        session, presentations=[code] * 60, organisation_id=receiver.id, actor="client:invented", now=clock.now
    )
    session.commit()
    first = holder.browser.get("/my-passport/who-has-looked")
    following = re.search(r'href="(/my-passport/who-has-looked\?before=[^"]+)"', first)
    assert following
    second = holder.browser.get(following[1].replace("&amp;", "&"))
    assert [page.count("Genuine and not withdrawn") for page in (first, second)] == [50, 10]


@pytest.mark.parametrize("before", ["x", "2026-08-06T09:00:00~", "2026-08-06T09:00:00+00:00~x", "%00"])
def test_a_made_up_place_in_the_list_is_its_beginning(holder: Holder, before: str) -> None:
    assert "There is nothing earlier" in holder.browser.get(f"/my-passport/who-has-looked?before={before}")


def test_a_question_goes_to_the_issuer_and_its_answer_comes_back(
    holder: Holder, session: Session, clock: Clock
) -> None:
    address = f"/my-passport/records/{holder.nurse.award_id}/wrong"
    assert holder.browser.post(address, {"reason": "incorrect", "words": "The date is <b>wrong</b>"}).status_code == 303
    page = holder.browser.get("/my-passport")
    assert "Questioned" in page
    assert "&lt;b&gt;wrong" in page
    [dispute] = session.scalars(disputes.to_answer([holder.nurse.organisation_id])).all()
    disputes.answer(
        session, dispute_id=dispute.id, organisation_id=holder.nurse.organisation_id, outcome="stands",
        reply="We looked at the register of the day.", actor="account:invented", now=clock.advance(days=1),
    )  # fmt: skip
    session.commit()
    clock.advance(days=-1)
    page = holder.browser.get("/my-passport")
    assert "The issuer says that the record is right." in page
    assert "We looked at the register of the day." in page
    assert "Questioned" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose what is wrong"),
        ({"reason": "sold"}, "Choose what is wrong"),
        ({"reason": "other"}, "Tell the issuer"),
    ],
)
def test_a_question_that_says_nothing_is_asked_again(holder: Holder, fields: dict[str, str], said: str) -> None:
    answer = holder.browser.post(f"/my-passport/records/{holder.nurse.award_id}/wrong", fields)
    assert answer.status_code == 200
    assert "There is a problem" in answer.text
    assert said in answer.text


def test_an_award_of_another_person_can_not_be_questioned(holder: Holder, other: Holder, session: Session) -> None:
    for award_id in (other.nurse.award_id, uuid4()):
        address = f"/my-passport/records/{award_id}/wrong"
        holder.browser.get(address, status=404)
        assert holder.browser.post(address, {"reason": "not_mine"}).status_code == 404
    assert session.scalars(select(AwardDispute)).all() == []


def test_a_question_needs_the_form_of_this_session(holder: Holder, other: Holder, session: Session) -> None:
    address = f"/my-passport/records/{holder.nurse.award_id}/wrong"
    for token in ("", other.browser.token("/account")):
        sent = holder.browser.http.post(address, data={"csrf_token": token, "reason": "not_mine"})
        assert sent.status_code == 403
    assert session.scalars(select(AwardDispute)).all() == []


def test_the_calendar_has_the_last_day_of_each_award_and_the_same_id_each_time(
    holder: Holder, session: Session
) -> None:
    renew_after(session, holder, 12)
    answer = holder.browser.http.get("/my-passport/calendar.ics")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="staff-passport.ics"'
    event: Any
    alarm: Any
    [event] = Calendar.from_ical(answer.data).walk("VEVENT")
    assert event["dtstart"].dt == date(2027, 3, 2)
    assert str(event["uid"]) == f"{holder.nurse.award_id}@passport.example"
    [alarm] = event.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(days=-30)


def test_a_lost_phone_signs_out_everywhere_and_stops_every_share(holder: Holder, session: Session) -> None:
    answer = holder.browser.post("/my-passport/lost-phone")
    assert answer.headers["Location"] == "/my-passport/all-stopped"
    assert answer.headers["Clear-Site-Data"] == '"cache", "cookies"'
    assert session.scalars(select(BrowserSession.account_id)).all() == []
    assert "Your passport is safe" in holder.browser.get("/my-passport/all-stopped")


def test_to_look_at_the_page_of_a_lost_phone_ends_nothing(holder: Holder, session: Session) -> None:
    holder.browser.get("/my-passport/lost-phone")
    assert len(session.scalars(select(BrowserSession.account_id)).all()) == 1


def test_a_disputed_award_is_disputed_to_who_asks_online(holder: Holder, session: Session, clock: Clock) -> None:
    holder.browser.post(f"/my-passport/records/{holder.nurse.award_id}/wrong", {"reason": "duplicate"})
    code = code_on(holder.browser.get("/my-passport/show"))
    checked = verifying.verify(
        session, presentation=code, organisation_id=holder.nurse.organisation_id, actor="client:invented", now=clock.now
    )
    evidence = verifying.evidence_of(verifying.of_organisation(session, checked.id, holder.nurse.organisation_id))
    assert [record.disputed for record in evidence.records] == [True]
    assert [award.get("disputed") for award in checked.verdict["awards"]] == [True]


def test_a_passport_says_nothing_of_questions_that_nobody_asked(holder: Holder, session: Session, clock: Clock) -> None:
    code = code_on(holder.browser.get("/my-passport/show"))
    checked = verifying.verify(
        session, presentation=code, organisation_id=holder.nurse.organisation_id, actor="client:invented", now=clock.now
    )
    assert ["disputed" in award for award in checked.verdict["awards"]] == [False]


def test_a_shown_passport_is_disputed_by_the_id_of_its_award(
    holder: Holder, other: Holder, session: Session, clock: Clock
) -> None:
    for each in (holder, other):
        text = issued_again(each.nurse, clock.now).text
        if each is holder:
            each.browser.post(f"/my-passport/records/{each.nurse.award_id}/wrong", {"reason": "not_mine"})
        checked = verifying.verify(
            session, presentation=text, organisation_id=other.nurse.organisation_id, actor="client:invented",
            now=clock.now,
        )  # fmt: skip
        assert [award.get("disputed", False) for award in checked.verdict["awards"]] == [each is holder]
