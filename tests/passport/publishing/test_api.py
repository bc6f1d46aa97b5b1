"""The published documents over HTTP: types, caching, cross-origin reading, and nothing that should not be there."""

import json
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from credentials.keys import PublicKey
from passport.issuing import issuance
from passport.publishing.api import MAX_AGE_SECONDS
from passport.settings import Settings
from passport.signing import keyring
from passport.signing.states import LEAD_TIME
from tests.callers import Clock, lend_app
from tests.passports import ISSUER, make_nurse, make_service

DOCUMENTS = {
    "/.well-known/jwt-vc-issuer": "application/json",
    "/.well-known/jwks.json": "application/json",
    "/trust-root": "application/json",
    "/trust-list": "application/trust-list+jwt",
    "/code-list": "application/code-list+jwt",
    "/status-lists": "application/json",
    "/types/staff-passport/v1": "application/json",
    "/status-lists/1": "application/statuslist+jwt",
}


@pytest.fixture
def app(session: Session, settings: Settings, now: datetime) -> Flask:
    keyring.configure(settings)
    make_service(session, now)
    nurse = make_nurse(session)
    session.commit()
    issuance.issue_passport(nurse.person_id, organisation_id=nurse.organisation_id, requested_by="operator", now=now)
    return lend_app(settings, Clock(now))


def status_list_path(app: Flask) -> str:
    [uri] = app.test_client().get("/status-lists").get_json()["status_lists"]
    return str(uri).removeprefix(ISSUER)


def read(app: Flask, path: str, **options: Any) -> Any:
    return app.test_client().get(status_list_path(app) if path == "/status-lists/1" else path, **options)


@pytest.mark.parametrize("path", DOCUMENTS)
def test_every_document_is_public_typed_and_cacheable(app: Flask, path: str) -> None:
    answer = read(app, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, DOCUMENTS[path])
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["ETag"].startswith('"')
    assert answer.headers["Cache-Control"].startswith("public")
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", DOCUMENTS)
def test_who_has_a_document_already_gets_304_and_no_bytes(app: Flask, path: str) -> None:
    etag = read(app, path).headers["ETag"]
    again = read(app, path, headers={"If-None-Match": etag})
    assert (again.status_code, again.get_data(), again.headers["ETag"]) == (304, b"", etag)
    assert again.headers["Access-Control-Allow-Origin"] == "*"


def test_no_private_or_secret_member_is_in_the_keys(app: Flask) -> None:
    keys = read(app, "/.well-known/jwks.json").get_json()["keys"]
    assert [set(key) for key in keys] == [{"kty", "crv", "x", "y", "kid", "use", "alg"}]
    assert PublicKey.from_jwk(keys[0]).kid == keys[0]["kid"]
    assert len({key["kid"] for key in keys}) == len(keys)


def test_the_issuer_is_named_and_brings_its_keys(app: Flask) -> None:
    metadata = read(app, "/.well-known/jwt-vc-issuer").get_json()
    assert metadata["issuer"] == ISSUER
    assert metadata["jwks"] == read(app, "/.well-known/jwks.json").get_json()


def test_the_type_is_served_at_its_own_address(app: Flask) -> None:
    assert read(app, "/types/staff-passport/v1").get_json()["vct"] == f"{ISSUER}/types/staff-passport/v1"


def test_the_root_is_served_byte_for_byte(app: Flask) -> None:
    assert json.loads(read(app, "/trust-root").get_data())["type"] == "staff-passport-trust-root"


def test_an_unknown_status_list_is_not_found(app: Flask) -> None:
    assert read(app, "/status-lists/999999").status_code == 404


@pytest.mark.parametrize("query", ["time=1785000000", "time=", "time=x", "time"])
def test_a_list_of_the_past_is_not_kept(app: Flask, query: str) -> None:
    answer = app.test_client().get(f"{status_list_path(app)}?{query}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (501, "application/problem+json")


def test_a_new_key_is_used_only_after_every_cache_has_heard_of_it() -> None:
    assert LEAD_TIME.total_seconds() > MAX_AGE_SECONDS


def test_documents_are_only_read(app: Flask) -> None:
    for path in DOCUMENTS:
        assert app.test_client().post(path).status_code == 405
