"""What an issuer says when it corrects or withdraws an award."""

from typing import Any, Final

from passport.awards.models import Award
from passport.web.forms import DateInput, Form, Radios

DELIVERIES: Final = (
    ("face_to_face", "Face to face"), ("e_learning", "E-learning"), ("blended", "Both"), ("unknown", "Not known"),
)  # fmt: skip
ASSESSMENTS: Final = {"yes": True, "no": False, "unknown": None}
REASONS: Final = (
    ("issued_in_error", "It was recorded by mistake", "The person did not do this training"),
    ("updated_information_to_follow", "The right record will follow", "ESR will send it again"),
    ("no_longer_valid", "It must not count any more", "For example, the training was found wanting"),
)


class CorrectionForm(Form):
    """The facts of an award, to be put right."""

    awarded_on = DateInput("When was it awarded?", required="Enter the day on which it was awarded")
    valid_until = DateInput("Last day that you set", hint="Leave it empty if you set none")
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
