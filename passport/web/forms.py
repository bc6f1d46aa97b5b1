"""Forms of the pages: WTForms fields that render as components of nhsuk-frontend and refuse what can't be seen.

In the order of the code: what all fields share (label, hint, error, the component's parameters), the fields, and
`Form`, which knows whether it has errors and lists them at the top of the page. Forgery is checked for every POST at
the edge (`passport.web.forgery`), so forms carry no token of their own; the template writes it: `{{ csrf() }}`.

    class ShareForm(Form):
        until = DateInput("Until when?", required="Enter a date")

    form = ShareForm()
    if form.submitted(): ...form.until.data...
    return page("holder/share.html", form=form)          # {{ form.until() }}
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from flask import current_app
from flask_wtf import FlaskForm
from markupsafe import Markup
from marshmallow import ValidationError as FieldRefused
from werkzeug.datastructures import FileStorage
from wtforms import Field, SelectField, SelectMultipleField, StringField
from wtforms.validators import StopValidation

from passport.web.fields import clean_text

LONGEST: Final = 200
LONGEST_TEXT: Final = 4000
DATE_PARTS: Final = ("day", "month", "year")


def component(name: str, macro: str, parameters: dict[str, Any]) -> Markup:
    """Render a component of nhsuk-frontend.

    Args:
        name: its folder, as `date-input`.
        macro: its macro, as `dateInput`.
        parameters: as the component's documentation gives them; None is left out.
    """
    module: Any = current_app.jinja_env.get_template(f"nhsuk/components/{name}/macro.jinja").module
    return Markup(getattr(module, macro)({key: value for key, value in parameters.items() if value is not None}))  # noqa: S704 (made by escaping templates)


class Component:
    """The widget of a field: its component with its parameters."""

    def __init__(self, name: str, macro: str) -> None:
        self.name, self.macro = name, macro

    def __call__(self, field: Any, **options: Any) -> Markup:
        """Render the field; `options` go to the component."""
        return component(self.name, self.macro, {**field.parameters(), **options})


class Described:
    """What a field has beside its value.

    Args:
        label: the question.
        hint: a sentence below it.
        required: the sentence when nothing was given; None: it may stay empty.
        heading: the label is the page's h1.
    """

    id: str
    name: str
    label: Any
    errors: Sequence[str]
    data: Any

    def describe(self, *, hint: str | None, required: str | None, heading: bool) -> None:
        """Remember how the field is shown."""
        self.hint, self.required, self.heading = hint, required, heading

    def caption(self) -> dict[str, Any]:
        """Return the label's parameters."""
        shown: dict[str, Any] = {"text": self.label.text}
        return shown | ({"size": "l", "isPageHeading": True} if self.heading else {"size": "s"})

    def usual(self) -> dict[str, Any]:
        """Return the parameters that every component has."""
        return {
            "hint": {"text": self.hint} if self.hint else None,
            "errorMessage": {"text": self.errors[0]} if self.errors else None,
        }

    def demand(self) -> None:
        """Refuse an empty answer to a question that needs one."""
        if self.required and not self.data:
            raise StopValidation(self.required)

    @property
    def first_id(self) -> str:
        """The element that the error summary leads to."""
        return self.id


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

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take the text in one spelling (NFC, trimmed).

        Raises:
            ValueError: it holds what can't be seen, or too much.
        """
        self.data = _cleaned(valuelist, self.longest, multiline=False)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse an empty answer where one is needed."""
        self.demand()

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        return self.usual() | {
            "id": self.id,
            "name": self.name,
            "label": self.caption(),
            "value": self.data or "",
            "width": self.width,
            "type": self.kind,
            "inputmode": "numeric" if self.numeric else None,
            "autocomplete": self.autocomplete,
            "spellcheck": False if self.kind == "email" else None,
        }


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
        self.data = _cleaned([text.replace("\r\n", "\n") for text in valuelist], self.longest, multiline=True)

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        shown = super().parameters()
        return {name: value for name, value in shown.items() if name not in {"width", "type"}} | {"rows": self.rows}


class DateInput(Described, Field):
    """A date in three fields. Its value is a `date`, None when nothing was given.

    Args:
        birthday: the browser may fill in a date of birth.
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
        **options: Any,
    ) -> None:
        super().__init__(label, **options)
        self.describe(hint=hint, required=required, heading=heading)
        self.birthday = birthday
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
            **{part: self._part(part) for part in DATE_PARTS},
        }

    @property
    def first_id(self) -> str:
        """The day's field."""
        return f"{self.id}-day"

    def _part(self, part: str) -> dict[str, Any]:
        named = {"label": part.capitalize(), "name": f"{self.name}-{part}", "id": f"{self.id}-{part}"}
        shown = named | {"value": self.parts[part]}
        error = {"classes": "nhsuk-input--error"} if self.errors else {}
        filled = {"autocomplete": f"bday-{part}"} if self.birthday else {}
        return shown | {"width": 4 if part == "year" else 2} | error | filled


class Radios(Described, SelectField):
    """One of several answers: `choices` are (value, text) or (value, text, hint)."""

    widget = Component("radios", "radios")

    def __init__(
        self,
        label: str,
        *,
        choices: Iterable[tuple[str, ...]] = (),
        required: str | None = "Choose an answer",
        hint: str | None = None,
        heading: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(label, choices=[], validate_choice=False, **options)
        self.describe(hint=hint, required=required, heading=heading)
        self.offer(choices)

    def offer(self, choices: Iterable[tuple[str, ...]]) -> None:
        """Set what can be chosen."""
        self.offered = list(choices)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what was not offered."""
        if self.data in (None, "", "None"):
            self.data = None
        elif self.data not in {choice[0] for choice in self.offered}:
            raise StopValidation(self.required or "Choose one of the answers")
        self.demand()

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters. `idPrefix` alone: with `id` too, the id would be there twice."""
        return self.usual() | {
            "idPrefix": self.id,
            "name": self.name,
            "fieldset": {"legend": self.caption()},
            "items": [_item(choice, chosen=choice[0] == self.data) for choice in self.offered],
        }


class Select(Radios):
    """One of many answers, in a list that opens."""

    widget = Component("select", "select")

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        items = [{"value": choice[0], "text": choice[1], "selected": choice[0] == self.data} for choice in self.offered]
        empty = [] if self.data else [{"value": "", "text": "Choose", "selected": True}]
        return self.usual() | {"id": self.id, "name": self.name, "label": self.caption(), "items": [*empty, *items]}


class Checkboxes(Described, SelectMultipleField):
    """Any of several answers: `choices` are (value, text) or (value, text, hint); the value is a list."""

    widget = Component("checkboxes", "checkboxes")

    def __init__(
        self,
        label: str,
        *,
        choices: Iterable[tuple[str, ...]] = (),
        required: str | None = None,
        hint: str | None = None,
        heading: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(label, choices=[], validate_choice=False, **options)
        self.describe(hint=hint, required=required, heading=heading)
        self.offer(choices)

    def offer(self, choices: Iterable[tuple[str, ...]]) -> None:
        """Set what can be chosen."""
        self.offered = list(choices)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (WTForms' signature)
        """Refuse what was not offered."""
        if set(self.data or ()) - {choice[0] for choice in self.offered}:
            raise StopValidation(self.required or "Choose among the answers")
        self.demand()

    def parameters(self) -> dict[str, Any]:
        """Return the component's parameters."""
        return self.usual() | {
            "idPrefix": self.id,
            "name": self.name,
            "fieldset": {"legend": self.caption()},
            "items": [_item(choice, chosen=choice[0] in (self.data or ())) for choice in self.offered],
        }


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


class Form(FlaskForm):
    """A form of a page."""

    class Meta:
        """Forgery is checked at the edge, for every POST."""

        csrf = False

    def submitted(self) -> bool:
        """Say whether it was sent and everything in it is right."""
        return bool(self.validate_on_submit())

    @property
    def has_errors(self) -> bool:
        """Whether something in it is wrong."""
        return bool(self.errors)

    def refuse(self, field: str, sentence: str) -> None:
        """Say what is wrong with a field after the service looked at it."""
        self[field].errors = [*self[field].errors, sentence]

    def error_summary(self) -> Markup:
        """Return the list of what is wrong, each line a link to its field."""
        wrong = [
            {"text": sentence, "href": f"#{getattr(field, 'first_id', field.id)}"}
            for field in self
            for sentence in field.errors
        ]
        return component("error-summary", "errorSummary", {"titleText": "There is a problem", "errorList": wrong})


def _cleaned(values: list[str], longest: int, *, multiline: bool) -> str:
    try:
        text = clean_text(values[0] if values else "", multiline=multiline)
    except FieldRefused as refusal:
        raise ValueError("Remove the characters that cannot be seen") from refusal
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


def _item(choice: tuple[str, ...], *, chosen: bool) -> dict[str, Any]:
    hint = {"hint": {"text": choice[2]}} if len(choice) > 2 else {}
    return {"value": choice[0], "text": choice[1], "checked": chosen} | hint
