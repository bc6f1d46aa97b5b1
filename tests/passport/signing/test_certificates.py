"""The certificate of a passport key: each rule that it can break."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from credentials.keys import PublicKey
from passport.signing.certificates import CertificateUnsuitable, Chain, check, read_chain
from passport.signing.example_keys import FOLDER
from passport.signing.key_files import certificate_request, new_private_key

ISSUER = "https://passport.example"
KEY, AUTHORITY_KEY = new_private_key(), new_private_key()
PUBLIC = PublicKey.from_cryptography(KEY.public_key())
FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(
    *,
    key: ec.EllipticCurvePrivateKey = KEY,
    subject: str = "passport.example",
    issuer: str = "Invented CA",
    ca: bool | None = False,
    usages: tuple[str, ...] = ("digital_signature",),
    names: tuple[str, str] | None = (ISSUER, "passport.example"),
    until: datetime = UNTIL,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(FROM)
        .not_valid_after(until)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    if usages:
        usage = x509.KeyUsage(**{each: each in usages for each in USAGES})
        builder = builder.add_extension(usage, critical=True)
    if names:
        general = [x509.UniformResourceIdentifier(names[0]), x509.DNSName(names[1])]
        builder = builder.add_extension(x509.SubjectAlternativeName(general), critical=False)
    return builder.sign(AUTHORITY_KEY, hashes.SHA256())


def authority(**changes: Any) -> x509.Certificate:
    usual: dict[str, Any] = {"key": AUTHORITY_KEY, "subject": "Invented CA", "ca": True, "names": None}
    return certificate(**{**usual, "usages": ("key_cert_sign",), **changes})


def test_a_certificate_that_says_all_it_must_is_taken(now: datetime) -> None:
    check(Chain(certificate(), authority()), key=PUBLIC, issuer=ISSUER, now=now)


@pytest.mark.parametrize(
    ("chain", "sentence"),
    [
        (lambda: Chain(certificate(key=new_private_key()), authority()), "another key"),
        (lambda: Chain(certificate(ca=True), authority()), "of a CA"),
        (lambda: Chain(certificate(), authority(ca=False)), "not that of a CA"),
        (lambda: Chain(certificate(), authority(ca=None)), "not that of a CA"),
        (lambda: Chain(certificate(subject="Invented CA"), authority()), "self-signed"),
        (lambda: Chain(certificate(usages=()), authority()), "key usage"),
        (lambda: Chain(certificate(usages=("digital_signature", "crl_sign")), authority()), "key usage"),
        (lambda: Chain(certificate(usages=("key_agreement",)), authority()), "key usage"),
        (lambda: Chain(certificate(names=None), authority()), "name the issuer"),
        (lambda: Chain(certificate(names=("https://other.example", "passport.example")), authority()), "name the"),
        (lambda: Chain(certificate(names=(ISSUER, "other.example")), authority()), "name the issuer"),
        (lambda: Chain(certificate(until=datetime(2026, 2, 1, tzinfo=UTC)), authority()), "not valid now"),
    ],
)
def test_a_certificate_that_breaks_one_rule_is_refused(
    chain: Callable[[], Chain], sentence: str, now: datetime
) -> None:
    with pytest.raises(CertificateUnsuitable, match=sentence):
        check(chain(), key=PUBLIC, issuer=ISSUER, now=now)


def pem(*certificates: x509.Certificate) -> str:
    return "".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in certificates)


def test_a_chain_is_read_from_leaf_to_authority() -> None:
    leaf, issuer = certificate(), authority()
    assert read_chain(pem(leaf, issuer)) == Chain(leaf, issuer)


@pytest.mark.parametrize("text", ["", "no certificate", pem(certificate()), pem(authority(), certificate())])
def test_a_text_that_is_no_chain_is_refused(text: str) -> None:
    with pytest.raises(CertificateUnsuitable):
        read_chain(text)


def test_a_leaf_that_another_authority_signed_is_refused() -> None:
    stranger = x509.load_pem_x509_certificate((FOLDER / "ca-certificate.pem").read_bytes())
    with pytest.raises(CertificateUnsuitable, match="did not issue"):
        read_chain(pem(certificate(), stranger))


def test_a_request_names_the_issuer_and_its_host() -> None:
    request = x509.load_pem_x509_csr(certificate_request(KEY, ISSUER))
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [ISSUER]
    assert names.get_values_for_type(x509.DNSName) == ["passport.example"]


def test_the_example_certificate_says_that_it_is_one() -> None:
    assert read_chain((FOLDER / "passport-chain.pem").read_text()).is_example
    assert not Chain(certificate(), authority()).is_example


def test_the_example_folder_holds_no_readable_private_key() -> None:
    keys = [path for path in Path(FOLDER).glob("*.pem") if "certificate" not in path.name and "chain" not in path.name]
    assert len(keys) == 7
    assert all(path.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----") for path in keys)
