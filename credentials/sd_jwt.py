"""SD-JWT (RFC 9901): claims hidden behind salted digests, each shown by the disclosure that the holder chooses.

In the order of the code: a presentation's text, split and joined (section 4); disclosures and their digests
(section 4.2), with salts that grow from a 32-byte seed so that the very same token can be made again; hiding marked
members and array elements, at any depth (sections 4.2.4 and 4.2.5); and putting disclosed claims back where their
digests stand (section 7.1), which refuses duplicate digests, disclosures that nothing refers to, reserved names and
names that are there already. Digests without a disclosure are claims not shown, or decoys, and are left out.

Signatures are left to `jws`, the holder's proof to `key_binding`, and what the claims mean to `sd_jwt_vc`.
"""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256, shake_256
from itertools import count
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from credentials.encoding import MAX_DEPTH, b64url_decode, b64url_encode, strict_json_each
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
_DIGEST_IN: Final = itemgetter(ELEMENT)
_NAME_OF: Final = attrgetter("name")
_CONTAINERS: Final = (dict, list)
_ARRAYS: Final = (list, tuple)


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
    """A disclosure that was read. `name` is None for an array element; `plain` values hold no digests."""

    digest: str
    name: str | None
    value: object
    plain: bool


class Disclosable(msgspec.Struct, frozen=True):
    """Marks an object member's value, or an array element, that the holder may keep hidden."""

    value: object


def split_presentation(text: str) -> Presentation:
    """Split a presentation at its tildes.

    Raises:
        TooLargeError: longer, or with more disclosures, than any passport.
        MalformedError: without a tilde: a bare token is not an SD-JWT.
    """
    if len(text) > MAX_PRESENTATION_CHARACTERS:
        raise TooLargeError
    issuer_jwt, *disclosures = text.split("~")
    if not disclosures:
        raise MalformedError("no tilde")
    key_binding = disclosures.pop()
    if len(disclosures) > MAX_DISCLOSURES:
        raise TooLargeError("disclosures")
    return Presentation(issuer_jwt, tuple(disclosures), key_binding or None)


def digests_of(texts: Sequence[str]) -> list[str]:
    """Return the digests of disclosures, or of presentations, as they stand in a token."""
    # 32 bytes are 43 characters; one byte more makes them 44, so that one call encodes all.
    joined = b64url_encode(b"".join([sha256(text.encode("ascii")).digest() + b"\0" for text in texts]))
    return [joined[start : start + 43] for start in range(0, len(joined), 44)]


def read_disclosures(texts: Sequence[str]) -> list[Disclosure]:
    """Read disclosures: each `[salt, name, value]`, or `[salt, value]` for an array element.

    Raises:
        DisclosureMalformedError: not base64url, not JSON, not two or three elements, or salt or name not a string.
        DisclosureReservedNameError: the name is `_sd`, `_sd_alg` or `...`.
        JsonDuplicateKeyError: an object in the value names a member twice.
    """
    try:
        texts_of_json = [b64url_decode(text) for text in texts]
        read = strict_json_each(texts_of_json)
    except (MalformedError, JsonInvalidError) as error:
        raise DisclosureMalformedError from error
    all_plain = _is_plain(b"".join(texts_of_json))
    return [
        Disclosure(digest, _name(elements), elements[-1], all_plain or _is_plain(data))
        for digest, elements, data in zip(digests_of(texts), map(_elements, read), texts_of_json, strict=True)
    ]


def _elements(read: object) -> list[Any]:
    """Return what a disclosure consists of: salt, maybe a name, and a value."""
    if not isinstance(read, list) or len(read) not in (2, 3):
        raise DisclosureMalformedError("not two or three elements")
    if not isinstance(read[0], str):
        raise DisclosureMalformedError("the salt is not a string")
    return read


def _name(elements: Sequence[Any]) -> str | None:
    if len(elements) == 2:
        return None
    name = elements[1]
    if not isinstance(name, str):
        raise DisclosureMalformedError("the name is not a string")
    if name in RESERVED_NAMES:
        raise DisclosureReservedNameError
    return name


def _is_plain(data: bytes) -> bool:
    """Say whether a value holds no digests, as most do, and needs no second walk; an escape could spell their name."""
    return b"_sd" not in data and b"..." not in data and b"\\" not in data


def salts(seed: bytes) -> Iterator[str]:
    """Yield the salts that grow from a seed: SHAKE256 in counter mode, 128 bits each, in base64url.

    Args:
        seed: 32 random bytes, fresh for each token and kept secret; with them the same salts can be made again.
    """
    if len(seed) != SEED_BYTES:
        raise ValueError("a seed has 32 bytes")
    for block in count():
        material = shake_256(_SALT_DOMAIN + block.to_bytes(4) + seed).digest(SALT_BYTES * _SALTS_PER_BLOCK)
        # 16 bytes are 22 characters; two bytes more make them 24, so that one call encodes all.
        rows = [material[start : start + SALT_BYTES] for start in range(0, len(material), SALT_BYTES)]
        text = b64url_encode(b"\0\0".join((*rows, b"")))
        for start in range(0, len(text), 24):
            yield text[start : start + 22]


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
    claims = revealing.object_of({name: payload[name] for name in payload if name != HASH}, 0)
    if not by_digest.keys() <= revealing.seen:
        raise DisclosureUnreferencedError
    return claims


def _disclose(rows: Sequence[tuple[object, ...]], disclosures: list[str]) -> list[str]:
    """Make disclosures, keep them, and return their digests."""
    texts = [b64url_encode(_ENCODE(row)) for row in rows]
    disclosures += texts
    return digests_of(texts)


def _conceal(value: object, fresh: Iterator[str], disclosures: list[str]) -> object:
    if isinstance(value, dict):
        return _conceal_object(value, fresh, disclosures)
    if isinstance(value, _ARRAYS):
        return _conceal_array(value, fresh, disclosures)
    return value


def _conceal_object(members: Mapping[str, object], fresh: Iterator[str], disclosures: list[str]) -> dict[str, object]:
    if not RESERVED_NAMES.isdisjoint(members):
        raise DisclosureReservedNameError
    shown: dict[str, object] = {}
    rows = []
    for name, value in members.items():
        if isinstance(value, Disclosable):
            rows.append((next(fresh), name, _conceal(value.value, fresh, disclosures)))
        else:
            shown[name] = _conceal(value, fresh, disclosures)
    if rows:
        shown[DIGESTS] = sorted(_disclose(rows, disclosures))
    return shown


def _conceal_array(elements: Sequence[object], fresh: Iterator[str], disclosures: list[str]) -> list[object]:
    rows = [
        (next(fresh), _conceal(element.value, fresh, disclosures))
        for element in elements
        if isinstance(element, Disclosable)
    ]
    digests = _disclose(rows, disclosures)
    if len(digests) == len(elements):
        return [{ELEMENT: digest} for digest in digests]
    places = iter(digests)
    return [
        {ELEMENT: next(places)} if isinstance(element, Disclosable) else _conceal(element, fresh, disclosures)
        for element in elements
    ]


class _Revealing:
    """One walk over a payload, which counts every digest that it meets.

    Most of a passport's digests are not shown, so whole arrays of them are looked up at once.
    """

    def __init__(self, by_digest: Mapping[str, Disclosure]) -> None:
        self.by_digest = by_digest
        self.seen: set[object] = set()
        self.met = 0

    def value_of(self, value: object, depth: int) -> object:
        if isinstance(value, dict):
            return self.object_of(value, depth + 1)
        if isinstance(value, list):
            return self.array_of(value, depth + 1)
        return value

    def disclosed_value(self, disclosure: Disclosure, depth: int) -> object:
        return disclosure.value if disclosure.plain else self.value_of(disclosure.value, depth)

    def object_of(self, members: Mapping[str, object], depth: int) -> dict[str, Any]:
        if depth > MAX_DEPTH:  # disclosures within disclosures could go deeper than any one of them
            raise DisclosureMalformedError("nested too deep")
        if HASH in members:
            raise SdAlgUnsupportedError("_sd_alg inside an object")
        if ELEMENT in members:
            raise DisclosureMalformedError("an element's digest outside an array")
        claims = dict(members)
        digests = claims.pop(DIGESTS, None)
        for name, value in claims.items():
            if isinstance(value, _CONTAINERS):
                claims[name] = self.value_of(value, depth)
        for disclosure in self.look_up(digests) if DIGESTS in members else ():
            if disclosure.name is None:
                raise DisclosureMalformedError("an array element disclosed as a claim")
            if disclosure.name in claims:
                raise DisclosureDuplicateError("the claim is there already")
            claims[disclosure.name] = self.disclosed_value(disclosure, depth)
        return claims

    def array_of(self, elements: list[object], depth: int) -> list[object]:
        if depth > MAX_DEPTH:
            raise DisclosureMalformedError("nested too deep")
        try:
            digests = list(map(_DIGEST_IN, elements))  # type: ignore[arg-type]  # what holds no digest raises
        except (KeyError, TypeError):
            return self.mixed_array_of(elements, depth)
        if sum(map(len, elements)) != len(elements):  # type: ignore[arg-type]  # all are objects here
            raise DisclosureMalformedError("an element's digest beside other members")
        shown = self.look_up(digests)
        if {*map(_NAME_OF, shown)} - {None}:
            raise DisclosureMalformedError("a claim disclosed as an array element")
        return [self.disclosed_value(disclosure, depth) for disclosure in shown]

    def mixed_array_of(self, elements: list[object], depth: int) -> list[object]:
        """Reveal an array in which some elements are plain."""
        revealed: list[object] = []
        for element in elements:
            if isinstance(element, dict) and ELEMENT in element:
                revealed += self.array_of([element], depth)
            else:
                revealed.append(self.value_of(element, depth))
        return revealed

    def look_up(self, digests: object) -> list[Disclosure]:
        """Return the disclosures of digests that stand in one place, after checking that none was met before."""
        if not isinstance(digests, list) or not {*map(type, digests)} <= {str}:
            raise DisclosureMalformedError("a digest is not a string")
        self.seen.update(digests)
        self.met += len(digests)
        if len(self.seen) != self.met:
            raise DigestDuplicateError
        return [self.by_digest[digest] for digest in digests if digest in self.by_digest]
