"""The rules of replacing copies: withdraw those that say what was never right, and plan fresh ones. Never commits.

What counts as "never right" is said in `contradiction`; here the records are looked up. A copy whose content hash is
that of the passport now can't be wrong, so a change that nobody can see costs one comparison and revokes nothing.
A badge is withdrawn like any copy and never replaced: it is a file that its holder has, who makes the next (`badges`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, cast
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, select, text
from sqlalchemy.orm import Session

from credentials.passport_type import content_hash
from credentials.records import PassportContent
from passport import jobs
from passport.awards import models
from passport.awards import service as awards
from passport.awards.models import Award, Recognition
from passport.issuing import service, tokens
from passport.issuing.contradiction import End, Ending, contradicted, record_ids
from passport.issuing.models import BADGE, Credential

NEVER_RIGHT: Final = "corrected_or_withdrawn"
# Found by the index of such records alone, so it does not matter how many awards these people have.
ENDED_SINCE: Final = text(f"""
SELECT person_id FROM award WHERE {models.NEVER_RIGHT} AND ended_at >= :since AND person_id = ANY(:people)
UNION
SELECT person_id FROM recognition WHERE {models.NEVER_RIGHT} AND ended_at >= :since AND person_id = ANY(:people)
""")  # noqa: S608 (our own condition)
AS_LONG_AS_A_CHANGE_TAKES: Final = timedelta(hours=1)  # from its `now` to its commit, with clocks that differ


def replace_contradicted(session: Session, person_id: UUID, *, actor: str, now: datetime) -> list[Credential]:
    """Withdraw the copies of a person that say what was never right, and plan fresh ones.

    Args:
        session: the first of the two transactions.
        person_id: whose record was corrected or withdrawn.
        actor: who acts.
        now: UTC.

    Returns:
        The plans: one for each organisation and carrier of the copies that were withdrawn.
    """
    current = awards.passport_content(session, person_id, now=now)
    copies = service.live(session, person_id, now=now, states=("planned", "issued"))
    wrong = [copy for copy in copies if _is_wrong(session, copy, current)]
    service.withdraw(session, wrong, reason=NEVER_RIGHT, actor=actor, now=now)
    return replace(session, wrong, actor=actor, now=now)


def replace(
    session: Session, old: Sequence[Credential], *, under: UUID | None = None, actor: str, now: datetime
) -> list[Credential]:
    """Plan a fresh copy for the old ones, but for badges: one for each person, organisation and carrier.

    Args:
        session: the first of the two transactions.
        old: copies that were withdrawn.
        under: the person whose passport takes their place; None: their own.
        actor: who acts.
        now: UTC.
    """
    groups: dict[tuple[UUID, UUID, str], list[Credential]] = {}
    for copy in old:
        if copy.carrier == BADGE:
            continue
        groups.setdefault((under or copy.person_id, copy.organisation_id, copy.carrier), []).append(copy)
    planned = []
    for (person_id, organisation_id, carrier), copies in groups.items():
        [fresh] = service.plan(
            session, [person_id], organisation_id=organisation_id, carrier=carrier, requested_by=actor, now=now
        )
        for copy in copies:
            copy.replaced_by_id = fresh.id
        planned.append(fresh)
    session.flush()
    return planned


def look_again(session: Session, planned: Mapping[UUID, datetime]) -> None:
    """Ask for a look at copies, just signed, where a record was corrected or withdrawn since they were planned.

    The look that the withdrawal itself asked for may have come before their plan could be seen. One look too many finds
    nothing wrong, so it is enough to ask whose records ended at about that time.

    Args:
        session: the transaction that stores their signatures.
        planned: whose copies, and when they were planned.
    """
    if not planned:
        return
    since = min(planned.values()) - AS_LONG_AS_A_CHANGE_TAKES
    wrong = session.scalars(ENDED_SINCE, {"people": list(planned), "since": since}).all()
    for person_id in wrong:
        jobs.defer(session, "issuing.reissue", person_id=str(person_id))


def _is_wrong(session: Session, copy: Credential, current: PassportContent) -> bool:
    if copy.content_hash == bytes.fromhex(content_hash(current)):
        return False
    content = tokens.stored(copy).content
    return contradicted(content, current=current, ends=_ends(session, record_ids(content)))


def _ends(session: Session, ids: Sequence[str]) -> dict[str, End]:
    """Return how records have ended, by their ids."""
    ends: dict[str, End] = {}
    named = bindparam("ids", [UUID(each) for each in ids], type_=ARRAY(Uuid))  # one parameter, however many there are
    for table in (Award, Recognition):
        rows = session.execute(
            select(table.id, table.ending, table.replaced_by_id).where(
                table.id == any_(named), table.ending.is_not(None)
            )
        )
        for row_id, ending, replaced_by_id in rows:
            ends[str(row_id)] = End(cast("Ending", ending), str(replaced_by_id) if replaced_by_id else None)
    return ends
