"""What is filled in about webhooks."""

from passport.notices.addresses import LONGEST
from passport.notices.events import KINDS
from passport.web.forms import Checkboxes, DateInput, Form, TextInput


class WebhookForm(Form):
    """A new endpoint."""

    url = TextInput(
        "Where do messages go?",
        hint="An address that begins with https:// on the public internet.",
        longest=LONGEST,
        required="Enter the address",
    )
    kinds = Checkboxes(
        "What is it told of?",
        choices=[(kind, meaning, kind) for kind, (meaning, _) in KINDS.items()],
        required="Choose what it is told of",
    )


class ReplayForm(Form):
    """From which day on to tell again."""

    since = DateInput("Send again all events since the start of which day?", example="past",
                      required="Enter a date")  # fmt: skip


class DeletingForm(Form):
    """Nothing to fill in: the button says it."""
