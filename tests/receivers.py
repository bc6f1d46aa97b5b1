"""A program that receives webhooks, real and on loopback, with any manners."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True)
class Message:
    """One message as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Script:
    """What a receiver answers, one after the other, and then for ever the last one; and what it received."""

    answers: list[int | Answer] = field(default_factory=lambda: [204])
    received: list[Message] = field(default_factory=list)

    def next(self) -> int | Answer:
        """Return the next answer."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Receiver(ThreadingHTTPServer):
    """A program that receives webhooks."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = Script()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of senders that hang up: that is what the tests are about."""


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Note the message and answer as the script says."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.script.received.append(Message(self.path, dict(self.headers), body))
        answer = self.server.script.next()
        if callable(answer):
            answer(self)
            return
        self.send_response(answer)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (the library's name)
        """Say nothing."""


def drip(handler: BaseHTTPRequestHandler) -> None:
    """Answer one byte of a header at a time, for ever: each byte comes in time, the answer never does."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        handler.wfile.write(b"x")
        time.sleep(0.02)


def flood(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a body that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        handler.wfile.write(b"x" * 65536)


def flood_header(handler: BaseHTTPRequestHandler) -> None:
    """Answer with a header that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Huge: ")
    while True:
        handler.wfile.write(b"x" * 65536)


def garbage(handler: BaseHTTPRequestHandler) -> None:
    """Answer what is no HTTP."""
    handler.wfile.write(b"220 mail.invented.example ESMTP\r\n")


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing."""


def redirect(to: str) -> Answer:
    """Send the caller elsewhere."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(307)
        handler.send_header("Location", to)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer
