"""How the attacks on the verifier are made, and how a refusal is asserted."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from credentials import CredentialError, Expected, verify
from credentials.encoding import b64url_decode, b64url_encode, canonical_json
from credentials.key_binding import Question, bind
from credentials.keys import ORDER, Signer
from credentials.sd_jwt import Presentation, digests_of, split_presentation
from credentials.status_list import StatusList, compress, read_status_list
from tests.credentials.passport_samples import (
    HOLDER_KEY,
    NOW,
    PASSPORT_KEY,
    STATUS_INDEX,
    STATUS_URI,
    TRUST,
    header_of,
    issued,
    payload_of,
    raw_token,
    statuses,
)

Attack = tuple[str, type[CredentialError], Callable[[], Any]]

GOOD = issued()
PAYLOAD = payload_of(GOOD)
SHOWN = split_presentation(GOOD)
LISTS = statuses()
FUTURE = int((NOW + timedelta(seconds=61)).timestamp())
QUESTION = Question(audience="x509_hash:invented", nonce="nonce-1")


def rows(*attacks: Attack) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("reason", "attack"), [pytest.param(*row[1:], id=row[0]) for row in attacks])


def check(presentation: str, **changes: Any) -> Any:
    arguments: dict[str, Any] = {"trust": TRUST, "statuses": LISTS, "now": NOW}
    return verify(presentation, **(arguments | changes))


def each(*values: Any) -> tuple[Any, ...]:
    """List values of any kind, for the type checker's peace."""
    return values


def refuses(reason: type[CredentialError], attack: Callable[[], Any]) -> None:
    with pytest.raises(CredentialError) as caught:
        attack()
    assert type(caught.value) is reason, caught.value


def with_header(key: Signer = PASSPORT_KEY, without: tuple[str, ...] = (), **members: Any) -> str:
    header = {name: value for name, value in header_of(key).items() if name not in without} | members
    return raw_token(header, PAYLOAD, key) + "~"


def with_claims(*, without: tuple[str, ...] = (), key: Signer = PASSPORT_KEY, **members: Any) -> str:
    claims = {name: value for name, value in PAYLOAD.items() if name not in without} | members
    return raw_token(header_of(key), claims, key) + "~"


def malleated(presentation: str) -> str:
    """Turn (r, s) into (r, n - s), which is as good a signature."""
    token, _, rest = presentation.partition("~")
    signing_input, _, signature = token.rpartition(".")
    raw = b64url_decode(signature)
    other = raw[:32] + (ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    return f"{signing_input}.{b64url_encode(other)}~{rest}"


def raw(header: bytes | None = None, payload: bytes | None = None) -> str:
    return raw_token(header_of() if header is None else header, PAYLOAD if payload is None else payload) + "~"


KID = PASSPORT_KEY.public.kid
JWT = SHOWN.issuer_jwt
HEADER, BODY, SIGNATURE = JWT.split(".")
PAYLOAD_JSON = canonical_json(PAYLOAD)


def disclosure(*elements: Any) -> str:
    return b64url_encode(json.dumps(elements).encode())


def hiding(*texts: str, at: str | None = None, **claims: Any) -> str:
    """Sign a passport whose only digests are those of these disclosures: at the top, or in an array."""
    digests = digests_of(texts)
    hidden = {"_sd": digests} if at is None else {at: [{"...": digest} for digest in digests]}
    visible = {name: PAYLOAD[name] for name in ("iss", "vct", "iat", "exp", "status", "_sd_alg")}
    token = raw_token(header_of(), visible | hidden | claims)
    return Presentation(token, texts).text


def status(
    key: Signer = PASSPORT_KEY, typ: str = "statuslist+jwt", without: tuple[str, ...] = (), **changes: Any
) -> str:
    claims: dict[str, Any] = {
        "sub": STATUS_URI,
        "iat": int(NOW.timestamp()) - 60,
        "exp": int(NOW.timestamp()) + 600,
        "ttl": 300,
        "status_list": {"bits": 1, "lst": compress(bytes(2**14))},
    }
    claims = {name: value for name, value in claims.items() if name not in without} | changes
    return raw_token(header_of(key, typ), claims, key)


def read(token: str, **changes: Any) -> StatusList:
    arguments: dict[str, Any] = {"uri": STATUS_URI, "trust": TRUST, "now": NOW}
    return read_status_list(token, **(arguments | changes))


def bound(question: Question = QUESTION, key: Signer = HOLDER_KEY, at: Any = NOW, shown: str = GOOD) -> str:
    return bind(split_presentation(shown), question, signer=key, now=at).text


def asked(presentation: str, **changes: Any) -> Any:
    return check(presentation, expected=Expected(question=QUESTION), **changes)


def with_status(**members: Any) -> str:
    return with_claims(status={"status_list": {"idx": STATUS_INDEX, "uri": STATUS_URI} | members})
