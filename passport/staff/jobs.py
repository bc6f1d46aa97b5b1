"""Background work of the staff room: write the letters with codes, forget old requests for codes.

A letter that could not be sent is tried again with a new code. Codes are in the letter alone, never in a job.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from flask import current_app

from passport import jobs
from passport.db import transaction
from passport.settings import Settings
from passport.staff import claiming, one_time_codes
from passport.web import mail
from passport.web.clock import now

INVITATION: Final = """\
You are invited to claim your staff passport. It shows the training that you have done.

1. Open {address}/claim
2. Enter this code: {code}
3. Enter your date of birth.

The code works for 14 days. Do not give it to anybody.
"""
CODE: Final = """\
Your code to sign in is: {code}

It works for 10 minutes. If you did not ask for it, do nothing. Do not give it to anybody.
"""


@jobs.task(claiming.SEND_INVITATION)
def send_invitation(invitation_id: str) -> None:
    """Write the letter of an invitation."""
    settings = _settings()
    with transaction() as session:
        if letter := claiming.code_for_letter(session, UUID(invitation_id), now=now()):
            text = INVITATION.format(address=settings.public_url, code=letter[1])
            mail.send(settings, to=letter[0], subject=f"{settings.service_name}: your invitation", text=text)


@jobs.task(one_time_codes.SEND_CODE)
def send_code(request_id: str) -> None:
    """Write the letter with a one-time code."""
    settings = _settings()
    with transaction() as session:
        if letter := one_time_codes.code_for_letter(session, UUID(request_id), key=secret(), now=now()):
            text = CODE.format(code=letter[1])
            mail.send(settings, to=letter[0], subject=f"{settings.service_name}: your code", text=text)


@jobs.app.periodic(cron="17 * * * *")
@jobs.app.task(name="staff.forget_old_codes")
def forget_old_codes(timestamp: int) -> None:
    """Forget the requests for codes that were too old when this was due."""
    with transaction() as session:
        one_time_codes.forget_old(session, at=datetime.fromtimestamp(timestamp, UTC))


def secret() -> bytes:
    """Return the service's secret, the key of one-time codes."""
    return str(current_app.config["SECRET_KEY"]).encode()


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
