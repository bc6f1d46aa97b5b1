"""Fields of JSON and query strings that accept exactly one spelling of each value.

marshmallow lets NUL through, takes `"1_000"` for 1000 and `"yes"` for true; these don't. In the order of the code: a
fault with a stable code, `Text` (Unicode NFC, trimmed, no characters that can't be seen), `WholeNumber`, `Flag`, `Day`,
`Instant`, `OneOf`. Numbers and flags arrive as text in a query string alone, where there is nothing else: the edge
marks such text as `QueryText`, and only that is read as a number. Unknown members are refused by the schemas.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from marshmallow import ValidationError, fields, missing

LARGEST_INTEGER: Final = 2**31 - 1  # PostgreSQL's `integer`
EARLIEST_YEAR: Final = 1900
LATEST_YEAR: Final = 2199

# Unicode categories: controls, surrogates, private use, unassigned, line and paragraph separators, and all of `Cf`:
# direction marks, zero-width characters and tags make a text look like another one.
UNSEEN: Final = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
JOINERS: Final = "\u200c\u200d"  # names in Persian and Indic scripts need them between letters
DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
DIGITS: Final = re.compile(r"-?[0-9]{1,15}")


class FieldFault(str):
    """A sentence about a field that carries its stable code."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, sentence: str, code: str) -> "FieldFault":
        """Make a fault from its sentence and code."""
        fault = super().__new__(cls, sentence)
        fault.code = code
        return fault


class QueryText(str):
    """Text that came from a query string."""

    __slots__ = ()


def refuse(sentence: str, code: str) -> ValidationError:
    """Return the refusal of a field's value, to be raised."""
    return ValidationError([FieldFault(sentence, code)])


def visible(value: str, *, multiline: bool = False) -> str:
    """Return text without what can't be seen, trimmed: for showing again what was refused, and for searching."""
    return "".join(each for each in value if each.isprintable() or (multiline and each == "\n")).strip()


def clean_text(value: str, *, multiline: bool = False) -> str:
    """Return text in Unicode NFC, trimmed, with plain blanks.

    Raises:
        ValidationError: `field_charset`, it holds a character that can't be seen.
    """
    text = unicodedata.normalize("NFC", value).replace("\u00a0", " ").strip()
    seen = text.replace("\n", "") if multiline else text
    if not seen.isascii() or not seen.isprintable():
        for character in seen:
            if unicodedata.category(character) in UNSEEN and character not in JOINERS:
                raise refuse(
                    "This has a character that can't be seen, as a control or direction mark.", "field_charset"
                )
    return text


class Text(fields.String):
    """Text of a bounded length.

    Args:
        max_length: in characters, after trimming.
        min_length: in characters; 0 allows an empty text.
        pattern: a regular expression that the whole text must match.
        multiline: whether line feeds are allowed.
    """

    def __init__(
        self,
        *,
        max_length: int,
        min_length: int = 1,
        pattern: str | None = None,
        multiline: bool = False,
        **options: Any,
    ) -> None:
        described = {"minLength": min_length, "maxLength": max_length} | (
            {"pattern": f"^{pattern}$"} if pattern else {}
        )
        options["metadata"] = described | options.get("metadata", {})
        super().__init__(**options)
        self.min_length, self.max_length, self.multiline = min_length, max_length, multiline
        self.pattern = re.compile(pattern) if pattern else None

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = clean_text(str(super()._deserialize(value, attr, data, **kwargs)), multiline=self.multiline)
        if not self.min_length <= len(text) <= self.max_length:
            raise refuse(f"This must have {self.min_length} to {self.max_length} characters.", "field_length")
        if self.pattern and not self.pattern.fullmatch(text):
            raise refuse("This does not have the form that the documentation of the API gives.", "field_form")
        return text


class WholeNumber(fields.Integer):
    """A whole number within bounds: a JSON number without a fraction, or digits in a query string."""

    def __init__(self, *, minimum: int = 0, maximum: int = LARGEST_INTEGER, **options: Any) -> None:
        options["metadata"] = {"minimum": minimum, "maximum": maximum} | options.get("metadata", {})
        super().__init__(strict=True, **options)
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # noqa: ARG002 (marshmallow's signature)
        if isinstance(value, QueryText) and DIGITS.fullmatch(value):
            value = int(value)
        if type(value) is not int:
            raise refuse("This must be a whole number.", "field_type")
        if not self.minimum <= value <= self.maximum:
            raise refuse(f"This must be from {self.minimum} to {self.maximum}.", "field_range")
        return value


class Flag(fields.Boolean):
    """`true` or `false`, nothing that looks like it."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ARG002 (marshmallow's signature)
        if isinstance(value, QueryText) and value in {"true", "false"}:
            return value == "true"
        if not isinstance(value, bool):
            raise refuse("This must be true or false.", "field_type")
        return value


class Day(fields.Date):
    """A date as `2026-08-06`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:  # noqa: ARG002 (marshmallow's signature)
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise refuse("This must be a date of the form 2026-08-06.", "field_form")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise refuse("There is no such day.", "field_form") from None
        if not EARLIEST_YEAR <= day.year <= LATEST_YEAR:
            raise refuse(f"The year must be from {EARLIEST_YEAR} to {LATEST_YEAR}.", "field_range")
        return day


class Instant(fields.AwareDateTime):
    """A moment as `2026-08-06T09:00:00Z`; another offset is understood, no offset is refused."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # noqa: ARG002 (marshmallow's signature)
        if not isinstance(value, str) or not INSTANT.fullmatch(value):
            raise refuse("This must be a moment of the form 2026-08-06T09:00:00Z.", "field_form")
        try:
            moment = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise refuse("There is no such moment.", "field_form") from None
        if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
            raise refuse(f"The year must be from {EARLIEST_YEAR} to {LATEST_YEAR}.", "field_range")
        return moment

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:  # noqa: ARG002 (marshmallow's signature)
        if value is None:
            return None
        text: str = value.astimezone(UTC).isoformat(timespec="seconds")
        return text.replace("+00:00", "Z")


class OneOf(fields.String):
    """One word of a list."""

    def __init__(self, choices: Sequence[str], **options: Any) -> None:
        none = [None] if options.get("allow_none") or options.get("load_default", missing) is None else []
        options["metadata"] = {"enum": [*choices, *none]} | options.get("metadata", {})
        super().__init__(**options)
        self.choices = tuple(choices)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ARG002 (marshmallow's signature)
        if not isinstance(value, str) or value not in self.choices:
            raise refuse(f"This must be one of: {', '.join(self.choices)}.", "field_choice")
        return str(value)
