"""Fields of forms that somebody types or uploads: text in one or several lines, a date, a file.

Text is taken in one spelling, and refused where it holds what can't be seen or is too long. A date is three fields, as
the NHS service manual asks. What all fields share is in `components`.
"""

from datetime import date, timedelta
from typing import Any, Final, Literal

from marshmallow import ValidationError as FieldRefused
from werkzeug.datastructures import FileStorage
from wtforms import Field, StringField
from wtforms.validators import StopValidation

from credentials.periods import add_months
from passport.web.clock import now
from passport.web.components import Component, Described
from passport.web.fields import clean_text, visible
from passport.web.words import ENGLAND

LONGEST: Final = 200
LONGEST_TEXT: Final = 4000
DATE_PARTS: Final = ("day", "month", "year")
DAYS_PAST: Final = 30  # of an example of a day that is past
Example = Literal["coming", "past"]


class TextInput(Described, StringField):
    """One line of text.

    Args:
        width: in characters, to show how much is expected.
        kind: `text`, `email`, `tel`.
        longest: in characters, after trimming.
        numeric: show a keyboard with figures.
        autocomplete: what the browser may fill in (WCAG 1.3.5).
    """

    widget = Component("input", "input")

    def __init__(
        self,
        label: str,
        *,
        required: str | None = None,
        hint: str | None = None,
        heading: bool = False,
        width: int | None = None,
        kind: str = "text",
        longest: int = LONGEST,
        numeric: bool = False,
        autocomplete: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(label, **options)
        self.describe(hint=hint, required=required, heading=heading)
        self.width, self.kind, self.longest, self.numeric, self.autocomplete = (
            width, kind, longest, numeric, autocomplete,
        )  # fmt: skip
        self.refused_text: str | None = None  # shown again, so that nothing is typed twice

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the text in one spelling (NFC, trimmed).

        Raises:
            ValueError: it holds what can't be seen, or too much.
        """
        self._take(valuelist[0] if valuelist else "", multiline=False)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse an empty answer where one is needed; a text that was refused already is not empty."""
        if self.process_errors:
            raise StopValidation
        self.demand()

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        return self.usual() | {
            "id": self.id,
            "name": self.name,
            "label": self.caption(),
            "value": self.data or self.refused_text or "",
            "width": self.width,
            "type": self.kind,
            "inputmode": "numeric" if self.numeric else None,
            "autocomplete": self.autocomplete,
            "spellcheck": False if self.kind == "email" else None,
        }

    @property
    def is_same_for_all(self) -> bool:
        """Whether nothing was typed, also nothing that was refused."""
        return super().is_same_for_all and not self.refused_text

    def _take(self, text: str, *, multiline: bool) -> None:
        try:
            self.data = _cleaned(text, self.longest, multiline=multiline)
        except ValueError:
            self.refused_text = visible(text, multiline=multiline)
            raise


class TextArea(TextInput):
    """Several lines of text."""

    widget = Component("textarea", "textarea")

    def __init__(self, label: str, *, rows: int = 4, longest: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(label, longest=longest, **options)
        self.rows = rows

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the text in one spelling.

        Raises:
            ValueError: it holds what can't be seen, or too much.
        """
        self._take(valuelist[0].replace("\r\n", "\n") if valuelist else "", multiline=True)

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        shown = super().parameters()
        return {name: value for name, value in shown.items() if name not in {"width", "type"}} | {"rows": self.rows}


class DateInput(Described, Field):
    """A date in three fields. Its value is a `date`, None when nothing was given.

    Args:
        birthday: the browser may fill in a date of birth.
        example: whether a day that is to come or one that is past is shown how to write; None shows none.
    """

    widget = Component("date-input", "dateInput")

    def __init__(
        self,
        label: str,
        *,
        required: str | None = None,
        hint: str | None = None,
        heading: bool = False,
        birthday: bool = False,
        example: Example | None = None,
        **options: Any,
    ) -> None:
        super().__init__(label, **options)
        self.describe(hint=hint, required=required, heading=heading)
        self.birthday, self.example = birthday, example
        self.parts = dict.fromkeys(DATE_PARTS, "")

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the three fields, or take a date that is known already."""
        super().process(None, data, extra_filters)
        if isinstance(self.data, date):
            self.parts = {part: str(getattr(self.data, part)) for part in DATE_PARTS}
        else:
            self.data = None
        if formdata is not None and any(f"{self.name}-{part}" in formdata for part in DATE_PARTS):
            self.parts = {part: formdata.get(f"{self.name}-{part}", "").strip()[:8] for part in DATE_PARTS}
            self.data = _date(self.parts)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what is no date."""
        if any(self.parts.values()) and self.data is None:
            raise StopValidation("Enter a real date, for example 27 3 1985")
        self.demand()

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        return self.usual() | {
            "id": self.id,
            "fieldset": {"legend": self.caption()},
            "hint": {"text": hint} if (hint := self._hint()) else None,
            **{part: self._part(part) for part in DATE_PARTS},
        }

    @property
    def is_same_for_all(self) -> bool:
        """Whether nothing was typed."""
        return not (self.errors or any(self.parts.values()))

    @property
    def first_id(self) -> str:
        """The day's field."""
        return f"{self.id}-day"

    def _hint(self) -> str | None:
        """Return the hint with an example that fits the day: one that is past would not do for a day to come."""
        if self.example is None:
            return self.hint
        today = now().astimezone(ENGLAND).date()
        day = add_months(today.replace(day=1), 1) if self.example == "coming" else today - timedelta(days=DAYS_PAST)
        shown = f"For example, {day.day} {day.month} {day.year}"
        return f"{self.hint}. {shown}" if self.hint else shown

    def _part(self, part: str) -> dict[str, Any]:
        named = {"label": part.capitalize(), "name": f"{self.name}-{part}", "id": f"{self.id}-{part}"}
        shown = named | {"value": self.parts[part]}
        error = {"classes": "nhsuk-input--error"} if self.errors else {}
        filled = {"autocomplete": f"bday-{part}"} if self.birthday else {}
        return shown | {"width": 4 if part == "year" else 2} | error | filled


class FileUpload(Described, Field):
    """A file. Its value is Werkzeug's `FileStorage`, None when none was chosen.

    Args:
        accept: what the browser offers first, as `.csv,.xlsx`; never a check.
    """

    widget = Component("file-upload", "fileUpload")

    def __init__(
        self,
        label: str,
        *,
        required: str | None = "Choose a file",
        hint: str | None = None,
        heading: bool = False,
        accept: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(label, **options)
        self.describe(hint=hint, required=required, heading=heading)
        self.accept = accept

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the file that was chosen."""
        files = [value for value in valuelist if isinstance(value, FileStorage) and value.filename]
        self.data = files[0] if files else None

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse no file where one is needed."""
        self.demand()

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        attributes = {"accept": self.accept} if self.accept else None
        return self.usual() | {
            "id": self.id, "name": self.name, "label": self.caption(), "attributes": attributes,
        }  # fmt: skip


def _cleaned(typed: str, longest: int, *, multiline: bool) -> str:
    try:
        text = clean_text(typed, multiline=multiline)
    except FieldRefused as refusal:
        raise ValueError("Check this again: we removed characters that cannot be seen") from refusal
    if len(text) > longest:
        raise ValueError(f"Enter {longest} characters or fewer")
    return text


def _date(parts: dict[str, str]) -> date | None:
    if not all(part.isascii() and part.isdigit() for part in parts.values()):
        return None
    day, month, year = (int(parts[part]) for part in DATE_PARTS)
    try:
        return date(year, month, day) if year >= 1000 else None
    except ValueError:
        return None
