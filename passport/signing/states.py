"""Where a signing key stands in its life, and which moves are allowed (wire formats, section 1).

    planned -> published -> active -> retiring -> retired        and from each of them -> compromised

A key is published with the hour of its first use, which lies at least `LEAD_TIME` ahead, so that no verifier meets a
key that it has not heard of. A retiring key signs nothing but its own status lists. It is retired only when nothing
that it signed can be alive, and stays published then. Compromise is final.
"""

from datetime import timedelta
from typing import Final, Literal, get_args

State = Literal["planned", "published", "active", "retiring", "retired", "compromised"]
Purpose = Literal["passport", "trust_list", "qr", "access_token", "badge"]

STATES: Final[tuple[State, ...]] = get_args(State)
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)

MOVES: Final[dict[str, tuple[State, ...]]] = {
    "planned": ("published", "retired", "compromised"),
    "published": ("active", "retired", "compromised"),
    "active": ("retiring", "compromised"),
    "retiring": ("retired", "compromised"),
    "retired": ("compromised",),
    "compromised": (),
}
KNOWN_TO_THE_WORLD: Final[tuple[State, ...]] = ("published", "active", "retiring", "retired", "compromised")

LEAD_TIME: Final = timedelta(hours=1)  # longer than any cache may keep the trust list and the JWKS

# The longest that a signature of each purpose can count after the key has stopped signing: the cap of
# PASSPORT_LIFE_DAYS, the life of a trust list, of a printed QR, of an access token and of a badge.
AFTERLIFE: Final[dict[str, timedelta]] = {
    "passport": timedelta(days=366),
    "trust_list": timedelta(days=14),
    "qr": timedelta(days=90),
    "access_token": timedelta(hours=1),
    "badge": timedelta(days=366),
}
