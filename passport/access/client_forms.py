"""What the registrar fills in about programs that call the API."""

from passport.access.keys import ALGORITHMS
from passport.access.scopes import SCOPES
from passport.web.forms import Checkboxes, Form, Radios, TextArea, TextInput

KEY_HINT = "A JWK or a JWK Set, as JSON. Each key needs a kid. Never ask for the private key"


class ClientForm(Form):
    """A new program."""

    organisation = TextInput(
        "ODS code of the organisation that it acts for", width=10, longest=12, required="Enter the ODS code"
    )
    name = TextInput("What people call it", required="Enter a name")
    algorithm = Radios(
        "What does it sign with?",
        hint="This can never be changed",
        choices=[(each, each) for each in ALGORITHMS],
        required="Choose what it signs with",
    )
    scopes = Checkboxes(
        "What may it do?",
        choices=[(scope, scope, meaning) for scope, meaning in SCOPES.items()],
        required="Choose what it may do",
    )
    key = TextArea("Its public key", hint=KEY_HINT, rows=8, longest=20_000, required="Paste its public key")


class KeyForm(Form):
    """A further key of a program."""

    key = TextArea("A further public key", hint=KEY_HINT, rows=8, longest=20_000, required="Paste the public key")


class DisablingForm(Form):
    """Nothing to fill in: the button says it."""
