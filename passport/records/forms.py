"""What registrars fill in about records, and a workforce team about two records of one person."""

from typing import Final

from passport.web.forms import Checkboxes, DateInput, Form, Radios, TextArea, TextInput

CLOSURES: Final = {
    "died": "The person died",
    "left_for_good": "The person left the service for good",
    "recorded_in_error": "There never was such a person",
}
GROUNDS: Final = {
    "person_asked": "The person asked for it",
    "no_longer_needed": "The record is not needed any more",
    "recorded_in_error": "There never was such a person",
}
EMPLOYMENT_KINDS: Final = {
    "substantive": "Substantive",
    "bank": "Bank",
    "agency": "Agency",
    "honorary": "Honorary",
    "secondment": "Secondment",
    "volunteer": "Volunteer",
}
LONGEST_REASON: Final = 500
NUMBER_HINT: Final = "For example, 0123-4567-T"


class FindForm(Form):
    """Whose record."""

    number = TextInput("Passport number", hint=NUMBER_HINT, width=20, longest=30, required="Enter the passport number")


class MergeForm(Form):
    """The other record of the same person."""

    number = TextInput(
        "Passport number of the other record", hint=NUMBER_HINT, width=20, longest=30,
        required="Enter the passport number of the other record",
    )  # fmt: skip
    because = TextArea(
        "Why are both one person?", hint="Only registrars read this. The same name is not enough.",
        longest=LONGEST_REASON, required="Say why both are one person",
    )  # fmt: skip


class DecideForm(Form):
    """What the comparison showed."""

    decision = Radios(
        "Is this one person?",
        choices=(("merge", "Yes, merge the records"), ("refuse", "No, leave them apart")),
        required="Choose whether this is one person",
    )
    because = TextArea(
        "What did the comparison show?", longest=LONGEST_REASON, required="Say what the comparison showed"
    )


class ReasonForm(Form):
    """Why something is done."""

    because = TextArea("Why?", hint="Only registrars read this.", longest=LONGEST_REASON, required="Say why")


class PartForm(Form):
    """What belongs to somebody else, and to whom."""

    chosen = Checkboxes("What belongs to somebody else?", required="Choose what belongs to somebody else")
    number = TextInput(
        "Passport number of the right person", hint=f"{NUMBER_HINT}. Leave it empty if they have no record yet.",
        width=20, longest=30,
    )  # fmt: skip
    given_name = TextInput("Given name", hint="Only for somebody who has no record yet")
    family_name = TextInput("Family name", hint="Only for somebody who has no record yet")
    date_of_birth = DateInput("Date of birth", hint="Only for somebody who has no record yet")
    because = TextArea(
        "What was matched wrongly?", hint="Only registrars read this.", longest=LONGEST_REASON,
        required="Say what was matched wrongly",
    )  # fmt: skip


class CloseForm(Form):
    """Why a record is closed, and from which day."""

    reason = Radios("Why?", choices=CLOSURES.items(), hint="Only registrars read this.", required="Choose why")
    on = DateInput("On which day?", hint="Employments end on this day.", required="Enter the day")


class EraseForm(Form):
    """On which ground a person is removed."""

    ground = Radios("On which ground?", choices=GROUNDS.items(), required="Choose the ground")
