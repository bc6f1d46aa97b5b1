"""What reminders say, and how the letters of a run are sent. Flushes, never commits.

In the order of the code: the texts; `send_next`, which writes one waiting letter while its row is held, so that no
other worker writes it too; `tell_disabled`, the letter about a webhook that was switched off. A letter to staff holds
the given name, the training and its last day, and nothing else; the mailbox of an organisation gets counts. Links lead
to the sign-in page and carry no data. What a letter says is read when it is written: what changed since the run began,
as a renewal that came in or somebody who turned reminders off, is heeded.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.periods import in_words
from passport.awards.models import Award
from passport.errors import Invalid
from passport.notices import expiry, reminders
from passport.notices.expiry import Ending, Found
from passport.notices.models import NoticeSettings, Reminder, ReminderLetter, ReminderRun, WebhookEndpoint
from passport.organisations import service as organisations
from passport.staff.models import Contact, Employment, Person
from passport.standards.models import Standard, StandardPart
from passport.web.words import ENGLAND, number

Item = tuple[str, date]
# Writes a letter: to whom, what about, the text, and its name for mail systems.
Write = Callable[..., None]

SUBJECT: Final = "{service}: training that ends soon"
STAFF: Final = """\
Dear {name},

Some of your training ends soon. It counts until the end of the day named:

{items}

Book your renewal. If you have done it already, ask your employer to record it.

See your passport: {address}/sign-in

You get one letter a week at most, and one for each step. To stop these letters, sign in and choose Reminders.
"""
MAILBOX: Final = """\
This is what ends soon at {organisation}:

{counts}

{without}
Staff were written to as your settings say. See who it is about: {address}/sign-in

Your workforce team can change or stop these letters under Reminders.
"""
DISABLED_SUBJECT: Final = "{service}: a webhook was switched off"
DISABLED: Final = """\
A webhook of {organisation} was switched off, because {reason}.

Nothing is lost. When you switch it on again, it is told of all that it missed.

See your webhooks: {address}/sign-in
"""
REASONS: Final = {
    "gone": "its receiver said that it is gone for good",
    "failing": "nothing got through to its receiver for a day",
}


class Postbox:
    """What all letters share.

    Args:
        write: sends one letter.
        service: what the service is called.
        address: where its pages are.
    """

    def __init__(self, write: Write, *, service: str, address: str) -> None:
        self.write, self.service, self.address = write, service, address


def staff_text(name: str, items: Sequence[Item], *, address: str) -> str:
    """Return the letter to somebody: the given name, and each training with its last day."""
    listed = "\n".join(f"- {title}: {in_words(last_on)}" for title, last_on in items)
    return STAFF.format(name=name, items=listed, address=address)


def mailbox_text(organisation: str, found: Found, *, address: str) -> str:
    """Return the letter to an organisation's mailbox: counts, and nobody's name."""
    counts = "\n".join(f"- in {each.days} days or sooner: {_counted(each)}" for each in found.endings)
    without = f"{number(found.without_address)} of them have no confirmed email address, so no letter reaches them.\n"
    return MAILBOX.format(
        organisation=organisation, counts=counts, without=without if found.without_address else "", address=address
    )


def send_next(session: Session, run_id: UUID, *, postbox: Postbox, now: datetime) -> str | None:
    """Write the next letter of a run that waits, and return what became of it; None where none waits.

    Args:
        session: an open transaction, which holds the letter until it ends.
        run_id: the run.
        postbox: how letters are written.
        now: UTC.

    Returns:
        `sent`; `dropped`, there was nothing to write any more; `refused`, the mail server will never take it.

    Raises:
        MailUnavailable: the mail server did not take it now; it goes on waiting.
    """
    waiting = select(ReminderLetter).where(ReminderLetter.run_id == run_id, ReminderLetter.state == "waiting")
    letter = session.scalar(waiting.order_by(ReminderLetter.id).limit(1).with_for_update(skip_locked=True))
    if letter is None:
        return None
    addressed = _to_mailbox(session, run_id, postbox, now) if letter.person_id is None else None
    if letter.person_id is not None:
        addressed = _to_person(session, run_id, letter.person_id, postbox, now)
    letter.state, letter.done_at = "dropped", now
    if addressed is not None:
        subject = SUBJECT.format(service=postbox.service)
        letter.state = _write(postbox, to=addressed[0], subject=subject, text=addressed[1], reference=str(letter.id))
    session.flush()
    return letter.state


def tell_disabled(session: Session, endpoint_id: UUID, *, postbox: Postbox) -> bool:
    """Tell an organisation's mailbox that a webhook was switched off; False where it has no mailbox."""
    endpoint = session.get(WebhookEndpoint, endpoint_id)
    wanted = session.get(NoticeSettings, endpoint.organisation_id) if endpoint else None
    if endpoint is None or endpoint.disabled_by not in REASONS or wanted is None or wanted.mailbox is None:
        return False
    name = organisations.by_id(session, endpoint.organisation_id).name
    text = DISABLED.format(organisation=name, reason=REASONS[endpoint.disabled_by], address=postbox.address)
    _write(
        postbox, to=wanted.mailbox, subject=DISABLED_SUBJECT.format(service=postbox.service), text=text,
        reference=f"{endpoint.id}-{int(endpoint.disabled_at.timestamp()) if endpoint.disabled_at else 0}",
    )  # fmt: skip
    return True


def _write(postbox: Postbox, *, to: str, subject: str, text: str, reference: str) -> str:
    try:
        postbox.write(to=to, subject=subject, text=text, reference=reference)
    except Invalid:
        return "refused"
    return "sent"


def _to_person(
    session: Session, run_id: UUID, person_id: UUID, postbox: Postbox, now: datetime
) -> tuple[str, str] | None:
    """Return the address and the text for a person; None where there is nothing to write any more."""
    contact = session.get(Contact, person_id)
    if contact is None or contact.confirmed_at is None or not reminders.wants_letters(session, person_id):
        return None
    on = now.astimezone(ENGLAND).date()
    items = _items(session, run_id, person_id, on) if _is_employed(session, run_id, person_id, on) else []
    if not items:
        return None
    name = session.scalars(select(Person.given_name).where(Person.id == person_id)).one()
    return contact.email, staff_text(name, items, address=postbox.address)


def _items(session: Session, run_id: UUID, person_id: UUID, on: date) -> list[Item]:
    marked = (
        select(Standard.title, StandardPart.title, Award.part, Reminder.last_on)
        .join(Award, Award.id == Reminder.award_id)
        .join(Standard, Standard.id == Award.standard_id)
        .outerjoin(StandardPart, (StandardPart.standard_id == Standard.id) & (StandardPart.number == Award.part))
        .where(Reminder.run_id == run_id, Reminder.person_id == person_id)
        .where(Award.ended_at.is_(None), Reminder.last_on >= on)
        .order_by(Reminder.last_on, Standard.title, Award.part)
    )
    return [
        (f"{title}, part {part}{f': {part_title}' if part_title else ''}" if part else title, last_on)
        for title, part_title, part, last_on in session.execute(marked)
    ]


def _is_employed(session: Session, run_id: UUID, person_id: UUID, on: date) -> bool:
    present = (Employment.ended_on.is_(None)) | (Employment.ended_on >= on)
    mine = select(Employment.id).join(ReminderRun, ReminderRun.organisation_id == Employment.organisation_id)
    mine = mine.where(ReminderRun.id == run_id, Employment.person_id == person_id, present)
    return session.scalar(mine.limit(1)) is not None


def _to_mailbox(session: Session, run_id: UUID, postbox: Postbox, now: datetime) -> tuple[str, str] | None:
    run = session.scalars(select(ReminderRun).where(ReminderRun.id == run_id)).one()
    wanted = reminders.settings_of(session, run.organisation_id)
    if wanted.mailbox is None:
        return None
    found = expiry.find(session, run.organisation_id, wanted.days, on=now.astimezone(ENGLAND).date())
    organisation = organisations.by_id(session, run.organisation_id).name
    return wanted.mailbox, mailbox_text(organisation, found, address=postbox.address)


def _counted(each: Ending) -> str:
    awards = "1 award" if each.awards == 1 else f"{number(each.awards)} awards"
    people = "1 person" if each.people == 1 else f"{number(each.people)} people"
    return f"{awards} of {people}"
