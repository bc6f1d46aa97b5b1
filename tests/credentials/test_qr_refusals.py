"""Hostile QR codes: altered, forged, oversized, of the wrong key, time, kind or address. None is accepted."""

import zlib
from datetime import timedelta
from typing import Any

import cbor2
import pytest

from credentials import cose
from credentials.errors import (
    AlgNotAllowedError,
    CredentialError,
    IatFutureError,
    IssuerUntrustedError,
    KeyNotForIssuerError,
    KeyNotForPurposeError,
    KeyRetiredError,
    KeyRevokedError,
    KidUnknownError,
    QrMalformedError,
    QrVersionError,
    SignatureInvalidError,
    StatusIndexOutOfRangeError,
    StatusUriMismatchError,
    TrustListStaleError,
)
from credentials.keys import MemorySigner
from credentials.qr import DOMAIN
from credentials.qr_text import MAX_BYTES, MAX_DIGITS, read_text
from credentials.status_list import StatusLists, bits_of, issue_status_list
from tests.credentials.qr_forge import (
    ISS,
    STRANGER,
    deflated,
    genuine_message,
    parts,
    plain,
    refused,
    signed,
    text_of,
    with_claims,
    with_content,
)
from tests.credentials.qr_samples import (
    ISSUER,
    LIST_KEY,
    NOW,
    PASSPORT_KEY,
    QR_KEY,
    STATUS,
    check,
    key_entry,
    qr_text,
    trust_list,
)


def test_the_forge_makes_good_codes_when_nothing_is_changed() -> None:
    assert check(with_claims({})).outcome == "genuine"
    assert check(plain(genuine_message())).outcome == "genuine"
    assert check(with_content(1, "another number")).holder.number == "another number"


def test_no_byte_of_the_signed_message_can_be_changed() -> None:
    message = genuine_message()

    for place in range(len(message)):
        for mask in (0x01, 0x80, 0xFF):
            altered = message[:place] + bytes([message[place] ^ mask]) + message[place + 1 :]
            assert isinstance(refused(plain(altered)), CredentialError)


def test_no_byte_of_the_signed_message_can_go_or_be_doubled() -> None:
    message = genuine_message()

    for place in range(len(message)):
        refused(plain(message[:place] + message[place + 1 :]))
        refused(plain(message[:place] + message[place : place + 1] + message[place:]))


def test_no_digit_can_be_changed_to_say_something_else() -> None:
    """DEFLATE leaves a few bits at its end that mean nothing; the signed message stays what it was."""
    text = qr_text()
    head, digits = text.split("#")

    for place, digit in enumerate(digits):
        altered = f"{head}#{digits[:place]}{(int(digit) + 1) % 10}{digits[place + 1 :]}"
        try:
            check(altered)
        except CredentialError:
            continue
        assert read_text(altered).message == read_text(text).message


def test_a_message_that_is_cut_off_is_refused() -> None:
    message, packed = genuine_message(), int(qr_text().split("#")[1])
    data = packed.to_bytes((packed.bit_length() + 7) // 8)

    for length in range(len(message)):
        refused(plain(message[:length]))
    for length in range(1, len(data)):
        refused(text_of(data[:length]))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://passport.example/v#",
        "https://passport.example/v#0",
        "https://passport.example/v#-1",
        "https://passport.example/v#+1",
        "https://passport.example/v#1_0",
        "https://passport.example/v#1e3",
        "https://passport.example/v#１２３",
        "https://passport.example/v# 12",
        "https://passport.example/v#12\n",
        "https://passport.example/v#0x12",
        "https://passport.example/v?12",
        "https://passport.example/v#12#12",
        "HTTPS://PASSPORT.EXAMPLE/V#12",
        "ftp://passport.example/v#12",
        "javascript:alert(1)/v#12",
        "12",
        "https://passport.example/v#" + "9" * (MAX_DIGITS + 1),
        "https://passport.example/v#" + "9" * 10**6,
        "https://" + "a" * 10**6 + "/v#12",
    ],
)
def test_what_is_not_the_text_of_a_qr_is_malformed(text: str) -> None:
    assert isinstance(refused(text), QrMalformedError)


def test_a_leading_zero_is_malformed() -> None:
    assert isinstance(refused(qr_text().replace("#", "#0")), QrMalformedError)


@pytest.mark.parametrize("address", ["https://evil.example", "http://passport.example", f"{ISSUER}:444", f"{ISSUER}."])
def test_a_code_that_leads_elsewhere_is_malformed(address: str) -> None:
    assert isinstance(refused(qr_text().replace(ISSUER, address)), QrMalformedError)


@pytest.mark.parametrize("packing", [0x03, 0x10, 0x7F, 0xFF])
def test_another_packing_is_another_version(packing: int) -> None:
    assert isinstance(refused(text_of(bytes([packing]) + genuine_message())), QrVersionError)


def test_a_packing_byte_alone_is_malformed() -> None:
    assert isinstance(refused(text_of(b"\x01")), QrMalformedError)
    assert isinstance(refused(text_of(b"\x02")), QrMalformedError)


@pytest.mark.parametrize("size", [MAX_BYTES + 1, 10_000, 900_000])
def test_a_bomb_is_not_unpacked(size: int) -> None:
    assert read_text(deflated(bytes(MAX_BYTES))).message == bytes(MAX_BYTES)

    with pytest.raises(QrMalformedError):
        read_text(deflated(bytes(size)))


def test_what_trails_behind_the_deflated_message_is_malformed() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(genuine_message()) + packer.flush()

    assert isinstance(refused(text_of(b"\x01" + body + b"\x00")), QrMalformedError)
    assert isinstance(refused(text_of(b"\x01" + body + body)), QrMalformedError)
    assert isinstance(refused(text_of(b"\x01" + zlib.compress(genuine_message()))), QrMalformedError)


def header(members: dict[Any, Any]) -> list[Any]:
    """Return the message with another protected header, signed as if it were ours."""
    protected, _, payload, _ = parts()
    protected = cbor2.dumps(members, canonical=True)
    to_be_signed = cbor2.dumps(["Signature1", protected, DOMAIN, payload])
    return [protected, {}, payload, QR_KEY.sign(to_be_signed)]


KEY_ID = cose.key_id_of(QR_KEY.public.kid)


@pytest.mark.parametrize(
    "message",
    [
        cbor2.CBORTag(18, parts()),
        cbor2.CBORTag(61, cbor2.CBORTag(18, parts())),
        parts()[:3],
        [*parts(), b""],
        [parts()[0], {1: -7}, *parts()[2:]],
        [parts()[0], None, *parts()[2:]],
        [parts()[0], {}, "text", parts()[3]],
        [parts()[0], {}, None, parts()[3]],
        [parts()[0], {}, parts()[2], parts()[3] + b"\x00"],
        [parts()[0], {}, parts()[2], b""],
        [b"", {}, *parts()[2:]],
        dict(enumerate(parts())),
        "text",
        7,
        None,
        header({1: -7}),
        header({4: KEY_ID}),
        header({1: -7, 4: KEY_ID, 2: [1]}),
        header({1: -7, 4: KEY_ID + b"\x00"}),
        header({1: -7, 4: KEY_ID[:7]}),
        header({1: -7, 4: KEY_ID.hex()}),
        header({True: -7, 4: KEY_ID}),
        header({1: -7, 4: KEY_ID, 3: "application/cwt"}),
    ],
)
def test_another_envelope_is_malformed(message: object) -> None:
    assert isinstance(refused(plain(cbor2.dumps(message))), QrMalformedError)


@pytest.mark.parametrize("algorithm", [-8, -35, -36, -47, 5, 0, None, "ES256", -9])
def test_another_algorithm_is_refused(algorithm: object) -> None:
    assert isinstance(refused(plain(cbor2.dumps(header({1: algorithm, 4: KEY_ID})))), AlgNotAllowedError)


def test_a_signature_out_of_range_or_swapped_is_refused() -> None:
    *envelope, genuine = parts()
    r, s = genuine[:32], genuine[32:]

    for signature in (bytes(64), b"\xff" * 64, bytes(32) + s, r + bytes(32), s + r):
        assert isinstance(refused(plain(cbor2.dumps([*envelope, signature]))), SignatureInvalidError)


@pytest.mark.parametrize("domain", [b"", b"staff-passport-qr/2", b"staff-passport-qr/1\x00", b"audit"])
def test_a_signature_made_for_another_domain_is_refused(domain: bytes) -> None:
    payload = parts()[2]

    assert isinstance(refused(signed(payload, domain=domain)), SignatureInvalidError)


def test_a_signature_of_a_stranger_under_our_key_id_is_refused() -> None:
    assert isinstance(refused(signed(parts()[2], key=STRANGER, kid=QR_KEY.public.kid)), SignatureInvalidError)


def test_a_stranger_is_unknown() -> None:
    assert isinstance(refused(signed(parts()[2], key=STRANGER)), KidUnknownError)


@pytest.mark.parametrize("key", [PASSPORT_KEY, LIST_KEY])
def test_a_key_of_another_purpose_is_refused(key: MemorySigner) -> None:
    assert isinstance(refused(signed(parts()[2], key=key)), KeyNotForPurposeError)


def test_two_keys_with_the_same_first_bytes_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cose, "KEY_ID_BYTES", 0)
    monkeypatch.setattr("credentials.qr.cose.read", lambda *_, **__: cose.SignedMessage(b"", parts()[2], b"", b""))

    assert isinstance(refused(qr_text()), KidUnknownError)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": "compromised"}, KeyRevokedError),
        ({"state": "planned"}, KeyRetiredError),
        ({"active_at": NOW + timedelta(days=1)}, KeyRetiredError),
        ({"state": "retired", "retiring_at": NOW - timedelta(days=1)}, KeyRetiredError),
        ({"issuer": "https://other.example"}, KeyNotForIssuerError),
    ],
)
def test_a_key_that_may_not_have_signed_it_is_refused(changes: dict[str, Any], reason: type[CredentialError]) -> None:
    trust = trust_list(key_entry(QR_KEY, "qr", **changes))

    assert isinstance(refused(qr_text(), trust=trust), reason)


def test_a_code_that_was_signed_before_its_key_retired_stays_genuine() -> None:
    retired = key_entry(QR_KEY, "qr", state="retired", retiring_at=NOW + timedelta(hours=1))

    assert check(qr_text(printed=True), trust=trust_list(retired), now=NOW + timedelta(days=9)).issuer == ISSUER


def test_an_issuer_that_is_not_listed_is_refused() -> None:
    assert isinstance(refused(with_claims({ISS: "other.example"})), IssuerUntrustedError)


def test_a_stale_trust_list_can_not_check() -> None:
    assert isinstance(refused(qr_text(), now=NOW + timedelta(days=400)), TrustListStaleError)


def test_a_code_from_the_future_is_refused() -> None:
    assert isinstance(refused(qr_text(now=NOW + timedelta(minutes=2))), IatFutureError)
    assert check(qr_text(now=NOW + timedelta(seconds=59))).outcome == "genuine"


def status_lists(*, key: MemorySigner, entries: int = 2**17) -> StatusLists:
    lists = StatusLists()
    token = issue_status_list(
        STATUS.uri,
        bits_of((), entries=entries),
        issued_at=NOW,
        expires_at=NOW + timedelta(days=1),
        ttl=timedelta(minutes=5),
        signer=key,
    )
    lists.add(token, uri=STATUS.uri, trust=trust_list(), now=NOW)
    return lists


def test_a_status_index_past_the_end_of_the_list_is_refused() -> None:
    lists = status_lists(key=QR_KEY, entries=1024)

    assert isinstance(refused(qr_text(printed=True), statuses=lists), StatusIndexOutOfRangeError)


def test_a_status_list_signed_by_another_key_of_the_issuer_is_refused() -> None:
    lists = status_lists(key=PASSPORT_KEY)

    assert isinstance(refused(qr_text(printed=True), statuses=lists), StatusUriMismatchError)
