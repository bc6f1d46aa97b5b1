"""Public keys of API clients, as JWKs (RFC 7517), for the three algorithms that a client can have.

RS512 and PS512 want an RSA key of at least 2048 bits with the exponent 65537, ES256 a key on P-256 (RFC 7518 sections
3.3 to 3.5). What is kept is the key itself and its `kid`, nothing else that the client sent; a private key is refused,
and must be thrown away by its owner. Checking a signature is PyJWT's and cryptography's.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, Literal

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from credentials.encoding import b64url_decode
from credentials.errors import CredentialError
from credentials.keys import PublicKey
from passport.errors import Invalid

Algorithm = Literal["RS512", "PS512", "ES256"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = ("RS512", "PS512", "ES256")
RSA_BITS: Final = range(2048, 8193)
RSA_EXPONENT: Final = "AQAB"  # 65537
SECRET_MEMBERS: Final = frozenset(("d", "k", "p", "q", "dp", "dq", "qi", "oth"))
KID: Final = re.compile(r"[!-~]{1,128}")


class ClientKeyInvalid(Invalid):
    """The JWK is not a public key for the client's algorithm."""

    code = "client_key_invalid"
    title = "The key is not suitable"


def public_jwk(jwk: Mapping[str, Any], algorithm: Algorithm) -> dict[str, str]:
    """Return the members of a client's JWK that are kept: the public key and its `kid`.

    Raises:
        ClientKeyInvalid: private, nameless, of another kind, too weak, or meant for something else.
    """
    if not SECRET_MEMBERS.isdisjoint(jwk):
        raise ClientKeyInvalid("This holds a private key. Never send it; make a new one and send its public part.")
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not KID.fullmatch(kid):
        raise ClientKeyInvalid("Give the key a kid of 1 to 128 printable ASCII characters without blanks.")
    if jwk.get("use", "sig") != "sig" or jwk.get("alg", algorithm) != algorithm:
        raise ClientKeyInvalid(f"The key is meant for another use than signing with {algorithm}.")
    key = _elliptic(jwk) if algorithm == "ES256" else _rsa(jwk)
    return {**key, "kid": kid}


def verify(jwk: Mapping[str, str], algorithm: str, *, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is this key's, by the algorithm that the client is registered with."""
    members = tuple(sorted((name, value) for name, value in jwk.items() if name != "kid"))
    return bool(jwt.get_algorithm_by_name(algorithm).verify(message, _loaded(algorithm, members), signature))


def _elliptic(jwk: Mapping[str, Any]) -> dict[str, str]:
    try:
        return PublicKey.from_jwk(jwk).jwk
    except CredentialError as error:
        raise ClientKeyInvalid("Send a public key on P-256 for ES256.") from error


def _rsa(jwk: Mapping[str, Any]) -> dict[str, str]:
    modulus = jwk.get("n")
    if jwk.get("kty") != "RSA" or jwk.get("e") != RSA_EXPONENT or not isinstance(modulus, str):
        raise ClientKeyInvalid("Send a public RSA key with the exponent 65537.")
    try:
        number = int.from_bytes(b64url_decode(modulus))
        if number.bit_length() not in RSA_BITS or number % 2 == 0:
            raise ClientKeyInvalid("RSA keys have 2048 to 8192 bits, and an odd modulus.")
        RSAPublicNumbers(65537, number).public_key()
    except (CredentialError, ValueError, UnsupportedAlgorithm) as error:
        raise ClientKeyInvalid("The modulus is not that of an RSA key.") from error
    return {"kty": "RSA", "n": modulus, "e": RSA_EXPONENT}


@lru_cache(maxsize=1024)
def _loaded(algorithm: str, members: tuple[tuple[str, str], ...]) -> Any:
    return jwt.get_algorithm_by_name(algorithm).from_jwk(dict(members))
