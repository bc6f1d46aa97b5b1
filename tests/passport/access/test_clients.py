"""Registering API clients: over HTTP, and which keys are good enough."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from flask import Flask
from flask.testing import FlaskClient
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import db
from passport.access.models import ApiClient
from passport.audit.models import AuditEntry
from passport.cli import main
from passport.organisations.models import Organisation
from tests.callers import sign_in
from tests.factories import OrganisationFactory
from tests.programs import Program, private_key, public_jwk


@pytest.fixture
def trust(session: Session) -> Organisation:
    made: Organisation = OrganisationFactory.create(session)
    return made


@pytest.fixture
def registrar(app: Flask, session: Session) -> FlaskClient:
    return sign_in(app, session, OrganisationFactory.create(session, kind="academy").id, "registrar")


def wanted(trust: Organisation, **changed: Any) -> dict[str, Any]:
    usual = {"organisation": trust.ods_code, "name": "Invented learning system", "algorithm": "ES256"}
    return usual | {"jwks": {"keys": [public_jwk(private_key("ES256"))]}, "scopes": ["verify"]} | changed


def test_a_registered_program_can_sign_in(
    registrar: FlaskClient, http: FlaskClient, clock: Any, trust: Organisation
) -> None:
    answer = registrar.post("/v1/clients", json=wanted(trust))
    body = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/clients/{body['client_id']}"
    assert body["organisation"] == trust.ods_code
    assert registrar.get(answer.headers["Location"]).get_json() == body
    assert Program(http, clock, body["client_id"], "ES256", private_key("ES256")).ask().status_code == 200


def test_what_is_done_to_clients_is_in_the_audit_log(
    registrar: FlaskClient, trust: Organisation, session: Session
) -> None:
    client_id = registrar.post("/v1/clients", json=wanted(trust)).get_json()["client_id"]
    second = public_jwk(ec.generate_private_key(ec.SECP256R1()), "second")
    assert registrar.post(f"/v1/clients/{client_id}/keys", json={"jwk": second}).status_code == 201
    assert registrar.post(f"/v1/clients/{client_id}/keys/first/retirement").status_code == 200
    for _ in range(2):
        assert registrar.post(f"/v1/clients/{client_id}/disable").get_json()["disabled_at"] == "2026-08-06T09:00:00Z"
    actions = session.scalars(select(AuditEntry.action).filter_by(subject=f"client:{client_id}")).all()
    assert actions == ["client.registered", "client.key_added", "client.key_retired", "client.disabled"]


def test_a_disabled_client_gets_no_further_key(registrar: FlaskClient, trust: Organisation) -> None:
    client_id = registrar.post("/v1/clients", json=wanted(trust)).get_json()["client_id"]
    registrar.post(f"/v1/clients/{client_id}/disable")
    second = public_jwk(ec.generate_private_key(ec.SECP256R1()), "second")
    answer = registrar.post(f"/v1/clients/{client_id}/keys", json={"jwk": second})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "client_disabled")


def weak(bits: int) -> dict[str, Any]:
    private = rsa.generate_private_key(65537, bits)
    made: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(private.public_key()))
    return {"kty": "RSA", "n": made["n"], "e": made["e"], "kid": "first"}


def private_jwk(algorithm: str) -> dict[str, Any]:
    private = private_key(algorithm)
    maker: Any = ECAlgorithm if algorithm == "ES256" else RSAAlgorithm
    made: dict[str, Any] = json.loads(maker.to_jwk(private))
    return made | {"kid": "first"}


def unsuitable() -> list[tuple[str, str, dict[str, Any]]]:
    good = public_jwk(private_key("ES256"))
    large = public_jwk(private_key("RS512"))
    return [
        ("a private EC key", "ES256", private_jwk("ES256")),
        ("a private RSA key", "RS512", private_jwk("RS512")),
        ("a secret", "ES256", {"kty": "oct", "k": "AAAA", "kid": "first"}),
        ("RSA of 1024 bits", "RS512", weak(1024)),
        ("RSA for ES256", "ES256", large),
        ("EC for RS512", "RS512", good),
        ("exponent 3", "PS512", large | {"e": "Aw"}),
        ("no kid", "ES256", {name: value for name, value in good.items() if name != "kid"}),
        ("a kid with blanks", "ES256", good | {"kid": "my key"}),
        ("a kid that is a number", "ES256", good | {"kid": 1}),
        ("for encryption", "ES256", good | {"use": "enc"}),
        ("for another algorithm", "PS512", large | {"alg": "RS512"}),
        ("off the curve", "ES256", good | {"x": good["y"]}),
        ("another curve", "ES256", good | {"crv": "P-384"}),
        ("no modulus", "RS512", {"kty": "RSA", "e": "AQAB", "kid": "first"}),
        ("an even modulus", "RS512", {"kty": "RSA", "e": "AQAB", "n": "_" * 340 + "gA", "kid": "first"}),
    ]


@pytest.mark.parametrize(("what", "algorithm", "jwk"), unsuitable(), ids=lambda value: str(value)[:20])
def test_an_unsuitable_key_is_refused(
    registrar: FlaskClient, trust: Organisation, what: str, algorithm: str, jwk: dict[str, Any]
) -> None:
    answer = registrar.post("/v1/clients", json=wanted(trust, algorithm=algorithm, jwks={"keys": [jwk]}))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "client_key_invalid"), what


def test_two_keys_with_one_kid_are_refused_and_nothing_is_registered(
    registrar: FlaskClient, trust: Organisation, session: Session
) -> None:
    twins = [public_jwk(ec.generate_private_key(ec.SECP256R1()), "first") for _ in range(2)]
    answer = registrar.post("/v1/clients", json=wanted(trust, jwks={"keys": twins}))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "client_key_exists")
    assert session.scalars(select(ApiClient).filter_by(organisation_id=trust.id)).all() == []


@pytest.mark.parametrize("scopes", [["everything"], [], ["verify", "admin"], "verify", [None]])
def test_only_known_scopes_can_be_given(registrar: FlaskClient, trust: Organisation, scopes: Any) -> None:
    assert registrar.post("/v1/clients", json=wanted(trust, scopes=scopes)).status_code == 422


def test_the_scope_of_the_standards_body_is_for_its_own_programs(
    registrar: FlaskClient, trust: Organisation, session: Session
) -> None:
    answer = registrar.post("/v1/clients", json=wanted(trust, scopes=["verify", "standards:write"]))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "scope_reserved")
    [fault] = answer.get_json()["errors"]
    assert (fault["pointer"], "Leave it out" in fault["detail"]) == ("/scopes", True)
    assert session.scalars(select(ApiClient).filter_by(organisation_id=trust.id)).all() == []
    academy = OrganisationFactory.create(session, kind="academy")
    assert registrar.post("/v1/clients", json=wanted(academy, scopes=["standards:write"])).status_code == 201


def test_a_scope_that_was_given_to_another_kind_of_organisation_opens_nothing(
    app: Flask, session: Session, trust: Organisation
) -> None:
    http = sign_in(app, session, trust.id, "standards:write", "staff:write")
    approval = {"organisation": trust.ods_code, "standard": "FS", "state": "approved", "from_on": "2026-01-01"}
    answer = http.post("/v1/accreditations", json=approval)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "insufficient_scope")


def test_a_client_needs_an_organisation_that_exists(registrar: FlaskClient, trust: Organisation) -> None:
    answer = registrar.post("/v1/clients", json=wanted(trust, organisation="X9X9X"))
    assert answer.status_code == 404


def test_aut_057_no_other_scope_opens_the_register(app: Flask, session: Session, trust: Organisation) -> None:
    academy = OrganisationFactory.create(session, kind="academy")
    http = sign_in(app, session, academy.id, "staff:write", "standards:write", "passports:issue")
    assert http.get("/v1/clients").status_code == 403
    assert http.post("/v1/clients", json=wanted(trust)).status_code == 403
    assert http.post("/v1/clients/anybody/disable").status_code == 403


def test_the_first_client_comes_from_the_command_line(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))
    with db.transaction() as session:
        ods = OrganisationFactory.create(session).ods_code
    key = tmp_path / "public.json"
    key.write_text(json.dumps({"keys": [public_jwk(private_key("RS512"))]}))
    command = ["clients", "register", "--organisation", ods, "--name", "First", "--algorithm", "RS512"]
    done = run([*command, "--jwk", str(key), "--scope", "registrar"])
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() in run(["clients", "list"]).stdout
    reserved = run([*command, "--jwk", str(key), "--scope", "standards:write"])
    assert (reserved.exit_code, "Only programs of an organisation of the kind academy" in reserved.stderr) == (1, True)
    assert run(["clients", "disable", done.stdout.strip()]).exit_code == 0
    assert json.loads(run(["clients", "list", "--json"]).stdout)[0]["state"] == "disabled"
    key.write_text(json.dumps(private_jwk("RS512")))
    refused = run([*command, "--jwk", str(key), "--scope", "registrar"])
    assert refused.exit_code == 1
    assert "private key" in refused.stderr
    assert run(["clients", "register"]).exit_code == 2


def run(command: list[str]) -> Any:
    return CliRunner().invoke(main, command)


def test_a_program_without_a_kid_of_its_own_is_refused_at_the_token(enrol: Callable[..., Program]) -> None:
    program = enrol()
    assert program.asks_in_vain(program.assertion(header={})) == "invalid_client"
