"""What people fill in to do many changes by one file."""

from collections.abc import Mapping, Sequence
from typing import Final

from passport.batches.reading import MEGABYTES
from passport.web.forms import FileUpload, Form, Radios

# What each kind is called, and what a row of its file does.
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "issue_passports": ("Issue passports", "A signed passport for each person in the file"),
    "record_awards": ("Record awards", "Training or a credential that each person achieved"),
    "correct_awards": ("Correct awards", "Put right what your records say wrongly"),
    "withdraw_awards": ("Withdraw awards", "They will not count any more"),
    "revoke_copies": ("Revoke passports", "Copies that were lost or should not be used. You cannot undo this"),
}
KINDS_OF: Final[Mapping[str, Sequence[str]]] = {
    "hr": tuple(WORDS),
    "academy": ("record_awards", "correct_awards", "withdraw_awards"),
}


class UploadForm(Form):
    """A file to be checked."""

    kind = Radios("What do you want to do?", required="Choose what you want to do")
    file = FileUpload(
        "The file",
        hint=f"A CSV that uses the template, smaller than {MEGABYTES}MB",
        accept=".csv,.jsonl",
        required="Select a file",
    )

    @classmethod
    def of(cls, role: str) -> "UploadForm":
        """Return the form with what a role may do."""
        form = cls()
        form.kind.offer((kind, *WORDS[kind]) for kind in KINDS_OF[role])
        return form
