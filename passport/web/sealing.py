"""What an address carries and nobody but the service may read: where a list goes on, what somebody searched for.

AES-256-GCM under a key made of the service's secret and of a purpose, so that nothing sealed for one use opens in
another. An address stays in histories and bookmarks, and sorting by name puts names into it.
"""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

NONCE_BYTES: Final = 12  # NIST SP 800-38D, 5.2.1.1


class SealBroken(Exception):
    """It was not sealed here, or for another purpose, or under an earlier secret."""


def seal(value: Any, purpose: str) -> str:
    """Return what JSON can hold as a text for an address.

    Args:
        value: what to hide.
        purpose: for what and whom; only the same one opens it.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _cipher(purpose).encrypt(nonce, json.dumps(value, ensure_ascii=False).encode(), None)
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def unseal(text: str, purpose: str) -> Any:
    """Return what was sealed for this purpose.

    Raises:
        SealBroken: it opens nothing.
    """
    try:
        sealed = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return json.loads(_cipher(purpose).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
    except (UnicodeEncodeError, binascii.Error, ValueError, InvalidTag) as error:
        raise SealBroken from error


def _cipher(purpose: str) -> AESGCM:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return AESGCM(hmac.new(key, f"sealed for {purpose}".encode(), hashlib.sha256).digest())
