"""What stands in a worker's database before its first test: the example keys in use, the catalogue, or both.

To put keys to use or to load the catalogue costs more than most tests do, so a room whose tests all begin with that
asks once for a database that has it: its `conftest.py` overrides `engine`. The tests still call `make_service` and
`load_catalogue`, which then find little left to do, and say by that what they rest on. Nothing is published here:
the lists are made from what a test adds.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.example_keys import FOLDER
from passport.standards import service as standards

Furnishing = Literal["keys", "catalogue"]
NOW: Final = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)  # the time of every test


def furnish(owner: Engine, home: Path, *wanted: Furnishing) -> None:
    """Put what is wanted into a database.

    Args:
        owner: the database, as the role that may do everything there.
        home: an empty folder, for the key files.
        wanted: what is to stand in it.
    """
    keyring.configure(Settings(home=home, example_keys=True))
    with Session(owner) as session:
        for each in wanted:
            FURNISHINGS[each](session)
        session.execute(text("DELETE FROM procrastinate_jobs"))  # nobody has asked for anything yet
        session.commit()


def _use_keys(session: Session) -> None:
    signing.load_example_keys(session, now=NOW)
    publishing.install_root(session, (FOLDER / "trust-root.json").read_bytes(), actor="operator", now=NOW)


def _load_catalogue(session: Session) -> None:
    standards.load_catalogue(session, now=NOW)


FURNISHINGS: Final[dict[Furnishing, Callable[[Session], None]]] = {"keys": _use_keys, "catalogue": _load_catalogue}
