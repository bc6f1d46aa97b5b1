"""Compact JWS with ES256 (RFC 7515, RFC 7518 section 3.4), as strict as RFC 8725 and its revision ask.

A token is parsed in this order, and the first rule that it breaks is the reason: length, three parts, canonical
base64url, strict JSON, `alg` exactly ES256, no `crit`, no header that names a key or an encoding (`x5c` only where the
caller allows it), `typ` exactly as expected, `kid`. Parsing does not check the signature: the caller finds the key
that the claims and `kid` name, in a list that it trusts, and then calls `Jws.verify`. What the claims say is left to
the caller too.

    token = sign_compact({"typ": "statuslist+jwt"}, payload, signer=signer)
    jws = parse_compact(token, typ="statuslist+jwt", max_characters=100_000)
    jws.verify(trust.key(issuer, jws.kid, ...))
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from credentials.encoding import b64url_decode, b64url_encode, canonical_json, strict_json
from credentials.errors import (
    AlgNotAllowedError,
    ClaimTypeError,
    CritUnsupportedError,
    HeaderForbiddenError,
    KidMissingError,
    MalformedError,
    TooLargeError,
    TypMismatchError,
)
from credentials.keys import PublicKey, Signer

ALGORITHM: Final = "ES256"
MAX_HEADER_CHARACTERS: Final = 8192
HEADERS_REMEMBERED: Final = 256

# Every registered header parameter that names a key, changes how the text is read or belongs to encryption (RFC 7515
# section 4.1, RFC 7516, RFC 7518 section 4, RFC 7797, RFC 8555, RFC 8225). `x5c` has a rule of its own.
FORBIDDEN_HEADERS: Final = frozenset({
    "jku", "jwk", "x5u", "x5t", "x5t#S256", "zip", "b64", "cty", "url", "nonce", "ppt", "svt", "trust_chain",
    "enc", "epk", "apu", "apv", "iv", "tag", "p2s", "p2c",
})  # fmt: skip


class Header(NamedTuple):
    """What a token's header says, once it has passed every rule. `kid` is empty where the caller needs none."""

    kid: str
    x5c: object = None


class Jws(NamedTuple):
    """A parsed token whose signature is still to be checked. `claims` is shared, so nobody changes it."""

    header: Header
    claims: Mapping[str, object]
    signing_input: bytes
    signature: bytes

    @property
    def kid(self) -> str:
        """The name of the key that is said to have signed this."""
        return self.header.kid

    def verify(self, key: PublicKey) -> None:
        """Check the signature; returning means that it is right.

        Raises:
            SignatureInvalidError: it is not this key's signature.
        """
        key.verify(self.signature, self.signing_input)


def signing_input(header: Mapping[str, object], payload: bytes, *, kid: str | None) -> str:
    """Return what is signed: the header, with `alg` and the key's name added, and the payload."""
    return f"{header_text(header, kid=kid)}.{b64url_encode(payload)}"


def header_text(header: Mapping[str, object], *, kid: str | None) -> str:
    """Return the first part of a token: the header, with `alg` and the key's name added."""
    named = {} if kid is None else {"kid": kid}
    return b64url_encode(canonical_json({"alg": ALGORITHM, **named, **header}))


def sign_compact(header: Mapping[str, object], payload: bytes, *, signer: Signer, named: bool = True) -> str:
    """Return a compact JWS of a payload; its header names the key, unless another token fixes that."""
    unsigned = signing_input(header, payload, kid=signer.public.kid if named else None)
    return f"{unsigned}.{b64url_encode(signer.sign(unsigned.encode('ascii')))}"


def parse_compact(
    token: str, *, typ: str | None, max_characters: int, x5c_allowed: bool = False, kid_needed: bool = True
) -> Jws:
    """Read a token of one kind without checking its signature.

    Args:
        token: the compact form, three parts joined by dots.
        typ: the only accepted `typ`, compared exactly; None for a kind that has none (Open Badges).
        max_characters: longer texts are refused unread.
        x5c_allowed: whether a certificate may be in the header; the caller checks it.
        kid_needed: whether the header must name a key; not so where another token fixes the key.

    Raises:
        TooLargeError, MalformedError, JsonInvalidError, JsonDuplicateKeyError: it can't be read.
        AlgNotAllowedError, CritUnsupportedError, HeaderForbiddenError, TypMismatchError, KidMissingError: its header.
        ClaimTypeError: the payload is not an object.
    """
    if len(token) > max_characters:
        raise TooLargeError
    signed_text, _, signature_text = token.rpartition(".")
    header_text, dot, payload_text = signed_text.partition(".")
    if not header_text or not dot or "." in payload_text:
        raise MalformedError("not three parts")
    header = _read_header(header_text, typ, x5c_allowed, kid_needed)
    claims = strict_json(b64url_decode(payload_text))
    if not isinstance(claims, dict):
        raise ClaimTypeError("the payload is not an object")
    signature = b64url_decode(signature_text)
    return Jws(header, claims, signed_text.encode("ascii"), signature)


@lru_cache(maxsize=HEADERS_REMEMBERED)
def _read_header(text: str, typ: str | None, x5c_allowed: bool, kid_needed: bool) -> Header:
    """Check a header. All tokens of one key carry the same text, so the result is remembered."""
    if len(text) > MAX_HEADER_CHARACTERS:
        raise TooLargeError("header")
    members = strict_json(b64url_decode(text))
    if not isinstance(members, dict):
        raise MalformedError("the header is not an object")
    if members.get("alg") != ALGORITHM:
        raise AlgNotAllowedError
    if "crit" in members:
        raise CritUnsupportedError
    forbidden = FORBIDDEN_HEADERS if x5c_allowed else FORBIDDEN_HEADERS | {"x5c"}
    if not forbidden.isdisjoint(members):
        raise HeaderForbiddenError(", ".join(sorted(forbidden.intersection(members))))
    if members.get("typ") != typ:
        raise TypMismatchError
    kid = members.get("kid", "")
    if not isinstance(kid, str) or (kid_needed and not kid):
        raise KidMissingError
    return Header(kid, members.get("x5c"))
