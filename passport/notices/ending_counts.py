"""How much of an organisation's training ends soon, counted in the night. Flushes, never commits.

To look at every award of a large employer takes most of a third of a second (`expiry`), so the page shows what was
counted last, with its day. A count is of the lengths of time that the organisation had set then: after they were
changed, it is no answer any more, and what the page asks for is counted when it is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport.notices import expiry, reminders
from passport.notices.expiry import Ending, Found
from passport.notices.models import EndingCount
from passport.staff.models import Employment


@dataclass(frozen=True, slots=True)
class Counted:
    """What ends soon, and the day on which it was counted."""

    found: Found
    counted_on: date


def employers(session: Session) -> Sequence[UUID]:
    """Return the organisations that have staff."""
    return session.scalars(select(Employment.organisation_id).distinct()).all()


def latest(session: Session, organisation_id: UUID, *, today: date) -> Counted:
    """Return what ends soon by an organisation's settings: as it was counted last, else as it is now.

    Args:
        session: any session.
        organisation_id: the employer.
        today: the day to count from where there is no count.
    """
    days = reminders.settings_of(session, organisation_id).days
    kept = session.get(EndingCount, organisation_id)
    if kept is None or kept.days != days:
        return Counted(expiry.find(session, organisation_id, days, on=today), today)
    endings = tuple(Ending(*each) for each in kept.endings)
    return Counted(Found(endings, kept.people, kept.without_address), kept.counted_on)


def count(session: Session, organisation_id: UUID, *, today: date) -> None:
    """Count what ends soon by an organisation's settings, and keep it.

    Args:
        session: an open transaction.
        organisation_id: the employer.
        today: the day to count from.
    """
    days = reminders.settings_of(session, organisation_id).days
    found = expiry.find(session, organisation_id, days, on=today)
    counted = {
        "days": days, "endings": [(each.days, each.awards, each.people) for each in found.endings],
        "people": found.people, "without_address": found.without_address, "counted_on": today,
    }  # fmt: skip
    row = insert(EndingCount).values(organisation_id=organisation_id, **counted)
    session.execute(row.on_conflict_do_update(index_elements=["organisation_id"], set_=counted))
    session.expire_all()
