"""Status lists: what is published is read back, bit by bit."""

import random
import zlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credentials import errors
from credentials.encoding import b64url_decode
from credentials.status_list import ENTRIES, StatusList, bits_of, compress, decompress, read_status_list
from tests.credentials.passport_samples import (
    DAY,
    NOW,
    OLD_PASSPORT_KEY,
    PASSPORT_KEY,
    QR_KEY,
    STATUS_INDEX,
    STATUS_URI,
    TRUST,
    payload_of,
    status_token,
)


def a_list(data: bytes, bits: int = 1) -> StatusList:
    return StatusList(
        uri=STATUS_URI,
        bits=bits,  # type: ignore[arg-type]  # one of the four sizes
        data=data,
        issued_at=NOW,
        expires_at=NOW + DAY,
        ttl=None,
        kid="",
    )


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, ENTRIES - 1), max_size=50))
def test_exactly_the_invalid_entries_are_invalid(invalid: set[int]) -> None:
    listed = a_list(decompress(compress(bits_of(invalid))))
    assert {index for index in invalid if listed.status(index)} == invalid
    assert sum(byte.bit_count() for byte in listed.data) == len(invalid)


@pytest.mark.parametrize(
    ("bits", "statuses"), [(1, [1, 0, 0, 1, 1, 1, 0, 1]), (2, [1, 2, 0, 3]), (4, [9, 12]), (8, [185])]
)
def test_the_least_significant_bit_comes_first(bits: int, statuses: list[int]) -> None:
    byte = sum(status << (place * bits) for place, status in enumerate(statuses))
    assert [a_list(bytes([byte]), bits).status(index) for index in range(len(statuses))] == statuses


@pytest.mark.parametrize("index", [-1, 8, 2**40])
def test_no_index_beyond_the_list_is_valid(index: int) -> None:
    with pytest.raises(errors.StatusIndexOutOfRangeError):
        a_list(b"\0").status(index)
    with pytest.raises(errors.StatusIndexOutOfRangeError):
        bits_of([index], entries=8)


@pytest.mark.parametrize("share", [0, 0.0001, 0.01, 0.3])
def test_the_quick_compression_is_nearly_the_smallest(share: float) -> None:
    chosen = random.Random(1).sample(range(2**20), int(share * 2**20))  # noqa: S311 - the same on every run
    data = bits_of(chosen, entries=2**20)
    assert decompress(compress(data)) == data
    assert len(b64url_decode(compress(data))) <= 1.12 * len(zlib.compress(data, 9))


def test_a_token_is_read_back() -> None:
    listed = read_status_list(status_token(STATUS_INDEX), uri=STATUS_URI, trust=TRUST, now=NOW)
    assert (listed.status(STATUS_INDEX), listed.status(STATUS_INDEX + 1)) == (1, 0)
    assert (listed.issued_at, listed.expires_at) == (NOW - timedelta(hours=1), NOW + DAY)
    assert listed.ttl == timedelta(hours=12)
    assert listed.kid == PASSPORT_KEY.public.kid
    assert len(listed.data) == ENTRIES // 8


def test_a_token_says_what_the_specification_asks() -> None:
    claims = payload_of(status_token())
    assert sorted(claims) == ["exp", "iat", "status_list", "sub", "ttl"]
    assert claims["status_list"]["bits"] == 1


@pytest.mark.parametrize("key", [OLD_PASSPORT_KEY, QR_KEY], ids=["a retiring key", "the QR key"])
def test_each_issuing_key_signs_its_own_lists(key: object) -> None:
    token = status_token(key=key)  # type: ignore[arg-type]  # a signer
    assert read_status_list(token, uri=STATUS_URI, trust=TRUST, now=NOW).uri == STATUS_URI


def test_a_list_goes_stale_by_its_expiry_or_the_verifiers_patience() -> None:
    listed = a_list(b"\0")
    assert not listed.is_stale(NOW + DAY - timedelta(seconds=1))
    assert listed.is_stale(NOW + DAY)
    assert listed.is_stale(NOW + timedelta(hours=2), max_age=timedelta(hours=1))
    assert not listed.is_stale(NOW + timedelta(minutes=59), max_age=timedelta(hours=1))
