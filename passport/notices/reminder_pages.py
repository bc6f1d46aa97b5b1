"""Pages of reminders: an organisation's settings with what the next run would do, and everybody's own choice.

In the order of the code: the workforce team's page, with the last run's counts and the letter as it would look; what
ends soon, as it was counted in the night, and a button to count it again; and the page on which a member of staff turns
the own letters off or on.
"""

from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from flask import current_app, redirect, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Invalid
from passport.holder.service import NoPassport
from passport.notices import ending_counts, letters, reminders
from passport.notices.models import NoticeSettings, ReminderLetter, ReminderRun
from passport.notices.reminder_forms import OFF, ON, STAFF, TO_MAILBOX, ChoiceForm, SettingsForm
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor
from passport.web.words import ENGLAND

FIELDS: Final = {"/days": "days", "/to": "to", "/mailbox": "mailbox", "/weekday": "weekday"}
SAMPLE: Final = (("Fire safety", 30), ("Moving and handling", 90))  # of an invented letter, shown as an example
blueprint = PageBlueprint("reminder_pages", __name__, url_prefix="/reminders")
blueprint.menu("hr", "Reminders", "reminder_pages.settings", order=80)
own_blueprint = PageBlueprint("own_reminders", __name__, url_prefix="/my-reminders")
own_blueprint.menu("staff", "Reminders", "own_reminders.choice", order=80)


@blueprint.route("", methods=["GET", "POST"])
@for_role("hr")
def settings() -> AnyResponse:
    """Show and change the settings."""
    acting, form = visitor(), SettingsForm()
    if form.submitted():
        try:
            with transaction() as session:
                reminders.change_settings(
                    session, organisation_id=acting.organisation_id, reminders_on=form.reminders.data == ON,
                    days=[int(length) for length in form.days.data], to_staff=STAFF in (form.to.data or ()),
                    mailbox=form.mailbox.data or None, to_mailbox=TO_MAILBOX in (form.to.data or ()),
                    weekday=int(form.weekday.data), actor=acting.actor, now=now(),
                )  # fmt: skip
                say(session, "The settings of reminders were saved.")
            return redirect(url_for("reminder_pages.settings"), code=303)
        except Invalid as wrong:
            for fault in wrong.faults:
                form.refuse(FIELDS[fault.pointer], fault.message)
    with reading() as session:
        wanted = reminders.settings_of(session, acting.organisation_id)
        shown = form if form.has_errors else _filled(wanted)
        status = 422 if form.has_errors else 200
        return page("notices/reminders.html", form=shown, status=status, **_shown(session, wanted))


@blueprint.route("/preview")
@for_role("hr")
def preview() -> AnyResponse:
    """Show what ends soon by the settings of today."""
    with reading() as session:
        counted = ending_counts.latest(session, visitor().organisation_id, today=_today())
    return page("notices/preview.html", found=counted.found, counted_on=counted.counted_on)


@blueprint.route("/preview/count", methods=["POST"])
@for_role("hr")
def count_again() -> AnyResponse:
    """Count what ends soon again: every award of all staff is looked at."""
    with transaction() as session:
        ending_counts.count(session, visitor().organisation_id, today=_today())
        say(session, "What ends soon was counted.")
    return redirect(url_for("reminder_pages.preview"), code=303)


@own_blueprint.route("", methods=["GET", "POST"])
@for_role("staff")
def choice() -> AnyResponse:
    """Turn my own letters off or on."""
    form, person_id = ChoiceForm(), _me()
    if form.submitted():
        with transaction() as session:
            wants = form.wants.data == ON
            reminders.choose(session, person_id, wants=wants, actor=visitor().actor, now=now())
            say(session, "You get letters before your training ends." if wants else "You get no more letters.")
        return redirect(url_for("own_reminders.choice"), code=303)
    if not form.has_errors:
        with reading() as session:
            form.wants.data = ON if reminders.wants_letters(session, person_id) else OFF
    return page("notices/own_reminders.html", form=form, status=422 if form.has_errors else 200)


def _filled(wanted: NoticeSettings) -> SettingsForm:
    to = [STAFF] * wanted.to_staff + [TO_MAILBOX] * wanted.to_mailbox
    return SettingsForm(
        formdata=None, reminders=ON if wanted.reminders_on else OFF, days=[str(length) for length in wanted.days],
        to=to, mailbox=wanted.mailbox or "", weekday=str(wanted.weekday),
    )  # fmt: skip


def _shown(session: Session, wanted: NoticeSettings) -> dict[str, Any]:
    run = reminders.latest_run(session, wanted.organisation_id)
    return {
        "wanted": wanted,
        "next_on": reminders.next_due(wanted.weekday, now()),
        "run": run,
        "letters": _letters_of(session, run) if run else {},
        "sample": _sample(_today()),
    }


def _letters_of(session: Session, run: ReminderRun) -> dict[str, int]:
    """Return how many letters of a run are in which state."""
    counted = select(ReminderLetter.state, func.count()).where(ReminderLetter.run_id == run.id)
    return {state: int(count) for state, count in session.execute(counted.group_by(ReminderLetter.state))}


def _sample(today: date) -> str:
    items = [(title, today + timedelta(days=days)) for title, days in SAMPLE]
    return letters.staff_text("Nia", items, address=current_app.config["SETTINGS"].public_url)


def _today() -> date:
    return now().astimezone(ENGLAND).date()


def _me() -> UUID:
    person_id = visitor().person_id
    if person_id is None:
        raise NoPassport("Ask your workforce team for an invitation.")
    return person_id
