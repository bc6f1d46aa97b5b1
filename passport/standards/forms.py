"""What the standards body fills in about specifications and providers, and an employer about alignment.

Fields stand in the order of the page, which is that of the error summary too.
"""

from passport.staff import registrations
from passport.standards import wording
from passport.standards.specifications import Terms
from passport.web.forms import Checkboxes, DateInput, Form, Radios, Select, TextArea, TextInput

LONGEST_NOTE = 2000
LONGEST_SOURCE = 300
EVERYBODY_READS = "Everybody can read this."
FOR_YOU_ALONE = "Only the standards body reads this."


class NamedForm(Form):
    """Which version."""

    version = TextInput("Version", hint="As 2.0", width=10, longest=30, required="Enter the version")


class MoveForm(Form):
    """From when on a version is in its next state, and who says so."""

    on = DateInput("First day", required="Enter the first day")
    source = TextInput(
        "Who decided it, and where", hint="As minutes of a meeting. " + EVERYBODY_READS, longest=LONGEST_SOURCE,
        required="Enter who decided it, and where",
    )  # fmt: skip


class TermsForm(Form):
    """What a version asks of people."""

    scope = Radios("Which professions is it for?", choices=wording.SCOPES.items(), required=None)
    registers = Checkboxes("Registers", hint="One of these must have registered the person. None stands for any.")
    prerequisites = TextInput("Standards to be held before", hint="Their codes, as IPC2, separated by commas")

    def prepare(self, terms: Terms) -> None:
        """Offer the registers, and show what the version asks so far."""
        self.registers.offer((body, body) for body in registrations.forms())
        if not self.is_submitted():
            self.scope.data, self.registers.data = terms.scope, list(terms.registers)
            self.prerequisites.data = ", ".join(terms.prerequisites)

    @property
    def terms(self) -> Terms:
        """What was filled in."""
        codes = (code.strip().upper() for code in (self.prerequisites.data or "").split(","))
        return Terms(self.scope.data or None, tuple(self.registers.data or ()), tuple(code for code in codes if code))


class MoveWithTermsForm(MoveForm, TermsForm):
    """The next state of a version of which it is still open what it asks."""


class VersionForm(NamedForm, MoveForm, TermsForm):
    """A new version of a specification."""


class StateForm(Form):
    """The next state of a provider."""

    from_on = DateInput("First day", required="Enter the first day")
    note = TextArea("Why?", hint=FOR_YOU_ALONE, longest=LONGEST_NOTE, required="Enter the reason")


class ConditionsForm(StateForm):
    """An approval with conditions."""

    conditions = TextArea("Conditions", hint=EVERYBODY_READS, longest=LONGEST_NOTE, required="Enter the conditions")


class ProviderForm(Form):
    """A provider's first state towards a standard."""

    organisation = Select(
        "Provider", hint="By name. You can type the first letters of it", required="Choose the provider"
    )
    standard = Select("Standard", required="Choose the standard")
    state = Radios(
        "What is decided?",
        choices=[(state, wording.ACCREDITATION_STATES[state][0]) for state in ("applied", "approved", "conditions")],
        required="Choose what is decided",
    )
    from_on = DateInput("First day", required="Enter the first day")
    note = TextArea("Note", hint="What was applied for. " + FOR_YOU_ALONE, longest=LONGEST_NOTE)
    conditions = TextArea(
        "Conditions", hint="If it is approved with conditions. " + EVERYBODY_READS, longest=LONGEST_NOTE
    )


class ReviewForm(Form):
    """A yearly review and its outcome."""

    reviewed_on = DateInput("Day of the review", required="Enter the day of the review")
    outcome = Radios(
        "What came of it?",
        choices=[
            ("approved", "The provider is approved"),
            ("conditions", "The provider is approved with conditions"),
            ("suspended", "The provider is suspended", "It can record no new awards."),
            ("ended", "The approval ends"),
        ],
        required="Choose what came of it",
    )
    note = TextArea("What was found?", hint=FOR_YOU_ALONE, longest=LONGEST_NOTE, required="Enter what was found")
    conditions = TextArea("Conditions", hint="If there are any, old or new. " + EVERYBODY_READS, longest=LONGEST_NOTE)


class AlignmentForm(Form):
    """An employer's declaration."""

    subject = Select("Subject", required="Choose the subject")
    from_on = DateInput("First day", required="Enter the first day")
    until_on = DateInput("Last day", hint="If there is one")


class AlignmentEndForm(Form):
    """The last day of a declaration."""

    until_on = DateInput("Last day", example="coming", required="Enter the last day")
