"""What an issuer says when it records, corrects or withdraws an award."""

from typing import Any, Final

from passport.awards import withdrawals
from passport.awards.models import Award
from passport.web.forms import DateInput, Form, Radios, Select, TextArea, TextInput

DELIVERIES: Final = (
    ("face_to_face", "Face to face"), ("e_learning", "E-learning"), ("blended", "Both"), ("unknown", "Not known"),
)  # fmt: skip
ASSESSMENTS: Final = {"yes": True, "no": False, "unknown": None}
REASONS: Final = (
    ("issued_in_error", "It was recorded by mistake", "The person did not do this training"),
    ("updated_information_to_follow", "The right record will follow", "ESR will send it again"),
    ("no_longer_valid", "It must not count any more", "For example, the training was found wanting"),
)
PROFESSIONAL_REASONS: Final = (
    ("issued_in_error", "It was recorded by mistake", "For example, it was of somebody else"),
    ("updated_information_to_follow", "The right record will follow"),
    ("no_longer_valid", "It must not count any more", "For example, the assessment was found wanting"),
)


class CorrectionForm(Form):
    """The facts of an award, to be put right."""

    awarded_on = DateInput("When was it awarded?", required="Enter the day on which it was awarded")
    valid_until = DateInput("Last day that you set", hint="Leave it empty if you set none", example="coming")
    delivery = Radios("How was it taught?", choices=DELIVERIES, required="Choose how it was taught")
    assessed = Radios(
        "Was it assessed?",
        choices=(("yes", "Yes"), ("no", "No"), ("unknown", "Not known")),
        required="Choose whether it was assessed",
    )

    @classmethod
    def of(cls, award: Award) -> "CorrectionForm":
        """Return the form with what is on record."""
        said = next(word for word, value in ASSESSMENTS.items() if value is award.assessed)
        return cls(awarded_on=award.awarded_on, valid_until=award.valid_until, delivery=award.delivery, assessed=said)

    def changes(self, award: Award) -> dict[str, Any]:
        """Return what differs from the record."""
        said = {
            "awarded_on": self.awarded_on.data,
            "valid_until": self.valid_until.data,
            "delivery": self.delivery.data,
            "assessed": ASSESSMENTS[self.assessed.data],
        }
        return {name: value for name, value in said.items() if value != getattr(award, name)}


class WithdrawalForm(Form):
    """Why an award should not count."""

    reason = Radios("Why do you withdraw it?", choices=REASONS, required="Choose why you withdraw it")


class AskWithdrawalForm(Form):
    """Why a professional credential or a recognition should not count, for the second person."""

    reason = Radios("Why should it be withdrawn?", choices=PROFESSIONAL_REASONS, required="Choose why")
    words = TextArea(
        "What should the second person know?",
        hint="They read this before they confirm. Nobody else does",
        longest=withdrawals.MOST_CHARACTERS,
        required="Write what the second person should know",
    )


class PersonForm(Form):
    """Whom a passport names: the number and the date of birth, as the person hands them over."""

    number = TextInput("Passport number", hint="For example, 0123-4567-T", width=10, required="Enter the number")
    date_of_birth = DateInput(
        "Date of birth", hint="For example, 27 3 1985", required="Enter the date of birth", birthday=False
    )


class CredentialForm(PersonForm):
    """One award of a professional credential."""

    standard = Select("Which credential?", required="Choose the credential")
    awarded_on = DateInput("When was it awarded?", example="past", required="Enter the day of the award")
    valid_until = DateInput("Last day that you set", hint="Leave it empty if you set none", example="coming")
    delivery = Radios("How was it taught?", choices=DELIVERIES, required="Choose how it was taught")
    verification_method = Radios(
        "How do you know?",
        choices=(
            ("record", "From your own record"),
            ("document", "From a document that you saw"),
            ("document_and_record", "From both"),
        ),
        required="Choose how you know",
    )
