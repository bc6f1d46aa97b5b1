"""Background work of notices: reminders once a week, webhooks every minute.

In the order of the code: reminders (begin the runs that are due, mark whom to write to, write the letters, count each
night what ends soon), webhooks
(read the log, send to one endpoint, tell of one that was switched off), and what is forgotten. Each may run twice and
on several workers at once. Work whose worker was killed is asked for again by the next look at the clock.
"""

import time
from datetime import UTC, datetime
from functools import partial
from typing import Final
from uuid import UUID

from flask import current_app
from sqlalchemy import or_, select

from passport import jobs
from passport.db import transaction
from passport.notices import deliveries, ending_counts, endpoints, letters, reminders
from passport.notices.letters import Postbox
from passport.notices.models import ReminderLetter, ReminderRun, WebhookEndpoint
from passport.notices.sending import Sender
from passport.settings import Settings
from passport.web import mail
from passport.web.clock import now
from passport.web.words import ENGLAND

SENDS_FOR: Final = 45.0  # seconds; the next look at the clock goes on


@jobs.task("notices.begin_reminders", cron="11 * * * *")
def begin_reminders(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Begin the runs of reminders that are due; ask again for the work of those that came to a stop."""
    at = now()
    with transaction() as session:
        stopped = select(ReminderRun.id).where(
            or_(
                ReminderRun.marked_at.is_(None),
                select(ReminderLetter.id).filter_by(run_id=ReminderRun.id, state="waiting").exists(),
            )
        )
        for run_id in session.scalars(stopped):
            jobs.defer(session, "notices.remind", run_id=str(run_id))
        reminders.begin_due(session, now=at)


@jobs.task("notices.remind")
def remind(run_id: str) -> None:
    """Mark whom a run reminds, then write its letters; a mail server that does not answer stops it until it is retried.

    Raises:
        MailUnavailable: the rest is written when the job is tried again.
    """
    with transaction() as session:
        reminders.mark(session, UUID(run_id), now=now())
    state: str | None = ""
    while state is not None:
        with transaction() as session:
            state = letters.send_next(session, UUID(run_id), postbox=_postbox(), now=now())


@jobs.task("notices.count_endings", cron="41 2 * * *")
def count_endings(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Count what ends soon at every employer, each in a transaction of its own."""
    today = now().astimezone(ENGLAND).date()
    with transaction() as session:
        employers = ending_counts.employers(session)
    for organisation_id in employers:
        with transaction() as session:
            ending_counts.count(session, organisation_id, today=today)


@jobs.task("notices.webhooks", cron="* * * * *")
def webhooks(timestamp: int = 0) -> None:  # noqa: ARG001 (given to all work that runs by the clock)
    """Read what happened since the last look, and ask for the sending to each endpoint that has something."""
    with transaction() as session:
        alive = list(session.scalars(select(WebhookEndpoint.id).where(WebhookEndpoint.disabled_at.is_(None))))
    for endpoint_id in alive:
        with transaction() as session:
            deliveries.collect(session, endpoint_id, now=now())
    with transaction() as session:
        for endpoint_id in deliveries.due_endpoints(session, now=now()):
            jobs.defer(session, endpoints.DELIVER, endpoint_id=str(endpoint_id))


@jobs.task(endpoints.DELIVER)
def deliver(endpoint_id: str) -> None:
    """Send what is due to an endpoint, one message after the other, for a while."""
    ends, more, settings = time.monotonic() + SENDS_FOR, True, _settings()
    send, key = Sender(loopback=settings.demo), str(current_app.config["SECRET_KEY"]).encode()
    while more and time.monotonic() < ends:
        with transaction() as session:
            more = deliveries.deliver_next(session, UUID(endpoint_id), send=send, key=key, clock=now)


@jobs.task("notices.tell_disabled")
def tell_disabled(endpoint_id: str) -> None:
    """Tell an organisation that one of its webhooks was switched off."""
    with transaction() as session:
        letters.tell_disabled(session, UUID(endpoint_id), postbox=_postbox())


@jobs.task("notices.forget", cron="23 3 * * *")
def forget(timestamp: int) -> None:
    """Forget the deliveries that were too old when this was due."""
    with transaction() as session:
        deliveries.forget_old(session, at=datetime.fromtimestamp(timestamp, UTC))


def _postbox() -> Postbox:
    settings = _settings()
    return Postbox(partial(mail.send, settings), service=settings.service_name, address=settings.public_url)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
