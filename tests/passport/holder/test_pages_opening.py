"""Opening a share: what was chosen is all that a receiver sees, with a second fact, until it ends (WEB-027 to 035)."""

import json
import logging
from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.holder import sharing
from passport.holder.models import Share, ShareOpening
from tests.callers import Clock
from tests.factories import OrganisationFactory, RegistrationFactory
from tests.holders import Holder
from tests.shares import BORN_ON, WHO, WRONG_BIRTHDAY, Shared, open_with
from tests.visitors import Browser, anonymous, visit


def test_a_link_opens_with_the_date_of_birth(make: Callable[..., Shared], receiver: Browser) -> None:
    status, page = open_with(receiver, make().link)
    assert status == 200
    assert "Testa Inventedname" in page
    assert "Invented subject" in page
    assert "Check the name against photo ID" in page


@pytest.mark.parametrize("spelling", [str, str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "])
def test_a_code_opens_in_any_spelling(
    make: Callable[..., Shared], receiver: Browser, spelling: Callable[[str], str]
) -> None:
    status, page = open_with(receiver, "/shared", code=spelling(make().code))
    assert status == 200
    assert "Testa Inventedname" in page


def test_only_what_was_chosen_is_shown(
    holder: Holder, session: Session, make: Callable[..., Shared], receiver: Browser
) -> None:
    registered = RegistrationFactory.create(
        session, person_id=holder.nurse.person_id, checked_by_id=holder.nurse.organisation_id
    )
    session.commit()
    _, page = open_with(receiver, make().link)
    for private in (holder.nurse.number, f"{holder.nurse.number[:4]}-", registered.number, "1990", "Invented Coast"):
        assert private not in page
    _, page = open_with(receiver, make(what=["registrations"]).link)
    assert registered.number in page
    assert "Invented subject" not in page


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_preview_of_a_link_uses_nothing_up_and_shows_nothing(
    make: Callable[..., Shared], receiver: Browser, session: Session, method: str
) -> None:
    shared = make(uses="once")
    for _ in range(3):
        answer = receiver.http.open(shared.link, method=method)
        assert answer.status_code == 200
        assert "Testa" not in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    assert session.scalars(select(ShareOpening)).all() == []
    assert open_with(receiver, shared.link)[0] == 200


def test_a_share_for_one_time_is_over_after_it(make: Callable[..., Shared], receiver: Browser) -> None:
    shared = make(uses="once")
    assert [open_with(receiver, shared.link)[0] for _ in range(2)] == [200, 410]
    receiver.get(shared.link, status=410)
    assert open_with(receiver, "/shared", code=shared.code)[0] == 410


def test_a_share_for_many_times_goes_on(make: Callable[..., Shared], receiver: Browser) -> None:
    shared = make()
    assert [open_with(receiver, shared.link)[0] for _ in range(3)] == [200, 200, 200]


def test_a_share_is_over_when_its_time_is(make: Callable[..., Shared], receiver: Browser, clock: Clock) -> None:
    shared = make(days="1")
    clock.advance(hours=23, minutes=59)
    assert open_with(receiver, shared.link)[0] == 200
    clock.advance(minutes=1)
    assert open_with(receiver, shared.link)[0] == 410
    receiver.get(shared.link, status=410)


def test_a_share_is_over_when_it_is_stopped(
    make: Callable[..., Shared], holder: Holder, receiver: Browser, session: Session
) -> None:
    shared = make()
    share_id = session.scalars(select(Share.id)).one()
    assert holder.browser.post(f"/my-passport/shares/{share_id}/stop").status_code == 303
    assert "You stopped the share for Invented Coast NHS Trust" in holder.browser.get("/my-passport/shares")
    assert open_with(receiver, shared.link)[0] == 410


def test_a_lost_phone_stops_all_of_them(make: Callable[..., Shared], holder: Holder, receiver: Browser) -> None:
    shares = [make(), make()]
    holder.browser.post("/my-passport/lost-phone")
    assert [open_with(receiver, shared.link)[0] for shared in shares] == [410, 410]


def test_a_wrong_date_and_a_wrong_code_look_the_same(make: Callable[..., Shared], receiver: Browser) -> None:
    shared = make()
    said = "We could not find a share with these answers."
    wrong_date = open_with(receiver, "/shared", code=shared.code, **WRONG_BIRTHDAY)
    wrong_code = open_with(receiver, "/shared", code="ABCD-EFGH")
    assert wrong_date[0] == wrong_code[0] == 422
    for page in (wrong_date[1], wrong_code[1]):
        assert said in page
        assert "Testa" not in page


def test_after_ten_wrong_dates_a_share_is_over(
    make: Callable[..., Shared], receiver: Browser, clock: Clock, session: Session
) -> None:
    shared = make()
    for _ in range(sharing.MOST_WRONG_ANSWERS):
        assert open_with(receiver, shared.link, **WRONG_BIRTHDAY)[0] == 422
        clock.advance(minutes=2)
    assert open_with(receiver, shared.link)[0] == 410
    assert session.scalars(select(Share.wrong_answers)).one() == 10


def test_guessing_is_slowed_down_and_finds_nothing(make: Callable[..., Shared], receiver: Browser) -> None:
    make()
    token = receiver.token("/shared")
    guess = {"csrf_token": token, "code": "ABCD-EFGH", **BORN_ON, **WHO}
    statuses = [receiver.http.post("/shared", data=guess).status_code for _ in range(15)]
    assert statuses == [422] * 10 + [429] * 5
    assert "Testa" not in receiver.http.post("/shared", data=guess).text


def test_an_unknown_link_is_not_found(receiver: Browser) -> None:
    for secret in ("x", "A" * 22, "%00", "A" * 3000):
        assert receiver.http.get(f"/shared/{secret}").status_code == 404


def test_a_link_without_its_form_opens_nothing(
    make: Callable[..., Shared], receiver: Browser, session: Session
) -> None:
    assert receiver.http.post(make().link, data={**BORN_ON, **WHO}).status_code == 403
    assert session.scalars(select(ShareOpening)).all() == []


def test_open_pressed_twice_opens_once_and_can_be_loaded_again(
    make: Callable[..., Shared], receiver: Browser, session: Session, clock: Clock
) -> None:
    shared, opening_id = make(uses="once"), str(uuid4())
    for _ in range(2):
        assert open_with(receiver, shared.link, opening_id=opening_id)[0] == 200
    clock.advance(minutes=9)
    assert "Testa Inventedname" in receiver.get("/shared/opened")
    assert session.scalars(select(Share.openings)).one() == 1
    clock.advance(minutes=1)
    assert "Testa" not in receiver.get("/shared/opened", status=410)
    assert open_with(receiver, shared.link, opening_id=opening_id)[0] == 410


def test_what_was_opened_is_shown_to_that_browser_until_it_is_closed(
    app: Flask, make: Callable[..., Shared], receiver: Browser
) -> None:
    shared, opening_id = make(uses="once"), str(uuid4())
    open_with(receiver, shared.link, opening_id=opening_id)
    stranger = Browser(anonymous(app))
    stranger.get("/shared/opened", status=410)
    assert open_with(stranger, shared.link, opening_id=opening_id, **WRONG_BIRTHDAY)[0] == 422
    receiver.post("/shared/close", form_at="/shared")
    receiver.get("/shared/opened", status=410)


def test_what_was_opened_is_shown_no_more_once_whoever_opened_it_signs_out(
    app: Flask, session: Session, make: Callable[..., Shared]
) -> None:
    manager = visit(app, session, OrganisationFactory.create(session).id, "ward_manager")
    opened = manager.post(make().link, {**BORN_ON, **WHO})
    manager.get(opened.location)
    manager.post("/sign-out")
    manager.get(opened.location, status=410)


def test_what_was_opened_is_shown_no_more_once_it_is_stopped(
    make: Callable[..., Shared], holder: Holder, receiver: Browser
) -> None:
    shared = make()
    open_with(receiver, shared.link)
    holder.browser.post(shared.at.replace("/made", "/stop"))
    receiver.get("/shared/opened", status=410)


def test_every_opening_and_every_refusal_is_told_to_the_holder(
    make: Callable[..., Shared], holder: Holder, receiver: Browser
) -> None:
    shared = make(uses="once")
    open_with(receiver, shared.link, **WRONG_BIRTHDAY)
    open_with(receiver, shared.link)
    open_with(receiver, "/shared", code=shared.code)
    page = holder.browser.get("/my-passport/who-has-looked")
    assert page.count("Ines Inventedname, Invented Coast") == 3
    for said in ("Opened", "Refused: wrong date of birth", "Refused: the share had ended"):
        assert page.count(said) == 1
    assert "Somebody who was not signed in" in page


def test_who_is_signed_in_is_named_by_organisation_and_role(
    app: Flask, session: Session, make: Callable[..., Shared], holder: Holder
) -> None:
    trust = OrganisationFactory.create(session, name="Invented Moor NHS Trust")
    manager = visit(app, session, trust.id, "ward_manager")
    assert manager.post(make().link, {**BORN_ON, **WHO}).status_code == 303
    page = holder.browser.get("/my-passport/who-has-looked")
    assert "Invented Moor NHS Trust" in page
    assert "Receiving manager" in page


def test_what_ended_since_is_shown_no_more(
    make: Callable[..., Shared], holder: Holder, receiver: Browser, session: Session, clock: Clock
) -> None:
    shared = make()
    awards.withdraw(
        session, award_id=holder.nurse.award_id, organisation_id=holder.nurse.organisation_id,
        reason="issued_in_error", actor="operator", now=clock.now,
    )  # fmt: skip
    session.commit()
    _, page = open_with(receiver, shared.link)
    assert "Invented subject" not in page
    assert "1 record that was shared has been replaced or withdrawn since" in page


def test_no_log_line_holds_a_secret_or_a_name(
    make: Callable[..., Shared], receiver: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    shared = make()
    with caplog.at_level(logging.DEBUG):
        receiver.get(shared.link)
        open_with(receiver, shared.link)
        open_with(receiver, "/shared", code=shared.code)
    written = json.dumps([vars(record) for record in caplog.records], default=str)
    assert "/shared/<secret>" in written
    for private in (shared.link.rpartition("/")[2], shared.code, "Inventedname", "1990"):
        assert private not in written


def test_what_is_wrong_is_told_in_the_order_of_the_page(receiver: Browser) -> None:
    answer = receiver.post("/shared", {}, form_at="/shared")
    summary = answer.text.partition("nhsuk-error-summary__body")[2]
    places = [summary.index(told) for told in ("Enter the code", "Enter their date of birth", "Enter your name")]
    assert places == sorted(places)
