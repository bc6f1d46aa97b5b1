"""What the workforce team fills in to let staff in."""

from typing import Any

from wtforms.validators import ValidationError

from passport.staff.forms import EMAIL
from passport.web.forms import Form, TextArea, TextInput


class ListForm(Form):
    """Many people at once."""

    people = TextArea(
        "People to invite",
        hint="One person a line: assignment, employee or passport number, a comma, work email address",
        rows=10,
        longest=60_000,
        required="Enter at least one person",
    )


class InvitationForm(Form):
    """One person."""

    email = TextInput(
        "Work email address",
        hint="Leave it empty to get a code that you give by hand",
        kind="email",
        longest=254,
        autocomplete="off",
    )

    def validate_email(self, field: Any) -> None:
        """Refuse what is no address; empty is an answer too.

        Raises:
            ValidationError: it has another form.
        """
        if field.data and not EMAIL.fullmatch(field.data):
            raise ValidationError("Enter an email address like name@example.nhs.uk")


class RecoveryForm(Form):
    """Nothing to fill in: the button says it."""
