"""Access tokens: made here, and recognised here at every request (RFC 9068, RFC 6750, RFC 8725).

A token is a JWT of type `at+jwt`, signed with ES256 by a key that signs nothing else, and lives for ten minutes. Any
other token of ours (a passport, a status list, a client's assertion) fails by its type and its key. Recognising a token
reads its client too, so a client that is disabled is out within `REMEMBERED_FOR`, whatever its tokens say.

Keys belong to the signing room, which lies above this one: `create_app` hands over how to sign and how to find a key.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from flask import current_app, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.encoding import canonical_json
from credentials.errors import CredentialError
from credentials.jws import Jws, parse_compact, sign_compact
from credentials.keys import PublicKey, Signer
from passport.access.models import ApiClient
from passport.access.scopes import open_to
from passport.db import reading
from passport.errors import Unauthenticated
from passport.organisations.models import Organisation
from passport.web.clock import now
from passport.web.problems import BadRequest, InvalidToken
from passport.web.rules import Caller

TYPE: Final = "at+jwt"
LIFE: Final = timedelta(minutes=10)
REMEMBERED_FOR: Final = timedelta(seconds=5)
MOST_REMEMBERED: Final = 4096
MAX_CHARACTERS: Final = 4096
EXTENSION: Final = "access_tokens"


class TokenTwice(BadRequest):
    """The access token was sent in more than one way (RFC 6750 section 2)."""

    code = "invalid_request"
    title = "Send the access token once, in the header Authorization"


@dataclass(slots=True)
class AccessTokens:
    """How one application makes and recognises access tokens.

    Args:
        issuer: `iss` and `aud` of the tokens: the service's identifier.
        signer: gives what signs access tokens now.
        key: gives the public key of a name, None for one that signs no access tokens (any more).
    """

    issuer: str
    signer: Callable[[Session, datetime], Signer]
    key: Callable[[Session, str], PublicKey | None]
    _known: dict[tuple[str, str], tuple[datetime, PublicKey, Caller]] = field(default_factory=dict)

    def make(self, session: Session, client: ApiClient, scopes: list[str], *, now: datetime) -> str:
        """Return a token for a client that has proved who it is.

        Args:
            session: a session that can find the signing key.
            client: whom the token is for.
            scopes: what it allows; a part of the client's own.
            now: UTC.
        """
        issued_at = int(now.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": self.issuer,
            "sub": client.client_id,
            "client_id": client.client_id,
            "scope": " ".join(scopes),
            "iat": issued_at,
            "exp": issued_at + int(LIFE.total_seconds()),
            "jti": str(uuid.uuid4()),
        }
        return sign_compact({"typ": TYPE}, canonical_json(claims), signer=self.signer(session, now))

    def recognise(self, token: str, *, now: datetime) -> Caller:
        """Return who holds a token.

        Raises:
            InvalidToken: it is not a good access token of ours, or its client is disabled. All look the same.
        """
        try:
            parsed = parse_compact(token, typ=TYPE, max_characters=MAX_CHARACTERS)
            client_id, scopes = self._check_claims(parsed, now)
            key, caller = self._known_caller(parsed.kid, client_id, now)
            parsed.verify(key)
        except CredentialError as error:
            raise InvalidToken from error
        return Caller(caller.client_id, caller.organisation_id, caller.ods_code, caller.scopes & scopes)

    def _check_claims(self, token: Jws, now: datetime) -> tuple[str, frozenset[str]]:
        claims = token.claims
        client_id, scope, expires_at = claims.get("client_id"), claims.get("scope"), claims.get("exp")
        ours = claims.get("iss") == self.issuer and claims.get("aud") == self.issuer
        alive = type(expires_at) is int and now.timestamp() < expires_at
        if not (ours and alive and isinstance(client_id, str) and isinstance(scope, str)):
            raise InvalidToken
        return client_id, frozenset(scope.split())

    def _known_caller(self, kid: str, client_id: str, now: datetime) -> tuple[PublicKey, Caller]:
        known = self._known.get((kid, client_id))
        if known is not None and now - known[0] < REMEMBERED_FOR:
            return known[1:]
        with reading() as session:
            key, caller = self.key(session, kid), _caller(session, client_id)
        if key is None or caller is None:
            raise InvalidToken
        if len(self._known) >= MOST_REMEMBERED:
            self._known.clear()
        self._known[kid, client_id] = (now, key, caller)
        return key, caller


def recognise_caller() -> Caller:
    """Return who makes the current request, by its bearer token.

    Raises:
        Unauthenticated: no token in the header `Authorization`.
        InvalidToken: the token is not good, or was put into the address, where logs would keep it.
        TokenTwice: it was sent in the header and in the body.
    """
    if "access_token" in request.args:
        raise InvalidToken("A token in the address is refused. Send it in the header Authorization.")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if request.mimetype == "application/x-www-form-urlencoded" and "access_token" in request.form:
        raise TokenTwice
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send an access token: Authorization: Bearer ...")
    tokens: AccessTokens = current_app.extensions[EXTENSION]
    return tokens.recognise(token, now=now())


def _caller(session: Session, client_id: str) -> Caller | None:
    """Return what a client may do now, None where it is unknown or disabled."""
    row = session.execute(
        select(ApiClient.organisation_id, Organisation.ods_code, Organisation.kind, ApiClient.scopes)
        .join(Organisation, Organisation.id == ApiClient.organisation_id)
        .where(ApiClient.client_id == client_id, ApiClient.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    return Caller(client_id, row.organisation_id, row.ods_code, frozenset(open_to(row.scopes, row.kind)))
