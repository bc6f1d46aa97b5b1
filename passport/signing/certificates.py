"""The certificate of a passport key: what it must say before we put it into the header of a credential.

Wire formats, section 2: the leaf alone goes into `x5c`, never the root; on P-256, not self-signed, not a CA, key usage
digitalSignature and no other, SAN URI equal to `iss` and SAN DNS equal to its host, alive for longer than every
credential that it signs. What is stored is the leaf followed by the certificate of the CA that issued it.
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from credentials.errors import CredentialError
from credentials.keys import PublicKey
from passport.errors import Invalid

EXAMPLE_SUBJECT: Final = "EXAMPLE ONLY"
OTHER_USAGES: Final = (
    "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
)  # fmt: skip


class CertificateUnsuitable(Invalid):
    """The certificate does not say what the certificate of a passport key must say."""

    code = "certificate_unsuitable"
    title = "The certificate does not fit the key"


@dataclass(frozen=True, slots=True)
class Chain:
    """A leaf and the certificate of the CA that issued it."""

    leaf: x509.Certificate
    authority: x509.Certificate

    @property
    def leaf_text(self) -> str:
        """The leaf as it goes into `x5c`: base64 of its DER."""
        return b64encode(self.leaf.public_bytes(Encoding.DER)).decode("ascii")

    @property
    def authority_text(self) -> str:
        """The CA's certificate as it goes into the trust list: base64 of its DER."""
        return b64encode(self.authority.public_bytes(Encoding.DER)).decode("ascii")

    @property
    def is_example(self) -> bool:
        """Whether a subject in the chain says that it is worthless."""
        organisations = [
            str(name.value)
            for certificate in (self.leaf, self.authority)
            for name in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        ]
        return any(EXAMPLE_SUBJECT in name for name in organisations)


def read_chain(pem: str) -> Chain:
    """Read a leaf and its CA's certificate, in this order, from PEM.

    Raises:
        CertificateUnsuitable: not exactly two certificates, or the second did not issue the first.
    """
    try:
        certificates: Sequence[x509.Certificate] = x509.load_pem_x509_certificates(pem.encode())
    except ValueError as error:
        raise CertificateUnsuitable("The text holds no certificate in PEM.") from error
    if len(certificates) != 2:
        raise CertificateUnsuitable("Give two certificates: that of the key, then that of the CA that issued it.")
    chain = Chain(*certificates)
    try:
        chain.leaf.verify_directly_issued_by(chain.authority)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CertificateUnsuitable("The second certificate did not issue the first.") from error
    return chain


def check(chain: Chain, *, key: PublicKey, issuer: str, now: datetime) -> None:
    """Check that a leaf is fit for credentials of an issuer that are signed by a key.

    Raises:
        CertificateUnsuitable: the first rule that it breaks.
    """
    for holds, sentence in (
        (_is_for(chain.leaf, key), "It is for another key."),
        (not _is_authority(chain.leaf), "It is the certificate of a CA."),
        (_is_authority(chain.authority), "The certificate that issued it is not that of a CA."),
        (chain.leaf.subject != chain.leaf.issuer, "It is self-signed."),
        (_signs_only(chain.leaf), "Its key usage is not digitalSignature alone."),
        (_names(chain.leaf) == ([issuer], [urlsplit(issuer).hostname]), "It does not name the issuer and its host."),
        (chain.leaf.not_valid_before_utc <= now < chain.leaf.not_valid_after_utc, "It is not valid now."),
    ):
        if not holds:
            raise CertificateUnsuitable(f"The certificate does not fit the key. {sentence}")


def _is_for(leaf: x509.Certificate, key: PublicKey) -> bool:
    try:
        return PublicKey.from_cryptography(leaf.public_key()) == key
    except CredentialError:
        return False


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _signs_only(leaf: x509.Certificate) -> bool:
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return usage.digital_signature and not any(getattr(usage, other) for other in OTHER_USAGES)


def _names(leaf: x509.Certificate) -> tuple[list[str], list[str]]:
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return [], []
    return names.get_values_for_type(x509.UniformResourceIdentifier), names.get_values_for_type(x509.DNSName)
