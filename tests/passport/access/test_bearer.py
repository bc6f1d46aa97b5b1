"""Access tokens at the door of every route: AUT-001 to AUT-011 and AUT-055 of the catalogue of attacks."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from credentials.encoding import canonical_json
from credentials.jws import sign_compact
from credentials.keys import MemorySigner
from passport.access import service
from passport.access.models import ApiClient
from passport.organisations.models import Organisation
from tests.callers import SIGNER, Clock, sign_in, token_for
from tests.factories import ApiClientFactory, OrganisationFactory

ISSUER = "https://passport.example"
OPEN_TO_REGISTRAR = "/v1/clients"


@pytest.fixture
def organisation(session: Session) -> Organisation:
    made: Organisation = OrganisationFactory.create(session)
    return made


@pytest.fixture
def client(session: Session, organisation: Organisation) -> ApiClient:
    made: ApiClient = ApiClientFactory.create(session, organisation_id=organisation.id, scopes=["registrar", "verify"])
    return made


def asking(http: FlaskClient, token: str, **options: Any) -> Any:
    return http.get(OPEN_TO_REGISTRAR, headers={"Authorization": f"Bearer {token}"}, **options)


def claims(client: ApiClient, clock: Clock, **changed: object) -> bytes:
    issued_at = int(clock.now.timestamp())
    usual: dict[str, object] = {"iss": ISSUER, "aud": ISSUER, "sub": client.client_id, "client_id": client.client_id}
    usual |= {"scope": "registrar", "iat": issued_at, "exp": issued_at + 600, "jti": "one"}
    return canonical_json({name: value for name, value in (usual | changed).items() if value is not None})


def test_a_good_token_opens_the_route(app: Flask, http: FlaskClient, session: Session, client: ApiClient) -> None:
    assert asking(http, token_for(app, session, client)).status_code == 200


def test_aut_001_without_a_token_the_answer_is_401_with_a_challenge(http: FlaskClient) -> None:
    answer = http.get(OPEN_TO_REGISTRAR)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Bearer realm="passport"')
    assert answer.mimetype == "application/problem+json"


def test_aut_002_a_token_in_the_address_is_refused_though_it_is_good(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient
) -> None:
    token = token_for(app, session, client)
    assert http.get(f"{OPEN_TO_REGISTRAR}?access_token={token}").status_code == 401
    assert asking(http, token, query_string={"access_token": token}).status_code == 401


def test_aut_003_a_token_in_header_and_body_is_a_bad_request(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient
) -> None:
    token = token_for(app, session, client)
    headers = {"Authorization": f"Bearer {token}"}
    answer = http.post(OPEN_TO_REGISTRAR, data={"access_token": token}, headers=headers)
    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")


def test_aut_004_a_token_lives_for_ten_minutes_and_not_a_second_more(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient, clock: Clock
) -> None:
    token = token_for(app, session, client)
    clock.advance(seconds=599)
    assert asking(http, token).status_code == 200
    clock.advance(seconds=1)
    answer = asking(http, token)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://other.example"},
        {"aud": [ISSUER]},
        {"iss": "https://other.example"},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"client_id": None},
        {"client_id": ["a"]},
        {"scope": None},
        {"scope": ["registrar"]},
        {"client_id": "nobody"},
    ],
)
def test_aut_005_a_token_with_a_wrong_claim_is_refused(
    http: FlaskClient, client: ApiClient, clock: Clock, changed: dict[str, object]
) -> None:
    token = sign_compact({"typ": "at+jwt"}, claims(client, clock, **changed), signer=SIGNER)
    assert asking(http, token).status_code == 401


@pytest.mark.parametrize("typ", ["JWT", "dc+sd-jwt", "statuslist+jwt", "client-authentication+jwt", "AT+JWT", ""])
def test_aut_006_to_009_another_kind_of_token_is_no_access_token(
    http: FlaskClient, client: ApiClient, clock: Clock, typ: str
) -> None:
    assert asking(http, sign_compact({"typ": typ}, claims(client, clock), signer=SIGNER)).status_code == 401


def test_aut_007_a_presentation_of_a_passport_is_no_access_token(
    http: FlaskClient, client: ApiClient, clock: Clock
) -> None:
    token = sign_compact({"typ": "dc+sd-jwt"}, claims(client, clock), signer=SIGNER)
    assert asking(http, f"{token}~WyJhIiwgImIiLCAiYyJd~").status_code == 401


def test_aut_010_neither_no_algorithm_nor_the_public_key_as_a_secret_is_accepted(
    http: FlaskClient, client: ApiClient, clock: Clock
) -> None:
    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    payload = encoded(claims(client, clock))
    for algorithm in ("none", "HS256", "None", "ES256K"):
        header = encoded(json.dumps({"alg": algorithm, "typ": "at+jwt", "kid": SIGNER.public.kid}).encode())
        mac = hmac.digest(SIGNER.public.pem.encode(), f"{header}.{payload}".encode(), hashlib.sha256)
        for signature in ("", encoded(mac)):
            assert asking(http, f"{header}.{payload}.{signature}").status_code == 401


def test_a_token_signed_by_another_key_is_refused(http: FlaskClient, client: ApiClient, clock: Clock) -> None:
    other = MemorySigner(ec.generate_private_key(ec.SECP256R1()))
    assert asking(http, sign_compact({"typ": "at+jwt"}, claims(client, clock), signer=other)).status_code == 401


def test_a_token_with_a_changed_signature_is_refused(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient
) -> None:
    head, _, signature = token_for(app, session, client).rpartition(".")
    changed = ("A" if signature[0] != "A" else "B") + signature[1:]
    assert asking(http, f"{head}.{changed}").status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "bearer\tx", "Bearer é"])
def test_a_header_that_holds_no_token_is_refused(http: FlaskClient, session: Session, header: str) -> None:
    assert http.get(OPEN_TO_REGISTRAR, headers={"Authorization": header}).status_code == 401


def test_aut_011_a_token_without_the_scope_of_the_route_is_refused(
    app: Flask, session: Session, organisation: Organisation
) -> None:
    answer = sign_in(app, session, organisation.id, "verify").get(OPEN_TO_REGISTRAR)
    assert (answer.status_code, answer.get_json()["code"]) == (403, "insufficient_scope")
    assert 'scope="registrar"' in answer.headers["WWW-Authenticate"]


def test_a_token_for_fewer_scopes_opens_no_more_than_those(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient
) -> None:
    assert asking(http, token_for(app, session, client, "verify")).status_code == 403


def test_aut_056_a_scope_that_the_client_lost_is_lost_for_its_tokens_too(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient, clock: Clock
) -> None:
    token = token_for(app, session, client)
    client.scopes = ["verify"]
    session.flush()
    clock.advance(seconds=5)
    assert asking(http, token).status_code == 403


def test_aut_055_a_disabled_client_is_out_within_five_seconds(
    app: Flask, http: FlaskClient, session: Session, client: ApiClient, clock: Clock
) -> None:
    token = token_for(app, session, client)
    assert asking(http, token).status_code == 200
    service.disable(session, client_id=client.client_id, actor="operator", now=clock.now)
    clock.advance(seconds=5)
    assert asking(http, token).status_code == 401
