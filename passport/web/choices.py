"""Fields of forms in which somebody picks among answers: one of several, one of many, any of several.

In the order of the code: what they share; one answer, as radio buttons or in a list that opens; any of several. Only
what was offered is taken. What all fields share is in `components`.
"""

from collections.abc import Iterable
from typing import Any

from flask import render_template
from markupsafe import Markup
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import StopValidation

from passport.web.components import Component, Described


class Offering(Described):
    """A question whose answers are offered: (value, text) or (value, text, hint).

    Args:
        label: the question.
        choices: the answers that everybody is offered.
        required: the sentence when nothing was chosen; None: it may stay empty.
        hint: a sentence below it.
        heading: the label is the page's h1.
    """

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
        super().__init__(label, choices=[], validate_choice=False, **options)  # type: ignore[call-arg] # WTForms' field is next
        self.describe(hint=hint, required=required, heading=heading)
        self.offered, self.depends_on_record = list(choices), False

    def offer(self, choices: Iterable[tuple[str, ...]]) -> None:
        """Set what can be chosen, where that depends on the record."""
        self.offered, self.depends_on_record = list(choices), True

    @property
    def is_same_for_all(self) -> bool:
        """Whether its answers are those of every visitor; which of them is chosen tells nothing."""
        return not (self.errors or self.depends_on_record)


class Radios(Offering, SelectField):
    """One of several answers; one must be chosen unless `required` is None."""

    widget = Component("radios", "radios")

    def __init__(self, label: str, *, required: str | None = "Choose an answer", **options: Any) -> None:
        super().__init__(label, required=required, **options)

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


class Checkboxes(Offering, SelectMultipleField):
    """Any of several answers; the value is a list."""

    widget = Component("checkboxes", "checkboxes")

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
            "formGroup": {"beforeInputs": {"html": self._items()}},
        }

    def _items(self) -> Markup:
        """Return the answers as the component writes them: it takes half a millisecond for each, a list has many."""
        items = [
            {"value": choice[0], "text": choice[1], "hint": choice[2] if len(choice) > 2 else None,
             "chosen": choice[0] in (self.data or ())}
            for choice in self.offered
        ]  # fmt: skip
        return Markup(render_template("web/checkboxes.html", prefix=self.id, name=self.name, items=items))  # noqa: S704 (rendered by our own escaping template)


def _item(choice: tuple[str, ...], *, chosen: bool) -> dict[str, Any]:
    hint = {"hint": {"text": choice[2]}} if len(choice) > 2 else {}
    return {"value": choice[0], "text": choice[1], "checked": chosen} | hint
