"""Drafts copies and gives them their places: the costly work first, the lock that others wait for last.

A place is part of what is signed, so it is drawn before the draft; it is taken, under the lock of the list, when all
drafts of a chunk are made and everything that is recorded of them is worked out. Where somebody took a place in
between, that one copy is drafted again with another. So workers make their drafts side by side, and no place is given
twice. Flushes nothing but places; stores no copy.
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
from credentials.records import PassportContent
from credentials.sd_jwt import SEED_BYTES
from passport.awards import service as awards
from passport.issuing import drafts, status_lists, tokens
from passport.issuing.status_lists import Place
from passport.signing.models import SigningKey


@dataclass(frozen=True, slots=True)
class Draft:
    """A copy that only wants its signature. `columns` are what is recorded of it before, by their names."""

    place: Place
    unsigned: tokens.Unsigned
    columns: dict[str, Any]


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
        made = {
            position: _drafted(person_ids[position], key.kid, place, contents[position], make)
            for position, place in zip(waiting, places, strict=True)
        }
        taken = status_lists.take(session, places, kid=key.kid, now=now)
        found |= {position: each for position, each in made.items() if each.place in taken}
    return [found[position] for position in range(len(person_ids))]


def _drafted(person_id: UUID, kid: str, place: Place, content: PassportContent, make: drafts.Drafter) -> Draft:
    seed = os.urandom(SEED_BYTES)
    claims, unsigned = make(content, place, seed)
    columns = {
        "person_id": person_id, "kid": kid, "list_number": place.number, "status_index": place.index,
        "salts_seed": seed, "claims": tokens.encoded(claims),
        "claims_sha256": hashlib.sha256(unsigned.to_be_signed).digest(),
        "content_hash": bytes.fromhex(content_hash(claims.content)), "expires_at": claims.expires_at,
    }  # fmt: skip
    return Draft(place, unsigned, columns)
