"""CBOR with exactly one accepted spelling, and COSE_Sign1 with ES256: the envelope of the offline QR.

In the order of the code: deterministic CBOR (RFC 8949 section 4.2.1) of plain values only, that is integers of 64
bits, text, bytes, arrays, maps with integer keys, true, false and null; then COSE_Sign1 (RFC 9052 section 4.2),
untagged, with `{1: -7, 4: kid}` as its protected header and nothing unprotected. The domain (`external_aad`) is signed
but not carried, so a signature made for another use never fits here.

Which key a key id stands for, and what the payload means, is left to `qr`.
"""

from dataclasses import dataclass
from typing import Final

import cbor2

from credentials.encoding import b64url_decode
from credentials.errors import AlgNotAllowedError, QrMalformedError
from credentials.keys import SIGNATURE_BYTES, PublicKey

KEY_ID_BYTES: Final = 8
MAX_NESTING: Final = 8

# IANA "COSE Header Parameters" and "COSE Algorithms"; RFC 9053 section 2.1.
HEADER_ALGORITHM: Final = 1
HEADER_KEY_ID: Final = 4
ES256: Final = -7

_CONTEXT: Final = "Signature1"  # RFC 9052 section 4.4
_INTEGERS: Final = range(-(2**63), 2**63)


def encode_cbor(value: object) -> bytes:
    """Return the one encoding of a plain value: shortest lengths, definite lengths, sorted map keys."""
    return cbor2.dumps(value, canonical=True)


def decode_cbor(data: bytes) -> object:
    """Read one plain value, refusing every encoding but the one that `encode_cbor` makes.

    cbor2 would also read tags (dates, regular expressions, references that form a circle), floats, duplicate keys and
    what trails behind; so the value's types are checked before anything is done with it, and it is encoded again.

    Raises:
        QrMalformedError: not CBOR, not deterministic, nested too deep, or with anything that is not a plain value.
    """
    try:
        value: object = cbor2.loads(data, max_depth=MAX_NESTING, allow_indefinite=False, allow_duplicate_keys=False)
    except cbor2.CBORError as error:
        raise QrMalformedError("not CBOR") from error
    _check_plain(value, MAX_NESTING)
    if encode_cbor(value) != data:
        raise QrMalformedError("not deterministic CBOR")
    return value


def _check_plain(value: object, nesting_left: int) -> None:
    """Refuse what our CDDL never has. `bool` and `int` by exact type: neither is the other."""
    if nesting_left == 0:
        raise QrMalformedError("nested too deep")
    if type(value) is list:
        inner: list[object] = value
    elif type(value) is dict and all(type(key) is int for key in value):
        inner = list(value.values())
    elif value is None or type(value) in (str, bytes, bool) or (type(value) is int and value in _INTEGERS):
        return
    else:
        raise QrMalformedError("not a plain value")
    for each in inner:
        _check_plain(each, nesting_left - 1)


@dataclass(frozen=True, slots=True)
class UnsignedMessage:
    """A COSE_Sign1 but for its signature: `to_be_signed` is what the signature will cover."""

    protected: bytes
    payload: bytes
    to_be_signed: bytes

    def signed(self, signature: bytes) -> bytes:
        """Return the whole message with a signature of 64 bytes."""
        return encode_cbor([self.protected, {}, self.payload, signature])


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A COSE_Sign1 that was read. Its signature is still to be checked."""

    key_id: bytes
    payload: bytes
    signature: bytes
    to_be_signed: bytes

    def verify(self, key: PublicKey) -> None:
        """Check the signature; returning means that it is right.

        Raises:
            SignatureInvalidError: not this key's signature of this payload in this domain.
        """
        key.verify(self.signature, self.to_be_signed)


def key_id_of(kid: str) -> bytes:
    """Return the first 8 bytes of a key's RFC 7638 thumbprint, which name it inside a QR."""
    return b64url_decode(kid)[:KEY_ID_BYTES]


def prepare(payload: bytes, *, kid: str, domain: bytes) -> UnsignedMessage:
    """Make all of an untagged COSE_Sign1 but its signature, for the key named `kid`."""
    protected = encode_cbor({HEADER_ALGORITHM: ES256, HEADER_KEY_ID: key_id_of(kid)})
    return UnsignedMessage(protected, payload, _to_be_signed(protected, domain, payload))


def read(data: bytes, *, domain: bytes) -> SignedMessage:
    """Read an untagged COSE_Sign1 without verifying it.

    Raises:
        AlgNotAllowedError: signed with something other than ES256.
        QrMalformedError: anything else than the form above.
    """
    parts = decode_cbor(data)
    if not isinstance(parts, list) or [type(part) for part in parts] != [bytes, dict, bytes, bytes] or parts[1]:
        raise QrMalformedError("not a COSE_Sign1")
    protected, _, payload, signature = parts
    if len(signature) != SIGNATURE_BYTES:
        raise QrMalformedError("signature is not 64 bytes")
    return SignedMessage(_key_id_in(protected), payload, signature, _to_be_signed(protected, domain, payload))


def _to_be_signed(protected: bytes, domain: bytes, payload: bytes) -> bytes:
    """Return the Sig_structure of RFC 9052 section 4.4."""
    return encode_cbor([_CONTEXT, protected, domain, payload])


def _key_id_in(protected: bytes) -> bytes:
    header = decode_cbor(protected)
    if not isinstance(header, dict) or header.keys() != {HEADER_ALGORITHM, HEADER_KEY_ID}:
        raise QrMalformedError("not our protected header")
    if header[HEADER_ALGORITHM] != ES256:
        raise AlgNotAllowedError
    key_id = header[HEADER_KEY_ID]
    if not isinstance(key_id, bytes) or len(key_id) != KEY_ID_BYTES:
        raise QrMalformedError("not a key id of 8 bytes")
    return key_id
