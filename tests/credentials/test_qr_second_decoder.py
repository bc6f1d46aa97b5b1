"""A second decoder of the offline QR, written from docs/qr.cddl alone: it shares no line with `credentials`.

It has its own reader of CBOR, checks the signature with the `cryptography` package directly, and puts the content into
plain dictionaries. What it reads from our QR is compared with the passport that the QR was made from. Whoever writes a
reader in another language may start from here.
"""

import calendar
import zlib
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tests.credentials.qr_samples import (
    CREDENTIALS,
    ISSUER,
    NOW,
    STATUS,
    SUBJECTS,
    check,
    full_passport,
    qr_text,
)

CODES = {number: code for code, number, *_ in SUBJECTS} | {number: code for code, number, *_ in CREDENTIALS}
DELIVERY = ["unknown", "e_learning", "face_to_face", "blended"]
VERIFICATION_METHOD = ["not_verified", "document", "record", "document_and_record"]
PEDIGREE = [None, "authoritative", "sourced"]
PILLARS = [None, "clinical_practice", "leadership_and_management", "education", "research"]
REGISTRATION_METHOD = ["not_checked", "register_lookup", "document", "employer_record"]


class Reader:
    """Reads deterministic CBOR, item by item."""

    def __init__(self, data: bytes) -> None:
        self.data, self.place = data, 0

    def take(self, count: int) -> bytes:
        taken = self.data[self.place : self.place + count]
        assert len(taken) == count, "cut off"
        self.place += count
        return taken

    def head(self) -> tuple[int, int]:
        major, small = divmod(self.take(1)[0], 32)
        if small < 24:
            return major, small
        assert small < 28, "indefinite or reserved"
        size = 1 << (small - 24)
        argument = int.from_bytes(self.take(size))
        assert major == 7 or argument >= (24 if size == 1 else 1 << (4 * size)), "not the shortest head"
        return major, argument

    def item(self) -> Any:
        major, argument = self.head()
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            return self.take(argument).decode("utf-8")
        if major == 4:
            return [self.item() for _ in range(argument)]
        if major == 5:
            return self.map(argument)
        assert major == 7, "a tag"
        return {20: False, 21: True, 22: None}[argument]

    def map(self, count: int) -> dict[Any, Any]:
        members: dict[Any, Any] = {}
        previous = b""
        for _ in range(count):
            start = self.place
            key = self.item()
            encoded = self.data[start : self.place]
            assert encoded > previous, "keys out of order or twice"
            previous = encoded
            members[key] = self.item()
        return members


def read_cbor(data: bytes) -> Any:
    reader = Reader(data)
    value = reader.item()
    assert reader.place == len(data), "something follows"
    return value


def array_head(count: int) -> bytes:
    return bytes([0x80 + count])


def string(major: int, data: bytes) -> bytes:
    """Encode bytes (major type 2) or text (3)."""
    size = len(data)
    if size < 24:
        return bytes([32 * major + size]) + data
    return (bytes([32 * major + 24, size]) if size < 256 else bytes([32 * major + 25]) + size.to_bytes(2)) + data


def open_qr(text: str, public_key: ec.EllipticCurvePublicKey) -> dict[int, Any]:
    """Return the verified claims of a QR."""
    digits = text.split("/v#")[1]
    number = int(digits)
    packed = number.to_bytes((number.bit_length() + 7) // 8)
    message = zlib.decompress(packed[1:], wbits=-15) if packed[0] == 1 else packed[1:]
    protected, unprotected, payload, signature = read_cbor(message)
    assert unprotected == {}
    numbers = public_key.public_numbers()
    jwk = f'{{"crv":"P-256","kty":"EC","x":"{base64url(numbers.x)}","y":"{base64url(numbers.y)}"}}'
    assert read_cbor(protected) == {1: -7, 4: sha256(jwk.encode()).digest()[:8]}
    to_be_signed = (
        array_head(4)
        + string(3, b"Signature1")
        + string(2, protected)
        + string(2, b"staff-passport-qr/1")
        + string(2, payload)
    )
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    public_key.verify(der, to_be_signed, ec.ECDSA(hashes.SHA256()))
    claims: dict[int, Any] = read_cbor(payload)
    return claims


def base64url(coordinate: int) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    bits = f"{coordinate:0256b}" + "00"
    return "".join(alphabet[int(bits[place : place + 6], 2)] for place in range(0, 258, 6))


def months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def last_day(awarded_on: date, lasting: int | None) -> date | None:
    if lasting is None:
        return None
    return months_later(awarded_on, lasting) if lasting >= 0 else awarded_on + timedelta(days=-lasting)


def read_awards(rows: list[Any], sources: list[Any], organisations: list[str], issued_on: date) -> list[dict[str, Any]]:
    awards, day = [], issued_on
    for number, days_before, source, recorded, *rest in rows:
        lasting, part = (*rest, None, None)[:2]
        day -= timedelta(days=days_before)
        organisation, framework_version, delivery, assessed, method, pedigree = sources[source]
        awards.append({
            "standard": CODES[number],
            "awarded_on": day,
            "part": part,
            "valid_until": last_day(day, lasting),
            "issuer": organisations[organisation],
            "framework_version": framework_version,
            "delivery": DELIVERY[delivery],
            "assessed": assessed,
            "verification_method": VERIFICATION_METHOD[method],
            "pedigree": PEDIGREE[pedigree],
            "recorded_on": day + timedelta(recorded) if recorded >= 0 else issued_on - timedelta(-1 - recorded),
        })  # fmt: skip
    return awards


def expected_awards() -> list[dict[str, Any]]:
    passport = full_passport()
    return [
        {
            "standard": award.standard,
            "awarded_on": award.awarded_on,
            "part": award.part,
            "valid_until": award.valid_until,
            "issuer": award.issuer.ods,
            "framework_version": award.framework_version,
            "delivery": award.assurance.delivery,
            "assessed": award.assurance.assessed,
            "verification_method": award.assurance.verification_method,
            "pedigree": award.assurance.pedigree,
            "recorded_on": award.assurance.recorded_at.date(),
        }
        for award in (*passport.training, *passport.credentials)
    ]


PUBLIC_KEY = ec.derive_private_key(0x51AFF, ec.SECP256R1()).public_key()


@pytest.mark.parametrize("printed", [False, True])
def test_a_decoder_written_from_the_cddl_reads_the_same(printed: bool) -> None:
    passport = full_passport()

    claims = open_qr(qr_text(printed=printed), PUBLIC_KEY)

    assert "https://" + claims[1] == ISSUER
    assert datetime.fromtimestamp(claims[6], UTC) == NOW
    assert claims[4] - claims[6] == (90 * 86_400 if printed else 600)
    assert claims.get(65535) == ([STATUS.idx, int(STATUS.uri.rsplit("/", 1)[1])] if printed else None)
    version, number, given, family, organisations, employer, registrations, sources, rows, practice = claims[-65537]
    assert version == 3
    assert (number, given, family) == (passport.number, passport.given_name, passport.family_name)
    assert passport.employer is not None
    assert organisations[employer] == passport.employer.ods
    ((body, registration_number, checked, checked_by, method, annotations),) = registrations
    (registration,) = passport.registrations
    assert (body, registration_number, tuple(annotations)) == (
        registration.body,
        registration.number,
        registration.annotations,
    )
    assert NOW.date() - timedelta(days=checked) == registration.checked_at.date()
    assert organisations[checked_by] == registration.checked_by
    assert REGISTRATION_METHOD[method] == registration.method
    by_standard = sorted(read_awards(rows, sources, organisations, NOW.date()), key=lambda award: award["standard"])
    assert by_standard == sorted(expected_awards(), key=lambda award: award["standard"])
    level, edition, route, pillars, base_profession, recognised, organisation = practice
    expected = passport.advanced_practice
    assert expected is not None
    assert (level, edition, route) == (2, 1, 1)  # advanced, 2017, programme
    assert tuple(PILLARS[pillar] for pillar in pillars) == expected.pillars
    assert base_profession == expected.base_profession
    assert NOW.date() - timedelta(days=recognised) == expected.recognised_on
    assert organisations[organisation] == expected.issuer.ods


def test_the_second_decoder_refuses_another_key() -> None:
    other = ec.derive_private_key(0x51AFD, ec.SECP256R1()).public_key()

    with pytest.raises((InvalidSignature, AssertionError)):
        open_qr(qr_text(), other)


def test_both_decoders_agree_on_the_awards() -> None:
    content = open_qr(qr_text(), PUBLIC_KEY)[-65537]
    awards = read_awards(content[8], content[7], content[4], NOW.date())

    theirs = {(award["standard"], award["awarded_on"]) for award in awards}

    assert theirs == {(each.award.standard, each.award.awarded_on) for each in check(qr_text()).awards}
