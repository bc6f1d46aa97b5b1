"""What planners fill in: the establishment that an ICB requires, and a new renewal rule."""

from typing import Any

from wtforms.validators import ValidationError

from passport.standards.service import MOST_MONTHS
from passport.web.forms import DateInput, FileUpload, Form, Select, TextArea, TextInput


class EstablishmentForm(Form):
    """A new version of what is required."""

    file = FileUpload(
        "The file",
        hint="CSV with three columns: organisation (ODS code), profession or standard, required",
        accept=".csv",
        required="Choose a file",
    )
    from_on = DateInput("From which day on does it count?", example="coming", required="Enter the first day")


class RuleForm(Form):
    """A new renewal period of a standard."""

    standard = Select("Standard", required="Choose the standard")
    months = TextInput(
        "How many months does it count?",
        hint="A whole number from 1 to 600. Leave it empty to let each employer decide",
        width=4,
        longest=3,
    )
    from_on = DateInput("From which day on?", required="Enter the first day")
    source = TextArea("Who says so, and where?", hint="For example, a framework and its page", longest=300,
                      required="Enter who says so")  # fmt: skip

    def validate_months(self, field: Any) -> None:
        """Refuse what is no period."""
        given = str(field.data or "")
        if given and not (given.isascii() and given.isdigit() and 1 <= int(given) <= MOST_MONTHS):
            raise ValidationError(f"Enter a whole number from 1 to {MOST_MONTHS}, or nothing")
