"""The form that takes a passport to check: its text, or a picture of its QR code."""

from typing import Final

from credentials.sd_jwt import MAX_PRESENTATION_CHARACTERS
from passport.verifying.pictures import KINDS, PictureUnreadable, text_in
from passport.web.forms import FileUpload, Form, TextArea

NOTHING_GIVEN: Final = "Paste the passport code, or choose a picture of it"


class CheckForm(Form):
    """A passport, pasted or as a picture. A picture wins where both are given."""

    passport = TextArea(
        "Passport code",
        hint="Paste the link behind the QR code, or the long text of a digital passport.",
        longest=MAX_PRESENTATION_CHARACTERS,
        rows=3,
    )
    picture = FileUpload(
        "Picture of the QR code",
        hint="A photo or a screenshot, smaller than 8MB. We read it and keep nothing of it.",
        required=None,
        accept=",".join(f"image/{kind.lower()}" for kind in KINDS),
    )

    def text(self) -> str | None:
        """Return the text to check; None where there is none, and then the form says why."""
        if not self.submitted():
            return None
        if self.picture.data is not None:
            try:
                return text_in(self.picture.data.read())
            except PictureUnreadable as refusal:
                self.refuse("picture", refusal.detail)
                return None
        if not self.passport.data:
            self.refuse("passport", NOTHING_GIVEN)
            return None
        return str(self.passport.data)
