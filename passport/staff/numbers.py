"""The passport number: make one, read one as people write it, show one.

Eight characters of Crockford's base 32, drawn at random (40 bits), and a check character by ISO 7064 mod 37,36, shown
`0123-4567-T`. It is read without regard to case, blanks and hyphens.

The two alphabets differ: Crockford's leaves out I, L, O and U because they are misread, mod 37,36 uses all of
0-9 and A-Z. So a check character could come out as a letter that looks like a digit; such a number is drawn again, and
every number that we make holds Crockford's characters alone. In turn I and L are read as 1, and O as 0, as Crockford
intends. The check character finds every single wrong character and nearly every swap of two neighbours.
"""

from collections.abc import Callable
from typing import Final

from stdnum.iso7064 import mod_37_36

from passport.errors import Fault, Invalid

ERASED: Final = "ERASED-"  # begins what stands in the place of the number of somebody who was removed
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32
BODY_CHARACTERS: Final = 8
BODY_BYTES: Final = 5  # 8 characters of 5 bits
IGNORED: Final = str.maketrans("", "", " -\u00a0\u2010\u2011\u2013\t")  # blanks and what people type for a hyphen
LOOK_ALIKES: Final = str.maketrans("ILO", "110")


def make(random: Callable[[int], bytes]) -> str:
    """Return a new passport number in its stored form, nine characters without hyphens.

    Args:
        random: gives so many random bytes, as `os.urandom`.
    """
    while True:
        number = with_check(_body(random(BODY_BYTES)))
        if number[-1] in ALPHABET:
            return number


def with_check(body: str) -> str:
    """Return eight characters with their check character."""
    check: str = mod_37_36.calc_check_digit(body)
    return body + check


def normalise(text: str, *, pointer: str = "/number") -> str:
    """Return the stored form of a passport number that a person or a program wrote.

    Args:
        text: the number, in any case, with or without blanks and hyphens.
        pointer: where it stood in the input, for the fault.

    Raises:
        Invalid: it can't be a passport number; the check character finds most slips of the pen.
    """
    compact = text.translate(IGNORED).upper()
    body, check = compact[:BODY_CHARACTERS].translate(LOOK_ALIKES), compact[BODY_CHARACTERS:]
    if len(body) == BODY_CHARACTERS and set(body) <= set(ALPHABET):
        number = with_check(body)
        if check and number[BODY_CHARACTERS:] in (check, check.translate(LOOK_ALIKES)):
            return number
    message = "This is not a passport number. Look for a mistyped character: it should look like 0123-4567-T."
    raise Invalid(message, (Fault(pointer, message),))


def show(number: str) -> str:
    """Return a stored number as people read it, as `0123-4567-T`; of somebody who was removed, that word."""
    if number.startswith(ERASED):
        return "Erased"
    return f"{number[:4]}-{number[4:8]}-{number[8:]}"


def _body(random: bytes) -> str:
    value = int.from_bytes(random, "big")
    return "".join(ALPHABET[value >> 5 * place & 31] for place in reversed(range(BODY_CHARACTERS)))
