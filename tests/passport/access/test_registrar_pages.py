"""Pages of the registrar for programs, and for people with their roles."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from jwt.algorithms import ECAlgorithm
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.access import accounts
from passport.access.models import Account, ApiClient, BrowserSession, RoleGrant
from passport.audit.models import AuditEntry
from passport.organisations.models import Organisation
from tests.factories import OrganisationFactory
from tests.visitors import Browser, visit, words

SCRIPT = "<script>alert(1)</script>"


def public_key(kid: str = "invented-1") -> str:
    return _jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), kid)


def private_key() -> str:
    return _jwk(ec.generate_private_key(ec.SECP256R1()), "invented-1")


def _jwk(key: Any, kid: str) -> str:
    jwk: dict[str, str] = {"kid": kid, **ECAlgorithm.to_jwk(key, as_dict=True)}
    jwk.pop("key_ops", None)
    return json.dumps(jwk)


@pytest.fixture
def own(session: Session) -> Organisation:
    organisation: Organisation = OrganisationFactory.create(session, ods_code="X9Y", name="Invented Registry")
    return organisation


@pytest.fixture
def registrar(app: Flask, session: Session, own: Organisation) -> Browser:
    return visit(app, session, own.id, "registrar")


@pytest.fixture
def colleague(session: Session, registrar: Browser, own: Organisation, now: Any) -> Account:
    account = accounts.register(session, name="Colin Inventedname", actor="operator", now=now)
    accounts.grant(
        session, account_id=account.id, organisation_id=own.id, role="hr", source="provider", actor="operator", now=now
    )  # fmt: skip
    session.commit()
    return account


def new(**changed: Any) -> dict[str, Any]:
    return {"organisation": "X9Y", "name": "Learning system", "algorithm": "ES256", "scopes": ["verify"],
            "key": public_key()} | changed  # fmt: skip


def test_a_program_is_registered_by_its_public_key(session: Session, registrar: Browser) -> None:
    answer = registrar.post("/clients/new", **new())
    assert answer.status_code == 303, answer.text
    client = session.scalars(select(ApiClient)).one()
    assert [key.kid for key in client.keys] == ["invented-1"]
    shown = registrar.get(answer.headers["Location"])
    assert client.client_id in shown
    assert "Learning system" in registrar.get("/clients")


def test_a_private_key_is_refused_and_not_shown_again(session: Session, registrar: Browser) -> None:
    secret = private_key()
    answer = registrar.post("/clients/new", **new(key=secret))
    assert answer.status_code == 422
    assert "This holds a private key" in answer.text
    assert json.loads(secret)["d"] not in answer.text
    assert session.scalar(select(ApiClient)) is None


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"key": "not json"}, "This is not JSON"),
        ({"key": "[]"}, "neither a JWK nor a JWK Set"),
        ({"organisation": "XXX"}, "There is no organisation with this ODS code"),
        ({"scopes": ["everything"]}, "Choose what it may do"),
        ({"scopes": ["standards:write"]}, 'href="#scopes"'),
        ({"algorithm": "none"}, "Choose what it signs with"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(
    session: Session, registrar: Browser, changed: dict[str, Any], sentence: str
) -> None:
    answer = registrar.post("/clients/new", **new(**changed))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert session.scalar(select(ApiClient)) is None


def test_keys_come_and_go_and_a_program_is_shut_out_for_good(session: Session, registrar: Browser) -> None:
    address = registrar.post("/clients/new", **new()).headers["Location"]
    assert registrar.post(address, key=public_key()).status_code == 422  # the kid is taken
    assert registrar.post(address, key=public_key("invented-2")).status_code == 303
    assert registrar.post(f"{address}/keys/retire", kid="invented-1").status_code == 303
    assert "Retired" in registrar.get(address)
    assert registrar.http.get(f"{address}/disable").status_code == 200
    assert session.scalars(select(ApiClient.disabled_at)).one() is None  # looking at the page does nothing
    registrar.post(f"{address}/disable")
    assert session.scalars(select(ApiClient.disabled_at)).one() is not None
    assert "Shut this program out" not in registrar.get(address)


def test_a_program_that_does_not_exist_is_not_found(registrar: Browser) -> None:
    registrar.get("/clients/invented", status=404)
    assert registrar.post("/clients/invented/disable").status_code == 404


def test_a_role_is_given_and_ended(session: Session, registrar: Browser, colleague: Account) -> None:
    page = f"/accounts/{colleague.id}"
    assert "The identity provider says so" in registrar.get(page)
    assert registrar.post(page, role="auditor", organisation="X9Y").status_code == 303
    granted = session.scalars(select(RoleGrant).filter_by(account_id=colleague.id, role="auditor")).one()
    assert granted.source == "registrar"
    assert registrar.post(f"{page}/roles/{granted.id}/end").status_code == 303
    session.refresh(granted)
    assert granted.ended_at is not None
    assert "no organisation with this ODS code" in registrar.post(page, role="auditor", organisation="XXX").text
    assert registrar.post(page, role="emperor", organisation="X9Y").status_code == 422


def test_a_role_is_ended_at_its_own_account_alone(session: Session, registrar: Browser, colleague: Account) -> None:
    granted = session.scalars(select(RoleGrant).filter_by(account_id=colleague.id)).one()
    assert registrar.post(f"/accounts/{granted.id}/roles/{granted.id}/end").status_code == 404
    session.refresh(granted)
    assert granted.ended_at is None


def test_nobody_changes_the_own_account(session: Session, registrar: Browser) -> None:
    own = session.scalars(select(BrowserSession.account_id)).one()
    granted = session.scalars(select(RoleGrant).filter_by(account_id=own)).one()
    page = f"/accounts/{own}"
    assert "This is your own account" in registrar.get(page)
    assert registrar.post(page, role="academy", organisation="X9Y").status_code == 403
    assert registrar.post(f"{page}/roles/{granted.id}/end").status_code == 403
    assert registrar.post(f"{page}/disable", reason="left").status_code == 403
    assert registrar.post(f"{page}/enable").status_code == 403
    assert registrar.http.get(f"{page}/disable").status_code == 403


def test_an_account_that_is_shut_out_is_signed_out(
    app: Flask, session: Session, registrar: Browser, own: Organisation
) -> None:
    other = visit(app, session, own.id, "hr")
    account = session.scalars(select(RoleGrant.account_id).filter_by(role="hr")).one()
    other.get("/people")
    page = f"/accounts/{account}"
    assert "signed out at once on every device" in registrar.get(f"{page}/disable")
    assert registrar.post(f"{page}/disable").status_code == 422  # no reason
    assert registrar.post(f"{page}/disable", reason="dislike").status_code == 422
    other.get("/people")
    assert registrar.post(f"{page}/disable", reason="misuse").status_code == 303
    assert other.http.get("/people").status_code != 200
    shown = words(registrar.http.get(page))
    assert "State Shut out Since 6 August 2026" in shown
    assert "Why Somebody may be misusing the account" in shown
    assert "Shut out" in registrar.get("/accounts")
    entry = session.scalars(select(AuditEntry).filter_by(action="account.disabled")).one()
    assert (entry.subject, entry.detail) == (f"account:{account}", {"reason": "misuse"})
    assert entry.actor.removeprefix("account:") != str(account)


def test_an_account_is_let_in_again_after_confirming(session: Session, registrar: Browser, colleague: Account) -> None:
    page = f"/accounts/{colleague.id}"
    registrar.post(f"{page}/disable", reason="left")
    assert "Workforce team" in registrar.get(f"{page}/enable")
    shut_out_at = select(Account.disabled_at).filter_by(id=colleague.id)
    assert session.scalar(shut_out_at) is not None  # looking at the page does nothing
    assert registrar.post(f"{page}/enable").status_code == 303
    assert session.scalar(shut_out_at) is None
    assert "State Can sign in" in words(registrar.http.get(page))
    assert session.scalars(select(AuditEntry).filter_by(action="account.enabled")).one().subject.endswith(page[-36:])


def test_people_are_found_by_name_and_shown_as_text(session: Session, registrar: Browser, colleague: Account) -> None:
    colleague.name = f"Colin {SCRIPT}"
    session.commit()
    shown = registrar.search("/accounts", "COLIN")
    assert "Colin &lt;script&gt;" in shown
    assert SCRIPT not in shown
    assert SCRIPT not in registrar.get(f"/accounts/{colleague.id}")
    assert "Nobody fits" in registrar.search("/accounts", "%")


def test_without_a_token_nothing_changes(session: Session, registrar: Browser, colleague: Account) -> None:
    assert registrar.http.post("/clients/new", data=new()).status_code == 403
    assert registrar.http.post(f"/accounts/{colleague.id}/disable", data={"reason": "left"}).status_code == 403
    session.refresh(colleague)
    assert colleague.disabled_at is None
