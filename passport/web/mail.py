"""Letters by e-mail: one small port, three back ends, chosen by the setting `PASSPORT_MAIL`.

`file` writes each letter into a folder of the home, for a demonstration and for tests; `smtp://` and `smtps://` send it
(with STARTTLS, or TLS from the start; a certificate that is wrong stops it); `notify:TEMPLATE_ID` hands it to GOV.UK
Notify (`passport.web.notify_mail`). Only background jobs send letters, so a page answers as fast for an address that is
unknown, and a failure is tried again by the job's own pauses. Neither address nor text goes to a log: failures are
raised without the library's error, whose text would quote them.
"""

import os
import secrets
import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from passport.settings import Settings
from passport.web import notify_mail
from passport.web.clock import utc_now
from passport.web.mail_failures import MailRefused, MailUnavailable

__all__ = ["MailRefused", "MailUnavailable", "Mailer", "mailer", "send"]

ANSWERS_WITHIN: Final = 20  # seconds
PORTS: Final = {"smtp": 587, "smtps": 465}
FOLDER: Final = "mail"
NOTIFY: Final = "notify:"
REFUSED_FOR_GOOD: Final = 500  # SMTP's permanent failures (RFC 5321 section 4.2.1)

Mailer = Callable[[EmailMessage], None]


def send(settings: Settings, *, to: str, subject: str, text: str, reference: str | None = None) -> None:
    """Send a letter.

    Args:
        settings: whose back end and sender.
        to: the address.
        subject: one line, without personal data: it shows on locked screens.
        text: the letter, short plain lines.
        reference: the same for a letter that is sent again after a crash, so that mail systems know it; without one
            it is made up.

    Raises:
        MailUnavailable: the mail server did not take it now.
        MailRefused: the mail server will never take it.
    """
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = settings.mail_from, to, subject
    letter["Date"] = format_datetime(utc_now())
    letter["Message-ID"] = f"<{reference or uuid4()}@{urlsplit(settings.issuer).hostname}>"
    letter["Auto-Submitted"] = "auto-generated"  # no holiday notice answers it (RFC 3834)
    letter.set_content(text)
    mailer(settings)(letter)


def mailer(settings: Settings) -> Mailer:
    """Return the back end that the settings choose."""
    if settings.mail == "file":
        return lambda letter: _write(settings.home / FOLDER, letter)
    if settings.mail.startswith(NOTIFY):
        template, key = settings.mail.removeprefix(NOTIFY), settings.notify_key or ""
        return lambda letter: notify_mail.submit(letter, template=template, key=key)
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
        if _is_final(error):
            raise MailRefused from None
        raise MailUnavailable("The letter is sent again later.") from None


def _is_final(error: OSError) -> bool:
    """Say whether the server refused this very letter and will again; a wrong login or sender is ours to mend."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= REFUSED_FOR_GOOD for code, _ in error.recipients.values())
    return isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= REFUSED_FOR_GOOD
