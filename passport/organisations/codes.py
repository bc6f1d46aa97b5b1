"""The two names that the NHS has for an organisation: its ODS code and the VPD of its ESR.

An ODS code has up to 12 capital letters and digits; new ones have five characters, old ones often three, and nothing
more is to be read out of one (facts, section 8). A VPD is the three digits with which ESR names an employer, and is no
ODS code. Both are read without regard to case and to blanks around them.
"""

import re
from typing import Final

from passport.errors import Fault, Invalid

ODS_CODE: Final = re.compile(r"[A-Z0-9]{1,12}")
VPD: Final = re.compile(r"[0-9]{3}")


def normalise_ods_code(text: str, *, pointer: str = "/ods") -> str:
    """Return an ODS code in capitals.

    Args:
        text: the code as given.
        pointer: where it stood in the input, for the fault.

    Raises:
        Invalid: it has not the form of an ODS code.
    """
    code = text.strip().upper()
    if not ODS_CODE.fullmatch(code):
        raise _wrong(pointer, "An ODS code has 1 to 12 letters and digits.")
    return code


def normalise_vpd(text: str, *, pointer: str = "/vpd") -> str:
    """Return a VPD number.

    Raises:
        Invalid: it has not three digits.
    """
    vpd = text.strip()
    if not VPD.fullmatch(vpd):
        raise _wrong(pointer, "A VPD has three digits.")
    return vpd


def _wrong(pointer: str, message: str) -> Invalid:
    return Invalid(message, (Fault(pointer, message),))
