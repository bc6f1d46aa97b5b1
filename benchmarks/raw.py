"""The physical limit of verifying: the signatures of a presentation checked by the cryptographic library alone.

Keys are parsed and signatures are in the library's own form (DER) beforehand: nothing but the curve and the hash is
left to do.
"""

from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from benchmarks.samples import SIGNER
from credentials.encoding import b64url_decode
from credentials.keys import PublicKey
from credentials.sd_jwt import split_presentation
from credentials.sd_jwt_vc import parse_issuer_token, read_terms

ECDSA: Final = ec.ECDSA(hashes.SHA256())


def raw_verifications(presentation: str) -> Callable[[], None]:
    """Return the raw verification of a presentation's signatures: the issuer's, and the holder's if there is one."""
    shown = split_presentation(presentation)
    checks = [_verification(shown.issuer_jwt, SIGNER.public)]
    if shown.key_binding is not None:
        holder = read_terms(parse_issuer_token(shown.issuer_jwt).claims).holder
        assert holder is not None
        checks.append(_verification(shown.key_binding, holder))

    def verify_all() -> None:
        for key, signature, message in checks:
            key.verify(signature, message, ECDSA)

    return verify_all


def _verification(token: str, key: PublicKey) -> tuple[ec.EllipticCurvePublicKey, bytes, bytes]:
    text, _, signature_text = token.rpartition(".")
    signature = b64url_decode(signature_text)
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    point = ec.EllipticCurvePublicNumbers(_number(key.x), _number(key.y), ec.SECP256R1()).public_key()
    return point, der, text.encode("ascii")


def _number(coordinate: str) -> int:
    return int.from_bytes(b64url_decode(coordinate))
