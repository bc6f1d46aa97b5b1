"""Registration numbers: read one as people write it, and say when its form is unusual.

The forms are data with their sources (`data/register_numbers.csv`): each register has an accepting pattern and a strict
one. What only the accepting one allows is taken with a caution; what none of a body's rows allows is refused. A
body whose form no source tells takes any short number of letters and digits, with a caution. A row may also name how
its number is brought into normal form: a GMC `C` prefix names the same doctor and is dropped; an `A` prefix is another
register and stays; an HCPC number is padded to six digits, as its payers write it.

A number in good form is no proof of registration: only a look at the live register is (facts, section 4).
"""

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from passport.errors import Fault, Invalid
from passport.staff.cautions import NUMBER_FORM_UNKNOWN, NUMBER_UNUSUAL, Caution

UNKNOWN_FORM: Final = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,19}")
HCPC_DIGITS: Final = 6
# Prescribing annotations (facts, section 4), each as annotated on the register when it was looked at.
ANNOTATIONS: Final = ("IP", "SP", "V300", "V150", "V100", "POM-A", "POM-S")


@dataclass(frozen=True, slots=True)
class RegistrationNumber:
    """A registration number in its normal form. `register` tells a body's registers apart; None: not known."""

    body: str
    number: str
    register: str | None
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one register's numbers."""

    register: str
    strict: re.Pattern[str]
    accepted: re.Pattern[str]
    normal_form: Callable[[str], str]


def normalise(body: str, number: str, *, pointer: str = "") -> RegistrationNumber:
    """Return a registration number in its normal form.

    Args:
        body: the registration body, as `NMC`, in any case.
        number: as written; blanks and case do not matter.
        pointer: where the registration stood in the input, for the fault.

    Raises:
        Invalid: the body is not known, or the number has none of the forms that it uses.
    """
    known = {name.upper(): name for name in forms()}.get(body.strip().upper())
    if known is None:
        raise _wrong(f"{pointer}/body", f"This must be one of: {', '.join(forms())}.")
    written = "".join(number.split()).upper()
    if not forms()[known]:
        return _of_unknown_form(known, written, pointer)
    for form in forms()[known]:
        if form.accepted.fullmatch(written):
            cautions = () if form.strict.fullmatch(written) else (NUMBER_UNUSUAL,)
            return RegistrationNumber(known, form.normal_form(written), form.register, cautions)
    raise _wrong(f"{pointer}/number", f"This is not the form of a number of the {known}.")


@cache
def forms() -> dict[str, tuple[Form, ...]]:
    """Return each registration body with the forms of its numbers; none where no source tells them."""
    text = files("passport.staff").joinpath("data/register_numbers.csv").read_text(encoding="utf-8")
    bodies: dict[str, tuple[Form, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        bodies[row["body"]] = bodies.get(row["body"], ()) + ((_form(row),) if row["accept_pattern"] else ())
    return bodies


def _form(row: dict[str, str]) -> Form:
    strict, accepted = (re.compile(row[column], re.ASCII) for column in ("strict_pattern", "accept_pattern"))
    return Form(row["register"], strict, accepted, NORMAL_FORMS[row["normal_form"]])


def _of_unknown_form(body: str, written: str, pointer: str) -> RegistrationNumber:
    if not UNKNOWN_FORM.fullmatch(written):
        raise _wrong(f"{pointer}/number", "A registration number has 1 to 20 letters and digits.")
    return RegistrationNumber(body, written, None, (NUMBER_FORM_UNKNOWN,))


def _pad_to_six_digits(written: str) -> str:
    prefix = written.rstrip("0123456789")
    return prefix + written[len(prefix) :].zfill(HCPC_DIGITS)


NORMAL_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "": lambda written: written,
    "drop the first letter": lambda written: written[1:],
    "pad to six digits": _pad_to_six_digits,
}


def _wrong(pointer: str, message: str) -> Invalid:
    return Invalid(message, (Fault(pointer, message),))
