"""What an issuer answers to somebody who says that an award is wrong."""

from passport.awards.disputes import MOST_CHARACTERS
from passport.web.forms import Form, Radios, TextArea


class AnswerForm(Form):
    """The answer to a dispute."""

    outcome = Radios(
        "What did you find?",
        choices=(
            ("corrected", "It was wrong, and I corrected it"),
            ("withdrawn", "It was wrong, and I withdrew it"),
            ("stands", "The record is right"),
        ),
        required="Choose what you found",
    )
    reply = TextArea(
        "What do you tell the person?",
        hint="They read this on their own pages",
        longest=MOST_CHARACTERS,
        required="Write an answer",
    )
