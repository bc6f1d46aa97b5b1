"""What the service says by itself: webhooks to the employer's program, and letters about training that ends soon.

The employer's program has a webhook on this machine, asks for all that happened since the first day, and checks the
signature of each message with the secret that it was given once, as a program anywhere would. The reminders of the week
are begun, and the worker writes their letters into files. Afterwards the webhook is switched off, because its receiver
ends with the story; what it was told can be read on its page.
"""

import email
import email.policy
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session
from standardwebhooks.webhooks import Webhook

from passport import jobs
from passport.db import reading, transaction
from passport.demo import accounts
from passport.demo.program import Program
from passport.notices import endpoints, reminders
from passport.notices.models import NoticeSettings, ReminderLetter
from passport.organisations import service as organisations
from passport.settings import Settings
from passport.staff.models import Person

EMPLOYER: Final = "X1V2A"
KINDS: Final = ("import.finished", "batch.finished", "dispute.raised")
LIFE_OF_SETTINGS: Final = timedelta(days=8)  # so that a run was due since they were made
DONE_WITHIN: Final = 60  # seconds
LOOK_AGAIN_AFTER: Final = 0.2  # seconds
FOLDER: Final = "mail"
Found = TypeVar("Found")


class NothingCameError(Exception):
    """The worker sent nothing."""


def happen(program: Program, settings: Settings, *, reader: Person, today: date, now: datetime) -> dict[str, Any]:
    """Have the employer's program told of what happened, and its staff of what ends soon.

    Args:
        program: the employer's.
        settings: say where letters lie.
        reader: a member of staff who has an address.
        today: the day of the first run.
        now: UTC.

    Returns:
        `webhook`: its id, and the kinds of the messages that came with a signature that was right; `letters`: to how
        many of the staff, how many have no address, and what the reader's letter says.
    """
    return {"webhook": _webhook(program, today=today, now=now), "letters": _letters(settings, reader, now=now)}


def _webhook(program: Program, *, today: date, now: datetime) -> dict[str, Any]:
    token = program.token(now=now)
    messages: list[dict[str, Any]] = []
    secrets: list[str] = []
    with _receiver(secrets, messages) as address:
        made = program.post("/v1/webhooks", {"url": address, "kinds": list(KINDS)}, token=token)
        secrets.append(made["secret"])
        since = datetime.combine(today, time_of_day(), UTC).isoformat()
        asked = program.post(f"/v1/webhooks/{made['id']}/replay", {"from": since}, token=token)
        with transaction() as session:
            jobs.defer(session, "notices.webhooks")  # now, and not only with the next minute
        _until(lambda: len(messages) >= asked["events"] or None)
        log = f"/v1/webhooks/{made['id']}/deliveries"
        _until(lambda: all(each["state"] == "delivered" for each in program.get(log, token=token)["items"]) or None)
    with transaction() as session:
        endpoint = endpoints.by_id(
            session, UUID(made["id"]), organisation_id=organisations.by_ods(session, EMPLOYER).id, changing=True
        )
        actor = f"account:{accounts.account_of(session, 'hr').id}"
        endpoints.disable(session, endpoint, by="organisation", actor=actor, now=now)
    return {"id": made["id"], "messages": [message["type"] for message in messages]}


@contextmanager
def _receiver(secrets: list[str], messages: list[dict[str, Any]]) -> Iterator[str]:
    """Run a receiver of webhooks on this machine, which keeps each message whose signature is right."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            messages.append(Webhook(secrets[0]).verify(body, dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hooks"
        server.shutdown()


def _letters(settings: Settings, reader: Person, *, now: datetime) -> dict[str, Any]:
    with transaction() as session:
        employer = organisations.by_ods(session, EMPLOYER).id
        session.get_one(NoticeSettings, employer).changed_at = now - LIFE_OF_SETTINGS
        session.flush()
        reminders.begin_due(session, now=now)
    written = _until(lambda: _written(employer))
    text = _letter_to(settings.home / FOLDER, f"{reader.given_name}.{reader.family_name}@".lower())
    listed = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
    return {**written, "reader": f"{reader.given_name} {reader.family_name}", "says": listed}


def _written(employer: UUID) -> Mapping[str, int] | None:
    """Return what became of the last run of reminders; None while letters of it wait."""
    with reading() as session:
        run = reminders.latest_run(session, employer)
        if run is None or _waits(session, run.id):
            return None
        return {"to_staff": run.letters, "without_address": run.without_address}


def _waits(session: Session, run_id: UUID) -> bool:
    waiting = select(ReminderLetter.id).where(ReminderLetter.run_id == run_id, ReminderLetter.state == "waiting")
    return session.scalar(waiting.limit(1)) is not None


def _letter_to(folder: Path, beginning: str) -> str:
    """Return the text of the newest letter to an address that begins so; empty where there is none."""
    for path in sorted(folder.glob("*.eml"), reverse=True):
        letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if str(letter["To"]).startswith(beginning):
            return str(letter.get_content())
    return ""


def _until(look: Callable[[], Found | None]) -> Found:
    deadline = time.monotonic() + DONE_WITHIN
    while time.monotonic() < deadline:
        if (found := look()) is not None:
            return found
        time.sleep(LOOK_AGAIN_AFTER)
    raise NothingCameError(f"The worker sent nothing within {DONE_WITHIN} seconds.")
