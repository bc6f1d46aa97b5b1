"""Webhooks lead to the public internet and nowhere else."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from passport.notices import addresses
from passport.notices.addresses import AddressInvalid, AddressRefused

PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4009:81f::200e"]
NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # private
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "fd00:ec2::254",  # metadata of clouds
    "100.64.0.1", "192.0.0.8", "192.88.99.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9",  # special
    "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",  # multicast, reserved, broadcast
    "::", "::1", "fe80::1", "fe80::1%eth0", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1",  # NAT64, well-known and local
    "2002:7f00:1::", "2002:808:808::1", "2001::7f00:1", "::7f00:1", "100::1", "3fff::1",  # 6to4, Teredo, others
    "localhost", "", "127.1", "0x7f.1", "1.2.3", "8.8.8.8 ", "8.8.8.8/32",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert addresses.is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_everything_else_is_not(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.invented.example/passport",
        "https://hooks.invented.example:8443/a?token=1",
        "https://hooks.invented.example:443",
        "https://8.8.8.8/x",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/x",
    ],
)
def test_an_address_of_the_internet_is_taken(url: str) -> None:
    assert addresses.check(url, loopback=False).scheme == "https"


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "http://hooks.invented.example/", "ftp://hooks.invented.example/", "hooks.invented.example",
        "file:///etc/passwd", "gopher://127.0.0.1:25/x", "https:///x", "//hooks.invented.example",
        "https://user:word@hooks.invented.example/", "https://@hooks.invented.example/", "https://hooks.example/#x",
        "https://hooks.invented.example\\@127.0.0.1/", "https://hooks.invented.example/a b", "https://a\r\nHost: b/",
        "https://hooks.invented.example:22/", "https://hooks.invented.example:0/", "https://hooks.example:99999/",
        "https://hooks.example:x/", "https://[::1/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/",
        "https://0x7f000001/", "https://0177.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data", "https://10.0.0.1./", "https://hööks.example/",
        "https://hooks.example/" + "x" * 1000, "http://127.0.0.1:8000/", "http://localhost/", "https://\x00/",
    ],
)  # fmt: skip
def test_any_other_address_is_refused_with_what_to_do(url: str) -> None:
    with pytest.raises(AddressInvalid) as refused:
        addresses.check(url, loopback=False)
    assert refused.value.faults[0].pointer == "/url"
    assert refused.value.detail.endswith(".")


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_this_machine_is_taken_in_a_demonstration_alone(host: str) -> None:
    assert addresses.check(f"http://{host}/", loopback=True).port == 8000
    with pytest.raises(AddressInvalid):
        addresses.check(f"http://{host}/", loopback=False)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://169.254.169.254/", "https://127.0.0.1/"])
def test_a_demonstration_opens_nothing_else(url: str) -> None:
    with pytest.raises(AddressInvalid):
        addresses.check(url, loopback=True)


@given(some.text(max_size=60))
@settings(deadline=None, max_examples=50)
def test_no_text_does_harm(text: str) -> None:
    with suppress(AddressInvalid):
        addresses.check(f"https://{text}", loopback=False)


def answers(*found: str) -> addresses.Resolver:
    def resolve(host: str, port: int) -> Sequence[str]:
        return found

    return resolve


def test_the_first_address_is_taken_where_all_are_public() -> None:
    resolver = answers(*PUBLIC)
    assert addresses.resolve("hooks.example", 443, resolver=resolver, loopback=False) == PUBLIC[0]


@pytest.mark.parametrize("private", ["127.0.0.1", "10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"])
def test_one_private_address_among_public_ones_is_enough_to_refuse(private: str) -> None:
    for found in ((PUBLIC[0], private), (private, PUBLIC[0]), (private,)):
        with pytest.raises(AddressRefused) as refused:
            addresses.resolve("hooks.example", 443, resolver=answers(*found), loopback=False)
        assert refused.value.reason == "address_refused"


def test_a_name_that_leads_to_this_machine_is_refused_in_a_demonstration_too() -> None:
    with pytest.raises(AddressRefused):
        addresses.resolve("rebound.example", 443, resolver=answers("127.0.0.1"), loopback=True)


def test_a_name_that_nobody_knows_is_said_to_be_unknown() -> None:
    def nobody(host: str, port: int) -> Sequence[str]:
        raise OSError

    for resolver in (nobody, answers()):
        with pytest.raises(AddressRefused) as refused:
            addresses.resolve("hooks.example", 443, resolver=resolver, loopback=False)
        assert refused.value.reason == "host_unknown"


def test_the_machine_knows_its_own_name() -> None:
    assert set(addresses.system_resolver("localhost", 80)) <= {"127.0.0.1", "::1"}
    with pytest.raises((OSError, UnicodeError)):
        addresses.system_resolver("a" * 64 + ".invalid", 80)
