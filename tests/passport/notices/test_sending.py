"""One message to one address, against a real receiver that is slow, huge, rude or elsewhere than it says."""

import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from passport.notices import addresses
from passport.notices.sending import Sender
from tests.receivers import (
    Receiver,
    drip,
    flood,
    flood_header,
    garbage,
    hang_up,
    redirect,
)

BODY = b'{"type":"webhook.test"}'
HEADERS = {"webhook-id": "msg_1"}
SOON = Sender(loopback=True, within=0.3)


def test_a_message_arrives_as_it_was_given(receiver: Receiver) -> None:
    result = Sender(loopback=True)(f"{receiver.url}?a=1", BODY, HEADERS)
    assert (result.reason, result.status, result.was_taken, result.reached) == ("answered", 204, True, True)
    [message] = receiver.script.received
    assert (message.path, message.body) == ("/hook?a=1", BODY)
    assert message.headers["Host"] == f"127.0.0.1:{receiver.server_port}"
    assert message.headers["webhook-id"] == "msg_1"
    assert message.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("status", [400, 410, 500, 503])
def test_another_status_is_an_answer_and_no_success(receiver: Receiver, status: int) -> None:
    receiver.script.answers = [status]
    result = Sender(loopback=True)(receiver.url, BODY, HEADERS)
    assert (result.status, result.was_taken, result.reached) == (status, False, True)


@pytest.mark.parametrize(
    "elsewhere", ["http://127.0.0.1:9/private", "http://169.254.169.254/latest", "https://10.0.0.1/", "file:///etc"]
)
def test_a_redirect_is_not_followed(receiver: Receiver, elsewhere: str) -> None:
    receiver.script.answers = [redirect(elsewhere)]
    result = Sender(loopback=True)(receiver.url, BODY, HEADERS)
    assert (result.status, result.was_taken, len(receiver.script.received)) == (307, False, 1)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (drip, "too_slow"),
        (flood_header, "answer_unreadable"),
        (garbage, "answer_unreadable"),
        (hang_up, "no_connection"),
    ],
)
def test_an_answer_that_is_none_ends_in_time(receiver: Receiver, answer: Any, reason: str) -> None:
    receiver.script.answers = [answer]
    result = SOON(receiver.url, BODY, HEADERS)
    assert (result.reason, result.status, result.reached) == (reason, None, False)


def test_of_a_body_without_end_only_the_status_counts(receiver: Receiver) -> None:
    receiver.script.answers = [flood]
    assert SOON(receiver.url, BODY, HEADERS).was_taken


def test_a_closed_port_is_no_connection(receiver: Receiver) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    assert Sender(loopback=True)(url, BODY, HEADERS).reason == "no_connection"


def test_this_machine_is_not_asked_outside_a_demonstration(receiver: Receiver) -> None:
    assert Sender()(receiver.url, BODY, HEADERS).reason == "address_refused"
    assert receiver.script.received == []


@pytest.mark.parametrize("leads_to", ["127.0.0.1", "::ffff:127.0.0.1", "10.0.0.1", "169.254.169.254"])
def test_a_name_that_leads_inwards_is_not_asked(leads_to: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_: Any) -> None:
        pytest.fail("somebody was called")

    monkeypatch.setattr(socket, "create_connection", connect)
    result = Sender(resolver=lambda *_: [leads_to])("https://rebound.example/", BODY, HEADERS)
    assert result.reason == "address_refused"


def test_the_address_that_was_checked_is_the_one_that_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time (DNS rebinding) is asked once only."""
    answered = iter((["93.184.216.34"], ["127.0.0.1"]))
    called: list[tuple[str, int]] = []

    def resolve(host: str, port: int) -> Sequence[str]:
        return next(answered)

    def connect(address: tuple[str, int], *_: Any) -> socket.socket:
        called.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    assert Sender(resolver=resolve)("https://rebound.example:8443/", BODY, HEADERS).reason == "no_connection"
    assert called == [("93.184.216.34", 8443)]
    assert next(answered) == ["127.0.0.1"]


def certificate(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """Write a key and certificate of a host, and return who trusts it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ipaddress.ip_address("192.0.2.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "host.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, *form) + pem)
    return path, ssl.create_default_context(cadata=pem.decode())


@pytest.mark.parametrize(("name", "reason"), [("hooks.example", "answered"), ("other.example", "no_trust")])
def test_tls_proves_the_name_while_the_call_goes_to_the_checked_address(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    path, trusting = certificate(tmp_path, "hooks.example")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    receiver.socket = serving.wrap_socket(receiver.socket, server_side=True)
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    sender = Sender(resolver=lambda *_: ["127.0.0.1"], context=trusting)
    assert sender(f"https://{name}:{receiver.server_port}/", BODY, HEADERS).reason == reason
    assert [message.headers["Host"] for message in receiver.script.received] == (
        [f"{name}:{receiver.server_port}"] if reason == "answered" else []
    )


def test_a_certificate_that_nobody_vouches_for_is_refused(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, _ = certificate(tmp_path, "hooks.example")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    receiver.socket = serving.wrap_socket(receiver.socket, server_side=True)
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    sender = Sender(resolver=lambda *_: ["127.0.0.1"])
    assert sender(f"https://hooks.example:{receiver.server_port}/", BODY, HEADERS).reason == "no_trust"


def test_a_tls_handshake_that_never_ends_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "is_public", lambda _: True)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sender = Sender(resolver=lambda *_: ["127.0.0.1"], within=0.2)
        url = f"https://hooks.example:{silent.getsockname()[1]}/"
        assert sender(url, BODY, HEADERS).reason == "too_slow"
