"""What the workforce team fills in to let staff in."""

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


class RecoveryForm(Form):
    """Nothing to fill in: the button says it."""
