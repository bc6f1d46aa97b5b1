"""Claims of a token read by their exact type, and the clock's tolerance.

JSON has no dates and Python counts true as a number, so each claim is asked for by its kind: text, a time in whole
seconds since 1970 (RFC 7519 section 2, NumericDate without fractions), or a record that msgspec reads strictly. A
refusal names the path of the claim and never its value, which may be personal.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeVar

import msgspec

from credentials.errors import ClaimMissingError, ClaimTypeError

LEEWAY: Final = timedelta(seconds=60)  # between the clocks of issuer, holder and verifier (FAPI 2.0 section 5.3.2.1)
MAX_SECONDS: Final = 253_402_300_799  # the last second of the year 9999, which ends what datetime can hold

Seconds = Annotated[int, msgspec.Meta(ge=0, le=MAX_SECONDS)]  # a time claim within a record

_PATH: Final = re.compile(r"- at `(\$[^`]*)`$")
T = TypeVar("T")


def text_claim(claims: Mapping[str, object], name: str) -> str:
    """Return a claim that must be a string and not empty.

    Raises:
        ClaimMissingError, ClaimTypeError: it is not.
    """
    value = _present(claims, name)
    if not isinstance(value, str) or not value:
        raise ClaimTypeError(name)
    return value


def time_claim(claims: Mapping[str, object], name: str) -> datetime:
    """Return a claim that must be a time in whole seconds, as a UTC instant.

    Raises:
        ClaimMissingError, ClaimTypeError: it is not.
    """
    value = _present(claims, name)
    if type(value) is not int or not 0 <= value <= MAX_SECONDS:
        raise ClaimTypeError(name)
    return datetime.fromtimestamp(value, UTC)


def record_of(kind: type[T], value: object) -> T:
    """Read a value as a record, without turning one type into another.

    Raises:
        ClaimMissingError, ClaimTypeError: with the path of the first fault.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        path = _PATH.search(str(error))
        fault = ClaimMissingError if "missing required field" in str(error) else ClaimTypeError
        raise fault(path[1] if path else "$") from None  # the cause would quote the value


def seconds(instant: datetime) -> int:
    """Return a UTC instant as a time claim."""
    return int(instant.timestamp())


def _present(claims: Mapping[str, object], name: str) -> object:
    try:
        return claims[name]
    except KeyError:
        raise ClaimMissingError(name) from None
