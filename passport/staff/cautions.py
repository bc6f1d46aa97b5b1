"""What is accepted but should be looked at twice: a code for programs and a sentence for people.

A caution never stops anything. Its text holds no personal data: it says what to look at, not what was found.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Caution:
    """One reason to look twice."""

    code: str
    message: str


NUMBER_UNUSUAL: Final = Caution(
    "registration_number_unusual",
    "The number has not the usual form of its register. Compare it with the register.",
)
NUMBER_FORM_UNKNOWN: Final = Caution(
    "registration_form_unknown", "We do not know the form of this body's numbers. Compare it with the register."
)
NAME_MIXES_SCRIPTS: Final = Caution(
    "name_mixes_scripts", "A name mixes letters of different scripts. Compare it with a document."
)
