"""What the registrar fills in about people who sign in."""

from passport.access.shutting_out import REASONS
from passport.web.forms import Form, Radios, TextInput
from passport.web.rules import ROLES


class GrantForm(Form):
    """A role at an organisation."""

    role = Radios("Role", choices=ROLES.items(), required="Choose a role")
    organisation = TextInput("ODS code of the organisation", width=10, longest=12, required="Enter the ODS code")


class ShutOutForm(Form):
    """Why an account is shut out."""

    reason = Radios("Why?", choices=REASONS.items(), required="Choose why")


class LetInForm(Form):
    """Nothing to fill in: the button says it."""
