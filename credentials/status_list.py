"""Token Status List (draft 20): one bit a credential, published for all, so that nobody learns who was checked.

In the order of the code: the list as a verifier holds it, and its look-up (section 4.1: least significant bit first);
bits for publishing; compression (section 4.1: DEFLATE with the ZLIB wrapper, which any strategy satisfies) and its
reading with a cap, nothing cut off and nothing trailing; the token (section 5.1), and reading it (section 8.3): `sub`
is the address that was asked for, signed by a key of the issuer that the address belongs to, not older than one seen
before. A list past its life is kept and judged by `verify`, because "too old to say" is an answer of its own.

We publish one bit only: a public "suspended" would tell of sickness or discipline. Lists of 2, 4 and 8 bits are read.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from credentials.claims import LEEWAY, record_of, seconds, text_claim, time_claim
from credentials.encoding import b64url_decode, b64url_encode, canonical_json
from credentials.errors import (
    ClaimsError,
    IatFutureError,
    IssuerUntrustedError,
    KeyNotForPurposeError,
    MalformedError,
    StatusIndexOutOfRangeError,
    StatusMalformedError,
    StatusRolledBackError,
    StatusUriMismatchError,
)
from credentials.jws import parse_compact, sign_compact
from credentials.keys import Signer
from credentials.trust import Purpose, TrustList

TYPE: Final = "statuslist+jwt"
ENTRIES: Final = 2**17  # of each list we publish, full size from the start: its size tells nothing
VALID: Final = 0
INVALID: Final = 1
MAX_BYTES: Final = 2**20  # inflated: 2^20 entries of 8 bits, the largest list in the draft's examples
MAX_CHARACTERS: Final = 2 * MAX_BYTES

Bits = Literal[1, 2, 4, 8]
_PURPOSES: Final[tuple[Purpose, ...]] = ("passport", "qr", "badge")  # a list is signed by the key of its credentials
_FASTEST: Final = ((zlib.Z_RLE, 1), (zlib.Z_HUFFMAN_ONLY, 1))
_SMALLEST: Final = ((zlib.Z_DEFAULT_STRATEGY, 9), *_FASTEST)


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that was read and whose signature was checked."""

    uri: str
    bits: Bits
    data: bytes = field(repr=False)
    issued_at: datetime
    expires_at: datetime | None
    ttl: timedelta | None
    kid: str

    def status(self, index: int) -> int:
        """Return the status at an index: 0 valid, 1 invalid.

        Raises:
            StatusIndexOutOfRangeError: past the end of the list, which is never to be taken for valid.
        """
        if index < 0:
            raise StatusIndexOutOfRangeError
        bit = index * self.bits
        try:
            return self.data[bit >> 3] >> (bit & 7) & ((1 << self.bits) - 1)
        except IndexError:
            raise StatusIndexOutOfRangeError from None

    def is_stale(self, now: datetime, *, max_age: timedelta | None = None) -> bool:
        """Say whether the list is past its `exp`, or older than a verifier accepts."""
        expired = self.expires_at is not None and self.expires_at <= now
        return expired or (max_age is not None and self.issued_at + max_age < now)


class _Claim(msgspec.Struct, frozen=True):
    """The `status_list` claim of a token."""

    bits: Bits
    lst: str


class _Life(msgspec.Struct, frozen=True):
    """The claims of a token that say how long it may be kept."""

    ttl: Annotated[int, msgspec.Meta(gt=0, le=10**9)] | None = None


def bits_of(invalid: Iterable[int], *, entries: int = ENTRIES) -> bytes:
    """Return the bytes of a one-bit list in which these indexes are invalid.

    Raises:
        StatusIndexOutOfRangeError: an index is not on the list.
    """
    data = bytearray(entries // 8)
    for index in invalid:
        if not 0 <= index < entries:
            raise StatusIndexOutOfRangeError
        data[index >> 3] |= 1 << (index & 7)
    return bytes(data)


def compress(data: bytes, *, smallest: bool = False) -> str:
    """Return the `lst` text of a list.

    Args:
        data: the bytes of the list.
        smallest: take the time for the best compression. Otherwise it is done in a few milliseconds and at most a
            tenth larger: runs suit a list with few invalid entries, Huffman codes alone one with many.
    """
    candidates = (_deflate(data, *how) for how in (_SMALLEST if smallest else _FASTEST))
    return b64url_encode(min(candidates, key=len))


def decompress(text: str) -> bytes:
    """Return the bytes of a `lst` text.

    Raises:
        StatusMalformedError: not base64url, not ZLIB, cut off, longer than its end, or too large.
    """
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(b64url_decode(text), MAX_BYTES + 1)
    except (MalformedError, zlib.error) as error:
        raise StatusMalformedError("not ZLIB in base64url") from error
    if len(data) > MAX_BYTES:
        raise StatusMalformedError("too large")
    if not data or not inflater.eof or inflater.unused_data:
        raise StatusMalformedError("empty, cut off, or with something trailing")
    return data


def issue_status_list(
    uri: str,
    data: bytes,
    *,
    issued_at: datetime,
    expires_at: datetime,
    ttl: timedelta,
    signer: Signer,
    smallest: bool = False,
) -> str:
    """Sign a one-bit list.

    Args:
        uri: where it is published, as credentials name it.
        data: see `bits_of`.
        issued_at: UTC, whole seconds.
        expires_at: when a verifier must no longer use it.
        ttl: after how long a verifier should fetch it again.
        signer: the key of the credentials on this list.
        smallest: see `compress`.
    """
    claims = {
        "sub": uri,
        "iat": seconds(issued_at),
        "exp": seconds(expires_at),
        "ttl": int(ttl.total_seconds()),
        "status_list": {"bits": 1, "lst": compress(data, smallest=smallest)},
    }
    return sign_compact({"typ": TYPE}, canonical_json(claims), signer=signer)


def read_status_list(
    token: str, *, uri: str, trust: TrustList, now: datetime, newest_iat: datetime | None = None
) -> StatusList:
    """Read a list that was fetched for an address.

    Args:
        token: the signed list.
        uri: the address that the credential names.
        trust: a fresh trust list.
        now: UTC.
        newest_iat: the latest `iat` that this verifier has seen of this list, if any.

    Raises:
        StatusUriMismatchError: the list is for another address.
        StatusRolledBackError: older than `newest_iat`.
        StatusMalformedError: its claims or its bits can't be read.
        IatFutureError, SignatureError, EnvelopeError, UnreadableError: as for any token.
    """
    jws = parse_compact(token, typ=TYPE, max_characters=MAX_CHARACTERS)
    issuer = trust.issuer_of(uri)
    try:
        issued_at, subject = time_claim(jws.claims, "iat"), text_claim(jws.claims, "sub")
    except ClaimsError as error:
        raise StatusMalformedError(error.detail) from error
    entry = trust.key_entry(jws.kid)
    purpose = next((purpose for purpose in _PURPOSES if entry is not None and entry.purpose == purpose), None)
    if entry is not None and purpose is None:
        raise KeyNotForPurposeError
    jws.verify(trust.key(issuer, jws.kid, purpose or "passport", issued_at, status_list=True))
    if jws.claims.get("iss", issuer) != issuer:
        raise IssuerUntrustedError
    if subject != uri:
        raise StatusUriMismatchError
    if issued_at > now + LEEWAY:
        raise IatFutureError
    if newest_iat is not None and issued_at < newest_iat:
        raise StatusRolledBackError
    try:
        claim = record_of(_Claim, jws.claims.get("status_list"))
        ttl = record_of(_Life, jws.claims).ttl
        expires_at = time_claim(jws.claims, "exp") if "exp" in jws.claims else None
    except ClaimsError as error:
        raise StatusMalformedError(error.detail) from error
    return StatusList(
        uri=uri,
        bits=claim.bits,
        data=decompress(claim.lst),
        issued_at=issued_at,
        expires_at=expires_at,
        ttl=None if ttl is None else timedelta(seconds=ttl),
        kid=jws.kid,
    )


class StatusLists(dict[str, StatusList]):
    """The lists that a verifier holds, by their addresses. It never goes back to an older one."""

    def add(self, token: str, *, uri: str, trust: TrustList, now: datetime) -> StatusList:
        """Read a list and keep it; see `read_status_list`.

        Raises:
            StatusRolledBackError: older than the one that is held.
            CredentialError: it is refused, and the one that is held stays.
        """
        held = self.get(uri)
        newest_iat = held.issued_at if held is not None else None
        self[uri] = read_status_list(token, uri=uri, trust=trust, now=now, newest_iat=newest_iat)
        return self[uri]


def _deflate(data: bytes, strategy: int, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, zlib.MAX_WBITS, 9, strategy)
    return compressor.compress(data) + compressor.flush()
