"""Fields of forms as pages show and take them: their components, what they say is wrong, and what is kept of them."""

import re
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask

from passport.web import components, forms
from tests.callers import Clock


class TriedForm(forms.Form):
    """One of each field."""

    name = forms.TextInput("Name", required="Enter a name", longest=5)
    until = forms.DateInput("Until when?")
    kind = forms.Radios("Kind", choices=[("a", "First"), ("b", "Second", "A hint")])
    more = forms.Checkboxes("More", choices=[("x", "Ex"), ("y", "Why")])
    place = forms.Select("Place", choices=[("1", "Here")], required=None)
    text = forms.TextArea("Text")
    file = forms.FileUpload("File", required=None)


def filled(app: Flask, data: dict[str, Any]) -> tuple[TriedForm, bool, str]:
    with app.test_request_context(method="POST", data=data):
        form = TriedForm()
        right = form.submitted()
        html = "".join(str(field()) for field in form) + str(form.error_summary())
        return form, right, html


class DatesForm(forms.Form):
    """Days that are to come and past."""

    coming = forms.DateInput("From when?", example="coming")
    past = forms.DateInput("Since when?", example="past", hint="As you remember")


@pytest.mark.parametrize(
    ("today", "coming", "past"),
    [
        ("2026-08-06", "1 9 2026", "7 7 2026"),
        ("2026-12-31", "1 1 2027", "1 12 2026"),
        ("2027-01-01", "1 2 2027", "2 12 2026"),
    ],
)
def test_an_example_of_a_day_fits_the_day(app: Flask, clock: Clock, today: str, coming: str, past: str) -> None:
    clock.now = datetime.fromisoformat(f"{today}T12:00:00+00:00")
    with app.test_request_context():
        form = DatesForm()
        assert f"For example, {coming}<" in pressed(str(form.coming()))
        assert f"As you remember. For example, {past}<" in pressed(str(form.past()))


def test_checkboxes_are_what_their_component_writes(app: Flask) -> None:
    choices = [("x", "Ex & <b>"), ("y", "Why", "A 'hint'"), ("z", "Zed")]

    class Boxes(forms.Form):
        more = forms.Checkboxes("More", choices=choices, hint="Any of them")

    with app.test_request_context(method="POST", data={"more": ["y"]}):
        shown = Boxes().more
        items = [
            {"value": value, "text": text, "checked": value == "y", "hint": {"text": hint[0]} if hint else None}
            for value, text, *hint in choices
        ]
        expected = {name: value for name, value in shown.parameters().items() if name != "formGroup"}
        component = forms.component("checkboxes", "checkboxes", {**expected, "items": items})
        assert pressed(str(shown())) == pressed(str(component))


def pressed(html: str) -> str:
    return re.sub(r"\s*([<>])\s*", r"\1", " ".join(html.split()))


def test_a_form_gives_clean_values(app: Flask) -> None:
    until = {"until-day": "6", "until-month": "8", "until-year": "2026"}
    form, right, _ = filled(app, {"name": " Zoe\u0301 ", "kind": "b", "more": ["x", "y"], "text": "a\r\nb", **until})
    assert right, form.errors
    assert (form.name.data, form.until.data, form.kind.data) == ("Zoé", date(2026, 8, 6), "b")
    assert (form.more.data, form.text.data, form.place.data, form.file.data) == (["x", "y"], "a\nb", None, None)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"name": "", "kind": "a"}, "Enter a name"),
        ({"name": "too long", "kind": "a"}, "Enter 5 characters or fewer"),
        ({"name": "a\u202eb", "kind": "a"}, "Check this again: we removed characters that cannot be seen"),
        ({"name": "a", "kind": "z"}, "Choose an answer"),
        ({"name": "a"}, "Choose an answer"),
        ({"name": "a", "kind": "a", "more": ["x", "z"]}, "Choose among the answers"),
        ({"name": "a", "kind": "a", "place": "9"}, "Choose one of the answers"),
        ({"name": "a", "kind": "a", "until-day": "31", "until-month": "2", "until-year": "2026"}, "Enter a real date"),
        ({"name": "a", "kind": "a", "until-day": "x"}, "Enter a real date"),
    ],
)
def test_a_form_says_what_is_wrong_beside_the_field_and_at_the_top(
    app: Flask, data: dict[str, Any], sentence: str
) -> None:
    form, right, html = filled(app, data)
    assert (right, form.has_errors, html.count(sentence)) == (False, True, 2)


@pytest.mark.parametrize(("typed", "shown"), [("far too long", "far too long"), ("a\u202eb", "ab"), ("a\x00b", "ab")])
def test_what_was_refused_is_said_once_and_stays_in_the_field(app: Flask, typed: str, shown: str) -> None:
    form, _, html = filled(app, {"name": typed, "kind": "a"})
    assert len(form.name.errors) == 1
    assert f'value="{shown}"' in html


def test_the_list_of_errors_leads_to_elements_that_exist_once(app: Flask) -> None:
    _, _, html = filled(app, {"until-day": "x", "place": "9", "more": ["z"]})
    for target in re.findall(r'href="#([^"]+)"', html):
        assert html.count(f'id="{target}"') == 1, target


def test_what_somebody_typed_is_never_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []

    def keep(*parts: str) -> str:
        kept.append(repr(parts))
        return ""

    monkeypatch.setattr(components, "_kept", keep)
    filled(app, {"name": "Zoe Longer", "text": "Said", "until-day": "41", "place": "Nobody", "more": ["Someone"]})
    filled(app, {"name": "Zoe", "kind": "a", "text": "Said", "until-day": "6", "place": "1", "more": ["x"]})
    with app.test_request_context():
        offered = TriedForm()
        offered.place.offer([("2", "Somebody by name")])
        assert "Somebody by name" in str(offered.place())
        assert not [str(field()) for field in TriedForm() if str(field())]  # all that is empty would be kept
    assert len(kept) >= 7
    assert not [parts for parts in kept if re.search(r"Zoe|Said|41|'6'|Some|Nobody|Message.: \{", parts)]


def test_a_field_that_is_kept_is_shown_as_it_is_now(app: Flask) -> None:
    with app.test_request_context():
        first, other = TriedForm(), TriedForm(data={"kind": "b"})
        assert str(first.kind()) == str(TriedForm().kind())
        assert str(first.kind()) != str(other.kind())
        assert 'value="b" checked' in pressed(str(other.kind()))
        assert str(first.kind(classes="wide")) != str(first.kind())
