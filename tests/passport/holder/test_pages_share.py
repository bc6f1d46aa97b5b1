"""Sharing: what the holder chooses, checks and can stop; its secrets are for one browser alone (WEB-027 to 035)."""

import hashlib
import re
from collections.abc import Callable
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
from passport.holder.models import Share
from tests.callers import Clock
from tests.holders import Holder, share_answers
from tests.shares import SHARES, Shared, begin, shown


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


def test_share_pressed_twice_makes_one_share_and_shows_it(holder: Holder, session: Session) -> None:
    check = begin(holder)
    answers = [holder.browser.post(check) for _ in range(2)]
    assert {answer.location for answer in answers} == {check.replace("/check", "/made")}
    assert len(session.scalars(select(Share)).all()) == 1
    shown(holder.browser.get(answers[1].location), answers[1].location)


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
