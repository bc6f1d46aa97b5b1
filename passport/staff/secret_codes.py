"""Codes that people read and type: how they are made, read back, and kept.

An invitation's code has 12 characters without those that look alike (59 bits): it can be looked up by its hash. A
one-time code has 6 figures, which anybody could try against a plain hash, so it is kept as a keyed one: the key is the
service's secret, and the row's id is in it, so that equal codes look different.
"""

import hashlib
import hmac
import secrets
from typing import Final
from uuid import UUID

ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ".replace("L", "").replace("U", "")  # 30 characters
INVITATION_CHARACTERS: Final = 12
GROUP: Final = 4
FIGURES: Final = 6


def new_invitation_code() -> str:
    """Return a code in groups, as `7KQ2-M9XA-RD4H`."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(INVITATION_CHARACTERS))
    return "-".join(code[start : start + GROUP] for start in range(0, INVITATION_CHARACTERS, GROUP))


def invitation_hash(code: str) -> bytes:
    """Return what is kept of an invitation's code, however it was typed."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode()).digest()


def new_one_time_code() -> str:
    """Return six figures."""
    return f"{secrets.randbelow(10**FIGURES):0{FIGURES}}"


def one_time_hash(code: str, *, row: UUID, key: bytes) -> bytes:
    """Return what is kept of a one-time code.

    Args:
        code: as typed; blanks don't count.
        row: the id of its row.
        key: the service's secret.
    """
    plain = "".join(code.split())
    return hmac.new(key, f"one-time code {row} {plain}".encode(), hashlib.sha256).digest()
