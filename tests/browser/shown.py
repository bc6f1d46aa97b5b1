"""The passport that somebody shows in tests of the browser: that of the demonstration's traveller, digital and printed.

`show` asks in a process of its own (`python -m tests.browser.shown`), because the server's database is not the tests'.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from credentials.encoding import b64url_decode
from passport import startup
from passport.db import reading
from passport.demo import story
from passport.issuing import issuance
from passport.issuing import service as issuing
from passport.organisations import service as organisations
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring
from tests.browser.invented import Live

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Shown:
    """What is shown, whose it is, and when the lists are too old (milliseconds)."""

    text: str
    printed: str
    name: str
    number: str
    lists_end: int


def show(live: Live, database: Callable[[str], str]) -> Shown:
    """Issue a printed code on the live server, and return it with the digital passport."""
    environment = os.environ | {
        "PASSPORT_HOME": str(live.home),
        "PASSPORT_PUBLIC_URL": live.url,
        "PASSPORT_DATABASE_URL": database("web"),
        "PASSPORT_EXAMPLE_KEYS": "yes",
        "PASSPORT_DEMO": "yes",
    }
    made = subprocess.run(
        [sys.executable, "-m", "tests.browser.shown"], cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE
    )
    return Shown(**json.loads(made.stdout))


def main() -> None:
    """Write what is shown as JSON."""
    settings, now = Settings.from_env(), datetime.now(UTC)
    keyring.configure(settings)
    with startup.database(settings, "web"):
        with reading() as session:
            person = story._person(session, story.TRAVELLER)
            employer = organisations.by_ods(session, story.SENDER).id
            person_id, number = person.id, person.passport_number
            name = f"{person.given_name} {person.family_name}"
        printed = issuance.issue_print_qr(person_id, organisation_id=employer, requested_by="operator", now=now)
        with reading() as session:
            copies = issuing.live(session, person_id, now=now)
            text = next(issuing.token_of(session, copy) for copy in copies if copy.carrier == "sd_jwt")
            trust_list = publishing.document(session, "trust-list").body.decode()
    ends_at = msgspec.json.decode(b64url_decode(trust_list.split(".")[1]))["exp"]
    sys.stdout.write(json.dumps(asdict(Shown(text, printed.credential, name, number, ends_at * 1000))))


if __name__ == "__main__":
    main()
