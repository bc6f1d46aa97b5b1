"""An award or a recognition as an Open Badge 3.0: a VC-JWT, and the picture that carries it (wire formats, section 10).

In the order of the code: what a badge says; making one of an award, or of recognition at a level of practice; signing
it in two steps, so that what will be signed can be recorded first; reading one; and baking it into a PNG (an `iTXt`
chunk `openbadgecredential`) or an SVG (an element `openbadges:credential`), and taking it out again.

The token follows the badge specification and not VC-JOSE-COSE: its header has `alg` and `kid` alone, `kid` is the
address of the one key, and the payload is the credential itself with `iss`, `jti`, `nbf`, `sub` and `exp` as its
mirrors, which a reader compares. It has a key of its own (purpose `badge`): a token without a `typ` could otherwise be
taken for another kind. Its place on our status list stands in `status`, as in every token of ours. Which key counts
and whether a badge was withdrawn is decided by whoever reads it, with the trust list and the status list.

    unsigned = prepare(of_award(award, terms), kid="https://passport.example/badge-keys/...")
    picture = bake_png(image, unsigned.signed(signer.sign(unsigned.to_be_signed)))
"""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from xml.sax.saxutils import quoteattr

import msgspec

from credentials.claims import record_of, seconds
from credentials.encoding import b64url_encode, canonical_json
from credentials.errors import (
    ClaimMissingError,
    ClaimTypeError,
    MalformedError,
    NotYetValidError,
    TooLargeError,
)
from credentials.jws import parse_compact, signing_input
from credentials.keys import PublicKey
from credentials.records import NO_SCOPE_OF_PRACTICE, AdvancedPractice, Award
from credentials.sd_jwt_vc import StatusReference

CONTEXTS: Final = (
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
)
TYPES: Final = ("VerifiableCredential", "OpenBadgeCredential")
MAX_CHARACTERS: Final = 64 * 1024
MAX_PICTURE_BYTES: Final = 4 * 2**20
KEYWORD: Final = b"openbadgecredential"
NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
CHUNK_HEAD: Final = struct.Struct(">I4s")
BAKED_SVG: Final = re.compile(rb"<openbadges:credential\b[^>]*\bverify=\"([A-Za-z0-9_.\-]+)\"[^>]*/?>")
END_OF_SVG: Final = re.compile(rb"</svg>\s*\Z")
PILLAR_NAMES: Final = {
    "clinical_practice": "Clinical practice",
    "leadership_and_management": "Leadership and management",
    "education": "Education",
    "research": "Research",
}


class _Status(msgspec.Struct, frozen=True):
    status_list: StatusReference


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a badge has beside the fact: who signs it, for whom, from when till when, and where its status stands.

    `subject_id` is a random address of the holder, so that two badges of one person tell nobody that they are one's.
    """

    issuer: str
    badge_id: str
    subject_id: str
    holder_name: str
    issued_at: datetime
    expires_at: datetime | None
    status: StatusReference | None


@dataclass(frozen=True, slots=True)
class ReadBadge:
    """A badge whose signature and shape are right. That it has expired is a fact about it, and no refusal."""

    claims: dict[str, Any]
    expired: bool
    status: StatusReference | None


@dataclass(frozen=True, slots=True)
class UnsignedBadge:
    """A badge but for its signature."""

    signing_input: str

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that the signature covers."""
        return self.signing_input.encode("ascii")

    def signed(self, signature: bytes) -> str:
        """Return the compact token."""
        return f"{self.signing_input}.{b64url_encode(signature)}"


def of_award(award: Award, terms: Terms, *, title: str) -> dict[str, Any]:
    """Return the claims of a badge for an award.

    Args:
        award: a current award.
        terms: the badge's own.
        title: the standard's title.
    """
    code = f"{award.framework}|{award.standard}"
    achievement = _achievement(
        terms,
        path=f"standards/{award.standard}",
        name=title,
        kind="MicroCredential",
        description=f"{title}, awarded by {award.issuer.name}.",
        criteria=f"The issuer recorded that the person met {award.framework} {award.framework_version}, {title}.",
    )
    aligned = [_alignment(terms, f"standards/{award.standard}", title, award.framework, code)]
    return _claims(terms, achievement | {"alignment": aligned}, award.awarded_on)


def of_practice(practice: AdvancedPractice, terms: Terms) -> dict[str, Any]:
    """Return the claims of a badge for recognition at a level of practice; it says that it confers no scope."""
    name = name_of(practice)
    path = f"levels-of-practice/{practice.level}"
    achievement = _achievement(
        terms,
        path=path,
        name=name,
        kind="Certification",
        description=f"{name}, {practice.base_profession}, recognised by {practice.issuer.name}. {NO_SCOPE_OF_PRACTICE}",
        criteria=f"Recognised under the framework of {practice.edition}. {NO_SCOPE_OF_PRACTICE}",
    )
    framework = f"Multi-professional framework {practice.edition}"
    aligned = [
        _alignment(terms, f"pillars/{pillar}", PILLAR_NAMES.get(pillar, pillar), framework, pillar)
        for pillar in practice.pillars
    ]
    return _claims(terms, achievement | {"alignment": aligned}, practice.recognised_on)


def name_of(practice: AdvancedPractice) -> str:
    """Return what a badge of recognition is called."""
    return f"{practice.level.capitalize()} practice"


def prepare(claims: dict[str, Any], *, kid: str) -> UnsignedBadge:
    """Return a badge ready to be signed; the same claims make the same bytes.

    Args:
        claims: from `of_award` or `of_practice`, or as they were recorded.
        kid: the address of the key.
    """
    return UnsignedBadge(signing_input({}, canonical_json(claims), kid=kid))


def kid_of(token: str) -> str:
    """Return the address of the key that a badge names.

    Raises:
        CredentialError: the token can't be read.
    """
    return parse_compact(token, typ=None, max_characters=MAX_CHARACTERS).kid


def read(token: str, *, key: PublicKey, now: datetime) -> ReadBadge:
    """Check a badge with the key that its `kid` leads to.

    Args:
        token: the compact form.
        key: the public key; that it may sign badges for the issuer is the caller's to know.
        now: UTC.

    Raises:
        CredentialError: the one of its subclasses that says why: it can't be read, the signature is not the key's, a
            claim is missing or does not mirror the credential, or it is not valid yet.
    """
    jws = parse_compact(token, typ=None, max_characters=MAX_CHARACTERS)
    jws.verify(key)
    claims: dict[str, Any] = dict(jws.claims)
    _check_shape(claims)
    if seconds(now) < claims["nbf"]:
        raise NotYetValidError
    status = record_of(_Status, claims["status"]).status_list if "status" in claims else None
    return ReadBadge(claims, expired="exp" in claims and seconds(now) >= claims["exp"], status=status)


def bake_png(image: bytes, token: str) -> bytes:
    """Return a PNG that carries a badge, in place of one that it carried before.

    Raises:
        MalformedError: the image is no PNG.
    """
    chunks = [(kind, data) for kind, data in _chunks(image) if not _is_badge(kind, data)]
    if not chunks or chunks[-1][0] != b"IEND":
        raise MalformedError("the PNG is cut off")
    text = KEYWORD + bytes(5) + token.encode("ascii")  # not compressed, no language, no translated keyword
    chunks.insert(len(chunks) - 1, (b"iTXt", text))
    return PNG_SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def bake_svg(image: bytes, token: str) -> bytes:
    """Return an SVG that carries a badge, in place of one that it carried before.

    Raises:
        MalformedError: the image is no SVG.
    """
    plain = BAKED_SVG.sub(b"", image)
    end = END_OF_SVG.search(plain)
    if end is None:
        raise MalformedError("not an SVG")
    element = f'<openbadges:credential xmlns:openbadges="{NAMESPACE}" verify={quoteattr(token)}/>'
    return plain[: end.start()] + element.encode("ascii") + plain[end.start() :]


def take_out(image: bytes) -> str:
    """Return the token that a PNG or SVG carries.

    Raises:
        TooLargeError: the picture is too large to be looked at.
        MalformedError: it is neither, or carries no badge.
    """
    if len(image) > MAX_PICTURE_BYTES:
        raise TooLargeError("picture")
    if image.startswith(PNG_SIGNATURE):
        found = next((data for kind, data in _chunks(image) if _is_badge(kind, data)), None)
        if found is not None and found[len(KEYWORD) : len(KEYWORD) + 5] == bytes(5):
            return found[len(KEYWORD) + 5 :].decode("ascii", "replace")
    elif baked := BAKED_SVG.search(image):
        return baked[1].decode("ascii")
    raise MalformedError("no badge in the picture")


def _claims(terms: Terms, achievement: dict[str, Any], since: date) -> dict[str, Any]:
    valid_from = datetime.combine(since, time(), UTC)
    holder = {"type": "IdentityObject", "hashed": False, "identityHash": terms.holder_name, "identityType": "name"}
    claims: dict[str, Any] = {
        "@context": list(CONTEXTS),
        "id": terms.badge_id,
        "type": list(TYPES),
        "name": achievement["name"],
        "issuer": _profile(terms),
        "validFrom": _instant(valid_from),
        "awardedDate": _instant(valid_from),
        "credentialSubject": {
            "id": terms.subject_id,
            "type": ["AchievementSubject"],
            "identifier": [holder],
            "achievement": achievement,
        },
        "iss": terms.issuer,
        "jti": terms.badge_id,
        "sub": terms.subject_id,
        "nbf": seconds(valid_from),
        "iat": seconds(terms.issued_at),
    }
    if terms.expires_at is not None:
        claims |= {"validUntil": _instant(terms.expires_at), "exp": seconds(terms.expires_at)}
    if terms.status is not None:
        claims["status"] = {"status_list": {"uri": terms.status.uri, "idx": terms.status.idx}}
    return claims


def _profile(terms: Terms) -> dict[str, Any]:
    return {
        "id": terms.issuer,
        "type": ["Profile"],
        "name": "Staff passport and credential registry",
        "url": terms.issuer,
    }


def _achievement(terms: Terms, *, path: str, name: str, kind: str, description: str, criteria: str) -> dict[str, Any]:
    return {
        "id": f"{terms.issuer}/{path}",
        "type": ["Achievement"],
        "achievementType": kind,
        "name": name,
        "description": description,
        "criteria": {"narrative": criteria},
    }


def _alignment(terms: Terms, path: str, name: str, framework: str, code: str) -> dict[str, Any]:
    return {
        "type": ["Alignment"],
        "targetName": name,
        "targetUrl": f"{terms.issuer}/{path}",
        "targetFramework": framework,
        "targetCode": code,
    }


def _check_shape(claims: dict[str, Any]) -> None:
    """Check what a reader relies on: the contexts in order, the types, and that the registered claims are mirrors."""
    for name in ("@context", "id", "type", "issuer", "validFrom", "credentialSubject", "iss", "jti", "sub", "nbf"):
        if name not in claims:
            raise ClaimMissingError(name)
    if not isinstance(claims["@context"], list) or tuple(claims["@context"][:2]) != CONTEXTS:
        raise ClaimTypeError("@context: not those of a badge, or not in order")
    if not isinstance(claims["type"], list) or not set(TYPES) <= {str(each) for each in claims["type"]}:
        raise ClaimTypeError("type: not a badge")
    issuer, subject = claims["issuer"], claims["credentialSubject"]
    if not isinstance(issuer, dict) or not isinstance(subject, dict):
        raise ClaimTypeError("issuer or credentialSubject: not an object")
    mirrors = (("iss", issuer.get("id")), ("jti", claims["id"]), ("sub", subject.get("id")))
    for name, meant in mirrors:
        if claims[name] != meant:
            raise ClaimTypeError(f"{name}: not what the credential says")
    for name, instant in (("nbf", "validFrom"), ("exp", "validUntil")):
        if (name in claims) != (instant in claims) or (name in claims and not _is(claims[name], claims[instant])):
            raise ClaimTypeError(f"{name}: not what {instant} says")


def _is(number: object, instant: object) -> bool:
    """Say whether a number of seconds and a text name the same instant."""
    if isinstance(number, bool) or not isinstance(number, int) or not isinstance(instant, str):
        return False
    try:
        return datetime.fromisoformat(instant).timestamp() == number
    except (ValueError, OverflowError):
        return False


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _chunks(image: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not image.startswith(PNG_SIGNATURE):
        raise MalformedError("not a PNG")
    place = len(PNG_SIGNATURE)
    while place < len(image):
        if place + CHUNK_HEAD.size > len(image):
            raise MalformedError("the PNG is cut off")
        length, kind = CHUNK_HEAD.unpack_from(image, place)
        place += CHUNK_HEAD.size
        if place + length + 4 > len(image):
            raise MalformedError("the PNG is cut off")
        yield kind, image[place : place + length]
        place += length + 4


def _chunk(kind: bytes, data: bytes) -> bytes:
    return CHUNK_HEAD.pack(len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def _is_badge(kind: bytes, data: bytes) -> bool:
    return kind == b"iTXt" and data.startswith(KEYWORD + b"\x00")
