"""Whom the tests of the pages can be, and where the server is."""

from dataclasses import dataclass
from pathlib import Path

from passport.demo import accounts

NAMES = {accounts.STAFF: "Nia Exampleton", accounts.PRACTITIONER: "Tomos Sampleworth"} | {
    key: name for key, name, _, _ in accounts.PEOPLE
}


@dataclass(frozen=True)
class Live:
    """The running server: its address, and its home (letters are in `home/mail`)."""

    url: str
    home: Path
