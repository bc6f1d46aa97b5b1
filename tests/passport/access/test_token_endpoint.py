"""`/oauth/token`: AUT-012 to AUT-022 of the catalogue of attacks, and what a good client gets."""

import base64
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from sqlalchemy.orm import Session

from credentials.keys import MemorySigner
from passport.access import service
from passport.access.bearer import EXTENSION
from passport.access.oauth import FAILURES
from passport.db import transaction
from passport.signing.service import NoActiveKey
from tests.callers import SIGNER, Clock
from tests.factories import OrganisationFactory
from tests.programs import ISSUER, Program, private_key, public_jwk


def part(token: str, number: int) -> Any:
    text = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


@pytest.mark.parametrize("algorithm", ["RS512", "PS512", "ES256"])
def test_a_client_that_proves_itself_gets_a_token_for_ten_minutes(
    enrol: Callable[..., Program], algorithm: str
) -> None:
    program = enrol(algorithm)
    answer = program.ask()
    assert answer.status_code == 200
    body = answer.get_json()
    assert body | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 600,
        "scope": "awards:read verify",
    }
    assert answer.headers["Cache-Control"] == "no-store"
    assert part(body["access_token"], 0) == {"alg": "ES256", "kid": SIGNER.public.kid, "typ": "at+jwt"}
    claims = part(body["access_token"], 1)
    assert (claims["iss"], claims["aud"], claims["sub"]) == (ISSUER, ISSUER, program.client_id)
    assert claims["exp"] - claims["iat"] == 600


def test_the_token_opens_what_its_scopes_open(enrol: Callable[..., Program]) -> None:
    program = enrol(scopes=("registrar",))
    token = program.ask().get_json()["access_token"]
    answer = program.http.get("/v1/clients", headers={"Authorization": f"Bearer {token}"})
    assert answer.get_json()["items"][0]["client_id"] == program.client_id


def test_a_client_may_ask_for_fewer_scopes(program: Program) -> None:
    assert program.ask(scope="verify").get_json()["scope"] == "verify"


@pytest.mark.parametrize("scope", ["registrar", "verify registrar", "verify  awards:read", "VERIFY", "verify\tx"])
def test_aut_012_a_client_gets_no_scope_that_it_does_not_have(program: Program, scope: str) -> None:
    assert program.asks_in_vain(scope=scope) == "invalid_scope"


def test_aut_013_many_wrong_proofs_are_slowed_and_a_right_one_is_not(program: Program) -> None:
    for _ in range(FAILURES.per_minute):
        assert program.asks_in_vain("not an assertion") == "invalid_client"
    forged = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
    answer = program.http.post("/oauth/token", data=form("still none"), headers=forged)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert program.ask().status_code == 200


def test_aut_013_an_unknown_client_and_a_wrong_signature_look_the_same(program: Program, http: Any) -> None:
    stranger = Program(http, program.clock, "no-such-client", "ES256", program.private)
    forger = Program(http, program.clock, program.client_id, "ES256", other_key())
    unknown, forged = stranger.ask(), forger.ask()
    assert unknown.status_code == forged.status_code == 400
    assert unknown.get_data() == forged.get_data()


def test_aut_014_the_audience_is_the_issuer_alone_as_a_string(program: Program) -> None:
    token_url = "http://127.0.0.1:8000/oauth/token"
    for audience in ([ISSUER], [ISSUER, "https://other.example"], token_url, f"{ISSUER}/", ISSUER.upper(), None):
        assert program.asks_in_vain(program.assertion(aud=audience)) == "invalid_client"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 301, 3600, 365 * 86400])
def test_aut_015_and_022_it_expires_within_five_minutes_and_has_not_yet(program: Program, seconds: int) -> None:
    expires_at = int(program.clock.now.timestamp()) + seconds
    assert program.asks_in_vain(program.assertion(exp=expires_at)) == "invalid_client"


@pytest.mark.parametrize("expires_at", [None, True, "1785834000", 1e300, 1.5, [], -1])
def test_aut_015_an_expiry_that_is_no_whole_number_is_refused(program: Program, expires_at: Any) -> None:
    assertion = hand_made(program, exp=expires_at)
    assert program.asks_in_vain(assertion) == "invalid_client"


@pytest.mark.parametrize("changed", [{"sub": None}, {"iss": None}, {"sub": "another"}, {"jti": None}, {"jti": ""}])
def test_aut_016_a_missing_or_other_subject_or_name_is_refused(program: Program, changed: dict[str, Any]) -> None:
    assert program.asks_in_vain(program.assertion(**changed)) == "invalid_client"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "PS256", "PS512"])
def test_aut_017_the_algorithm_is_the_registered_one(enrol: Callable[..., Program], algorithm: str) -> None:
    program = enrol("RS512")
    assert program.asks_in_vain(program.assertion(signed_with=algorithm)) == "invalid_client"


def test_aut_018_a_start_eight_seconds_ahead_is_accepted(program: Program) -> None:
    ahead = int(program.clock.now.timestamp()) + 8
    assert program.ask(program.assertion(nbf=ahead, iat=ahead)).status_code == 200


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_aut_019_a_start_a_minute_ahead_is_accepted_and_not_a_second_more(program: Program, name: str) -> None:
    now = int(program.clock.now.timestamp())
    soon: dict[str, Any] = {name: now + 60}
    late: dict[str, Any] = {name: now + 61}
    assert program.ask(program.assertion(**soon)).status_code == 200
    assert program.asks_in_vain(program.assertion(**late)) == "invalid_client"


def test_aut_020_an_assertion_is_accepted_once(program: Program) -> None:
    assertion = program.assertion()
    assert program.ask(assertion).status_code == 200
    assert program.asks_in_vain(assertion) == "invalid_client"
    assert program.asks_in_vain(program.assertion(jti=part(assertion, 1)["jti"])) == "invalid_client"


def test_aut_021_of_twenty_at_once_exactly_one_succeeds(app: Flask, database_url: str, clock: Clock) -> None:
    with transaction() as session:
        client = service.register(
            session,
            organisation_id=OrganisationFactory.create(session).id,
            name="Invented learning system",
            algorithm="ES256",
            jwks=[public_jwk(private_key("ES256"))],
            scopes=["verify"],
            actor="operator",
            now=clock.now,
        )
        client_id = client.client_id
    program = Program(app.test_client(), clock, client_id, "ES256", private_key("ES256"))
    assertion = program.assertion()
    racers = [replace(program, http=app.test_client()) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda racer: racer.ask(assertion).status_code, racers))
    assert sorted(statuses) == [200] + [400] * 19


def test_two_clients_may_use_the_same_name_for_their_assertions(enrol: Callable[..., Program]) -> None:
    for program in (enrol(), enrol()):
        assert program.ask(program.assertion(jti="monday")).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"kid": "second"},
        {"kid": 1},
        {"kid": "first", "typ": "at+jwt"},
        {"kid": "first", "typ": "dc+sd-jwt"},
        {"kid": "first", "alg": "RS512"},
        {"kid": "first", "crit": ["exp"]},
        {"kid": "first", "jku": "https://evil.example/jwks"},
        {"kid": "first", "jwk": {"kty": "oct", "k": "AA"}},
        {"kid": "first", "x5c": ["AA"]},
        {"kid": "first", "x5u": "https://evil.example"},
    ],
)
def test_a_header_that_names_another_key_or_kind_is_refused(program: Program, header: dict[str, Any]) -> None:
    assert program.asks_in_vain(hand_made(program, header=header)) == "invalid_client"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "None", "es256", None, 1])
def test_an_algorithm_that_needs_no_private_key_is_refused(program: Program, algorithm: Any) -> None:
    head, body, _ = program.assertion().split(".")
    header = encoded({"kid": "first", "alg": algorithm})
    for signature in ("", head):
        assert program.asks_in_vain(f"{header}.{body}.{signature}") == "invalid_client"


@pytest.mark.parametrize("assertion", ["", "a.b", "a.b.c", "e30.e30.", "e30.W10.AA", "x" * 9000, "é.é.é", "\0"])
def test_what_is_no_assertion_is_refused(program: Program, assertion: str) -> None:
    assert program.asks_in_vain(assertion) == "invalid_client"


def test_a_second_spelling_of_an_assertion_is_refused(program: Program) -> None:
    assert program.asks_in_vain(program.assertion() + "=") == "invalid_client"


def test_a_disabled_client_gets_no_token(program: Program, session: Session) -> None:
    service.disable(session, client_id=program.client_id, actor="operator", now=program.clock.now)
    assert program.asks_in_vain() == "invalid_client"


def test_a_client_changes_its_key_without_a_gap(program: Program, session: Session) -> None:
    second = other_key()
    changes: dict[str, Any] = {"client_id": program.client_id, "actor": "operator", "now": program.clock.now}
    service.add_key(session, jwk=public_jwk(second, "second"), **changes)
    assert program.ask().status_code == 200
    newer = Program(program.http, program.clock, program.client_id, "ES256", second, {"kid": "second"})
    assert newer.ask().status_code == 200
    service.retire_key(session, kid="first", **changes)
    assert program.asks_in_vain() == "invalid_client"
    assert newer.ask().status_code == 200


@pytest.mark.parametrize(
    ("form", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"client_assertion_type": "urn:other"}, "invalid_client"),
        ({"client_assertion": None}, "invalid_client"),
        ({"client_id": "another"}, "invalid_client"),
    ],
)
def test_a_form_that_lacks_something_is_answered_in_oauths_words(
    program: Program, form: dict[str, Any], error: str
) -> None:
    assert program.asks_in_vain(**form) == error


def test_a_parameter_given_twice_is_refused(program: Program) -> None:
    answer = program.http.post("/oauth/token", data=form("a") | {"scope": ["verify", "registrar"]})
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_json_instead_of_a_form_is_answered_in_oauths_words(program: Program) -> None:
    answer = program.http.post("/oauth/token", json=form("a"))
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")


def test_without_a_signing_key_the_answer_is_to_come_again(program: Program, app: Flask) -> None:
    def no_key(_session: Session, _now: Any) -> MemorySigner:
        raise NoActiveKey

    app.extensions[EXTENSION].signer = no_key
    answer = program.ask()
    assert (answer.status_code, answer.get_json()["error"]) == (503, "temporarily_unavailable")


def form(assertion: str) -> dict[str, Any]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def other_key() -> Any:
    return ec.generate_private_key(ec.SECP256R1())


def hand_made(program: Program, *, header: dict[str, Any] | None = None, **changed: Any) -> str:
    """Sign any header and claims, those too that a library would refuse to sign."""
    claims = part(program.assertion(), 1) | changed
    used = {"kid": "first"} if header is None else header
    message = f"{encoded({'alg': 'ES256', **used})}.{encoded(claims)}"
    signature = MemorySigner(program.private).sign(message.encode())
    return f"{message}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
