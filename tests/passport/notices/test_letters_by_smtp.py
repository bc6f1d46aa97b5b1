"""A run of reminders reaches people through a real mail server with TLS, and says nothing to the log."""

import logging
import socket
import ssl
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.notices import jobs, reminders
from passport.notices.models import ReminderLetter, ReminderRun
from passport.settings import Settings
from passport.web.mail import MailUnavailable
from tests.passport.notices.test_sending import certificate
from tests.reminding import World


class Inbox:
    """What the mail server took, and whom it does not know."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.unknown: set[str] = set()
        self.busy = False

    async def handle_RCPT(  # noqa: N802 (the library's name)
        self, _server: SMTP, _session: SmtpSession, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if self.busy:
            return "451 try again later"
        if address in self.unknown:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: SmtpSession, envelope: Envelope) -> str:  # noqa: N802
        """Keep a letter."""
        content = envelope.content
        assert isinstance(content, bytes)
        assert session.ssl is not None
        self.letters.append(message_from_bytes(content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def inbox(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """A mail server with STARTTLS whose certificate this process trusts, named in the settings."""
    path, _ = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    serving, inbox = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), Inbox()
    serving.load_cert_chain(path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=port, tls_context=serving, require_starttls=True)
    controller.start()
    object.__setattr__(settings, "mail", f"smtp://localhost:{port}")
    yield inbox
    controller.stop()


@pytest.fixture
def run_id(app: Flask, world: World) -> str:
    for name in ("Nia", "Bo", "Zoë"):
        world.award(world.person(name=name), ends_in=20)
    world.want(to_mailbox=True, mailbox="ward-7@invented-vale.example")
    [made] = reminders.begin_due(world.session, now=world.clock())
    world.session.commit()
    return str(made)


def test_each_person_gets_one_letter(app: Flask, inbox: Inbox, run_id: str, world: World) -> None:
    with app.app_context():
        jobs.remind(run_id)
        jobs.remind(run_id)
    assert len(inbox.letters) == 4
    texts = [letter.get_content() for letter in inbox.letters]
    greetings = sorted(text.splitlines()[0] for text in texts if text.startswith("Dear"))
    assert greetings == ["Dear Bo,", "Dear Nia,", "Dear Zoë,"]
    assert (
        len({letter["To"] for letter in inbox.letters}) == len({letter["Message-ID"] for letter in inbox.letters}) == 4
    )
    assert {letter["Subject"] for letter in inbox.letters} == {"Staff passport: training that ends soon"}
    assert {letter["Auto-Submitted"] for letter in inbox.letters} == {"auto-generated"}


def test_an_unknown_mailbox_is_noted_and_the_others_get_theirs(
    app: Flask, inbox: Inbox, run_id: str, session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    run = session.scalars(select(ReminderRun)).one()
    with app.app_context():
        inbox.unknown.add("ward-7@invented-vale.example")
        jobs.remind(run_id)
    session.expire_all()
    states = session.scalars(select(ReminderLetter.state).where(ReminderLetter.run_id == run.id)).all()
    assert sorted(states) == ["refused", "sent", "sent", "sent"]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("passport")]
    assert not any("invented-vale" in said or "Dear" in said for said in ours)


def test_a_busy_server_is_tried_again(app: Flask, inbox: Inbox, run_id: str) -> None:
    inbox.busy = True
    with app.app_context():
        with pytest.raises(MailUnavailable) as failure:
            jobs.remind(run_id)
        assert failure.value.__suppress_context__
        inbox.busy = False
        jobs.remind(run_id)
    assert len(inbox.letters) == 4


def test_a_certificate_of_somebody_else_stops_the_letters(
    app: Flask, inbox: Inbox, run_id: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate(other, "localhost")[0]))
    with app.app_context(), pytest.raises(MailUnavailable):
        jobs.remind(run_id)
    assert inbox.letters == []
