"""Letters by SMTP, against a real server on loopback with certificates made for the test."""

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from passport.settings import Settings
from passport.web import mail
from passport.web.mail import MailRefused, MailUnavailable

ADDRESS = "nia@invented-vale.example"
PASSWORD = "invented p@ss:word"
Start = Callable[..., "Server"]


class Server:
    """What the server took, and how it answers a letter."""

    def __init__(self, port: int) -> None:
        self.port, self.taken, self.logins = port, list[Envelope](), list[str]()
        self.answers = {"recipient": "250 OK", "letter": "250 OK"}

    async def handle_RCPT(self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Take a recipient."""
        if self.answers["recipient"].startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answers["recipient"]

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 (as above)
        """Take a letter."""
        self.taken.append(envelope)
        return self.answers["letter"]

    def log_in(self, _server: SMTP, _session: Session, _envelope: Envelope, _way: str, given: Any) -> AuthResult:
        """Let in whoever knows the password."""
        assert isinstance(given, LoginPassword)
        self.logins.append(given.login.decode())
        return AuthResult(success=given.password.decode() == PASSWORD, handled=False)  # so that the server answers


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a server: by name, for which its certificate is; `trusted=False`: that nobody vouches for."""
    running: list[Controller] = []

    def begin(name: str = "localhost", *, trusted: bool = True, at_once: bool = False, **options: Any) -> Server:
        certificate = make_certificate(tmp_path, name)
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, tmp_path / "key.pem")
        server = Server(free_port())
        how = {"ssl_context": context} if at_once else {"tls_context": context, "require_starttls": True}
        controller = Controller(
            server, hostname="127.0.0.1", port=server.port, authenticator=server.log_in, **how, **options
        )
        with certificate_trusted(certificate, monkeypatch):  # aiosmtpd visits itself once to see whether it listens
            controller.start()
        running.append(controller)
        return server

    yield begin
    for controller in running:
        controller.stop()


@contextmanager
def certificate_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as for_now:
        for_now.setenv("SSL_CERT_FILE", str(certificate))
        yield


def make_certificate(folder: Path, name: str) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invented mail server")])
    names: list[x509.GeneralName] = [x509.DNSName(name)]
    if name == "localhost":
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    began = datetime.now().astimezone() - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    certificate = folder / "certificate.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return certificate


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def send(server: Server, *, scheme: str = "smtp", login: str = "") -> None:
    settings = Settings(mail=f"{scheme}://{login}127.0.0.1:{server.port}", mail_from="passport@invented.example")
    mail.send(settings, to=ADDRESS, subject="Your staff passport", text="Grüße.\nZeile zwei.\n")


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_letter_is_sent_over_an_encrypted_connection(start: Start, scheme: str) -> None:
    server = start(at_once=scheme == "smtps")
    send(server, scheme=scheme)
    (envelope,) = server.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("passport@invented.example", [ADDRESS])
    assert isinstance(envelope.content, bytes)
    assert b"Subject: Your staff passport" in envelope.content


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_stops_the_letter(start: Start, scheme: str) -> None:
    server = start(trusted=False, at_once=scheme == "smtps")
    with pytest.raises(MailUnavailable):
        send(server, scheme=scheme)
    assert server.taken == []


def test_a_certificate_of_another_server_stops_the_letter(start: Start) -> None:
    server = start("elsewhere.example")
    with pytest.raises(MailUnavailable):
        send(server)
    assert server.taken == []


def test_a_server_without_encryption_gets_no_letter_and_no_password() -> None:
    server = Server(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port, authenticator=server.log_in)
    controller.start()
    try:
        with pytest.raises(MailUnavailable):
            send(server, login="invented:secret@")
    finally:
        controller.stop()
    assert (server.taken, server.logins) == ([], [])


def test_the_service_logs_in_with_the_name_and_password_of_the_setting(start: Start) -> None:
    server = start(auth_required=True)
    send(server, login="invented%40sender:invented%20p%40ss%3Aword@")
    assert server.logins == ["invented@sender"]
    assert len(server.taken) == 1


def test_a_wrong_password_is_ours_to_mend_so_the_letter_waits(start: Start) -> None:
    server = start(auth_required=True)
    with pytest.raises(MailUnavailable):
        send(server, login="invented:wrong@")
    assert server.taken == []


@pytest.mark.parametrize("where", ["recipient", "letter"])
@pytest.mark.parametrize(("answer", "failure"), [("550 No such person", MailRefused), ("451 Later", MailUnavailable)])
def test_a_letter_that_is_refused_for_good_is_not_sent_again(
    start: Start, where: str, answer: str, failure: type[Exception]
) -> None:
    server = start()
    server.answers[where] = answer
    with pytest.raises(failure) as refused:
        send(server)
    assert ADDRESS not in str(refused.value)
    assert refused.value.__cause__ is None  # the library's error quotes the address


def test_a_server_that_is_away_is_tried_again_later() -> None:
    with pytest.raises(MailUnavailable):
        send(Server(free_port()))
