"""New private keys in encrypted files: PKCS#8 with PBES2 (RFC 8018), and the request for a certificate (RFC 2986).

The key is encrypted under a key that PBKDF2 makes from the passphrase in 600,000 rounds of HMAC-SHA-256 (OWASP's figure
of 2023). The few DER values are written here because the `cryptography` package fixes its own rounds at 2,048. Any
reader of PKCS#8 opens the result, `back_ends` and `openssl pkey` included.
"""

import os
from base64 import b64encode
from hashlib import pbkdf2_hmac
from pathlib import Path
from textwrap import wrap
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.x509.oid import NameOID

ROUNDS: Final = 600_000
SALT_BYTES: Final = 16
AES_BLOCK_BYTES: Final = 16
AES_KEY_BYTES: Final = 32

# DER object identifiers (RFC 8018, appendix C).
PBES2: Final = bytes.fromhex("06092a864886f70d01050d")
PBKDF2: Final = bytes.fromhex("06092a864886f70d01050c")
HMAC_SHA256: Final = bytes.fromhex("06082a864886f70d02090500")
AES_256_CBC: Final = bytes.fromhex("060960864801650304012a")


def new_private_key() -> ec.EllipticCurvePrivateKey:
    """Make a key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def encrypted_pem(key: ec.EllipticCurvePrivateKey, passphrase: str, *, rounds: int = ROUNDS) -> bytes:
    """Return a key as an encrypted PKCS#8 PEM."""
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    salt, vector = os.urandom(SALT_BYTES), os.urandom(AES_BLOCK_BYTES)
    padder = padding.PKCS7(AES_BLOCK_BYTES * 8).padder()
    cipher_key = pbkdf2_hmac("sha256", passphrase.encode(), salt, rounds, AES_KEY_BYTES)
    encryptor = Cipher(algorithms.AES256(cipher_key), modes.CBC(vector)).encryptor()
    encrypted = encryptor.update(padder.update(der) + padder.finalize()) + encryptor.finalize()
    derivation = _sequence(_octets(salt), _integer(rounds), _sequence(HMAC_SHA256))
    scheme = _sequence(_sequence(PBKDF2, derivation), _sequence(AES_256_CBC, _octets(vector)))
    text = b64encode(_sequence(_sequence(PBES2, scheme), _octets(encrypted))).decode("ascii")
    return "\n".join(
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----", *wrap(text, 64), "-----END ENCRYPTED PRIVATE KEY-----", "")
    ).encode("ascii")


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read. An existing file is never overwritten.

    Raises:
        FileExistsError: there is a file already.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def certificate_request(key: ec.EllipticCurvePrivateKey, issuer: str) -> bytes:
    """Return the PEM request for a leaf that names the issuer: SAN URI the issuer itself, SAN DNS its host.

    Args:
        key: the passport key that the certificate will be for.
        issuer: the service's https identity.
    """
    host = urlsplit(issuer).hostname or ""
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]))
        .add_extension(
            x509.SubjectAlternativeName([x509.UniformResourceIdentifier(issuer), x509.DNSName(host)]), critical=False
        )
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )


def _der(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes((tag, len(content))) + content
    length = len(content).to_bytes((len(content).bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + content


def _sequence(*members: bytes) -> bytes:
    return _der(0x30, b"".join(members))


def _octets(content: bytes) -> bytes:
    return _der(0x04, content)


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))
