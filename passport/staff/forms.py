"""The forms by which people get in: ask for a code, enter it, claim a passport."""

import re
from typing import Any, Final

from wtforms.validators import ValidationError

from passport.web.forms import DateInput, Form, TextInput

EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
BIRTHDAY_HINT: Final = "For example, 27 3 1985"


class AskForCodeForm(Form):
    """Where the code goes, and the second fact."""

    email = TextInput(
        "Work email address", kind="email", autocomplete="email", longest=320, required="Enter your work email address"
    )
    date_of_birth = DateInput("Date of birth", hint=BIRTHDAY_HINT, birthday=True, required="Enter your date of birth")

    def validate_email(self, field: Any) -> None:
        """Refuse what is no address.

        Raises:
            ValidationError: it has another form.
        """
        if not EMAIL.fullmatch(field.data or ""):
            raise ValidationError("Enter an email address like name@example.nhs.uk")


class CodeForm(Form):
    """The code that was sent."""

    code = TextInput(
        "Code", hint="6 figures", width=10, numeric=True, longest=20, autocomplete="one-time-code",
        required="Enter the code",
    )  # fmt: skip


class ClaimForm(Form):
    """The invitation's code, and the second fact."""

    code = TextInput(
        "Code of your invitation", hint="12 characters, for example 7KQ2-M9XA-RD4H", width=20, longest=40,
        required="Enter the code of your invitation",
    )  # fmt: skip
    date_of_birth = DateInput("Date of birth", hint=BIRTHDAY_HINT, birthday=True, required="Enter your date of birth")
