"""SD-JWT (RFC 9901): claims hidden behind salted digests, each shown by the disclosure that the holder chooses.

In the order of the code: a presentation's text, split and joined (section 4); disclosures and their digests
(section 4.2), with salts that grow from a 32-byte seed so that the very same token can be made again; hiding marked
members and array elements, at any depth (sections 4.2.4 and 4.2.5); and putting disclosed claims back where their
digests stand (section 7.1), which refuses duplicate digests, disclosures that nothing refers to, reserved names and
names that are there already. Digests without a disclosure are claims not shown, or decoys, and are left out.

Signatures are left to `jws`, the holder's proof to `key_binding`, and what the claims mean to `sd_jwt_vc`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from itertools import count
from typing import Any, Final, NamedTuple

import msgspec

from credentials.encoding import MAX_DEPTH, b64url_decode, b64url_encode, strict_json
from credentials.errors import (
    DigestDuplicateError,
    DisclosureDuplicateError,
    DisclosureMalformedError,
    DisclosureReservedNameError,
    DisclosureUnreferencedError,
    JsonInvalidError,
    MalformedError,
    SdAlgUnsupportedError,
    TooLargeError,
)

DIGESTS: Final = "_sd"
HASH: Final = "_sd_alg"
ELEMENT: Final = "..."
RESERVED_NAMES: Final = frozenset({DIGESTS, HASH, ELEMENT})
HASH_NAME: Final = "sha-256"

SALT_BYTES: Final = 16  # 128 bits (RFC 9901 section 9.3)
SEED_BYTES: Final = 32
MAX_PRESENTATION_CHARACTERS: Final = 131_072  # 20 times the fullest passport that was measured
MAX_DISCLOSURES: Final = 512

_SALTS_PER_BLOCK: Final = 32
_SALT_DOMAIN: Final = b"staff-passport/salts/1"
_ENCODE: Final = msgspec.json.Encoder().encode


class Presentation(NamedTuple):
    """The text that a holder shows: the issuer's token, the chosen disclosures, and maybe the holder's proof."""

    issuer_jwt: str
    disclosures: tuple[str, ...]
    key_binding: str | None = None

    @property
    def hashed_part(self) -> str:
        """All that the holder's proof covers: everything up to and including the last tilde."""
        return "~".join((self.issuer_jwt, *self.disclosures, ""))

    @property
    def text(self) -> str:
        """The presentation as it is sent."""
        return self.hashed_part + (self.key_binding or "")


class Disclosure(NamedTuple):
    """A disclosure that was read. `name` is None for an array element."""

    digest: str
    name: str | None
    value: object


@dataclass(frozen=True, slots=True)
class Disclosable:
    """Marks an object member's value, or an array element, that the holder may keep hidden."""

    value: object


def split_presentation(text: str) -> Presentation:
    """Split a presentation at its tildes.

    Raises:
        TooLargeError: longer, or with more disclosures, than any passport.
        MalformedError: without a tilde: a bare token is not an SD-JWT.
    """
    if len(text) > MAX_PRESENTATION_CHARACTERS or text.count("~") > MAX_DISCLOSURES + 1:
        raise TooLargeError
    issuer_jwt, *disclosures = text.split("~")
    if not disclosures:
        raise MalformedError("no tilde")
    key_binding = disclosures.pop()
    return Presentation(issuer_jwt, tuple(disclosures), key_binding or None)


def digest_of(text: str) -> str:
    """Return the digest of a disclosure, or of a presentation, as it stands in a token."""
    return b64url_encode(sha256(text.encode("ascii")).digest())


def read_disclosure(text: str) -> Disclosure:
    """Read one disclosure: `[salt, name, value]`, or `[salt, value]` for an array element.

    Raises:
        DisclosureMalformedError: not base64url, not JSON, not two or three elements, or salt or name not a string.
        DisclosureReservedNameError: the name is `_sd`, `_sd_alg` or `...`.
        JsonDuplicateKeyError: an object in the value names a member twice.
    """
    try:
        elements = strict_json(b64url_decode(text))
    except (MalformedError, JsonInvalidError) as error:
        raise DisclosureMalformedError from error
    if not isinstance(elements, list) or len(elements) not in (2, 3):
        raise DisclosureMalformedError("not two or three elements")
    if not all(isinstance(element, str) for element in elements[:-1]):
        raise DisclosureMalformedError("salt or name is not a string")
    name = elements[1] if len(elements) == 3 else None
    if name in RESERVED_NAMES:
        raise DisclosureReservedNameError
    return Disclosure(digest_of(text), name, elements[-1])


def salts(seed: bytes) -> Iterator[str]:
    """Yield the salts that grow from a seed: SHAKE256 in counter mode, 128 bits each, in base64url.

    Args:
        seed: 32 random bytes, fresh for each token and kept secret; with them the same salts can be made again.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError("a seed has 32 bytes")
    for block in count():
        material = shake_256(_SALT_DOMAIN + block.to_bytes(4) + seed).digest(SALT_BYTES * _SALTS_PER_BLOCK)
        for start in range(0, len(material), SALT_BYTES):
            yield b64url_encode(material[start : start + SALT_BYTES])


def conceal(claims: Mapping[str, object], seed: bytes) -> tuple[dict[str, object], tuple[str, ...]]:
    """Hide what is marked `Disclosable`, at any depth.

    Args:
        claims: the claims; values may be anything that msgspec encodes, so records need no conversion.
        seed: see `salts`.

    Returns:
        The payload, digests sorted so that their order tells nothing, and the disclosures in the order of the claims.
    """
    disclosures: list[str] = []
    payload = _conceal_object(claims, salts(seed), disclosures)
    payload[HASH] = HASH_NAME
    return payload, tuple(disclosures)


def reveal(payload: Mapping[str, object], disclosures: Sequence[Disclosure]) -> dict[str, Any]:
    """Put disclosed claims back in their places and leave out all trace of the rest.

    Raises:
        SdAlgUnsupportedError: `_sd_alg` is not sha-256, or stands inside.
        DigestDuplicateError: a digest stands twice in the payload and the disclosures.
        DisclosureDuplicateError: a disclosure is there twice, or names a claim that is there already.
        DisclosureUnreferencedError: a disclosure's digest stands nowhere.
        DisclosureMalformedError: a disclosure of the wrong kind for its place, or a misuse of `_sd` and `...`.
    """
    if payload.get(HASH, HASH_NAME) != HASH_NAME:
        raise SdAlgUnsupportedError
    by_digest = {disclosure.digest: disclosure for disclosure in disclosures}
    if len(by_digest) != len(disclosures):
        raise DisclosureDuplicateError
    revealing = _Revealing(by_digest)
    claims = revealing.object_of({name: value for name, value in payload.items() if name != HASH}, 0)
    if not by_digest.keys() <= revealing.seen:
        raise DisclosureUnreferencedError
    return claims


def _disclose(salt: str, name: str | None, value: object, disclosures: list[str]) -> str:
    """Make a disclosure, keep it, and return its digest."""
    opening = f'["{salt}",'.encode("ascii") if name is None else b'["%b",%b,' % (salt.encode("ascii"), _ENCODE(name))
    text = b64url_encode(b"%b%b]" % (opening, _ENCODE(value)))
    disclosures.append(text)
    return digest_of(text)


def _conceal_object(members: Mapping[str, object], fresh: Iterator[str], disclosures: list[str]) -> dict[str, object]:
    shown: dict[str, object] = {}
    digests: list[str] = []
    for name, value in members.items():
        if name in RESERVED_NAMES:
            raise DisclosureReservedNameError(name)
        if isinstance(value, Disclosable):
            inner = _conceal(value.value, fresh, disclosures)
            digests.append(_disclose(next(fresh), name, inner, disclosures))
        else:
            shown[name] = _conceal(value, fresh, disclosures)
    if digests:
        shown[DIGESTS] = sorted(digests)
    return shown


def _conceal(value: object, fresh: Iterator[str], disclosures: list[str]) -> object:
    if isinstance(value, dict):
        return _conceal_object(value, fresh, disclosures)
    if isinstance(value, list | tuple):
        return [_conceal_element(element, fresh, disclosures) for element in value]
    return value


def _conceal_element(element: object, fresh: Iterator[str], disclosures: list[str]) -> object:
    if not isinstance(element, Disclosable):
        return _conceal(element, fresh, disclosures)
    return {ELEMENT: _disclose(next(fresh), None, _conceal(element.value, fresh, disclosures), disclosures)}


class _Revealing:
    """One walk over a payload: looks up each digest once, and remembers all that it has seen."""

    def __init__(self, by_digest: Mapping[str, Disclosure]) -> None:
        self.by_digest = by_digest
        self.seen: set[str] = set()

    def value_of(self, value: object, depth: int) -> object:
        if isinstance(value, dict):
            return self.object_of(value, depth + 1)
        if isinstance(value, list):
            return self.array_of(value, depth + 1)
        return value

    def object_of(self, members: Mapping[str, object], depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:  # disclosures within disclosures could go deeper than any one of them
            raise DisclosureMalformedError("nested too deep")
        if HASH in members:
            raise SdAlgUnsupportedError("_sd_alg inside an object")
        if ELEMENT in members:
            raise DisclosureMalformedError("an element's digest outside an array")
        claims = {name: self.value_of(value, depth) for name, value in members.items() if name != DIGESTS}
        digests = members.get(DIGESTS, [])
        if not isinstance(digests, list):
            raise DisclosureMalformedError("_sd is not an array")
        for digest in digests:
            disclosure = self.look_up(digest)
            if disclosure is None:
                continue
            if disclosure.name is None:
                raise DisclosureMalformedError("an array element disclosed as a claim")
            if disclosure.name in claims:
                raise DisclosureDuplicateError("the claim is there already")
            claims[disclosure.name] = self.value_of(disclosure.value, depth)
        return claims

    def array_of(self, elements: list[object], depth: int) -> list[object]:
        if depth > MAX_DEPTH:
            raise DisclosureMalformedError("nested too deep")
        revealed = []
        for element in elements:
            if not (isinstance(element, dict) and len(element) == 1 and ELEMENT in element):
                revealed.append(self.value_of(element, depth))
                continue
            disclosure = self.look_up(element[ELEMENT])
            if disclosure is None:
                continue
            if disclosure.name is not None:
                raise DisclosureMalformedError("a claim disclosed as an array element")
            revealed.append(self.value_of(disclosure.value, depth))
        return revealed

    def look_up(self, digest: object) -> Disclosure | None:
        if not isinstance(digest, str):
            raise DisclosureMalformedError("a digest is not a string")
        if digest in self.seen:
            raise DigestDuplicateError
        self.seen.add(digest)
        return self.by_digest.get(digest)
