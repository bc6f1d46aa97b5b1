"""Drafts copies and gives them their places: the costly work first, the lock that others wait for last.

A place is part of what is signed, so it is drawn before the draft; it is taken, under the lock of the list, when all
drafts of a chunk are made. Where somebody took a place in between, that one copy is drafted again with another. So
workers make their drafts side by side, and no place is given twice. Flushes nothing but places; stores no copy.
"""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from credentials.passport_type import content_hash
from credentials.sd_jwt import SEED_BYTES
from passport.awards import service as awards
from passport.issuing import drafts, status_lists, tokens
from passport.issuing.status_lists import Place
from passport.signing.models import SigningKey


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy that has its place and only wants its signature."""

    person_id: UUID
    kid: str
    place: Place
    seed: bytes
    claims: tokens.StoredClaims
    unsigned: tokens.Unsigned

    def columns(self) -> dict[str, Any]:
        """Return what is recorded of it before it is signed, by the names of the columns."""
        return {
            "person_id": self.person_id,
            "kid": self.kid,
            "list_number": self.place.number,
            "status_index": self.place.index,
            "salts_seed": self.seed,
            "claims": tokens.encoded(self.claims),
            "claims_sha256": hashlib.sha256(self.unsigned.to_be_signed).digest(),
            "content_hash": bytes.fromhex(content_hash(self.claims.content)),
            "expires_at": self.claims.expires_at,
        }


def draft(session: Session, person_ids: Sequence[UUID], *, key: SigningKey, carrier: str, now: datetime) -> list[Draft]:
    """Draft a copy for each of these people, and take their places.

    Args:
        session: the transaction that records the copies. The lock of the list is held from here to its end.
        person_ids: whose passports; fewer than half a status list.
        key: what will sign.
        carrier: `sd_jwt` or `print_qr`.
        now: UTC.

    Returns:
        The drafts, in the order of `person_ids`.

    Raises:
        ContentUnfit: a record does not pass our own verifier's rules. No place was taken.
        CertificateUnsuitable: the key's certificate would end before the copies.
    """
    contents = awards.passport_contents(session, person_ids, now=now)
    make = drafts.drafter(session, key, carrier=carrier, now=now)
    found: dict[int, Draft] = {}
    while len(found) < len(person_ids):
        waiting = [position for position in range(len(person_ids)) if position not in found]
        places = status_lists.draw(session, kid=key.kid, count=len(waiting), now=now)
        made = {}
        for position, place in zip(waiting, places, strict=True):
            seed = os.urandom(SEED_BYTES)
            made[position] = Draft(
                person_ids[position], key.kid, place, seed, *make(contents[position], place, seed)
            )  # fmt: skip
        taken = status_lists.take(session, places, kid=key.kid, now=now)
        found |= {position: each for position, each in made.items() if each.place in taken}
    return [found[position] for position in range(len(person_ids))]
