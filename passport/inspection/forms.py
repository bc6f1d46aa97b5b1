"""What an auditor is asked: which part of the log, and whose record on which day."""

from passport.inspection.service import LONGEST_REASON
from passport.web.forms import DateInput, Form, TextArea, TextInput


class LogForm(Form):
    """Which entries of the log to show."""

    action = TextInput("What was done", hint="The beginning of its name, for example award or credential.revoked")
    from_on = DateInput("From")
    until_on = DateInput("Until")


class InspectionForm(Form):
    """Whose record to look at."""

    number = TextInput(
        "Passport number", hint="9 characters, for example 0123-4567-T", required="Enter the passport number"
    )
    as_of_on = DateInput(
        "Which day?", hint="You see what was known at the end of this day", example="past", required="Enter the day"
    )
    reason = TextArea(
        "Why do you look?",
        hint="This is kept. The person sees that your organisation looked, and when.",
        longest=LONGEST_REASON,
        required="Say why you look",
    )
