"""The forms of the holder's pages: share, open a share, say what is wrong, choose where to go."""

from passport.errors import NotFound
from passport.holder.service import REASONS
from passport.holder.sharing import LONGEST_NAME
from passport.web.forms import Checkboxes, DateInput, Form, Radios, Select, TextArea, TextInput

REGISTRATIONS, PRACTICE = "registrations", "practice"  # the choices beside the awards' ids


class ShareForm(Form):
    """What to share, with whom, until when, how often; or one of these questions alone."""

    what = Checkboxes("What do you want to share?", required="Choose at least one record")
    given_to = TextInput(
        "Who is it for?",
        required="Enter who it is for",
        hint="The organisation and, if you know it, the person. Only you see this.",
        longest=LONGEST_NAME,
    )
    days = Radios("How long can they open it?", required="Choose how long they can open it")
    uses = Radios(
        "How often can they open it?",
        choices=(("once", "Once"), ("many", "As often as they need")),
        required="Choose how often they can open it",
    )

    def ask_only(self, question: str) -> None:
        """Leave one question, as the page's heading.

        Raises:
            NotFound: there is no such question.
        """
        if question not in self:
            raise NotFound
        for name in [field.name for field in self if field.name != question]:
            delattr(self, name)
        self[question].heading = True


class OpenForm(Form):
    """What opens a share: the code or a link, with a second fact; and who opens it."""

    code = TextInput(
        "The code",
        required="Enter the code",
        hint="8 letters and numbers, for example XK4M-7P9R",
        width=10,
        longest=40,
    )
    born_on = DateInput(
        "Their date of birth",
        required="Enter their date of birth",
        hint="The date of birth of the person who shared with you. You may have it from recruitment.",
    )
    said_by = TextInput(
        "Your name and organisation",
        required="Enter your name and organisation",
        hint="The person who shared with you will see this.",
        longest=LONGEST_NAME,
    )

    @classmethod
    def of_link(cls) -> "OpenForm":
        """Return the form for who has the link: it asks for no code."""
        form = cls()
        del form.code
        return form


class WrongForm(Form):
    """What is wrong with an award."""

    reason = Radios("What is wrong?", choices=tuple(REASONS.items()), required="Choose what is wrong")
    words = TextArea(
        "Tell the issuer more",
        hint="For example the right date. Do not write about your health or about other people.",
        longest=2000,
    )


class ReadyForm(Form):
    """Where somebody goes, and when. It changes nothing, so its answers stand in the address."""

    role = Select("Organisation and role", required="Choose an organisation and role")
    starts_on = DateInput("When do you start?", required="Enter your first day", example="coming")
