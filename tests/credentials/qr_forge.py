"""A forge for the tests of hostile QR codes: any text, message, claims or content, signed as if it were ours."""

import zlib
from functools import cache
from typing import Any

import cbor2
import pytest

from credentials import cose
from credentials.errors import (
    CredentialError,
)
from credentials.keys import MemorySigner
from credentials.qr import DOMAIN
from credentials.qr_text import read_text
from tests.credentials.qr_samples import (
    ISSUER,
    NOW,
    QR_KEY,
    check,
    qr_text,
    signer,
)

ISS, EXP, IAT, CTI, STATUS_CLAIM, CONTENT = 1, 4, 6, 7, 65535, -65537
NOW_SECONDS = int(NOW.timestamp())
STRANGER = signer(0xBAD)


@cache
def genuine_message() -> bytes:
    return read_text(qr_text()).message


def genuine_claims() -> dict[int, Any]:
    claims: dict[int, Any] = cbor2.loads(cbor2.loads(genuine_message())[2])
    return claims


def text_of(packed: bytes, *, address: str = ISSUER) -> str:
    return f"{address}/v#{int.from_bytes(packed)}"


def plain(message: bytes) -> str:
    return text_of(b"\x02" + message)


def deflated(message: bytes) -> str:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return text_of(b"\x01" + packer.compress(message) + packer.flush())


def signed(payload: bytes, *, key: MemorySigner = QR_KEY, kid: str | None = None, domain: bytes = DOMAIN) -> str:
    """Return a QR with any payload, whose signature is right."""
    unsigned = cose.prepare(payload, kid=kid or key.public.kid, domain=domain)
    return deflated(unsigned.signed(key.sign(unsigned.to_be_signed)))


def with_claims(changes: dict[int, Any], *, without: tuple[int, ...] = ()) -> str:
    claims = {key: value for key, value in (genuine_claims() | changes).items() if key not in without}
    return signed(cbor2.dumps(claims, canonical=True))


def with_content(place: int, value: object) -> str:
    content = genuine_claims()[CONTENT]
    content[place] = value
    return with_claims({CONTENT: content})


def refused(text: str, **changes: Any) -> CredentialError:
    with pytest.raises(CredentialError) as refusal:
        check(text, **changes)
    return refusal.value


def parts() -> list[Any]:
    message: list[Any] = cbor2.loads(genuine_message())
    return message
