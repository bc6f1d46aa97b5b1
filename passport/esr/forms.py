"""What the workforce team fills in: a file from ESR, and what a row that was set aside means."""

from typing import Final

from passport.esr.settling import REFUSALS
from passport.web.forms import FileUpload, Form, Radios, Select, TextInput

SOMEBODY_ELSE: Final = "number"
NEW_PERSON: Final = "new"


class UploadForm(Form):
    """A file to be checked."""

    layout = Radios(
        "What kind of file is it?",
        choices=[
            ("bulk", "An extract of many people", "One row for each person and competence"),
            ("personal", "The export of one person", "The Compliance and Competency list from ESR"),
        ],
        default="bulk",
        required="Choose what kind of file it is",
    )
    assignment = TextInput(
        "Assignment number",
        hint="Only for the export of one person, because that file does not say whose it is. For example, 91000001",
        width=10,
        longest=11,
    )
    file = FileUpload("The file", hint="CSV or XLSX, up to 200 MB", accept=".csv,.xlsx", required="Choose a file")


class SettleForm(Form):
    """Whom a row means, and which standard."""

    person = Radios("Whom does the row mean?", required="Choose whom the row means")
    number = TextInput(
        "Passport number", hint="If you chose somebody else. It looks like 0123-4567-T", width=10, longest=20
    )
    standard = Select("Which standard does it mean?", required="Choose the standard")


class RefuseForm(Form):
    """Why a row is not taken."""

    reason = Radios("Why do you not take this row?", choices=REFUSALS.items(), required="Choose a reason")
