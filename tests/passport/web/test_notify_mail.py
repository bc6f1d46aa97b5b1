"""Letters through GOV.UK Notify, against a server on loopback that speaks its API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest

from passport.settings import Settings, SettingsError
from passport.web import mail, notify_mail
from passport.web.mail import MailRefused, MailUnavailable

TEMPLATE = "00000000-0000-4000-8000-00000000aaaa"
SERVICE = "00000000-0000-4000-8000-00000000bbbb"
SECRET = "00000000-0000-4000-8000-00000000cccc"
KEY = f"invented-{SERVICE}-{SECRET}"
ADDRESS = "nia@invented-vale.example"


class Notify(ThreadingHTTPServer):
    """What Notify was asked, and what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.asked, self.issuers = 201, list[dict[str, Any]](), list[str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Notify

    def do_POST(self) -> None:
        token = self.headers["Authorization"].removeprefix("Bearer ")
        self.server.issuers.append(jwt.decode(token, SECRET, algorithms=["HS256"], issuer=SERVICE)["iss"])
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body | {"path": self.path})
        wrong = {"status_code": self.server.status, "errors": [{"error": "BadRequestError", "message": ADDRESS}]}
        answer = json.dumps({"id": "invented"} if self.server.status < 400 else wrong).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (the library's name)
        """Say nothing."""


@pytest.fixture
def notify(monkeypatch: pytest.MonkeyPatch) -> Iterator[Notify]:
    with Notify() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        monkeypatch.setattr(notify_mail.submit, "__kwdefaults__", {"base_url": server.url})
        yield server
        server.shutdown()


@pytest.fixture
def settings() -> Settings:
    return Settings(mail=f"notify:{TEMPLATE}", notify_key=KEY)


def write(settings: Settings) -> None:
    mail.send(settings, to=ADDRESS, subject="Invented subject", text="Dear Nia,\n", reference="letter-1")


def test_a_letter_reaches_notify_as_its_api_wants_it(settings: Settings, notify: Notify) -> None:
    write(settings)
    assert notify.issuers == [SERVICE]
    assert notify.asked == [
        {
            "path": "/v2/notifications/email",
            "email_address": ADDRESS,
            "template_id": TEMPLATE,
            "personalisation": {"subject": "Invented subject", "text": "Dear Nia,\n"},
            "reference": "<letter-1@passport.example>",
        }
    ]


@pytest.mark.parametrize(
    ("status", "failure"),
    [(400, MailRefused), (403, MailUnavailable), (429, MailUnavailable), (500, MailUnavailable)],
)
def test_a_failure_says_whether_to_try_again_and_quotes_nothing(
    settings: Settings, notify: Notify, status: int, failure: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    notify.status = status
    with pytest.raises(failure) as refused:
        write(settings)
    assert refused.value.__suppress_context__
    assert ADDRESS not in f"{refused.value}{caplog.text}"


def test_a_server_that_is_not_there_is_tried_again(settings: Settings, notify: Notify) -> None:
    notify.server_close()
    notify.shutdown()
    with pytest.raises(MailUnavailable):
        write(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"PASSPORT_MAIL": f"notify:{TEMPLATE}"},
        {"PASSPORT_NOTIFY_KEY": KEY},
        {"PASSPORT_MAIL": "notify:my-template", "PASSPORT_NOTIFY_KEY": KEY},
        {"PASSPORT_MAIL": f"notify:{TEMPLATE}", "PASSPORT_NOTIFY_KEY": "too-short"},
        {"PASSPORT_MAIL": "http://mail.example"},
    ],
)
def test_settings_that_could_not_send_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as refused:
        Settings.from_env(wrong)
    assert KEY not in str(refused.value)


def test_settings_of_notify_are_read() -> None:
    settings = Settings.from_env({"PASSPORT_MAIL": f"notify:{TEMPLATE}", "PASSPORT_NOTIFY_KEY": KEY})
    assert (settings.mail, settings.notify_key) == (f"notify:{TEMPLATE}", KEY)
    assert KEY not in repr(settings)
