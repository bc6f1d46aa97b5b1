"""The certificate that a passport may carry in its header (`x5c`, RFC 7515 section 4.1.6; wire formats, section 2).

Exactly one certificate, the leaf. It adds no trust of its own: its key must be the one that the trust list names. It
serves wallets and verifiers that know X.509 only, so it must be right for them: P-256, for digital signatures, not a
CA and not self-signed, its SAN naming the issuer's address and host, valid when the token was signed and until that
expires, and chaining to a published root where the trust list has one.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from credentials.claims import LEEWAY
from credentials.errors import (
    HeaderForbiddenError,
    IssuerUntrustedError,
    KeyNotForIssuerError,
    KeyNotForPurposeError,
    KeyRetiredError,
    MalformedError,
)
from credentials.keys import PublicKey

CERTIFICATES_REMEMBERED: Final = 64

# All that reading a hostile certificate was seen to raise.
_UNREADABLE: Final = (
    binascii.Error,
    TypeError,
    ValueError,
    MalformedError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
E = TypeVar("E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Leaf:
    """What matters of a leaf certificate."""

    certificate: x509.Certificate
    key: PublicKey
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    may_sign: bool
    is_authority: bool
    is_self_signed: bool
    valid_from: datetime
    valid_until: datetime


def check_certificate(
    x5c: object, *, key: PublicKey, issuer: str, signed_at: datetime, expires_at: datetime, roots: tuple[str, ...] = ()
) -> None:
    """Check the certificate in a token's header.

    Args:
        x5c: the header's member.
        key: the key that the trust list names.
        issuer: the token's `iss`.
        signed_at: the token's `iat`.
        expires_at: the token's `exp`.
        roots: published root certificates, base64 DER; none means that no chain is asked for.

    Raises:
        HeaderForbiddenError: not exactly one certificate in base64 DER.
        KeyNotForPurposeError: a CA, or not for digital signatures.
        KeyNotForIssuerError: of another key, issuer or host, or self-signed.
        IssuerUntrustedError: no published root signed it.
        KeyRetiredError: not valid for all of the token's life.
    """
    if not isinstance(x5c, list) or len(x5c) != 1 or not isinstance(x5c[0], str):
        raise HeaderForbiddenError("x5c: not exactly one certificate")
    leaf = _fitting_leaf(x5c[0], key, issuer, roots)
    if signed_at + LEEWAY < leaf.valid_from or expires_at > leaf.valid_until:
        raise KeyRetiredError("x5c: not valid for the life of the token")


@lru_cache(maxsize=CERTIFICATES_REMEMBERED)
def _fitting_leaf(text: str, key: PublicKey, issuer: str, roots: tuple[str, ...]) -> Leaf:
    """Return a leaf certificate that fits but for its time; which of them do never changes."""
    leaf = read_leaf(text)
    if leaf.is_authority or not leaf.may_sign:
        raise KeyNotForPurposeError("x5c: not for signing tokens")
    if leaf.key != key or leaf.is_self_signed:
        raise KeyNotForIssuerError("x5c: of another key, or self-signed")
    if leaf.addresses != (issuer,) or leaf.hosts != (urlsplit(issuer).hostname,):
        raise KeyNotForIssuerError("x5c: of another issuer")
    if roots and not any(_signed_by(leaf.certificate, root) for root in roots):
        raise IssuerUntrustedError("x5c: no published root signed it")
    return leaf


def read_leaf(text: str) -> Leaf:
    """Read a certificate in base64 DER.

    Raises:
        HeaderForbiddenError: it is not one, or not of a P-256 key.
    """
    try:
        return _leaf_of(x509.load_der_x509_certificate(base64.b64decode(text, validate=True)))
    except _UNREADABLE:
        raise HeaderForbiddenError("x5c: not a certificate of a P-256 key") from None


def _leaf_of(certificate: x509.Certificate) -> Leaf:
    """Read all that is ever asked of a certificate: its parts are parsed only when they are asked for."""
    extensions = certificate.extensions
    names = _extension(extensions, x509.SubjectAlternativeName)
    usage = _extension(extensions, x509.KeyUsage)
    constraints = _extension(extensions, x509.BasicConstraints)
    return Leaf(
        certificate=certificate,
        key=PublicKey.from_cryptography(certificate.public_key()),
        addresses=tuple(names.get_values_for_type(x509.UniformResourceIdentifier)) if names else (),
        hosts=tuple(names.get_values_for_type(x509.DNSName)) if names else (),
        may_sign=usage is not None and usage.digital_signature,
        is_authority=(constraints is not None and constraints.ca) or (usage is not None and usage.key_cert_sign),
        is_self_signed=certificate.issuer == certificate.subject,
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _extension(extensions: x509.Extensions, kind: type[E]) -> E | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _signed_by(leaf: x509.Certificate, root_text: str) -> bool:
    try:
        leaf.verify_directly_issued_by(x509.load_der_x509_certificate(base64.b64decode(root_text, validate=True)))
    except (*_UNREADABLE, InvalidSignature):
        return False
    return True
