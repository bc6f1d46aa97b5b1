"""Where webhooks may lead: addresses of the public internet and nothing else (OWASP, server-side request forgery).

In the order of the code: what an address must look like when it is registered; the network addresses of its host,
looked up when a message is sent. All of them must be public: a name that leads to one private address is refused,
whatever else it leads to. The message then goes to the very address that was looked at (`sending`), so that a name
which answers differently a moment later gains nothing. In a demonstration http to this machine is allowed.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from passport.errors import Fault, Invalid
from passport.settings import LOOPBACK

LONGEST: Final = 1000
HTTPS: Final = 443
LEAST_FREE_PORT: Final = 1024  # those below belong to other services (RFC 6335)
GLOBAL_UNICAST: Final = ip_network("2000::/3")  # all that is routed today; no mapped, NAT64 or site-local address
# Beside what `ipaddress` knows to be special (IANA's registries; older releases of Python know fewer of them).
FURTHER: Final = tuple(
    ip_network(network)
    for network in (
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # public by its number, but the host beneath a machine in Azure
        "2001::/23",  # protocol assignments, with Teredo, which hides an IPv4 address
        "2002::/16",  # 6to4, which hides an IPv4 address
        "3fff::/20",  # documentation
    )
)

Resolver = Callable[[str, int], Sequence[str]]


class AddressInvalid(Invalid):
    """A webhook can't lead to this address."""

    code = "webhook_address_invalid"
    title = "A webhook can't lead to this address"


class AddressRefused(Exception):
    """The host leads somewhere that we do not go. `reason` is a stable word."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check(url: str, *, loopback: bool) -> SplitResult:
    """Check an address by its looks, and return its parts.

    Args:
        url: as it was typed.
        loopback: whether http to this machine is allowed.

    Raises:
        AddressInvalid: it is not one that a webhook may lead to; the text says what to change.
    """
    if not 0 < len(url) <= LONGEST or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise _invalid(f"Give an address of up to {LONGEST} plain characters; write an international name as xn--.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise _invalid("This is not an address. It has the form https://host/path.") from None
    if parts.username is not None or parts.password is not None or "#" in url:
        raise _invalid("Leave out user names, passwords and fragments.")
    if loopback and parts.scheme == "http" and host in LOOPBACK:
        return parts
    if parts.scheme != "https" or not host:
        raise _invalid("Give an address that begins with https://.")
    if port is not None and port != HTTPS and port < LEAST_FREE_PORT:
        raise _invalid("Leave out the port, or use one from 1024.")
    if _is_literal(host) and not is_public(host):
        raise _invalid("Messages go to the public internet only.")
    return parts


def system_resolver(host: str, port: int) -> list[str]:
    """Return the network addresses of a host, as this machine knows them.

    Raises:
        OSError: nobody knows the host.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(host: str, port: int, *, resolver: Resolver, loopback: bool) -> str:
    """Return the network address to connect to.

    Args:
        host: the name, or a network address itself.
        port: the port.
        resolver: who knows names; asked once.
        loopback: whether this machine is allowed, where it is asked for by its own name.

    Raises:
        AddressRefused: `host_unknown`; `address_refused`, where any of its addresses is not public.
    """
    try:
        found = list(resolver(host, port))
    except (OSError, UnicodeError):
        raise AddressRefused("host_unknown") from None
    if not found:
        raise AddressRefused("host_unknown")
    ourselves = loopback and host in LOOPBACK
    if not all(is_public(address) or (ourselves and ip_address(address).is_loopback) for address in found):
        raise AddressRefused("address_refused")
    return found[0]


def is_public(address: str) -> bool:
    """Say whether a network address is one of the public internet.

    Private, loopback, link-local (where clouds keep their metadata), shared, multicast and reserved addresses are not,
    nor is any IPv6 address that stands for an IPv4 one.
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False  # one with a zone, or none at all
    if isinstance(parsed, IPv6Address) and (parsed not in GLOBAL_UNICAST or parsed.scope_id is not None):
        return False
    special = parsed.is_multicast or parsed.is_reserved or any(parsed in network for network in FURTHER)
    return parsed.is_global and not special


def _is_literal(host: str) -> bool:
    """Say whether a host is a number, in any spelling that a resolver would take for one (127.1, 0x7f000001)."""
    last = host.rstrip(".").rpartition(".")[2]
    return ":" in host or last.isdigit() or last.lower().startswith("0x")


def _invalid(sentence: str) -> AddressInvalid:
    return AddressInvalid(sentence, (Fault("/url", sentence),))
