"""Sign-in through an identity provider, against a real one: `oidc-provider-mock` on this machine."""

import dataclasses
import re
import warnings
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from passport.access import accounts, identity_provider, shutting_out
from passport.access.models import Account, BrowserSession, RoleGrant
from passport.organisations.models import Organisation
from passport.settings import Settings, SettingsError
from tests.callers import Clock, lend_app, make_app
from tests.factories import OrganisationFactory
from tests.visitors import anonymous, csrf_token, words

with warnings.catch_warnings(record=True):  # the provider's own imports are deprecated ones
    import oidc_provider_mock

# The provider runs in a thread of this process, on an older interface of its library.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
ROLES = {"R8003": "staff", "R0260": "ward_manager", "R5007": "hr", "R5090": "registrar"}
NAME = "Una Inventedname"


def nrbac(code: str, ods_code: str, role_id: str) -> dict[str, str]:
    return {"person_orgid": "1", "person_roleid": role_id, "org_code": ods_code, "role_code": f"S0:G0:{code}"}


WARD = nrbac("R0260", "X1V2A", "101")
HR = nrbac("R5007", "X2C3B", "102")
REGISTRAR = nrbac("R5090", "X1V2A", "103")
PEOPLE: Mapping[str, dict[str, Any]] = {
    "one": {"nhsid_nrbac_roles": [WARD]},
    "several": {"nhsid_nrbac_roles": [WARD, HR]},
    "selected": {"nhsid_nrbac_roles": [WARD, HR], "selected_roleid": "102"},
    "none": {"nhsid_nrbac_roles": [nrbac("R9999", "X1V2A", "104")]},
    "elsewhere": {"nhsid_nrbac_roles": [nrbac("R0260", "X9Z9Z", "105")]},
    "weak": {"nhsid_nrbac_roles": [REGISTRAR]},
    "strong": {"nhsid_nrbac_roles": [REGISTRAR], "authentication_assurance_level": "3"},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The address of a provider that knows these people."""
    users = [
        oidc_provider_mock.User(sub=sub, claims={"nhsid_useruid": f"uid-{sub}", "name": NAME, **claims})
        for sub, claims in PEOPLE.items()
    ]
    with oidc_provider_mock.run_server_in_thread(require_nonce=True, user_claims=users) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def app(settings: Settings, clock: Clock, provider: str) -> Flask:
    with_provider = dataclasses.replace(
        settings, oidc_issuer=provider, oidc_client_id="passport", oidc_client_secret="invented", oidc_roles=ROLES
    )
    return lend_app(with_provider, clock)


@pytest.fixture(autouse=True)
def trusts(session: Session) -> list[Organisation]:
    return [OrganisationFactory.create(session, ods_code=code) for code in ("X1V2A", "X2C3B")]


def at_provider(url: str, who: str) -> str:
    """Sign in at the provider as a browser would; return the path and query to which it sends the browser back."""
    with requests.Session() as person:
        answer = person.post(url, data={"sub": who}, allow_redirects=False, timeout=10)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def come_in(http: FlaskClient, who: str) -> TestResponse:
    return http.get(at_provider(str(http.get("/sign-in/provider").location), who))


def test_the_request_carries_a_challenge_a_nonce_and_a_state(app: Flask) -> None:
    asked = parse_qs(urlsplit(str(anonymous(app).get("/sign-in/provider").location)).query)
    assert (asked["response_type"], asked["code_challenge_method"]) == (["code"], ["S256"])
    assert all(len(asked[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert asked["scope"] == ["openid profile nationalrbacaccess selectedrole"]


def test_who_has_one_role_is_signed_in_with_it(app: Flask, session: Session) -> None:
    http = anonymous(app)
    assert come_in(http, "one").status_code == 303
    shown = words(http.get("/account"))
    assert (NAME in shown, "Receiving manager" in shown) == (True, True)
    assert session.scalars(select(Account)).one().subject == "uid-one"


def test_who_has_several_chooses_and_is_not_signed_in_before(app: Flask, session: Session) -> None:
    http = anonymous(app)
    answer = come_in(http, "several")
    assert answer.location == "/sign-in/role"
    assert session.scalars(select(BrowserSession)).all() == []
    assert http.get("/account").status_code == 303
    page = http.get("/sign-in/role")
    offered = re.findall(r'value="([0-9a-f-]{36})"', page.text)
    http.post("/sign-in/role", data={"csrf_token": csrf_token(page), "role": offered[1]})
    assert "Workforce team" in words(http.get("/account"))


def test_who_is_shut_out_is_not_let_in_by_the_provider(app: Flask, session: Session, clock: Clock) -> None:
    come_in(anonymous(app), "one")
    account_id = session.scalars(select(Account.id)).one()
    shutting_out.shut_out(session, account_id, reason="misuse", actor="operator", now=clock.now)
    refused = come_in(anonymous(app), "one")
    assert (refused.status_code, "This account is shut out" in words(refused)) == (403, True)
    assert session.scalars(select(BrowserSession)).all() == []
    shutting_out.let_in(session, account_id, actor="operator", now=clock.now)
    assert come_in(anonymous(app), "one").status_code == 303


def test_who_is_shut_out_while_choosing_a_role_is_not_let_in(app: Flask, session: Session, clock: Clock) -> None:
    http = anonymous(app)
    come_in(http, "several")
    page = http.get("/sign-in/role")
    offered = re.findall(r'value="([0-9a-f-]{36})"', page.text)
    account_id = session.scalars(select(Account.id)).one()
    shutting_out.shut_out(session, account_id, reason="misuse", actor="operator", now=clock.now)
    http.post("/sign-in/role", data={"csrf_token": csrf_token(page), "role": offered[1]})
    assert session.scalars(select(BrowserSession)).all() == []


def test_the_choice_of_a_role_waits_for_ten_minutes(app: Flask, clock: Clock) -> None:
    http = anonymous(app)
    come_in(http, "several")
    clock.advance(minutes=11)
    assert http.get("/sign-in/role").location == "/sign-in"


def test_the_role_that_was_selected_at_the_provider_is_the_only_one(app: Flask) -> None:
    http = anonymous(app)
    come_in(http, "selected")
    assert "Workforce team" in words(http.get("/account"))


@pytest.mark.parametrize("who", ["none", "elsewhere", "weak"])
def test_who_has_no_role_that_counts_is_refused(app: Flask, session: Session, who: str) -> None:
    answer = come_in(anonymous(app), who)
    assert (answer.status_code, "do not have a role" in words(answer)) == (403, True)
    assert session.scalars(select(BrowserSession)).all() == []


def test_a_registrar_needs_a_second_factor(app: Flask) -> None:
    http = anonymous(app)
    assert come_in(http, "strong").status_code == 303
    assert "Registrar" in words(http.get("/account"))


def test_a_role_that_the_provider_no_longer_names_is_ended_at_the_next_sign_in(app: Flask, session: Session) -> None:
    come_in(anonymous(app), "one")
    account, gone = session.scalars(select(Account)).one(), OrganisationFactory.create(session)
    accounts.grant(session, account_id=account.id, organisation_id=gone.id, role="hr", source="provider",
                   actor="provider", now=app.config["CLOCK"]())  # fmt: skip
    accounts.grant(session, account_id=account.id, organisation_id=gone.id, role="auditor", source="registrar",
                   actor="account:other", now=app.config["CLOCK"]())  # fmt: skip
    come_in(anonymous(app), "one")
    held = session.scalars(select(RoleGrant).where(RoleGrant.ended_at.is_(None)))
    assert {granted.role for granted in held} == {"ward_manager", "auditor"}


def test_an_answer_that_another_browser_asked_for_is_refused(app: Flask, session: Session) -> None:
    path = at_provider(str(anonymous(app).get("/sign-in/provider").location), "one")
    answer = anonymous(app).get(path)
    assert (answer.status_code, "Sign-in did not work" in words(answer)) == (403, True)
    assert session.scalars(select(BrowserSession)).all() == []


def test_an_answer_is_good_once(app: Flask) -> None:
    http = anonymous(app)
    path = at_provider(str(http.get("/sign-in/provider").location), "one")
    assert [http.get(path).status_code for _ in range(2)] == [303, 403]


@pytest.mark.parametrize("query", [{}, {"error": "access_denied"}, {"code": "x", "state": "y"}, {"code": "x"}])
def test_a_cancelled_or_invented_answer_is_refused_in_words(app: Flask, query: dict[str, str]) -> None:
    answer = anonymous(app).get(f"/sign-in/provider/callback?{urlencode(query)}")
    assert (answer.status_code, "Sign-in did not work" in words(answer)) == (403, True)


def test_a_provider_that_does_not_answer_is_said_to_be_unavailable(
    settings: Settings, clock: Clock, session: Session
) -> None:
    gone = dataclasses.replace(settings, oidc_issuer="http://127.0.0.1:1", oidc_client_id="passport")
    answer = anonymous(make_app(gone, clock)).get("/sign-in/provider")
    assert (answer.status_code, "does not answer" in words(answer)) == (503, True)


def test_a_role_that_does_not_exist_is_a_fault_of_the_settings(settings: Settings, clock: Clock, provider: str) -> None:
    wrong = dataclasses.replace(settings, oidc_issuer=provider, oidc_client_id="x", oidc_roles={"R1": "boss"})
    with pytest.raises(SettingsError, match="boss"):
        make_app(wrong, clock)


def test_roles_in_a_form_that_nobody_promised_count_for_nothing() -> None:
    forms: tuple[Any, ...] = (None, "R0260", [None, "x", {}], {"role_code": "R0260"})
    for listed in forms:
        claims = {"sub": "1", "nhsid_nrbac_roles": listed}
        assert identity_provider.identity(claims, claims, ROLES).roles == ()
