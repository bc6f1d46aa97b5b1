"""Sharing: what the holder chooses is all that a receiver sees, with a second fact, until it ends (WEB-027 to 035)."""

import hashlib
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from passport.access import drafts, sessions
from passport.access.models import Account, FormDraft, RoleGrant
from passport.awards import service as awards
from passport.holder import sharing
from passport.holder.models import Share, ShareOpening
from tests.callers import Clock
from tests.factories import OrganisationFactory, RegistrationFactory
from tests.holders import Holder, share_answers
from tests.visitors import Browser, anonymous, visit

BORN_ON = {"born_on-day": "3", "born_on-month": "2", "born_on-year": "1990"}  # PersonFactory's
WRONG_BIRTHDAY = {**BORN_ON, "born_on-day": "4"}
WHO = {"said_by": "Ines Inventedname, Invented Coast"}
SHARES = "/my-passport/shares"


@dataclass(frozen=True)
class Shared:
    """What the holder was shown when the share was made, and where."""

    link: str
    code: str
    at: str


def begin(holder: Holder, **changes: Any) -> str:
    """Answer every question of a new share, and return the address of the page that shows the answers."""
    answers = holder.browser.http.get(f"{SHARES}/new").location
    kept = holder.browser.post(answers, share_answers(holder.nurse.award_id, **changes))
    assert kept.status_code == 303, kept.text
    return str(kept.location)


def shown(page: str, at: str) -> Shared:
    """Read the link and the code."""
    link = re.search(r'id="link">http://127\.0\.0\.1:8000(/shared/[^<]+)<', page)
    code = re.search(r'class="app-code">([^<]+)<', page)
    assert link
    assert code
    return Shared(link[1], code[1], at)


@pytest.fixture
def make(holder: Holder) -> Callable[..., Shared]:
    """Share the holder's one award."""

    def share(**changes: Any) -> Shared:
        answer = holder.browser.post(begin(holder, **changes))
        assert answer.status_code == 303, answer.text
        return shown(holder.browser.get(answer.location), answer.location)

    return share


@pytest.fixture
def receiver(app: Flask, session: Session) -> Browser:
    """Somebody who is not signed in."""
    return Browser(anonymous(app))


def open_with(receiver: Browser, address: str, **fields: str) -> tuple[int, str]:
    answer = receiver.post(address, {**BORN_ON, **WHO, **fields}, form_at="/shared")
    if answer.status_code == 303:
        return 200, receiver.get(answer.location)
    return answer.status_code, answer.text


def test_the_answers_are_shown_before_anything_is_made(holder: Holder, session: Session) -> None:
    page = holder.browser.get(begin(holder))
    assert "Check before you share" in page
    assert "Invented Coast NHS Trust" in page
    assert "27 August 2026" in page
    assert session.scalars(select(Share)).all() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"what": []}, "Choose at least one record"),
        ({"what": [str(uuid4())]}, "Choose at least one record"),
        ({"given_to": " "}, "Enter who it is for"),
        ({"given_to": "a\u202eb"}, "Check this again: we removed characters that cannot be seen"),
        ({"days": "365"}, "Choose how long"),
        ({"uses": "twice"}, "Choose how often"),
    ],
)
def test_what_is_missing_is_asked_again(holder: Holder, session: Session, changes: dict[str, Any], said: str) -> None:
    answers = f"{SHARES}/{uuid4()}/answers"
    answer = holder.browser.post(answers, {**share_answers(holder.nurse.award_id), **changes})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert said in answer.text
    assert session.scalars(select(FormDraft)).all() == []


def test_an_answer_is_changed_alone_and_leads_back(holder: Holder) -> None:
    check = begin(holder)
    page = holder.browser.get(check.replace("/check", "/answers/given_to"))
    assert 'value="Invented Coast NHS Trust"' in page
    assert 'name="days"' not in page
    refused = holder.browser.post(check.replace("/check", "/answers/given_to"), {"given_to": ""})
    assert refused.status_code == 422
    changed = holder.browser.post(check.replace("/check", "/answers/given_to"), {"given_to": "<b>Invented Moor</b>"})
    assert changed.location == check
    page = holder.browser.get(check)
    assert "&lt;b&gt;Invented Moor&lt;/b&gt;" in page
    assert "27 August 2026" in page
    holder.browser.get(check.replace("/check", "/answers/csrf_token"), status=404)


def test_going_back_finds_the_answers(holder: Holder) -> None:
    page = holder.browser.get(begin(holder, days="7").replace("/check", "/answers"))
    assert 'value="Invented Coast NHS Trust"' in page
    assert re.search(r'value="7"[^>]* checked', page)


def test_two_shares_can_be_prepared_at_once(holder: Holder, session: Session) -> None:
    first, second = begin(holder, given_to="Invented Moor"), begin(holder, given_to="Invented Vale")
    assert "Invented Moor" in holder.browser.get(first)
    for check in (second, first):
        assert holder.browser.post(check).status_code == 303
    assert set(session.scalars(select(Share.given_to))) == {"Invented Moor", "Invented Vale"}


def test_a_draft_is_of_one_browser_alone(session: Session, holder: Holder, other: Holder) -> None:
    check = begin(holder)
    answers = check.replace("/check", "/answers")
    assert other.browser.http.get(check).location == answers
    assert "Invented Coast" not in other.browser.get(answers)
    assert other.browser.post(check).location == answers
    assert session.scalars(select(Share)).all() == []
    assert "Invented Coast" in holder.browser.get(check)


def test_nobody_reads_a_draft_in_the_database(make: Callable[..., Shared], holder: Holder, session: Session) -> None:
    begin(holder)
    made = make()
    kept = b"".join(session.scalars(select(FormDraft.sealed)))
    for written in ("Invented Coast", str(holder.nurse.award_id), made.code, made.link.rpartition("/")[2]):
        assert written.encode() not in kept
    token = holder.browser.http.get_cookie("session")
    assert token is not None
    assert hashlib.sha256(token.value.encode()).digest() not in kept


def test_a_draft_ends_with_its_session_and_with_its_time(
    holder: Holder, session: Session, make: Callable[..., Shared], clock: Clock
) -> None:
    check = begin(holder)
    for _ in range(3):
        clock.advance(minutes=20)
        holder.browser.get("/account")
    assert holder.browser.http.get(check).location == check.replace("/check", "/answers")
    drafts.forget_expired(session, at=clock.now)
    session.commit()
    assert session.scalars(select(FormDraft)).all() == []
    make()
    assert len(session.scalars(select(FormDraft)).all()) == 1
    holder.browser.post("/sign-out")
    session.expire_all()
    assert session.scalars(select(FormDraft)).all() == []


def test_a_session_keeps_ten_drafts_and_the_newest(holder: Holder, session: Session, clock: Clock) -> None:
    checks = []
    for number in range(12):
        clock.advance(seconds=1)
        checks.append(begin(holder, given_to=f"Invented {number}"))
    assert len(session.scalars(select(FormDraft)).all()) == drafts.MOST_AT_ONCE
    assert "Invented 11" in holder.browser.get(checks[-1])
    assert holder.browser.http.get(checks[0]).status_code == 303


def test_the_link_is_shown_again_until_it_is_copied(
    make: Callable[..., Shared], holder: Holder, session: Session
) -> None:
    made = make()
    assert shown(holder.browser.get(made.at), made.at) == made
    assert holder.browser.http.get(made.at.replace("/made", "/answers")).location == made.at
    copied = holder.browser.post(made.at.replace("/made", "/copied"))
    assert copied.location == SHARES
    assert session.scalars(select(FormDraft)).all() == []
    assert "We do not show its link and code again" in holder.browser.get(made.at)
    assert holder.browser.http.get(made.at.replace("/made", "/check")).status_code == 303


def test_the_link_is_shown_for_ten_minutes_and_to_the_browser_that_made_it(
    app: Flask, session: Session, make: Callable[..., Shared], holder: Holder, other: Holder, clock: Clock
) -> None:
    made = make()
    other.browser.get(made.at, status=404)
    account = session.scalars(select(Account).where(Account.person_id == holder.nurse.person_id)).one()
    granted = session.scalars(select(RoleGrant).where(RoleGrant.account_id == account.id)).one()
    elsewhere = app.test_client()
    elsewhere.set_cookie("session", sessions.begin(session, granted, strong=True, now=clock.now))
    session.commit()
    assert "We do not show its link and code again" in elsewhere.get(made.at).text
    clock.advance(minutes=9, seconds=59)
    assert shown(holder.browser.get(made.at), made.at) == made
    clock.advance(seconds=1)
    assert "We do not show its link and code again" in holder.browser.get(made.at)


def test_what_was_stopped_shows_no_link(make: Callable[..., Shared], holder: Holder) -> None:
    made = make()
    holder.browser.post(made.at.replace("/made", "/stop"))
    page = holder.browser.get(made.at)
    assert "You stopped it" in page
    assert made.code not in page


def test_the_secrets_are_random_and_kept_as_hashes_alone(make: Callable[..., Shared], session: Session) -> None:
    made = [make() for _ in range(3)]
    assert len({shared.link for shared in made} | {shared.code for shared in made}) == 6
    for shared in made:
        secret = shared.link.rpartition("/")[2]
        assert len(secret) == 22  # 128 bits in base64url
        assert re.fullmatch("[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", shared.code)
        kept = session.scalar(text("SELECT json_agg(share)::text FROM share")) or ""
        logged = session.scalar(text("SELECT json_agg(audit_entry)::text FROM audit_entry")) or ""
        for written in (secret, shared.code, shared.code.replace("-", "")):
            assert written not in kept
            assert written not in logged


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


def test_share_pressed_twice_makes_one_share_and_shows_it(holder: Holder, session: Session) -> None:
    check = begin(holder)
    answers = [holder.browser.post(check) for _ in range(2)]
    assert {answer.location for answer in answers} == {check.replace("/check", "/made")}
    assert len(session.scalars(select(Share)).all()) == 1
    shown(holder.browser.get(answers[1].location), answers[1].location)


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


def test_nobody_shares_what_is_not_his(holder: Holder, other: Holder, session: Session) -> None:
    refused = holder.browser.post(f"{SHARES}/{uuid4()}/answers", share_answers(other.nurse.award_id))
    assert refused.status_code == 422
    with pytest.raises(Exception, match="not in your passport"):
        sharing.make(
            session, share_id=uuid4(), person_id=holder.nurse.person_id, given_to="x",
            award_ids=[other.nurse.award_id], with_registrations=False, days=1, many=True, key=b"k", actor="a",
            now=holder.browser.http.application.config["CLOCK"](),
        )  # fmt: skip


def test_a_share_of_somebody_else_is_neither_seen_nor_stopped(
    make: Callable[..., Shared], other: Holder, session: Session
) -> None:
    make()
    share_id = session.scalars(select(Share.id)).one()
    assert "You share nothing" in other.browser.get("/my-passport/shares")
    assert other.browser.post(f"/my-passport/shares/{share_id}/stop").status_code == 404
    assert session.scalars(select(Share.stopped_at)).one() is None


@pytest.mark.parametrize("method", ["get", "head"])
def test_nothing_is_stopped_by_following_a_link(make: Callable[..., Shared], holder: Holder, method: str) -> None:
    assert getattr(holder.browser.http, method)(f"/my-passport/shares/{uuid4()}/stop").status_code == 405


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


def test_a_person_has_twenty_shares_at_most(holder: Holder, session: Session, make: Callable[..., Shared]) -> None:
    for _ in range(sharing.MOST_ALIVE):
        make()
    refused = holder.browser.post(begin(holder))
    assert refused.status_code == 409
    assert "Stop one first" in refused.text
    assert len(session.scalars(select(Share)).all()) == sharing.MOST_ALIVE


def test_a_nurse_without_records_has_nothing_to_share(
    app: Flask, session: Session, holder: Holder, clock: Clock
) -> None:
    awards.withdraw(
        session, award_id=holder.nurse.award_id, organisation_id=holder.nurse.organisation_id,
        reason="issued_in_error", actor="operator", now=clock.now,
    )  # fmt: skip
    session.commit()
    assert "There is nothing in your passport to share yet" in holder.browser.get(f"{SHARES}/{uuid4()}/answers")


def test_what_is_wrong_is_told_in_the_order_of_the_page(receiver: Browser) -> None:
    answer = receiver.post("/shared", {}, form_at="/shared")
    summary = answer.text.partition("nhsuk-error-summary__body")[2]
    places = [summary.index(told) for told in ("Enter the code", "Enter their date of birth", "Enter your name")]
    assert places == sorted(places)
