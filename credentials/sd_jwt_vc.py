"""A passport as an SD-JWT VC (draft 19): the issuer's token with type, issuer, life, status, holder key, certificate.

In the order of the code: the claims that every credential has; making one in two steps, so that what will be signed
can be recorded and linted before the signature and made again afterwards from the same seed and claims; and reading
one: envelope, key by (issuer, kid, time of signing) from the trust list, signature, certificate, and then the claims
by their exact types, none of them hidden in a disclosure (draft 19, section 2.2.2.3).

What the passport says is left to `passport_type`, disclosures to `sd_jwt`, the time of checking, the holder's proof
and the status to `verify`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec

from credentials.certificates import check_certificate
from credentials.claims import Seconds, record_of, seconds, text_claim, time_claim
from credentials.encoding import b64url_encode
from credentials.errors import (
    ClaimNotDisclosableError,
    ClaimTypeError,
    StatusUriMismatchError,
    VctUnknownError,
)
from credentials.jws import HEADERS_REMEMBERED, Jws, header_text, parse_compact
from credentials.keys import PublicKey, Signer
from credentials.passport_type import NEVER_DISCLOSABLE, type_of
from credentials.records import Record
from credentials.sd_jwt import MAX_PRESENTATION_CHARACTERS, Disclosure, Presentation, conceal, reveal
from credentials.trust import TrustList

TYPE: Final = "dc+sd-jwt"

_ENCODE: Final = msgspec.json.Encoder().encode


class StatusReference(Record, frozen=True):
    """Where a credential's status stands: the list's address, and the place on it."""

    uri: str
    idx: Annotated[int, msgspec.Meta(ge=0)]


class _StatusClaim(msgspec.Struct, frozen=True):
    status_list: StatusReference


class _ConfirmationClaim(msgspec.Struct, frozen=True):
    jwk: dict[str, object]


class _VisibleClaims(msgspec.Struct, frozen=True):
    """The claims that are never hidden, as they stand in the token; others are passed over."""

    iss: str
    vct: str
    iat: Seconds
    exp: Seconds
    status: _StatusClaim
    nbf: Seconds | msgspec.UnsetType = msgspec.UNSET
    cnf: _ConfirmationClaim | msgspec.UnsetType = msgspec.UNSET


class Terms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The claims of a credential that are never hidden. Times are UTC, whole seconds.

    Every SD-JWT VC has a `status`; only a QR code that dies after minutes has none.
    """

    issuer: str
    issued_at: datetime
    expires_at: datetime
    status: StatusReference | None
    holder: PublicKey | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnsignedCredential:
    """A credential but for its signature. The same seed, terms and claims make the same one."""

    signing_input: str
    disclosures: tuple[str, ...]

    def signed(self, signature: bytes) -> str:
        """Return the credential with a signature of 64 bytes: all disclosures, no proof of the holder."""
        return Presentation(f"{self.signing_input}.{b64url_encode(signature)}", self.disclosures).text

    def sign(self, signer: Signer) -> str:
        """Sign it. The signer must be the one that it was prepared for."""
        return self.signed(signer.sign(self.signing_input.encode("ascii")))


def prepare(
    claims: Mapping[str, object], terms: Terms, *, seed: bytes, kid: str, certificate: str | None = None
) -> UnsignedCredential:
    """Make all of a credential but its signature.

    Args:
        claims: what it says, with `Disclosable` marks (`passport_type.to_claims`).
        terms: the claims that are never hidden.
        seed: 32 random bytes; the salts grow from it.
        kid: the name of the key that will sign.
        certificate: the key's leaf certificate in base64 DER, for the header.
    """
    payload, disclosures = conceal(claims, seed)
    payload |= {
        "iss": terms.issuer,
        "vct": type_of(terms.issuer),
        "iat": seconds(terms.issued_at),
        "exp": seconds(terms.expires_at),
    }
    if terms.status is not None:
        payload["status"] = {"status_list": terms.status}
    if terms.not_before is not None:
        payload["nbf"] = seconds(terms.not_before)
    if terms.holder is not None:
        payload["cnf"] = {"jwk": terms.holder.jwk}
    return UnsignedCredential(f"{_header(kid, certificate)}.{b64url_encode(_ENCODE(payload))}", disclosures)


@lru_cache(maxsize=HEADERS_REMEMBERED)
def _header(kid: str, certificate: str | None) -> str:
    """Return the header as it stands in a token. All tokens of one key carry the same, so it is remembered."""
    chain = {} if certificate is None else {"x5c": [certificate]}
    return header_text({"typ": TYPE, **chain}, kid=kid)


def parse_issuer_token(issuer_jwt: str) -> Jws:
    """Read the issuer's token without checking its signature.

    Raises:
        CredentialError: its envelope is refused.
    """
    return parse_compact(issuer_jwt, typ=TYPE, max_characters=MAX_PRESENTATION_CHARACTERS, x5c_allowed=True)


def find_key(jws: Jws, trust: TrustList) -> PublicKey:
    """Return the key that must have signed a token; its certificate, if it carries one, has no say in that.

    Raises:
        CredentialError: see `TrustList.key`.
    """
    return trust.key(text_claim(jws.claims, "iss"), jws.kid, "passport", time_claim(jws.claims, "iat"))


def check_leaf(jws: Jws, key: PublicKey, trust: TrustList) -> None:
    """Check the certificate in a token's header, if there is one, once the signature is known to be right.

    Raises:
        CredentialError: see `check_certificate`.
    """
    if jws.header.x5c is not None:
        check_certificate(
            jws.header.x5c,
            key=key,
            issuer=text_claim(jws.claims, "iss"),
            signed_at=time_claim(jws.claims, "iat"),
            expires_at=time_claim(jws.claims, "exp"),
            roots=trust.content.certificate_roots,
        )


def read_terms(claims: Mapping[str, object]) -> Terms:
    """Read the claims that every passport has, by their exact types.

    Raises:
        ClaimMissingError, ClaimTypeError: a claim is missing or wrong, or the life ends before it begins.
        VctUnknownError: not a staff passport of this issuer.
        StatusUriMismatchError: the status list belongs to somebody else.
    """
    visible = record_of(_VisibleClaims, claims)
    if visible.vct != type_of(visible.iss):
        raise VctUnknownError
    not_before = None if visible.nbf is msgspec.UNSET else visible.nbf
    if visible.exp <= max(visible.iat, not_before or 0):
        raise ClaimTypeError("exp: not after iat and nbf")
    status = visible.status.status_list
    if not status.uri.startswith(visible.iss + "/"):
        raise StatusUriMismatchError("of another issuer")
    return Terms(
        issuer=visible.iss,
        issued_at=datetime.fromtimestamp(visible.iat, UTC),
        expires_at=datetime.fromtimestamp(visible.exp, UTC),
        status=status,
        holder=None if visible.cnf is msgspec.UNSET else PublicKey.from_jwk(visible.cnf.jwk),
        not_before=None if not_before is None else datetime.fromtimestamp(not_before, UTC),
    )


def reveal_claims(claims: Mapping[str, object], disclosures: Sequence[Disclosure]) -> dict[str, Any]:
    """Put the shown claims in their places (RFC 9901 section 7.1).

    Raises:
        ClaimNotDisclosableError: a claim that must be visible was hidden, whole or in part.
        DisclosureError: see `sd_jwt.reveal`.
    """
    if not NEVER_DISCLOSABLE.isdisjoint([disclosure.name for disclosure in disclosures]):
        raise ClaimNotDisclosableError
    revealed = reveal(claims, disclosures)
    if any(revealed.get(name) != claims.get(name) for name in ("status", "cnf")):
        raise ClaimNotDisclosableError  # a part of it was hidden
    return revealed
