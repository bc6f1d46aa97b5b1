"""Sessions of people: how they begin and end, and what a page asks of whoever sends a form."""

import dataclasses
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.access import accounts, entering, sessions, shutting_out
from passport.access.models import Account, BrowserSession, RoleGrant
from passport.audit.models import AuditEntry
from passport.organisations.models import Organisation
from passport.settings import Settings, SettingsError
from tests.callers import Clock, lend_app
from tests.factories import OrganisationFactory
from tests.visitors import ACTOR, anonymous, csrf_token, enter, send, visit, words

HTTPS = "https://passport.example"


@pytest.fixture
def trust(session: Session) -> Organisation:
    organisation: Organisation = OrganisationFactory.create(session, name="Invented Vale NHS Trust")
    return organisation


@pytest.fixture
def hr(app: Flask, session: Session, trust: Organisation) -> FlaskClient:
    return visit(app, session, trust.id, "hr", name="Hari Rolemodel").http


def demonstration(settings: Settings, clock: Clock) -> Flask:
    return lend_app(dataclasses.replace(settings, demo=True), clock)


def test_a_session_ends_after_half_an_hour_without_use(hr: FlaskClient, clock: Clock) -> None:
    clock.advance(minutes=29)
    assert hr.get("/account").status_code == 200
    clock.advance(minutes=29)
    assert hr.get("/account").status_code == 200
    clock.advance(minutes=31)
    assert hr.get("/account").location == "/sign-in"


def test_a_session_ends_after_twelve_hours_however_busy(hr: FlaskClient, clock: Clock) -> None:
    for _ in range(35):
        clock.advance(minutes=20)
        assert hr.get("/account").status_code == 200
    clock.advance(minutes=20)
    assert hr.get("/account").status_code == 303


def test_activity_is_noted_once_a_minute_at_most(hr: FlaskClient, session: Session, clock: Clock) -> None:
    began = clock.now
    clock.advance(seconds=59)
    hr.get("/account")
    assert session.scalar(select(BrowserSession.last_seen_at)) == began
    clock.advance(seconds=1)
    hr.get("/account")
    session.expire_all()
    assert session.scalar(select(BrowserSession.last_seen_at)) == clock.now


def test_signing_out_kills_the_session_on_the_server(hr: FlaskClient, session: Session, app: Flask) -> None:
    stolen = hr.get_cookie("session")
    assert stolen
    answer = send(hr, "/sign-out", form_at="/account")
    assert (answer.status_code, answer.headers["Clear-Site-Data"]) == (303, '"cache", "cookies"')
    thief = anonymous(app)
    thief.set_cookie("session", stolen.value)
    assert thief.get("/account").status_code == 303
    assert thief.post("/sign-out").status_code == 401
    assert session.scalar(select(func.count()).select_from(BrowserSession)) == 0


def test_signing_out_everywhere_ends_all_sessions_of_the_account_and_no_others(
    app: Flask, session: Session, trust: Organisation, hr: FlaskClient
) -> None:
    account = session.scalars(select(Account)).one()
    second = enter(app, session, account, trust.id, "hr").http
    other = visit(app, session, trust.id, "planner").http
    send(hr, "/sign-out/everywhere", form_at="/account")
    assert [http.get("/account").status_code for http in (hr, second, other)] == [303, 303, 200]


def test_the_table_of_sessions_opens_nothing(hr: FlaskClient, session: Session) -> None:
    cookie = hr.get_cookie("session")
    assert cookie
    row = session.scalars(select(BrowserSession)).one()
    assert cookie.value.encode() not in row.token_hash
    assert len(cookie.value) >= 43  # 256 bits in base64url


def test_a_role_that_is_ended_or_an_account_that_is_disabled_is_out_at_the_next_request(
    app: Flask, session: Session, trust: Organisation, hr: FlaskClient, clock: Clock
) -> None:
    planner = visit(app, session, trust.id, "planner").http
    granted = session.scalars(select(RoleGrant).filter_by(role="hr")).one()
    accounts.end_grant(session, granted, actor=ACTOR, now=clock.now)
    assert hr.get("/account").status_code == 303
    planning = session.scalars(select(RoleGrant).filter_by(role="planner")).one().account_id
    shutting_out.shut_out(session, planning, reason="left", actor=ACTOR, now=clock.now)
    assert planner.get("/account").status_code == 303


def test_the_session_has_a_new_name_after_a_change_of_role_and_the_old_one_is_dead(
    app: Flask, session: Session, trust: Organisation, hr: FlaskClient, clock: Clock
) -> None:
    account = session.scalars(select(Account)).one()
    accounts.grant(session, account_id=account.id, organisation_id=trust.id, role="auditor", source="registrar",
                   actor=ACTOR, now=clock.now)  # fmt: skip
    before, old = hr.get_cookie("session"), anonymous(app)
    assert before
    old.set_cookie("session", before.value)
    signed_in_at = session.scalar(select(BrowserSession.signed_in_at))
    clock.advance(minutes=5)
    offered = re.findall(r'value="([0-9a-f-]{36})"[^>]*>', hr.get("/sign-in/role").text)
    assert len(offered) == 2
    send(hr, "/sign-in/role", {"role": offered[1]})
    after = hr.get_cookie("session")
    assert after
    assert after.value != before.value
    assert "Auditor" in words(hr.get("/account"))
    assert old.get("/account").status_code == 303
    assert session.scalar(select(BrowserSession.signed_in_at)) == signed_in_at  # twelve hours count from the sign-in


def test_nobody_takes_a_role_that_is_not_theirs(app: Flask, session: Session, trust: Organisation) -> None:
    visit(app, session, trust.id, "registrar")
    theirs = session.scalars(select(RoleGrant)).one()
    planner = visit(app, session, trust.id, "planner").http
    answer = send(planner, "/sign-in/role", {"role": str(theirs.id)})
    assert (answer.status_code, "Choose a role" in words(answer)) == (200, True)


def test_without_https_the_cookie_is_plain_and_with_it_bound_to_the_host(
    settings: Settings, session: Session, trust: Organisation, clock: Clock
) -> None:
    app = demonstration(settings, clock)
    visit(app, session, trust.id, "hr")
    session.execute(RoleGrant.__table__.update().values(source="demonstration"))  # type: ignore[attr-defined]  # a table
    grant_id = str(session.scalars(select(RoleGrant.id)).one())
    answer = send(anonymous(app), "/sign-in/demonstration", {"grant": grant_id})
    cookie = next(value for value in answer.headers.getlist("Set-Cookie") if value.startswith("session="))
    assert ("HttpOnly" in cookie, "SameSite=Lax" in cookie, "Secure" in cookie) == (True, True, False)
    with app.test_request_context():
        secure = app.response_class()
        sessions.give_cookie(secure, "name", dataclasses.replace(settings, public_url=HTTPS))
    assert secure.headers["Set-Cookie"] == "__Host-session=name; Secure; HttpOnly; Path=/; SameSite=Lax"


def test_a_form_without_its_token_or_with_that_of_another_session_is_refused(
    app: Flask, session: Session, trust: Organisation, hr: FlaskClient
) -> None:
    other = visit(app, session, trust.id, "planner").http
    assert hr.post("/sign-out").status_code == 403
    stolen = csrf_token(other.get("/account"))
    answer = hr.post("/sign-out", data={"csrf_token": stolen})
    assert (answer.status_code, "This page is too old" in words(answer)) == (403, True)
    assert hr.get("/account").status_code == 200


@pytest.mark.parametrize(("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 303)])
def test_a_form_that_another_site_sent_is_refused_whatever_it_holds(hr: FlaskClient, site: str, status: int) -> None:
    token = csrf_token(hr.get("/account"))
    answer = hr.post("/sign-out", data={"csrf_token": token}, headers={"Sec-Fetch-Site": site})
    assert answer.status_code == status


def test_signing_out_is_no_link(hr: FlaskClient) -> None:
    answer = hr.get("/sign-out")
    assert (answer.status_code, "POST" in answer.headers["Allow"]) == (405, True)


@pytest.mark.parametrize("path", ["/account", "/account?tab=1", "/sign-in/role"])
def test_only_own_paths_are_safe_to_go_to(path: str) -> None:
    assert entering.safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    ["//evil.example", "/\\evil.example", "https://evil.example", "https:evil", "javascript:alert(1)", "", None,
     "/%0d%0a\r\nLocation: //evil.example", "/ evil", "\t//evil.example", "/a\\..\\b", "account", "/ä"],
)  # fmt: skip
def test_whatever_could_lead_elsewhere_is_forgotten(path: str | None) -> None:
    assert entering.safe_path(path) is None


def invented(session: Session, trust: Organisation, clock: Clock) -> RoleGrant:
    """Return the role of an invented person, who signs in by a click."""
    account = accounts.register(session, name="Hari Rolemodel", actor=ACTOR, now=clock.now)
    return accounts.grant(session, account_id=account.id, organisation_id=trust.id, role="hr",
                          source="demonstration", actor=ACTOR, now=clock.now)  # fmt: skip


def test_who_asked_for_a_page_first_lands_there_after_signing_in(
    settings: Settings, session: Session, trust: Organisation, clock: Clock
) -> None:
    app = demonstration(settings, clock)
    granted = invented(session, trust, clock)
    http = anonymous(app)
    http.get("/sign-in?next=/sign-in/role%3Ffrom%3Dletter")
    answer = send(http, "/sign-in/demonstration", {"grant": str(granted.id)})
    assert answer.location == "/sign-in/role?from=letter"


def test_sign_in_by_a_click_exists_in_a_demonstration_alone(app: Flask, settings: Settings, clock: Clock) -> None:
    assert anonymous(app).get("/sign-in/demonstration").status_code == 404
    assert not any("demonstration" in route.rule for route in app.url_map.iter_rules())
    assert any("demonstration" in route.rule for route in demonstration(settings, clock).url_map.iter_rules())


@pytest.mark.parametrize("address", ["https://passport.example", "http://passport.example", "http://192.0.2.1:8000"])
def test_a_demonstration_is_refused_for_any_address_but_this_machine(address: str) -> None:
    with pytest.raises(SettingsError, match="PASSPORT_DEMO"):
        Settings.from_env({"PASSPORT_DEMO": "yes", "PASSPORT_PUBLIC_URL": address})


def test_only_roles_granted_for_the_demonstration_can_be_clicked(
    settings: Settings, session: Session, trust: Organisation, clock: Clock
) -> None:
    app = demonstration(settings, clock)
    visit(app, session, trust.id, "registrar")
    real = session.scalars(select(RoleGrant)).one()
    invented = accounts.register(session, name="Reg Fictive", actor=ACTOR, now=clock.now)
    accounts.grant(session, account_id=invented.id, organisation_id=trust.id, role="registrar",
                   source="demonstration", actor=ACTOR, now=clock.now)  # fmt: skip
    assert send(anonymous(app), "/sign-in/demonstration", {"grant": str(real.id)}).status_code == 404


def test_who_is_shut_out_cannot_click_their_way_in_until_let_in_again(
    settings: Settings, session: Session, trust: Organisation, clock: Clock
) -> None:
    app = demonstration(settings, clock)
    granted = invented(session, trust, clock)
    http = anonymous(app)
    click = {"grant": str(granted.id), "csrf_token": csrf_token(http.get("/sign-in/demonstration"))}
    shutting_out.shut_out(session, granted.account_id, reason="left", actor=ACTOR, now=clock.now)
    refused = http.post("/sign-in/demonstration", data=click)
    assert (refused.status_code, "This account is shut out" in words(refused)) == (403, True)
    assert session.scalars(select(BrowserSession)).all() == []
    shutting_out.let_in(session, granted.account_id, actor=ACTOR, now=clock.now)
    assert http.post("/sign-in/demonstration", data=click).status_code == 303


def test_who_is_shut_out_before_choosing_a_role_is_offered_none(
    app: Flask, session: Session, trust: Organisation, clock: Clock
) -> None:
    account = accounts.register(session, name="Hari Rolemodel", actor=ACTOR, now=clock.now)
    http = anonymous(app)
    with http.session_transaction() as browser:
        browser[entering.WAITING] = {
            "account": str(account.id), "strong": True, "at": clock.now.timestamp(), "next": None,
        }  # fmt: skip
    for role in ("hr", "planner"):
        accounts.grant(session, account_id=account.id, organisation_id=trust.id, role=role, source="registrar",
                       actor=ACTOR, now=clock.now)  # fmt: skip
    assert http.get("/sign-in/role").status_code == 200
    shutting_out.shut_out(session, account.id, reason="left", actor=ACTOR, now=clock.now)
    assert http.get("/sign-in/role").status_code == 403


def test_the_audit_log_names_accounts_and_no_people(hr: FlaskClient, session: Session) -> None:
    entries = session.scalars(select(AuditEntry)).all()
    assert {entry.action for entry in entries} >= {"account.registered", "role.granted", "session.began"}
    assert not any("Hari" in f"{entry.actor} {entry.subject} {entry.detail}" for entry in entries)


def test_sessions_that_are_over_are_forgotten(hr: FlaskClient, session: Session, clock: Clock) -> None:
    sessions.forget_old(session, at=clock.advance(minutes=29))
    assert session.scalar(select(func.count()).select_from(BrowserSession)) == 1
    sessions.forget_old(session, at=clock.advance(minutes=2))
    assert session.scalar(select(func.count()).select_from(BrowserSession)) == 0
