"""Status lists: give out places on them, withdraw them, and sign the list (wire formats, section 3).

Flushes, never commits. Whoever changes a list first takes its row, so a list is signed from all that was committed
before, and no withdrawal is lost between two signers. Places are drawn at random, without the lock, and taken later
with it: what somebody else took in between is drawn again. None is ever used twice: the primary key of `status_entry`
sees to it. A list is full size from the start and is followed by a fresh one when half is used.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ARRAY, Integer, bindparam, func, select, text, update
from sqlalchemy.orm import Session

from credentials.sd_jwt_vc import StatusReference
from credentials.status_list import ENTRIES, bits_of, issue_status_list
from passport.issuing.models import StatusEntry, StatusList
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.models import SigningKey

LIFE: Final = timedelta(days=1)  # a list that is older says nothing any more
TTL: Final = timedelta(minutes=5)  # how long a verifier may go on without asking again
MOST_AHEAD: Final = timedelta(seconds=30)  # half of what verifiers allow clocks to differ
SIGN_AGAIN_BEFORE: Final = timedelta(hours=12)

_RANDOM: Final = secrets.SystemRandom()
_INDEXES: Final = bindparam("indexes", type_=ARRAY(Integer))  # one parameter, however many there are
_GIVEN_OUT: Final = text(
    "SELECT index FROM status_entry WHERE list_number = :number AND index = ANY(:indexes)"
).bindparams(_INDEXES)
_TAKE: Final = text("""
INSERT INTO status_entry (list_number, index) SELECT :number, unnest(:indexes)
ON CONFLICT DO NOTHING RETURNING index
""").bindparams(_INDEXES)


@dataclass(frozen=True, slots=True)
class Place:
    """One place on one list."""

    number: int
    index: int


def uri(issuer: str, number: int) -> str:
    """Return the address of a list."""
    return f"{issuer}/status-lists/{number}"


def reference(issuer: str, place: Place) -> StatusReference:
    """Return a place as credentials name it."""
    return StatusReference(uri=uri(issuer, place.number), idx=place.index)


def draw(session: Session, *, kid: str, count: int, now: datetime) -> list[Place]:
    """Draw places that seem to be free on the open list of a key. Nothing is locked; `take` tells which are.

    Args:
        session: an open transaction.
        kid: the key that signs the credentials, and so the list.
        count: how many places; fewer than half a list.
        now: UTC.

    Returns:
        Places in random order, all of one list.
    """
    number, size = _list_with_room(session, kid, count, now)
    drawn: dict[int, None] = {}  # a dict keeps the order, which is random
    while len(drawn) < count:
        fresh = dict.fromkeys(_RANDOM.sample(range(size), count - len(drawn)))
        gone = set(session.scalars(_GIVEN_OUT, {"number": number, "indexes": list(fresh)}))
        drawn |= {index: None for index in fresh if index not in gone}
    return [Place(number, index) for index in drawn]


def take(session: Session, places: Sequence[Place], *, kid: str, now: datetime) -> set[Place]:
    """Take places that were drawn, and keep the list until the transaction ends.

    Args:
        session: the transaction that records what the places are for.
        places: as `draw` returned them.
        kid: the key of their list.
        now: UTC.

    Returns:
        Those that are given out now and for ever: all that nobody took in between. None where the list was full.
    """
    [number] = {place.number for place in places}
    status_list = _open_list(session, kid, len(places), now)
    if status_list.number != number:
        return set()
    taken = session.scalars(_TAKE, {"number": number, "indexes": sorted(place.index for place in places)}).all()
    status_list.used += len(taken)
    session.flush()
    return {Place(number, index) for index in taken}


def withdraw(session: Session, places: Sequence[Place], *, now: datetime) -> None:
    """Mark places as invalid for ever, and sign their lists again in this transaction.

    The lists are taken in the order of their numbers, so that two withdrawals never wait for each other in a circle.
    """
    for number in sorted({place.number for place in places}):
        locked(session, number)
        indexes = [place.index for place in places if place.number == number]
        session.execute(
            update(StatusEntry)
            .where(StatusEntry.list_number == number, StatusEntry.index.in_(indexes), StatusEntry.invalid_at.is_(None))
            .values(invalid_at=now)
        )
        sign(session, number, now=now)


def locked(session: Session, number: int) -> StatusList:
    """Take a list's row until the transaction ends, and return it as it is now."""
    query = select(StatusList).where(StatusList.number == number).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def sign(session: Session, number: int, *, now: datetime, smallest: bool = False) -> None:
    """Sign a list from its rows. The list of a key that no longer signs stays as it is.

    Args:
        session: the transaction that changes the list.
        number: the list's number.
        now: UTC; the list's `iat` never goes back, even where the clock does.
        smallest: take the time for the best compression.
    """
    status_list = locked(session, number)
    signer = signing.status_signer(session, status_list.kid, now=now)
    if signer is None:
        return
    signed_at = _next_second(status_list.signed_at, now.replace(microsecond=0))
    token = issue_status_list(
        uri(keyring.current().settings.issuer, number),
        bits_of(invalid_indexes(session, number), entries=status_list.size),
        issued_at=signed_at,
        expires_at=signed_at + LIFE,
        ttl=TTL,
        signer=signer,
        smallest=smallest,
    ).encode("ascii")
    status_list.token, status_list.signed_at, status_list.expires_at = token, signed_at, signed_at + LIFE
    status_list.etag = hashlib.sha256(token).hexdigest()[:32]
    session.flush()


def _next_second(previous: datetime | None, now: datetime) -> datetime:
    """Return the `iat` of the next list: later than the one before, so that this one can't be passed off as newer.

    Many changes in a second run ahead of the clock, but never so far that a verifier would call it the future.
    """
    if previous is None:
        return now
    return max(now, previous, min(previous + timedelta(seconds=1), now + MOST_AHEAD))


def invalid_indexes(session: Session, number: int) -> Sequence[int]:
    """Return the withdrawn places of a list."""
    return session.scalars(
        select(StatusEntry.index).where(StatusEntry.list_number == number, StatusEntry.invalid_at.is_not(None))
    ).all()


def due(session: Session, *, now: datetime) -> Sequence[int]:
    """Return the numbers of the lists that run out soon and whose key can still sign them."""
    return session.scalars(
        select(StatusList.number)
        .join(SigningKey, SigningKey.kid == StatusList.kid)
        .where(SigningKey.state.in_(("active", "retiring")), StatusList.expires_at < now + SIGN_AGAIN_BEFORE)
        .order_by(StatusList.number)
    ).all()


def _list_with_room(session: Session, kid: str, count: int, now: datetime) -> tuple[int, int]:
    """Return the number and the size of the open list, without its lock; begin one where there is none with room."""
    query = select(StatusList.number, StatusList.size).where(
        StatusList.kid == kid, StatusList.closed_at.is_(None), (StatusList.used + count) * 2 <= StatusList.size
    )
    found = session.execute(query.order_by(StatusList.number).limit(1)).one_or_none()
    if found is not None:
        return found.number, found.size
    begun = _open_list(session, kid, count, now)
    return begun.number, begun.size


def _open_list(session: Session, kid: str, count: int, now: datetime) -> StatusList:
    """Return the list that has room, its row taken. At most half of a list is given out, so drawing stays quick."""
    query = (
        select(StatusList)
        .where(StatusList.kid == kid, StatusList.closed_at.is_(None))
        .order_by(StatusList.number)
        .limit(1)
        .with_for_update()
    )
    current = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if current is None:  # the key's row is the place where those meet who would each begin a list
        session.execute(select(SigningKey.kid).where(SigningKey.kid == kid).with_for_update(key_share=True))
        current = session.scalars(query, execution_options={"populate_existing": True}).one_or_none()
    if current is not None and (current.used + count) * 2 <= current.size:
        return current
    if current is not None:
        current.closed_at = now
    fresh = StatusList(kid=kid, size=ENTRIES, used=0)
    session.add(fresh)
    session.flush()
    sign(session, fresh.number, now=now)
    return fresh


def count_used(session: Session, number: int) -> int:
    """Return how many places of a list are taken."""
    return session.scalar(select(func.count()).where(StatusEntry.list_number == number)) or 0
