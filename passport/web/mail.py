"""Letters by e-mail: one small port, two back ends, chosen by the setting `PASSPORT_MAIL`.

`file` writes each letter into a folder of the home, for a demonstration and for tests; `smtp://` and `smtps://` send it
(with STARTTLS, or TLS from the start; a certificate that is wrong stops it). Only background jobs send letters, so a
page answers as fast for an address that is unknown. Neither address nor text goes to a log.
"""

import os
import secrets
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from passport.errors import Unavailable
from passport.settings import Settings

ANSWERS_WITHIN: Final = 20  # seconds
PORTS: Final = {"smtp": 587, "smtps": 465}
FOLDER: Final = "mail"

Mailer = Callable[[EmailMessage], None]


class MailUnavailable(Unavailable):
    """The mail server did not take the letter."""

    code = "mail_unavailable"
    title = "The mail server does not answer"


def send(settings: Settings, *, to: str, subject: str, text: str) -> None:
    """Send a letter.

    Args:
        settings: whose back end and sender.
        to: the address.
        subject: one line, without personal data: it shows on locked screens.
        text: the letter, short plain lines.

    Raises:
        MailUnavailable: the mail server did not take it.
    """
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = settings.mail_from, to, subject
    letter.set_content(text)
    mailer(settings)(letter)


def mailer(settings: Settings) -> Mailer:
    """Return the back end that the settings choose."""
    if settings.mail == "file":
        return lambda letter: _write(settings.home / FOLDER, letter)
    return lambda letter: _submit(settings.mail, letter)


def _write(folder: Path, letter: EmailMessage) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{len(list(folder.iterdir())) + 1:06}-{secrets.token_hex(4)}.eml"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(letter.as_bytes())


def _submit(address: str, letter: EmailMessage) -> None:
    parts, context = urlsplit(address), ssl.create_default_context()
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    try:
        with (
            smtplib.SMTP_SSL(host, port, timeout=ANSWERS_WITHIN, context=context)
            if parts.scheme == "smtps"
            else smtplib.SMTP(host, port, timeout=ANSWERS_WITHIN)
        ) as server:
            if parts.scheme == "smtp":
                server.starttls(context=context)
            if parts.username:
                server.login(unquote(parts.username), unquote(parts.password or ""))
            server.send_message(letter)
    except OSError as error:  # smtplib's errors are OSErrors too
        raise MailUnavailable("The letter is sent again later.") from error
