"""What all fields of forms share: the components of nhsuk-frontend that show them, and label, hint and error.

In the order of the code: a component rendered; the widget that renders a field as its component, and keeps what is the
same for everybody, because a component takes some milliseconds; what a field has beside its value. The fields are in
`inputs` (typed and uploaded) and `choices` (picked among answers).
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from flask import current_app
from markupsafe import Markup
from wtforms.validators import StopValidation

MOST_KEPT: Final = 512  # fields of all forms as they are shown empty: there are about 200


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
        parameters = {**field.parameters(), **options}
        if field.is_same_for_all:
            return _kept(self.name, self.macro, json.dumps(parameters))
        return component(self.name, self.macro, parameters)


@lru_cache(MOST_KEPT)
def _kept(name: str, macro: str, parameters: str) -> Markup:
    return component(name, macro, json.loads(parameters))


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
    def is_same_for_all(self) -> bool:
        """Whether it shows nothing that somebody typed, or was told about it: nobody's words are kept."""
        return not (self.errors or self.data)

    @property
    def first_id(self) -> str:
        """The element that the error summary leads to."""
        return self.id
