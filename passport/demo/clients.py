"""Registers the programs of the demonstration's organisations as API clients, each with a key of its own.

The private keys lie beside the demonstration's files; a real client keeps its own. A client that is registered already
with the key in its file, for all that it is to do, is used again.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.keys import PublicKey
from passport.access import service as access
from passport.access.models import ApiClient
from passport.demo.program import Program
from passport.organisations import service as organisations
from passport.settings import Settings
from passport.signing.key_files import write_private

ACTOR: Final = "operator"


def program_of(
    session: Session, ods_code: str, *, scopes: Sequence[str], settings: Settings, base_url: str, now: datetime
) -> Program:
    """Return the program of an organisation; its client is registered where it is missing.

    Args:
        session: the transaction of the edge.
        ods_code: whose program.
        scopes: what it may do.
        settings: say where the keys lie and what the service is called.
        base_url: where the service listens.
        now: UTC.
    """
    private = _private_key(settings.home / "demo" / f"client-key-{ods_code}.json")
    jwk = _public_jwk(private)
    client = _client_of(session, ods_code, scopes=scopes, jwk=jwk, now=now)
    return Program(
        base_url=base_url, issuer=settings.issuer, client_id=client.client_id, private_jwk=private, kid=jwk["kid"],
        scopes=tuple(scopes),
    )  # fmt: skip


def _client_of(
    session: Session, ods_code: str, *, scopes: Sequence[str], jwk: dict[str, Any], now: datetime
) -> ApiClient:
    organisation = organisations.by_ods(session, ods_code)
    for client in session.scalars(select(ApiClient).where(ApiClient.organisation_id == organisation.id)):
        may = client.disabled_at is None and set(scopes) <= set(client.scopes)
        if may and any(key.kid == jwk["kid"] for key in client.keys):
            return client
    return access.register(
        session, organisation_id=organisation.id, name=f"{organisation.name} (demonstration)", algorithm="ES256",
        jwks=[jwk], scopes=scopes, actor=ACTOR, now=now,
    )  # fmt: skip


def _private_key(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_private(path, ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1())).encode("ascii"))
    return path.read_text(encoding="ascii")


def _public_jwk(private_jwk: str) -> dict[str, Any]:
    """Return the public half of a key, named by its thumbprint."""
    private = json.loads(private_jwk)
    public = PublicKey.from_jwk({member: private[member] for member in ("kty", "crv", "x", "y")})
    return {**public.jwk, "kid": public.kid}
