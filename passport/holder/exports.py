"""What a member of staff takes away: a calendar of the days on which awards end.

It is a file of RFC 5545 with one all-day event for each award that has a last day, whose id stays the same so that a
second download replaces the first, and a reminder thirty days before. All data as JSON is in `passport.exchange`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from icalendar import Alarm, Calendar, Event

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
