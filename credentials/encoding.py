"""Bytes as text and text as values, with exactly one accepted spelling of each.

In the order of the code: base64url without padding (RFC 7515 section 2, RFC 4648 section 5), where a text that does
not encode back to itself is refused; strict JSON (RFC 8259 and I-JSON, RFC 7493), bounded in depth and in the size of
its integers; and canonical JSON, the bytes that are hashed and signed when a document is not a token. What the values
mean, and how long a text may be, is left to the callers.
"""

import binascii
import json
import math
import re
from collections.abc import Sequence
from typing import Final

import msgspec

from credentials.errors import JsonDuplicateKeyError, JsonInvalidError, MalformedError

try:
    from pybase64 import b64decode, b64encode
except ImportError:  # an accelerator only: a receiving trust may do without it
    from base64 import b64decode, b64encode  # type: ignore[assignment]  # the same for the arguments used here

MAX_DEPTH: Final = 16
MAX_INTEGER: Final = 2**53 - 1  # the largest that every JSON reader holds exactly (RFC 7493 section 2.2)

_PADDING: Final = ("", "", "==", "=")
# What may end a text by the characters beyond its last four: none (one character is no byte), those whose four spare
# bits are zero, those whose two are.
_LAST_CHARACTERS: Final = ("", "", "AQgw", "AEIMQUYcgkosw048")
_ONE_BRACKET: Final = bytes.maketrans(b"{}", b"[]")
_NO_STRUCTURE: Final = bytes(set(range(256)) - set(b'[]{}"\\'))
_DIGITS_ALIKE: Final = bytes.maketrans(b"123456789", b"000000000")
_LONG_RUN: Final = b"0" * 16  # the digits of 2^53
_NOT_CANONICAL: Final = object()
_DECODE: Final = msgspec.json.Decoder().decode
_DECODE_LINES: Final = msgspec.json.Decoder().decode_lines
_ENCODE: Final = msgspec.json.Encoder().encode
_ENCODE_LINES: Final = msgspec.json.Encoder().encode_lines
_SURROGATE_ESCAPE: Final = re.compile(r"\\u[dD][89a-fA-F]")


def b64url_encode(data: bytes) -> str:
    """Return base64url text without padding."""
    return b64encode(data, b"-_").rstrip(b"=").decode("ascii")


def b64url_decode(text: str) -> bytes:
    """Return the bytes of base64url text, refusing every spelling but the one that `b64url_encode` makes.

    The decoder refuses characters outside of the alphabet; padding, the two characters of the other alphabet, and a
    last character whose spare bits are not zero are refused here.

    Raises:
        MalformedError: the text is not canonical base64url.
    """
    beyond = len(text) % 4
    if beyond and text[-1] not in _LAST_CHARACTERS[beyond]:
        raise MalformedError("not canonical base64url")
    if "+" in text or "/" in text or "=" in text:
        raise MalformedError("not base64url")
    try:
        return b64decode(text + _PADDING[beyond], b"-_", True)
    except (binascii.Error, ValueError) as error:
        raise MalformedError("not base64url") from error


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
        data = text if isinstance(text, bytes) else text.encode("utf-8")
        if data.count(b"[") + data.count(b"{") > MAX_DEPTH and not _is_shallow(data):
            raise JsonInvalidError("nested too deep")
        value = _read_canonical(data)
        return value if value is not _NOT_CANONICAL else _read_any(data.decode("utf-8"))
    except ValueError as error:  # JSONDecodeError, UnicodeDecodeError and UnicodeEncodeError are all ValueErrors
        raise JsonInvalidError("not strict JSON") from error


def strict_json_each(texts: Sequence[bytes]) -> list[object]:
    """Read many texts, each as `strict_json` reads it; raises as that does."""
    values = _read_canonical_lines(texts)
    return [strict_json(text) for text in texts] if values is None else values


def canonical_json(value: object) -> bytes:
    """Return the one JSON text of a value: members sorted by code point, no blanks, UTF-8.

    It is RFC 8785 for the values we sign: objects, arrays, strings, integers, booleans and null; never floats.
    """
    return msgspec.json.encode(value, order="sorted")


def _read_canonical(data: bytes) -> object:
    """Read a text quickly if it is exactly what msgspec writes, as nearly all tokens are.

    msgspec keeps the last of two equal members and would pass over other liberties, but then what it writes back is
    another text. Only long integers need a look of their own.
    """
    try:
        value = _DECODE(data)
    except msgspec.DecodeError:
        return _NOT_CANONICAL
    if _ENCODE(value) != data or _LONG_RUN in data.translate(_DIGITS_ALIKE):
        return _NOT_CANONICAL
    return value


def _read_canonical_lines(texts: Sequence[bytes]) -> list[object] | None:
    """Read texts all at once if each is exactly what msgspec writes, and is shallow; None if one is not.

    What msgspec writes holds no line break. So where the lines that it writes back are the ones that it read, and as
    many as there are texts, each text is what its own value makes.
    """
    if any(text.count(b"[") + text.count(b"{") > MAX_DEPTH for text in texts):
        return None
    lines = b"\n".join((*texts, b""))
    try:
        values: list[object] = _DECODE_LINES(lines)
    except (msgspec.DecodeError, ValueError):
        return None
    is_same = len(values) == len(texts) and _ENCODE_LINES(values) == lines
    return values if is_same and _LONG_RUN not in lines.translate(_DIGITS_ALIKE) else None


def _read_any(text: str) -> object:
    """Read any text by all the rules."""
    value: object = _DECODER.decode(text)
    if _SURROGATE_ESCAPE.search(text):
        json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails on half of a surrogate pair
    return value


def _is_shallow(data: bytes) -> bool:
    """Say whether a text is nested within bounds, before the parser meets the recursion limit of the interpreter.

    What is left of a text without brackets in its strings is brackets and empty strings, and each removal of `[]`
    takes its innermost level away: a few passes at the speed of C.
    """
    skeleton = data.translate(_ONE_BRACKET, _NO_STRUCTURE).replace(b'""', b"")
    for _ in range(MAX_DEPTH):
        if not skeleton:
            return True
        skeleton = skeleton.replace(b"[]", b"")
    return not skeleton or _depth(data) <= MAX_DEPTH


def _depth(data: bytes) -> int:
    """Count the deepest nesting of any text: escapes first, then strings, then what stands outside of them."""
    outside = b"".join(data.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')[::2])
    depth = deepest = 0
    for bracket in outside.translate(_ONE_BRACKET, _NO_STRUCTURE):
        depth += 1 if bracket == ord("[") else -1
        deepest = max(deepest, depth)
    return deepest


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
