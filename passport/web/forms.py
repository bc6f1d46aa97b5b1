"""Forms of the pages: WTForms fields that render as components of nhsuk-frontend and refuse what can't be seen.

`Form` knows whether it has errors and lists them at the top of the page. The fields are in `inputs` and `choices`, and
are part of this module's face. Forgery is checked for every POST at the edge (`passport.web.forgery`), so forms carry
no token of their own; the template writes it: `{{ csrf() }}`.

    class ShareForm(Form):
        until = DateInput("Until when?", required="Enter a date")

    form = ShareForm()
    if form.submitted(): ...form.until.data...
    return page("holder/share.html", form=form)          # {{ form.until() }}
"""

from flask_wtf import FlaskForm
from markupsafe import Markup

from passport.web.choices import Checkboxes, Radios, Select
from passport.web.components import component
from passport.web.inputs import LONGEST_TEXT, DateInput, FileUpload, TextArea, TextInput

__all__ = [
    "LONGEST_TEXT", "Checkboxes", "DateInput", "FileUpload", "Form", "Radios", "Select", "TextArea", "TextInput",
    "component",
]  # fmt: skip


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
