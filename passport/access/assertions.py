"""Proof of who a client is: `private_key_jwt` (RFC 7523, RFC 7521, FAPI 2.0 section 5.3.2.1).

The rules, in the order of the code: a compact JWS in its one spelling; a header with nothing that chooses a key or an
algorithm; `iss` and `sub` are the client; the algorithm is the one that the client was registered with; `kid` is one of
its keys; the signature; `aud` is this service's issuer identifier alone, as a string; `exp` at most 300 seconds ahead;
`nbf` and `iat` at most 60 seconds ahead; `jti` never seen before. Whatever is wrong, the answer is the same, so nobody
learns whether a client exists.
"""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from credentials.encoding import b64url_decode, strict_json
from credentials.errors import CredentialError
from credentials.jws import FORBIDDEN_HEADERS
from passport.access import keys
from passport.access.models import ApiClient, UsedAssertion
from passport.errors import Unauthenticated

MAX_CHARACTERS: Final = 8192
LONGEST_JTI: Final = 256
LIFE: Final = timedelta(seconds=300)
LEEWAY: Final = timedelta(seconds=60)
TYPES: Final = (None, "JWT", "client-authentication+jwt")  # RFC 7523 asks for none; its revision names the last
REFUSED_HEADERS: Final = FORBIDDEN_HEADERS | {"x5c", "crit"}


class AssertionRefused(Unauthenticated):
    """The client has not proved who it is. Why is not said."""

    code = "invalid_client"
    title = "The client assertion is not accepted"


def prove(session: Session, assertion: str, *, issuer: str, now: datetime) -> ApiClient:
    """Return the client that an assertion proves, and remember the assertion as used.

    Args:
        session: the transaction in which the token is made.
        assertion: the compact JWT.
        issuer: this service's issuer identifier, the only accepted audience.
        now: UTC.

    Raises:
        AssertionRefused: it proves nothing.
    """
    header, claims, message, signature = _read(assertion)
    client = _client(session, claims)
    key = next((key for key in client.keys if key.kid == header.get("kid") and key.retired_at is None), None)
    if key is None or header.get("alg") != client.algorithm:
        raise AssertionRefused
    if not keys.verify(key.jwk, client.algorithm, message=message, signature=signature):
        raise AssertionRefused
    if claims.get("aud") != issuer:
        raise AssertionRefused
    expires_at = _check_times(claims, now)
    _use_once(session, client, claims.get("jti"), expires_at)
    return client


def forget_expired(session: Session, *, at: datetime) -> None:
    """Delete the memory of assertions that had expired at this time: they are refused for that by now."""
    session.execute(delete(UsedAssertion).where(UsedAssertion.expires_at <= at))


def _read(assertion: str) -> tuple[Mapping[str, object], Mapping[str, object], bytes, bytes]:
    parts = assertion.split(".")
    if len(assertion) > MAX_CHARACTERS or len(parts) != 3:
        raise AssertionRefused
    try:
        header, claims = (strict_json(b64url_decode(part)) for part in parts[:2])
        signature = b64url_decode(parts[2])
    except CredentialError as error:
        raise AssertionRefused from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise AssertionRefused
    if not REFUSED_HEADERS.isdisjoint(header) or header.get("typ") not in TYPES:
        raise AssertionRefused
    return header, claims, f"{parts[0]}.{parts[1]}".encode("ascii"), signature


def _client(session: Session, claims: Mapping[str, object]) -> ApiClient:
    client_id = claims.get("iss")
    if not isinstance(client_id, str) or "\0" in client_id or claims.get("sub") != client_id:
        raise AssertionRefused
    known = (ApiClient.client_id == client_id, ApiClient.disabled_at.is_(None))
    client = session.scalar(select(ApiClient).where(*known))
    if client is None:
        raise AssertionRefused
    return client


def _check_times(claims: Mapping[str, object], now: datetime) -> datetime:
    seconds = now.timestamp()
    expires_at = claims.get("exp")
    if type(expires_at) is not int or not seconds < expires_at <= seconds + LIFE.total_seconds():
        raise AssertionRefused
    for name in ("nbf", "iat"):
        value = claims.get(name, 0)
        if type(value) is not int or value > seconds + LEEWAY.total_seconds():
            raise AssertionRefused
    return datetime.fromtimestamp(expires_at, UTC)


def _use_once(session: Session, client: ApiClient, jti: object, expires_at: datetime) -> None:
    if not isinstance(jti, str) or not 0 < len(jti) <= LONGEST_JTI:
        raise AssertionRefused
    digest = hashlib.sha256(jti.encode()).digest()
    used = insert(UsedAssertion).values(api_client_id=client.id, jti_hash=digest, expires_at=expires_at)
    first = session.scalar(used.on_conflict_do_nothing().returning(UsedAssertion.api_client_id))
    if first is None:
        raise AssertionRefused
