"""Secrets of webhooks and the signatures made with them, as Standard Webhooks describes (symmetric, `v1`).

A secret is not stored: it is worked out of the endpoint's salt and the service's own secret key, so that a copy of the
database signs nothing. It is shown once, when it is made. For a day after a change messages carry the signatures of
both secrets, so that a receiver can change over without losing one.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from standardwebhooks.webhooks import Webhook

PREFIX: Final = "whsec_"
PURPOSE: Final = b"passport webhook secret v1\x00"
SALT_BYTES: Final = 32
OVERLAP: Final = timedelta(days=1)


def new_salt() -> bytes:
    """Return the salt of a new secret."""
    return secrets.token_bytes(SALT_BYTES)


def secret(salt: bytes, *, key: bytes) -> str:
    """Return a secret as its receiver keeps it: `whsec_` and 32 bytes in base64.

    Args:
        salt: the endpoint's.
        key: the service's secret key.
    """
    derived = hmac.new(key, PURPOSE + salt, hashlib.sha256).digest()
    return PREFIX + base64.b64encode(derived).decode()


def headers(body: bytes, *, message_id: str, salts: Sequence[bytes], key: bytes, now: datetime) -> dict[str, str]:
    """Return the headers that say which message this is and who sends it.

    Args:
        body: what is sent.
        message_id: the same each time that this message is sent.
        salts: of the secrets in force.
        key: the service's secret key.
        now: UTC; a receiver refuses a message that is older than five minutes.
    """
    signatures = [Webhook(secret(salt, key=key)).sign(message_id, now, body.decode()) for salt in salts]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
