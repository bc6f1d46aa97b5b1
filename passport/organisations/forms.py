"""What the registrar fills in about organisations."""

from typing import Final

from passport.web.forms import DateInput, Form, Select, TextInput

KINDS: Final = {
    "nhs_trust": "NHS trust",
    "icb": "Integrated care board",
    "region": "NHS region",
    "national_body": "National body",
    "academy": "Academy",
    "education_provider": "Education provider",
    "gp_practice": "GP practice",
    "council": "Council",
    "private_provider": "Private provider",
    "other": "Other",
}


class OrganisationForm(Form):
    """A new organisation."""

    ods_code = TextInput("ODS code", width=10, longest=12, required="Enter the ODS code")
    name = TextInput("Name", required="Enter the name")
    kind = Select("What is it?", choices=KINDS.items(), required="Choose what it is")
    parent_ods = TextInput("ODS code of the organisation above it", hint="If you know it", width=10, longest=12)
    opened_on = DateInput("First day", hint="If you know it")


class MergerForm(Form):
    """What an organisation became part of."""

    into = TextInput("ODS code of the organisation that it became part of", width=10, longest=12,
                     required="Enter the ODS code")  # fmt: skip
    on = DateInput("Its last day", required="Enter its last day")


class VpdForm(Form):
    """An employer's number in ESR."""

    vpd = TextInput("VPD number in ESR", hint="Three digits", width=3, longest=3, required="Enter the VPD number")
