"""What nobody but the service may read: where a list goes on, what somebody searched for, drafts of forms.

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


def seal(value: Any, purpose: str) -> bytes:
    """Return what JSON can hold, sealed.

    Args:
        value: what to hide.
        purpose: for what and whom; only the same one opens it.
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + _cipher(purpose).encrypt(nonce, json.dumps(value, ensure_ascii=False).encode(), None)


def unseal(sealed: bytes, purpose: str) -> Any:
    """Return what was sealed for this purpose.

    Raises:
        SealBroken: it opens nothing.
    """
    try:
        return json.loads(_cipher(purpose).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None))
    except (ValueError, InvalidTag) as error:
        raise SealBroken from error


def seal_for_address(value: Any, purpose: str) -> str:
    """Return what JSON can hold, sealed, as a text that an address can carry; see `seal`."""
    return base64.urlsafe_b64encode(seal(value, purpose)).rstrip(b"=").decode()


def unseal_from_address(text: str, purpose: str) -> Any:
    """Return what an address carries for this purpose.

    Raises:
        SealBroken: it opens nothing.
    """
    try:
        sealed = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise SealBroken from error
    return unseal(sealed, purpose)


def _cipher(purpose: str) -> AESGCM:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return AESGCM(hmac.new(key, f"sealed for {purpose}".encode(), hashlib.sha256).digest())
