"""Check all that was ever issued against itself, as an outsider would: `passport fsck`.

In the order of the code: every copy makes again exactly what was signed, and its key verifies it (but for one whose
content was erased); its hash, state and
place on a list agree; every status list says what its rows say, is the full size and its key verifies it; and the chain
of the audit log holds. Findings are sentences that name records by their ids; nothing is repaired here.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.claims import seconds
from credentials.errors import CredentialError
from credentials.jws import parse_compact
from credentials.keys import PublicKey
from credentials.passport_type import content_hash
from credentials.status_list import MAX_CHARACTERS, TYPE, bits_of, decompress
from passport.audit import service as audit
from passport.issuing import status_lists, tokens
from passport.issuing.models import Credential, StatusEntry, StatusList
from passport.signing import keyring
from passport.signing.models import SigningKey
from passport.signing.service import all_keys

FORGOTTEN: Final = timedelta(days=2)  # a plan this old should have been completed or given up
ROWS_AT_ONCE: Final = 1000


def findings(session: Session, *, now: datetime) -> Iterator[str]:
    """Yield one sentence for each thing that is wrong; nothing when all is well."""
    keys = {key.kid: key for key in all_keys(session)}
    yield from _credentials(session, keys, now)
    yield from _entries(session)
    for status_list in session.scalars(select(StatusList).order_by(StatusList.number)):
        yield from (f"status list {status_list.number}: {fault}" for fault in _status_list(session, status_list, keys))
    yield from (f"audit entry {sequence}: the chain does not hold" for sequence in audit.broken_entries(session))


def _credentials(session: Session, keys: dict[str, SigningKey], now: datetime) -> Iterator[str]:
    query = (
        select(Credential, StatusEntry.invalid_at)
        .join(StatusEntry, _is_place_of_credential())
        .order_by(Credential.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    address = keyring.current().settings.public_url
    for credential, invalid_at in session.execute(query):
        for fault in (*_claims(credential, keys[credential.kid], address), *_state(credential, invalid_at, now)):
            yield f"credential {credential.id}: {fault}"


def _claims(credential: Credential, key: SigningKey, address: str) -> Iterator[str]:
    if not (credential.claims or credential.salts_seed or credential.content_hash) and credential.claims_sha256:
        return  # the person was erased, or the copy is long over: its hash and its place are what is left
    try:
        message = tokens.made_again(credential, key, address=address).to_be_signed
        content = tokens.stored(credential).content
    except (CredentialError, ValueError):
        yield "its claims can't be read"
        return
    if hashlib.sha256(message).digest() != credential.claims_sha256:
        yield "its claims are not those that were recorded"
    if bytes.fromhex(content_hash(content)) != credential.content_hash:
        yield "its content is not that which was recorded"
    if credential.signature is None:
        return
    try:
        PublicKey.from_jwk(key.public_jwk).verify(credential.signature, message)
    except CredentialError:
        yield "its signature does not verify"


def _state(credential: Credential, invalid_at: datetime | None, now: datetime) -> Iterator[str]:
    if (credential.revoked_at is None) != (invalid_at is None):
        yield "its revocation and its place on the status list do not agree"
    if credential.state == "void" and credential.revoked_at is None:
        yield "it was given up, and its place is still valid"
    if credential.state == "planned" and credential.planned_at < now - FORGOTTEN:
        yield "it was planned long ago and neither completed nor given up"


def _entries(session: Session) -> Iterator[str]:
    """Find places that were given out and that no copy holds."""
    query = (
        select(StatusEntry.list_number, StatusEntry.index)
        .outerjoin(Credential, _is_place_of_credential())
        .where(Credential.id.is_(None))
    )
    for number, index in session.execute(query):
        yield f"status list {number}: place {index} belongs to no credential"


def _status_list(session: Session, status_list: StatusList, keys: dict[str, SigningKey]) -> Iterator[str]:
    if status_lists.count_used(session, status_list.number) != status_list.used:
        yield "the number of places given out is not the number of its entries"
    if status_list.token is None:
        yield "it was never signed"
        return
    try:
        jws = parse_compact(status_list.token.decode("ascii"), typ=TYPE, max_characters=MAX_CHARACTERS)
        jws.verify(PublicKey.from_jwk(keys[status_list.kid].public_jwk))
        claims: dict[str, Any] = dict(jws.claims)
        data = decompress(claims["status_list"]["lst"])
    except (CredentialError, ValueError, KeyError, TypeError):
        yield "the signed list can't be read or does not verify"
        return
    if claims.get("sub") != status_lists.uri(keyring.current().settings.issuer, status_list.number):
        yield "the signed list is of another address"
    if status_list.signed_at is None or claims.get("iat") != seconds(status_list.signed_at):
        yield "the signed list is of another time"
    in_use = keys[status_list.kid].state in {"active", "retiring"}
    invalid = status_lists.invalid_indexes(session, status_list.number)
    if in_use and data != bits_of(invalid, entries=status_list.size):
        yield "the signed list is not what the entries say"


def _is_place_of_credential() -> Any:
    return (StatusEntry.list_number == Credential.list_number) & (StatusEntry.index == Credential.status_index)
