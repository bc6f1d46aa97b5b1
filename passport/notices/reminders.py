"""The rules of reminders: what an organisation wants, when a run is due, and whom it reminds. Flushes, never commits.

In the order of the code: the settings; a person's own choice; the days on which runs are due; `begin_due`, which begins
each run once; `mark`, which decides in one statement who gets a letter (`expiry`). The letters themselves are in
`letters`. A run is a row with a unique day and a mark a row with a unique key, so workers that race, and work that is
done again after a crash, remind nobody twice.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.errors import Fault, Invalid
from passport.notices import expiry
from passport.notices.models import NoticeSettings, ReminderChoice, ReminderLetter, ReminderRun
from passport.web.words import ENGLAND

LENGTHS: Final = (90, 60, 30, 14, 7)
USUAL_DAYS: Final = (90, 30, 7)
MONDAY: Final = 1
BEGINS_AT: Final = time(7)  # on the clock in England
WEEK: Final = timedelta(days=7)
MAILBOX: Final = re.compile(r"[^@\s<>\"(),:;\\]{1,64}@[A-Za-z0-9.-]{1,253}")


def settings_of(session: Session, organisation_id: UUID) -> NoticeSettings:
    """Return what an organisation wants; where it never said, reminders are off."""
    return session.get(NoticeSettings, organisation_id) or NoticeSettings(
        organisation_id=organisation_id, reminders_on=False, days=list(USUAL_DAYS), to_staff=True, to_mailbox=False,
        mailbox=None, weekday=MONDAY,
    )  # fmt: skip


def change_settings(
    session: Session,
    *,
    organisation_id: UUID,
    reminders_on: bool,
    days: Sequence[int],
    to_staff: bool,
    mailbox: str | None,
    to_mailbox: bool,
    weekday: int,
    actor: str,
    now: datetime,
) -> None:
    """Set what an organisation wants.

    Args:
        session: an open transaction.
        organisation_id: whose.
        reminders_on: whether letters go at all.
        days: how long before, of `LENGTHS`.
        to_staff: whether staff get letters.
        mailbox: the organisation's address; letters about webhooks go there too.
        to_mailbox: whether it gets the counts of each run.
        weekday: the day on which runs are due; 1 is Monday.
        actor: who sets it.
        now: UTC.

    Raises:
        Invalid: it can't be so; `faults` names each place.
    """
    _check(reminders_on, days, to_staff=to_staff, mailbox=mailbox, to_mailbox=to_mailbox, weekday=weekday)
    lengths = [length for length in LENGTHS if length in days]
    wanted = {
        "reminders_on": reminders_on, "days": lengths, "to_staff": to_staff, "to_mailbox": to_mailbox,
        "mailbox": mailbox, "weekday": weekday, "changed_at": now,
    }  # fmt: skip
    row = insert(NoticeSettings).values(organisation_id=organisation_id, **wanted)
    session.execute(row.on_conflict_do_update(index_elements=["organisation_id"], set_=wanted))
    session.expire_all()
    detail = {"on": reminders_on, "days": lengths, "staff": to_staff, "mailbox": to_mailbox, "weekday": weekday}
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action="reminders.changed",
        subject=f"organisation:{organisation_id}", detail=detail, now=now,
    )  # fmt: skip


def wants_letters(session: Session, person_id: UUID) -> bool:
    """Say whether somebody gets reminders, as far as they chose."""
    return session.get(ReminderChoice, person_id) is None


def choose(session: Session, person_id: UUID, *, wants: bool, actor: str, now: datetime) -> None:
    """Turn somebody's own reminders on or off."""
    choice = session.get(ReminderChoice, person_id)
    if wants == (choice is None):
        return
    if choice is None:
        session.add(ReminderChoice(person_id=person_id, off_at=now))
    else:
        session.delete(choice)
    session.flush()
    action = "reminders.turned_on" if wants else "reminders.turned_off"
    audit.record(session, actor=actor, organisation_id=None, action=action, subject=f"person:{person_id}", now=now)


def last_due(weekday: int, now: datetime) -> date:
    """Return the last day on which a run was due."""
    local = now.astimezone(ENGLAND)
    back = timedelta(days=(local.isoweekday() - weekday) % 7)
    return (local - back - (WEEK if back == timedelta() and local.time() < BEGINS_AT else timedelta())).date()


def next_due(weekday: int, now: datetime) -> date:
    """Return the next day on which a run is due."""
    return last_due(weekday, now) + WEEK


def begin_due(session: Session, *, now: datetime) -> list[UUID]:
    """Begin the runs that are due and have not begun, and ask for their work; return their ids.

    A run that was missed, because no worker ran, is begun later in its week. Settings that were changed after it was
    due wait for the next one.
    """
    begun = []
    for wanted in session.scalars(select(NoticeSettings).where(NoticeSettings.reminders_on)):
        due_on = last_due(wanted.weekday, now)
        if wanted.changed_at > datetime.combine(due_on, BEGINS_AT, ENGLAND):
            continue
        row = insert(ReminderRun).values(
            organisation_id=wanted.organisation_id, due_on=due_on, begun_at=now, letters=0, without_address=0
        )
        run_id = session.scalar(row.on_conflict_do_nothing().returning(ReminderRun.id))
        if run_id is not None:
            jobs.defer(session, "notices.remind", run_id=str(run_id))
            begun.append(run_id)
    return begun


def mark(session: Session, run_id: UUID, *, now: datetime) -> bool:
    """Decide who gets a letter of a run, and note how many no letter can reach.

    Args:
        session: an open transaction.
        run_id: the run.
        now: UTC; says what day it is in England.

    Returns:
        Whether it was done now; False where it was done before.
    """
    run = session.scalar(select(ReminderRun).where(ReminderRun.id == run_id).with_for_update())
    if run is None or run.marked_at is not None:
        return False
    wanted, on = settings_of(session, run.organisation_id), now.astimezone(ENGLAND).date()
    found = expiry.find(session, run.organisation_id, wanted.days, on=on)
    if wanted.to_staff:
        asked = expiry.asked(run.organisation_id, wanted.days, on)
        run.letters = session.execute(expiry.MARK, asked | {"run": run_id, "now": now}).scalar_one()
        run.without_address = found.without_address
    if wanted.to_mailbox and found.people:
        session.add(ReminderLetter(run_id=run_id, person_id=None, made_at=now))
    run.marked_at = now
    session.flush()
    detail = {"letters": run.letters, "without_address": run.without_address, "people": found.people}
    audit.record(
        session, actor="job:notices", organisation_id=run.organisation_id, action="reminders.sent",
        subject=f"reminder_run:{run_id}", detail=detail, now=now,
    )  # fmt: skip
    return True


def latest_run(session: Session, organisation_id: UUID) -> ReminderRun | None:
    """Return an organisation's last run that has looked; None where there was none."""
    done = select(ReminderRun).where(ReminderRun.organisation_id == organisation_id, ReminderRun.marked_at.is_not(None))
    return session.scalar(done.order_by(ReminderRun.due_on.desc()).limit(1))


def _check(
    reminders_on: bool, days: Sequence[int], *, to_staff: bool, mailbox: str | None, to_mailbox: bool, weekday: int
) -> None:
    faults = []
    if not days or set(days) - set(LENGTHS):
        faults.append(Fault("/days", "Choose at least one length of time"))
    if reminders_on and not (to_staff or to_mailbox):
        faults.append(Fault("/to", "Choose who gets letters, or turn reminders off"))
    if to_mailbox and not mailbox:
        faults.append(Fault("/mailbox", "Enter the address of the mailbox"))
    if mailbox and not MAILBOX.fullmatch(mailbox):
        faults.append(Fault("/mailbox", "Enter an email address, like name@example.nhs.uk"))
    if weekday not in range(1, 8):
        faults.append(Fault("/weekday", "Choose a day of the week"))
    if faults:
        raise Invalid("The settings of reminders are not valid.", tuple(faults))
