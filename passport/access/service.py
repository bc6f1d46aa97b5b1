"""The rules of API clients. Flushes, never commits; raises the kinds of `passport.errors`.

A client is a program of one organisation and acts for it alone. It proves itself by a signature, so no secret of it is
kept here. Its algorithm is fixed at registration; it may have several keys, so that it can change them without a gap. A
disabled client stays in the register, because the audit log names it, and never comes back.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from passport.access.keys import Algorithm, public_jwk
from passport.access.models import ApiClient, ApiClientKey
from passport.access.scopes import RESERVED, SCOPES, open_to
from passport.audit import service as audit
from passport.errors import Conflict, Fault, Invalid, NotFound
from passport.organisations import service as organisations

MOST_KEYS: Final = 10


class ClientNotFound(NotFound):
    """There is no client of this name."""

    code = "client_not_found"
    title = "There is no such client"


class ClientDisabled(Conflict):
    """The client was disabled, for good."""

    code = "client_disabled"
    title = "The client is disabled"


class ClientKeyExists(Conflict):
    """The client has a key of this kid already."""

    code = "client_key_exists"
    title = "The client has a key with this kid already"
    constraint = "pk_api_client_key"


class TooManyKeys(Conflict):
    """The client has as many keys as it may."""

    code = "client_keys_full"
    title = f"A client has {MOST_KEYS} keys at most"


class ScopeUnknown(Invalid):
    """One of the scopes does not exist."""

    code = "scope_unknown"
    title = "There is no such scope"


class ScopeReserved(Invalid):
    """One of the scopes is for programs of another kind of organisation."""

    code = "scope_reserved"
    title = "The organisation’s programs may not have this scope"


def register(
    session: Session,
    *,
    organisation_id: UUID,
    name: str,
    algorithm: Algorithm,
    jwks: Iterable[Mapping[str, Any]],
    scopes: Iterable[str],
    actor: str,
    now: datetime,
) -> ApiClient:
    """Register a program of an organisation.

    Args:
        session: the transaction of the edge.
        organisation_id: for whom it acts.
        name: what people call it.
        algorithm: what it signs its assertions with, for ever.
        jwks: its public keys, each with a `kid`.
        scopes: what it may do.
        actor: who registers it.
        now: UTC.

    Raises:
        ScopeUnknown: a scope that there is not.
        ScopeReserved: a scope for programs of another kind of organisation.
        ClientKeyInvalid: a key that is private, weak or of another kind.
        ClientKeyExists: two keys with one kid.
    """
    client = ApiClient(
        client_id=str(uuid4()),
        organisation_id=organisation_id,
        name=name,
        algorithm=algorithm,
        scopes=_allowed(session, organisation_id, _known(scopes)),
        recorded_at=now,
    )
    session.add(client)
    session.flush()
    for jwk in jwks:
        _add_key(session, client, jwk, now=now)
    _audit(session, client, "registered", actor=actor, now=now, detail={"scopes": client.scopes})
    return client


def disable(session: Session, *, client_id: str, actor: str, now: datetime) -> ApiClient:
    """Shut a client out for good: its tokens stop within seconds. Disabling it again changes nothing.

    Raises:
        ClientNotFound: there is none.
    """
    client = by_client_id(session, client_id, locked=True)
    if client.disabled_at is None:
        client.disabled_at = now
        session.flush()
        _audit(session, client, "disabled", actor=actor, now=now)
    return client


def add_key(session: Session, *, client_id: str, jwk: Mapping[str, Any], actor: str, now: datetime) -> ApiClient:
    """Give a client a further key; it signs with either until the old one is retired.

    Raises:
        ClientNotFound, ClientDisabled: no such client; it is disabled.
        ClientKeyInvalid, ClientKeyExists, TooManyKeys: the key does not fit.
    """
    client = _working(session, client_id)
    _add_key(session, client, jwk, now=now)
    _audit(session, client, "key_added", actor=actor, now=now)
    return client


def retire_key(session: Session, *, client_id: str, kid: str, actor: str, now: datetime) -> ApiClient:
    """Accept nothing more that a key of a client signs. Its kid is never used again.

    Raises:
        ClientNotFound: no such client, or it has no such key.
    """
    client = by_client_id(session, client_id, locked=True)
    key = next((key for key in client.keys if key.kid == kid), None)
    if key is None:
        raise ClientNotFound("The client has no key with this kid.")
    if key.retired_at is None:
        key.retired_at = now
        session.flush()
        _audit(session, client, "key_retired", actor=actor, now=now)
    return client


def by_client_id(session: Session, client_id: str, *, locked: bool = False) -> ApiClient:
    """Return a client; `locked` keeps others from changing it until the transaction ends.

    Raises:
        ClientNotFound: there is none.
    """
    statement = select(ApiClient).where(ApiClient.client_id == client_id)
    client = session.scalar(statement.with_for_update() if locked else statement)
    if client is None:
        raise ClientNotFound
    return client


def all_clients() -> Select[ApiClient]:
    """Return the statement that lists every client."""
    return select(ApiClient)


def _working(session: Session, client_id: str) -> ApiClient:
    client = by_client_id(session, client_id, locked=True)
    if client.disabled_at is not None:
        raise ClientDisabled
    return client


def _add_key(session: Session, client: ApiClient, jwk: Mapping[str, Any], *, now: datetime) -> None:
    kept = public_jwk(jwk, client.algorithm)  # type: ignore[arg-type]  # a constraint of the table holds it to the three
    if any(key.kid == kept["kid"] for key in client.keys):
        raise ClientKeyExists
    if len(client.keys) >= MOST_KEYS:
        raise TooManyKeys
    client.keys.append(ApiClientKey(api_client_id=client.id, kid=kept["kid"], jwk=kept, recorded_at=now))
    session.flush()


def _known(scopes: Iterable[str]) -> list[str]:
    wanted = set(scopes)
    if unknown := sorted(wanted - SCOPES.keys()):
        raise ScopeUnknown("Choose among the scopes of the documentation.", tuple(_unknown(each) for each in unknown))
    return [scope for scope in SCOPES if scope in wanted]


def _allowed(session: Session, organisation_id: UUID, scopes: list[str]) -> list[str]:
    kind = organisations.by_id(session, organisation_id).kind
    if refused := [scope for scope in scopes if scope not in open_to(scopes, kind)]:
        raise ScopeReserved(_reserved(refused[0]), tuple(Fault("/scopes", _reserved(each)) for each in refused))
    return scopes


def _reserved(scope: str) -> str:
    only = f"Only programs of an organisation of the kind {RESERVED[scope]} may have {scope}."
    return f"{only} Leave it out, or register the program for such an organisation."


def _unknown(scope: str) -> Fault:
    return Fault("/scopes", f"{scope[:40]} is not a scope.")


def _audit(
    session: Session,
    client: ApiClient,
    verb: str,
    *,
    actor: str,
    now: datetime,
    detail: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        actor=actor,
        organisation_id=client.organisation_id,
        action=f"client.{verb}",
        subject=f"client:{client.client_id}",
        detail=detail,
        now=now,
    )
