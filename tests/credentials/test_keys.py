"""Public keys: what is a key, what it is called, and which signatures are its own."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from credentials.errors import ClaimTypeError, MalformedError, SignatureInvalidError
from credentials.keys import ORDER, MemorySigner, PublicKey
from tests.credentials.passport_samples import PASSPORT_KEY, private_key

KEY = PASSPORT_KEY.public
# RFC 7517 appendix A.1, whose thumbprint by RFC 7638 is published with the OpenID Federation examples of this key.
RFC_7517_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
}


def a_signature(message: bytes = b"message") -> bytes:
    return PASSPORT_KEY.sign(message)


def test_the_name_of_a_key_is_its_thumbprint() -> None:
    assert PublicKey.from_jwk(RFC_7517_KEY).kid == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_a_key_is_the_same_from_jwk_and_pem() -> None:
    assert PublicKey.from_jwk(KEY.jwk) == KEY == PublicKey.from_pem(KEY.pem) == PublicKey.from_pem(KEY.pem.encode())
    assert PublicKey.from_jwk(KEY.jwk | {"kid": "any", "use": "sig", "alg": "ES256", "key_ops": ["verify"]}) == KEY


@pytest.mark.parametrize(
    "change",
    [
        {"kty": "RSA"}, {"kty": "oct", "k": "AAAA"}, {"kty": None}, {"crv": "P-384"}, {"crv": "secp256k1"},
        {"crv": "p-256"},
        {"d": "AAAA"}, {"k": "AAAA"}, {"x": None}, {"y": 5}, {"x": ""}, {"x": KEY.x + "A"}, {"x": KEY.x[:-1]},
        {"x": KEY.x + "="}, {"x": KEY.y, "y": KEY.x}, {"y": KEY.x}, {"x": "A" * 43, "y": "A" * 43}, {"alg": "ES384"},
        {"alg": None}, {"use": "enc"}, {"key_ops": ["encrypt"]}, {"key_ops": "verify"}, {"x": ["A"]},
    ],
)  # fmt: skip
def test_what_is_no_key_for_es256_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ClaimTypeError):
        PublicKey.from_jwk(KEY.jwk | change)


def test_a_jwk_without_a_coordinate_is_refused() -> None:
    with pytest.raises(ClaimTypeError):
        PublicKey.from_jwk({"kty": "EC", "crv": "P-256", "x": KEY.x})


def test_other_pems_are_refused() -> None:
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    others = [
        ec.derive_private_key(5, ec.SECP384R1()).public_key().public_bytes(*form),
        ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes(*form),
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        b"",
    ]
    for pem in others:
        with pytest.raises(MalformedError):
            PublicKey.from_pem(pem)


def test_a_signature_is_checked() -> None:
    KEY.verify(a_signature(), b"message")
    with pytest.raises(SignatureInvalidError):
        KEY.verify(a_signature(), b"Message")
    with pytest.raises(SignatureInvalidError):
        PublicKey.from_jwk(RFC_7517_KEY).verify(a_signature(), b"message")


@pytest.mark.parametrize(
    "signature",
    [
        b"", bytes(64), bytes(63), a_signature() + b"\0", a_signature()[:-1], bytes(32) + a_signature()[32:],
        a_signature()[:32] + bytes(32), ORDER.to_bytes(32) + a_signature()[32:],
        a_signature()[:32] + ORDER.to_bytes(32), b"\xff" * 64, (ORDER + 1).to_bytes(32) * 2,
        private_key(101).sign(b"message", ec.ECDSA(hashes.SHA256())),
    ],
    ids=lambda _: "signature",  # signatures differ on every run, the names of tests must not
)  # fmt: skip
def test_only_64_bytes_within_the_order_are_a_signature(signature: bytes) -> None:
    with pytest.raises(SignatureInvalidError):
        KEY.verify(signature, b"message")


def test_a_signature_is_es256_for_others_too() -> None:
    token = jwt.encode({"a": 1}, private_key(101), algorithm="ES256")
    signing_input, _, signature = token.rpartition(".")
    KEY.verify(jwt.utils.base64url_decode(signature), signing_input.encode())
    assert MemorySigner(private_key(101)).public == KEY


def test_a_number_has_one_length_only() -> None:
    shorter = next(
        s for s in (a_signature(bytes([n, m])) + bytes([n, m]) for n in range(256) for m in range(256)) if not s[32]
    )
    signature, message = shorter[:64], shorter[64:]
    KEY.verify(signature, message)
    for other in (signature[:32] + signature[33:], signature[:32] + b"\0" + signature[32:]):
        with pytest.raises(SignatureInvalidError):
            KEY.verify(other, message)
