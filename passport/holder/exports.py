"""What a member of staff takes away: a calendar of the days on which awards end, and all data as JSON.

In the order of the code: the calendar (RFC 5545), one all-day event for each award with a last day, whose id stays
the same so that a second download replaces the first, and a reminder thirty days before; and the data (UK GDPR,
article 20), in the passport's own members, with what was shared and who has looked.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from icalendar import Alarm, Calendar, Event
from sqlalchemy.orm import Session

from passport.holder import looks, service, sharing
from passport.holder.models import Share
from passport.holder.standing import Standing

REMIND: Final = timedelta(days=30)


def calendar(standings: Iterable[Standing], *, name: str, host: str, now: datetime) -> bytes:
    """Return a calendar file of the last days of awards.

    Args:
        standings: the awards; those without a last day, or whose last day is past, are left out.
        name: what the calendar is called.
        host: the service's own name, for the ids of the events.
        now: UTC.
    """
    made = Calendar()
    made.add("prodid", f"-//{host}//staff passport//EN")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    for standing in standings:
        if standing.last_day is not None and standing.last_day >= now.date():
            made.add_component(_event(standing, host, now))
    text: bytes = made.to_ical()
    return text


def my_data(session: Session, person_id: UUID, *, now: datetime) -> bytes:
    """Return everything that is kept about a person for the person, as JSON."""
    mine = service.my_passport(session, person_id, now=now)
    data: dict[str, Any] = {
        "made_at": now,
        "passport": mine.content,
        "ended_awards": service.ended_awards(session, person_id),
        "questions": service.questions(session, person_id),
        "shares": [_share(share) for share in sharing.all_of(session, person_id)],
        "looks": _looks(session, person_id),
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2)


def _event(standing: Standing, host: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{standing.award.id}@{host}")
    event.add("dtstamp", now)
    event.add("dtstart", standing.last_day)
    event.add("summary", f"Last day of: {standing.title}")
    event.add("description", f"{standing.sentence} Issued by {standing.award.issuer.name}.")
    event.add("transp", "TRANSPARENT")
    reminder = Alarm()
    reminder.add("action", "DISPLAY")
    reminder.add("description", f"Book your renewal: {standing.title}")
    reminder.add("trigger", -REMIND)
    event.add_component(reminder)
    return event


def _share(share: Share) -> dict[str, Any]:
    return {
        "for": share.given_to,
        "awards": share.award_ids,
        "with_registrations": share.with_registrations,
        "made_at": share.made_at,
        "expires_at": share.expires_at,
        "stopped_at": share.stopped_at,
        "openings": share.openings,
    }


def _looks(session: Session, person_id: UUID) -> list[dict[str, Any]]:
    """Return every look, page after page."""
    found: list[dict[str, Any]] = []
    before: str | None = None
    while True:
        page = looks.who_has_looked(session, person_id, before=before)
        found += [
            {"at": look.at, "organisation": look.organisation, "role": look.role, "how": look.how,
             "records": look.records, "result": look.result.text}
            for look in page.items
        ]  # fmt: skip
        before = page.next_before
        if before is None:
            return found
