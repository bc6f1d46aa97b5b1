"""Bytes as text and text as values, with exactly one accepted spelling of each.

In the order of the code: base64url without padding (RFC 7515 section 2, RFC 4648 section 5), where a text that does
not encode back to itself is refused; strict JSON (RFC 8259 and I-JSON, RFC 7493), bounded in depth and in the size of
its integers; and canonical JSON, the bytes that are hashed and signed when a document is not a token. What the values
mean, and how long a text may be, is left to the callers.
"""

import base64
import binascii
import json
import math
import re
from typing import Final

import msgspec

from credentials.errors import JsonDuplicateKeyError, JsonInvalidError, MalformedError

try:
    import pybase64 as accelerated_base64
except ImportError:  # an accelerator only: a receiving trust may do without it
    accelerated_base64 = base64  # type: ignore[misc]  # the two modules share the two functions used below

MAX_DEPTH: Final = 16
MAX_INTEGER: Final = 2**53 - 1  # the largest that every JSON reader holds exactly (RFC 7493 section 2.2)

_PADDING: Final = ("", "===", "==", "=")
_BRACKETS: Final = re.compile(r"[\[\]{}]")
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def b64url_encode(data: bytes) -> str:
    """Return base64url text without padding."""
    return accelerated_base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Return the bytes of base64url text, refusing every spelling but the one that `b64url_encode` makes.

    Encoding the result again and comparing finds padding, junk characters and spare bits that are not zero alike.

    Raises:
        MalformedError: the text is not canonical base64url.
    """
    try:
        data = accelerated_base64.b64decode(text + _PADDING[len(text) % 4], altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("not base64url") from error
    if b64url_encode(data) != text:
        raise MalformedError("not canonical base64url")
    return data


def strict_json(text: bytes | str) -> object:
    """Read JSON of which every reader makes the same value.

    Args:
        text: UTF-8 bytes without a byte order mark, or the same as a string.

    Raises:
        JsonDuplicateKeyError: an object names a member twice.
        JsonInvalidError: not JSON, not UTF-8, nested deeper than 16, a number that is not finite or an integer beyond
            2^53 - 1, or half of a surrogate pair.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        _check_depth(decoded)
        value: object = _DECODER.decode(decoded)
        if not decoded.isascii() or _SURROGATE_ESCAPE.search(decoded):
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails on half of a surrogate pair
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError and UnicodeEncodeError are all ValueErrors
        raise JsonInvalidError("not strict JSON") from error
    return value


def canonical_json(value: object) -> bytes:
    """Return the one JSON text of a value: members sorted by code point, no blanks, UTF-8.

    It is RFC 8785 for the values we sign: objects, arrays, strings, integers, booleans and null; never floats.
    """
    return msgspec.json.encode(value, order="sorted")


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the parser, which would meet the recursion limit of the interpreter."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    outside_strings = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    depth = 0
    for bracket in _BRACKETS.findall(outside_strings):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise JsonInvalidError("nested too deep")


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise JsonDuplicateKeyError
    return members


def _bounded_integer(digits: str) -> int:
    if len(digits) > 17 or abs(number := int(digits)) > MAX_INTEGER:  # 17: a sign and the 16 digits of 2^53
        raise JsonInvalidError("integer out of range")
    return number


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise JsonInvalidError("number out of range")
    return number


def _no_constant(name: str) -> object:
    raise JsonInvalidError(f"{name} is not JSON")


# The parser of the standard library calls these from C. msgspec is faster but keeps the last of two equal members.
_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_int=_bounded_integer,
    parse_float=_finite_number,
    parse_constant=_no_constant,
)
