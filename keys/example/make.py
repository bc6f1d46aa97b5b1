"""Make the example keys, the example CA and the example trust root of a demonstration.

    python keys/example/make.py                 make everything anew, over what is there
    python keys/example/make.py sign FILE       sign a certificate request with the example CA; prints the chain

Everything here is published with its passphrase and proves nothing. Each certificate says EXAMPLE ONLY, and the service
knows the thumbprints by heart: it takes these keys only where PASSPORT_EXAMPLE_KEYS says yes.
"""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from credentials.keys import MemorySigner, PublicKey
from credentials.trust_root import draft_root, sign_root
from passport.signing.certificates import EXAMPLE_SUBJECT
from passport.signing.example_keys import FOLDER, PASSPHRASE, THUMBPRINTS
from passport.signing.key_files import certificate_request, encrypted_pem, new_private_key

ISSUER = "https://passport.example"
PURPOSES = ("passport", "trust_list", "qr", "access_token", "badge")
FROM, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
EXAMPLE_ROUNDS = 10_000  # the passphrase is published, so more would only cost time
NO_USAGE = dict.fromkeys(
    (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    ),
    False,
)  # fmt: skip


def main() -> None:
    """Make the keys, or sign a request."""
    if sys.argv[1:2] == ["sign"]:
        request = x509.load_pem_x509_csr(Path(sys.argv[2]).read_bytes())
        authority = x509.load_pem_x509_certificate((FOLDER / "ca-certificate.pem").read_bytes())
        print(_pem(_leaf(request, authority, _load("ca"))) + _pem(authority), end="")
        return
    keys = {name: new_private_key() for name in (*PURPOSES, "root", "ca")}
    for name, key in keys.items():
        (FOLDER / f"{name}.pem").write_bytes(encrypted_pem(key, PASSPHRASE, rounds=EXAMPLE_ROUNDS))
    authority = _authority(keys["ca"])
    (FOLDER / "ca-certificate.pem").write_text(_pem(authority))
    request = x509.load_pem_x509_csr(certificate_request(keys["passport"], ISSUER))
    (FOLDER / "passport-chain.pem").write_text(_pem(_leaf(request, authority, keys["ca"])) + _pem(authority))
    (FOLDER / "trust-root.json").write_bytes(_root(keys["root"], keys["trust_list"]))
    thumbprints = {name: MemorySigner(key).public.kid for name, key in keys.items()}
    THUMBPRINTS.write_text(json.dumps(thumbprints, indent=2) + "\n")


def _load(name: str) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key((FOLDER / f"{name}.pem").read_bytes(), PASSPHRASE.encode())
    assert isinstance(key, ec.EllipticCurvePrivateKey)  # noqa: S101 (this script made it)
    return key


def _root(root_key: ec.EllipticCurvePrivateKey, trust_list_key: ec.EllipticCurvePrivateKey) -> bytes:
    draft = draft_root(
        version=1,
        expires_at=UNTIL,
        threshold=1,
        root_keys=[PublicKey.from_cryptography(root_key.public_key())],
        trust_list_keys=[PublicKey.from_cryptography(trust_list_key.public_key())],
    )
    return sign_root(draft, MemorySigner(root_key))


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, EXAMPLE_SUBJECT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("Example staff passport CA")
    usage = x509.KeyUsage(**{**NO_USAGE, "key_cert_sign": True, "crl_sign": True})
    return (
        _certificate(key.public_key(), subject=name, issuer=name, authority_key=key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _leaf(
    request: x509.CertificateSigningRequest, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    public_key = request.public_key()
    assert isinstance(public_key, ec.EllipticCurvePublicKey)  # noqa: S101 (the service makes no other)
    names = request.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    host = names.get_values_for_type(x509.DNSName)[0]
    return (
        _certificate(
            public_key, subject=_name(host), issuer=authority.subject, authority_key=authority_key.public_key()
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**{**NO_USAGE, "digital_signature": True}), critical=True)
        .add_extension(names, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _certificate(
    public_key: ec.EllipticCurvePublicKey,
    *,
    subject: x509.Name,
    issuer: x509.Name,
    authority_key: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(FROM)
        .not_valid_after(UNTIL)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key), critical=False)
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")


if __name__ == "__main__":
    main()
