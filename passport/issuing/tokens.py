"""What is signed, from what is stored: the same seed, claims and key make the same credential again, byte for byte.

The claims of a copy are kept as one JSON text (`StoredClaims`). A passport is made from its content and the salts'
seed; of a printed QR the signed CBOR itself is kept, because the code list that it was written with goes on growing,
and of a badge the signed JSON, because the title of a standard may be worded anew.
Either way the content is there in the clear, to see later what the copy says. Nothing here reads or writes a table.
"""

from datetime import datetime
from typing import Final, Protocol

import msgspec

from credentials import cose
from credentials.catalogue import Catalogue
from credentials.code_list import WORDS, CodeList
from credentials.jws import signing_input
from credentials.open_badges import UnsignedBadge
from credentials.passport_type import to_claims
from credentials.qr import DOMAIN, UnsignedQr, prepare_qr
from credentials.qr_claims import read_claims
from credentials.records import Instant, PassportContent, Record
from credentials.sd_jwt_vc import StatusReference, Terms, UnsignedCredential, prepare
from passport.issuing.models import Credential
from passport.issuing.status_lists import Place, reference
from passport.signing import service as signing
from passport.signing.models import SigningKey
from passport.signing.states import Purpose

PURPOSE_OF: Final[dict[str, Purpose]] = {"sd_jwt": "passport", "print_qr": "qr"}
_ENCODE: Final = msgspec.json.Encoder().encode


class StoredClaims(Record, frozen=True):
    """What one copy says and on which terms. `qr` is the signed CBOR of a print, `badge` the signed JSON of a badge."""

    issuer: str
    issued_at: Instant
    expires_at: Instant
    content: PassportContent
    qr: bytes | None = None
    badge: bytes | None = None


_DECODE: Final = msgspec.json.Decoder(StoredClaims).decode


class Unsigned(Protocol):
    """A credential but for its signature, whatever carries it."""

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that the signature covers."""

    def signed(self, signature: bytes) -> str:
        """Return the finished text."""


class UnsignedPassport:
    """An SD-JWT VC but for its signature."""

    def __init__(self, credential: UnsignedCredential) -> None:
        self.credential = credential

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that the signature covers."""
        return self.credential.signing_input.encode("ascii")

    def signed(self, signature: bytes) -> str:
        """Return the presentation with all its disclosures."""
        return self.credential.signed(signature)


class UnsignedPrint:
    """A printed QR but for its signature."""

    def __init__(self, qr: UnsignedQr) -> None:
        self.qr = qr

    @property
    def to_be_signed(self) -> bytes:
        """The bytes that the signature covers."""
        return self.qr.message.to_be_signed

    def signed(self, signature: bytes) -> str:
        """Return the text of the QR."""
        return self.qr.signed(signature)


def stored(credential: Credential) -> StoredClaims:
    """Read the claims that were recorded with a credential."""
    return _DECODE(credential.claims)


def encoded(claims: StoredClaims) -> bytes:
    """Return claims as they are recorded."""
    return _ENCODE(claims)


def passport_from(claims: StoredClaims, *, seed: bytes, place: Place, key: SigningKey) -> UnsignedPassport:
    """Make the passport of these claims, ready to be signed by a key."""
    terms = Terms(
        issuer=claims.issuer,
        issued_at=claims.issued_at,
        expires_at=claims.expires_at,
        status=reference(claims.issuer, place),
    )
    certificate = signing.leaf_text(key.certificate_pem) if key.certificate_pem else None
    return UnsignedPassport(prepare(to_claims(claims.content), terms, seed=seed, kid=key.kid, certificate=certificate))


def new_qr(
    content: PassportContent,
    *,
    issuer: str,
    address: str,
    code_list: CodeList,
    kid: str,
    now: datetime,
    status: StatusReference | None = None,
) -> UnsignedQr:
    """Make a QR of a passport, ready to be signed: for print with a status, for a screen without."""
    return prepare_qr(content, issuer=issuer, code_list=code_list, kid=kid, now=now, status=status, address=address)


def qr_claims(content: PassportContent, qr: UnsignedQr) -> StoredClaims:
    """Return what is recorded of a printed QR: only the awards that it carries."""
    gone = {left_out.award.id for left_out in qr.left_out}
    return StoredClaims(
        issuer=qr.claims.terms.issuer,
        issued_at=qr.claims.terms.issued_at,
        expires_at=qr.claims.terms.expires_at,
        content=msgspec.structs.replace(
            content,
            training=tuple(award for award in content.training if award.id not in gone),
            credentials=tuple(award for award in content.credentials if award.id not in gone),
        ),
        qr=qr.message.payload,
    )


def badge_from(badge: bytes, *, issuer: str, key: SigningKey) -> UnsignedBadge:
    """Make the badge of these claims, ready to be signed by a key: its `kid` is the address of the key."""
    return UnsignedBadge(signing_input({}, badge, kid=badge_key_address(issuer, key.kid)))


def badge_key_address(issuer: str, kid: str) -> str:
    """Return the address at which a badge's key is published."""
    return f"{issuer}/badge-keys/{kid}"


def made_again(credential: Credential, key: SigningKey, *, address: str) -> Unsigned:
    """Make a stored credential again, but for its signature.

    Args:
        credential: the row.
        key: the row of the key that it names.
        address: where QR codes lead now; it is not part of what is signed.
    """
    claims = stored(credential)
    if claims.badge is not None:
        return badge_from(claims.badge, issuer=claims.issuer, key=key)
    if claims.qr is None:
        place = Place(credential.list_number, credential.status_index)
        return passport_from(claims, seed=credential.salts_seed, place=place, key=key)
    return UnsignedPrint(
        UnsignedQr(address, read_claims(claims.qr), cose.prepare(claims.qr, kid=key.kid, domain=DOMAIN))
    )


def code_list_of(catalogue: Catalogue, *, issuer: str) -> CodeList:
    """Return a catalogue as the code list that QR codes are written with."""
    return CodeList(iss=issuer, iat=0, exp=0, version=catalogue.version, standards=catalogue.standards, words=WORDS)
