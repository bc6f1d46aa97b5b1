"""Sends one message to one address, and comes back in time whatever is at the other end.

The connection goes to the network address that was checked (`addresses`), while TLS proves the host's name. No
redirect is followed and no proxy asked. The answer's status is all that counts: of its body a little is read out of
politeness and thrown away. A watch ends the whole exchange after `WITHIN`, however slowly bytes drip.
"""

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final

from passport.notices import addresses
from passport.notices.addresses import AddressInvalid, AddressRefused, Resolver

CONNECTS_WITHIN: Final = 5.0  # seconds
WITHIN: Final = 15.0  # seconds for the whole exchange after the look-up of the name
READ_AT_MOST: Final = 4096  # bytes of the answer's body
AGENT: Final = "staff-passport-webhooks/1"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a try.

    Args:
        reason: `answered`; `address_refused`, `host_unknown`, `no_connection`, `no_trust` (TLS), `too_slow`,
            `answer_unreadable`.
        status: the HTTP status, None where there was no answer.
        milliseconds: how long it took.
    """

    reason: str
    status: int | None
    milliseconds: int

    @property
    def was_taken(self) -> bool:
        """Whether the receiver has it."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def reached(self) -> bool:
        """Whether somebody answered, so that the next message may be tried at once."""
        return self.status is not None


Send = Callable[[str, bytes, Mapping[str, str]], Result]


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends messages.

    Args:
        loopback: whether http to this machine is allowed.
        resolver: who knows names.
        context: whom TLS trusts; None: whom this machine trusts.
        within: seconds for the whole exchange.
    """

    loopback: bool = False
    resolver: Resolver = addresses.system_resolver
    context: ssl.SSLContext | None = None
    within: float = WITHIN

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> Result:
        """Send one message; never raises for what the other end does."""
        began = time.monotonic()
        reason, status = self._attempt(url, body, headers)
        return Result(reason, status, round((time.monotonic() - began) * 1000))

    def _attempt(self, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[str, int | None]:
        try:
            parts = addresses.check(url, loopback=self.loopback)
            secure, host = parts.scheme == "https", parts.hostname or ""
            port = parts.port or (443 if secure else 80)
            address = addresses.resolve(host, port, resolver=self.resolver, loopback=self.loopback)
        except AddressInvalid:
            return "address_refused", None
        except AddressRefused as refused:
            return refused.reason, None
        context = (self.context or _whom_this_machine_trusts()) if secure else None
        connection = _Pinned(host, port, address=address, context=context)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return _exchange(connection, target, body, headers, within=self.within)


class _Pinned(http.client.HTTPConnection):
    """A connection to one network address, whatever its host's name leads to by now."""

    def __init__(self, host: str, port: int, *, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=CONNECTS_WITHIN)
        self.address, self.context = address, context
        self.default_port = 443 if context else 80  # so that `Host` has no port that goes without saying

    def connect(self) -> None:
        """Open it, and with TLS make sure of the host's name."""
        self.sock = socket.create_connection((self.address, self.port), self.timeout)
        if self.context is not None:
            secured = self.context.wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self.sock = secured  # before the handshake, so that the watch can end it
            secured.do_handshake()


@cache
def _whom_this_machine_trusts() -> ssl.SSLContext:
    return ssl.create_default_context()


def _exchange(
    connection: _Pinned, target: str, body: bytes, headers: Mapping[str, str], *, within: float
) -> tuple[str, int | None]:
    late = threading.Event()
    watch = threading.Timer(within, _cut, (connection, late))
    watch.daemon = True
    watch.start()
    try:
        connection.connect()
        connection.sock.settimeout(within)
        sent = {"Content-Type": "application/json", "User-Agent": AGENT, "Connection": "close", **headers}
        connection.request("POST", target, body, sent)
        answer = connection.getresponse()
        if late.is_set():
            return "too_slow", None  # what was cut looks like the end of its head
        with suppress(OSError, http.client.HTTPException):
            answer.read(READ_AT_MOST)
        return "answered", answer.status
    except ssl.SSLError:
        return ("too_slow" if late.is_set() else "no_trust"), None
    except TimeoutError:
        return "too_slow", None
    except OSError:
        return ("too_slow" if late.is_set() else "no_connection"), None
    except (http.client.HTTPException, ValueError):
        return ("too_slow" if late.is_set() else "answer_unreadable"), None
    finally:
        watch.cancel()
        connection.close()


def _cut(connection: _Pinned, late: threading.Event) -> None:
    """End an exchange that takes too long: whoever waits for it wakes up."""
    late.set()
    with suppress(OSError, AttributeError):
        socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # below TLS, which the other thread is using
