"""Keys of ECDSA on P-256, the one algorithm of our tokens (ES256, RFC 7518 section 3.4), and the protocol of a signer.

In the order of the code: a public key, made from a JWK (RFC 7517) or PEM, known by its thumbprint (RFC 7638), and its
check of a signature (64 bytes, r and s side by side, both within 1 and n - 1); what signs; and a signer whose private
key lies in memory, for tests and for keys that come from a file. Where private keys are kept, and which key may sign
what, is left to the service's signing room and to `trust`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from credentials.encoding import b64url_decode, b64url_encode, canonical_json
from credentials.errors import ClaimTypeError, MalformedError, SignatureInvalidError

# The order n of P-256 (SEC 2 version 2.0, section 2.4.2).
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
COORDINATE_BYTES: Final = 32
SIGNATURE_BYTES: Final = 64
KEYS_REMEMBERED: Final = 4096

_ECDSA: Final = ec.ECDSA(hashes.SHA256())
_PRIVATE_OR_SYMMETRIC: Final = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point on P-256. Two keys are equal when their thumbprints are."""

    kid: str
    x: str = field(compare=False)
    y: str = field(compare=False)
    _point: ec.EllipticCurvePublicKey = field(compare=False, repr=False)

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, object]) -> "PublicKey":
        """Read a JWK for ES256. `kid` and other descriptive members are ignored; the thumbprint is the name.

        Raises:
            ClaimTypeError: private or secret, of another type, curve or use, or not a point on the curve.
        """
        if not _PRIVATE_OR_SYMMETRIC.isdisjoint(jwk):
            raise ClaimTypeError("jwk: holds a secret")
        if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256" or jwk.get("alg", "ES256") != "ES256":
            raise ClaimTypeError("jwk: not a key for ES256")
        operations = jwk.get("key_ops", ["verify"])
        if jwk.get("use", "sig") != "sig" or not isinstance(operations, list) or "verify" not in operations:
            raise ClaimTypeError("jwk: not for signatures")
        x, y = jwk.get("x"), jwk.get("y")
        if not isinstance(x, str) or not isinstance(y, str):
            raise ClaimTypeError("jwk: no coordinates")
        return _key_at(x, y)

    @classmethod
    def from_pem(cls, pem: bytes | str) -> "PublicKey":
        """Read a public key in PEM (SubjectPublicKeyInfo).

        Raises:
            MalformedError: not such a PEM, or not a key on P-256.
        """
        try:
            loaded = serialization.load_pem_public_key(pem.encode() if isinstance(pem, str) else pem)
        except ValueError as error:
            raise MalformedError("not a public key in PEM") from error
        return cls.from_cryptography(loaded)

    @classmethod
    def from_cryptography(cls, point: object) -> "PublicKey":
        """Take a public key of the `cryptography` package.

        Raises:
            MalformedError: not a key on P-256.
        """
        if not isinstance(point, ec.EllipticCurvePublicKey) or not isinstance(point.curve, ec.SECP256R1):
            raise MalformedError("not a key on P-256")
        numbers = point.public_numbers()
        return _key_at(*(b64url_encode(number.to_bytes(COORDINATE_BYTES)) for number in (numbers.x, numbers.y)))

    @property
    def jwk(self) -> dict[str, str]:
        """The members that make the key, without a name or use."""
        return {"kty": "EC", "crv": "P-256", "x": self.x, "y": self.y}

    @property
    def pem(self) -> str:
        """The key as SubjectPublicKeyInfo in PEM."""
        encoding, form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        return self._point.public_bytes(encoding, form).decode("ascii")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Check an ES256 signature; returning means that it is right.

        Raises:
            SignatureInvalidError: not 64 bytes, r or s outside 1 to n - 1, or not this key's signature of the message.
        """
        if len(signature) != SIGNATURE_BYTES:
            raise SignatureInvalidError("not 64 bytes")
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if not (0 < r < ORDER and 0 < s < ORDER):
            raise SignatureInvalidError("out of range")
        try:
            self._point.verify(encode_dss_signature(r, s), message, _ECDSA)
        except InvalidSignature as error:
            raise SignatureInvalidError from error


class Signer(Protocol):
    """What signs with one private key, wherever that lies: in memory, in a security module, in a cloud."""

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""

    def sign(self, message: bytes) -> bytes:
        """Return the ES256 signature of a message: 64 bytes, r and s side by side."""


class MemorySigner:
    """Signs with a private key that is held in memory."""

    def __init__(self, private_key: ec.EllipticCurvePrivateKey) -> None:
        self._private_key = private_key
        self._public = PublicKey.from_cryptography(private_key.public_key())

    @property
    def public(self) -> PublicKey:
        """The key that verifies what this signs."""
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return the ES256 signature of a message: 64 bytes, r and s side by side."""
        r, s = decode_dss_signature(self._private_key.sign(message, _ECDSA))
        return r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)


@lru_cache(maxsize=KEYS_REMEMBERED)
def _key_at(x: str, y: str) -> PublicKey:
    """Return the key with these base64url coordinates. The same few issuers and holders come again and again."""
    try:
        encoded_point = b"\x04" + _coordinate(x) + _coordinate(y)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), encoded_point)
    except (MalformedError, ValueError) as error:
        raise ClaimTypeError("jwk: not a point on the curve") from error
    thumbprint = sha256(canonical_json({"crv": "P-256", "kty": "EC", "x": x, "y": y})).digest()
    return PublicKey(kid=b64url_encode(thumbprint), x=x, y=y, _point=point)


def _coordinate(text: str) -> bytes:
    data = b64url_decode(text)
    if len(data) != COORDINATE_BYTES:
        raise MalformedError("not 32 bytes")
    return data
