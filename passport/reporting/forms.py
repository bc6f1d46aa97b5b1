"""What planners and the Academy fill in: what an ICB requires, a new renewal rule, a new version of a framework."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from wtforms.validators import ValidationError

from credentials.catalogue import Worth
from passport.standards.models import Standard
from passport.standards.service import MOST_MONTHS
from passport.standards.wording import in_full
from passport.web.forms import DateInput, FileUpload, Form, Radios, Select, TextArea, TextInput

VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
WORTHS_IN_WORDS: Final[Mapping[Worth, str]] = {
    "as_before": "They count as before", "in_part": "What is new is left to do", "unclear": "A person decides",
}  # fmt: skip
SAME: Final = "same"  # as all others


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


class VersionForm(Form):
    """A new version of a framework, and what awards made against earlier ones are worth."""

    version = TextInput("Name of the version", hint="As 2.0", width=10, longest=30, required="Enter the name")
    from_on = DateInput("From which day on?", example="coming", required="Enter the first day")
    source = TextArea("Who says so, and where?", hint="For example, a framework and its page", longest=300,
                      required="Enter who says so")  # fmt: skip
    others = Radios(
        "What are awards of earlier versions worth?", choices=WORTHS_IN_WORDS.items(),
        hint="Choose \u201cA person decides\u201d where the framework does not say.",
        required="Choose what they are worth",
    )  # fmt: skip

    def validate_version(self, field: Any) -> None:
        """Refuse what can't stand in an address."""
        if not VERSION.fullmatch(str(field.data or "")):
            raise ValidationError("Enter letters, digits, points and hyphens, as 2.0")


def version_form(standards: Iterable[Standard], given: Any) -> VersionForm:
    """Return the form with a question for each standard of the framework.

    Args:
        standards: those of the framework.
        given: what was filled in; None for an empty form.
    """
    choices = [(SAME, "As chosen above"), *WORTHS_IN_WORDS.items()]
    fields = {
        standard_field(each.code): Select(
            in_full(each.title, each.level, each.variant), choices=choices, required=None, default=SAME
        )
        for each in standards
    }
    form: VersionForm = type("VersionForm", (VersionForm,), fields)(given)
    return form


def standard_field(code: str) -> str:
    """Return the name of the question about a standard."""
    return f"for-{code}"
