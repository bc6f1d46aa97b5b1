"""What is filled in about reminders: by the workforce team for all, and by each person for themselves."""

from typing import Final

from passport.notices.reminders import LENGTHS
from passport.web.forms import Checkboxes, Form, Radios, Select, TextInput

ON: Final = "on"
OFF: Final = "off"
STAFF: Final = "staff"
TO_MAILBOX: Final = "mailbox"
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class SettingsForm(Form):
    """Whom an organisation has reminded, how long before, and on which day."""

    reminders = Radios(
        "Do you want reminders of training that ends?", choices=[(ON, "Yes"), (OFF, "No")],
        required="Choose whether you want reminders",
    )  # fmt: skip
    days = Checkboxes(
        "How long before?", choices=[(str(length), f"{length} days before") for length in LENGTHS],
        required="Choose at least one length of time",
    )  # fmt: skip
    to = Checkboxes(
        "Who gets letters?",
        choices=[
            (STAFF, "Staff", "Each about their own training."),
            (TO_MAILBOX, "A mailbox of ours", "Counts, without names."),
        ],
    )
    mailbox = TextInput(
        "Email address of the mailbox",
        hint="Of a manager or a team. Letters about webhooks go there too.",
        kind="email",
        longest=254,
    )
    weekday = Select(
        "On which day?", choices=[(str(place), name) for place, name in enumerate(WEEKDAYS, start=1)],
        required="Choose a day of the week",
    )  # fmt: skip


class ChoiceForm(Form):
    """Whether somebody wants their own reminders."""

    wants = Radios(
        "Do you want letters before your training ends?", choices=[(ON, "Yes"), (OFF, "No")],
        required="Choose whether you want letters",
    )  # fmt: skip
