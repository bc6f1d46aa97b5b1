"""An invented world for the tests of passports: keys, a certificate authority, a trust list, a person, their passport.

Everything in it is made up and made the same on every run: the private keys are small numbers.
"""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from credentials.encoding import b64url_encode
from credentials.keys import MemorySigner, Signer
from credentials.passport_type import to_claims
from credentials.records import (
    AdvancedPractice,
    Assurance,
    Award,
    Employer,
    Issuer,
    PassportContent,
    Registration,
)
from credentials.sd_jwt import Presentation, split_presentation
from credentials.sd_jwt_vc import StatusReference, Terms, UnsignedCredential, prepare
from credentials.status_list import StatusList, StatusLists, bits_of, issue_status_list
from credentials.trust import (
    Accreditation,
    Alignment,
    KeyState,
    Organisation,
    Period,
    TrustedKey,
    TrustList,
    TrustListContent,
)

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ISSUER = "https://passport.example"
OTHER_ISSUER = "https://other.example"
STATUS_URI = f"{ISSUER}/status-lists/7"
STATUS_INDEX = 104_217
SEED = bytes(range(32))

VALE = Issuer(ods="X1V2A", name="Invented Vale NHS Trust", kind="nhs_trust")
COLLEGE = Issuer(ods="X2C3B", name="Invented College of Practice", kind="education_provider")
ACADEMY = Issuer(ods="X3A4C", name="Invented Academy", kind="academy")


@cache
def private_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


@cache
def signer(number: int) -> MemorySigner:
    return MemorySigner(private_key(number))


PASSPORT_KEY = signer(101)
OLD_PASSPORT_KEY = signer(102)  # retiring since July
RETIRED_KEY = signer(103)
STOLEN_KEY = signer(104)
COMING_KEY = signer(105)
PLANNED_KEY = signer(106)
QR_KEY = signer(107)
ACCESS_KEY = signer(108)
TRUST_LIST_KEY = signer(109)
OTHER_ISSUERS_KEY = signer(110)
HOLDER_KEY = signer(111)
STRANGERS_KEY = signer(112)
CA_KEY = private_key(113)
ROOT_KEYS = (signer(121), signer(122), signer(123))


def trusted(key: Signer, purpose: str = "passport", state: KeyState = "active", **members: Any) -> TrustedKey:
    members.setdefault("active_at", NOW - 300 * DAY)
    return TrustedKey(kid=key.public.kid, jwk=key.public.jwk, purpose=purpose, state=state, **members)


KEYS = (
    trusted(PASSPORT_KEY),
    trusted(OLD_PASSPORT_KEY, state="retiring", retiring_at=NOW - 30 * DAY),
    trusted(RETIRED_KEY, state="retired", retiring_at=NOW - 200 * DAY, retired_at=NOW - 100 * DAY),
    trusted(STOLEN_KEY, state="compromised"),
    trusted(COMING_KEY, state="published", active_at=NOW + DAY),
    trusted(PLANNED_KEY, state="planned"),
    trusted(QR_KEY, purpose="qr"),
    trusted(ACCESS_KEY, purpose="access_token"),
    trusted(OTHER_ISSUERS_KEY, issuer=OTHER_ISSUER),
)

ORGANISATIONS = (
    Organisation(
        ods=VALE.ods,
        name=VALE.name,
        kind=VALE.kind,
        may_award=(Accreditation(standard="FS", state="approved", from_on=date(2020, 1, 1)),),
        aligned=(Alignment(subject="Fire Safety", from_on=date(2024, 1, 1), until_on=date(2026, 6, 30)),),
        signatory=Period(from_on=date(2025, 5, 1)),
    ),
    Organisation(
        ods=COLLEGE.ods,
        name=COLLEGE.name,
        kind=COLLEGE.kind,
        may_award=(
            Accreditation(standard="PAED", state="approved", from_on=date(2024, 1, 1), until_on=date(2025, 12, 31)),
            Accreditation(standard="PAED", state="suspended", from_on=date(2026, 1, 1)),
        ),
    ),
    Organisation(ods=ACADEMY.ods, name=ACADEMY.name, kind=ACADEMY.kind),
)


def trust_content(**changes: Any) -> TrustListContent:
    members: dict[str, Any] = {
        "iss": ISSUER,
        "iat": int((NOW - DAY).timestamp()),
        "exp": int((NOW + 7 * DAY).timestamp()),
        "seq": 12,
        "keys": KEYS,
        "organisations": ORGANISATIONS,
    }
    return TrustListContent(**(members | changes))


TRUST = TrustList.of(trust_content())

RECORDED = Assurance(
    delivery="face_to_face",
    assessed=True,
    verification_method="record",
    pedigree="authoritative",
    recorded_at=datetime(2026, 3, 2, 10, 0, tzinfo=UTC),
)


def an_award(number: int, standard: str = "FS", subject: str = "Fire Safety", **members: Any) -> Award:
    values: dict[str, Any] = {
        "id": f"award-{number}",
        "standard": standard,
        "framework": "CSTF",
        "framework_version": "1.1",
        "subject": subject,
        "awarded_on": date(2026, 3, 2),
        "issuer": VALE,
        "assurance": RECORDED,
    }
    return Award(**(values | members))


PASSPORT = PassportContent(
    number="01234567T",
    given_name="Zoë",
    family_name="O’Invented-Example",
    employer=Employer(ods=VALE.ods, name=VALE.name),
    registrations=(
        Registration(
            body="NMC", number="00A0000E", checked_at=NOW - DAY, checked_by=VALE.ods, method="register look-up"
        ),
        Registration(
            body="HCPC", number="XX00000", checked_at=NOW - DAY, checked_by=VALE.ods, method="register look-up"
        ),
    ),
    training=(
        an_award(1),
        *(an_award(number, f"S{number}", f"Invented Subject {number}", level="1") for number in range(2, 12)),
    ),
    credentials=(
        an_award(
            20,
            "PAED",
            "Paediatrics",
            framework="Invented",
            framework_version="2",
            awarded_on=date(2025, 6, 1),
            issuer=COLLEGE,
        ),
        an_award(21, "STRK", "Acute Stroke", framework="Invented", framework_version="2", issuer=COLLEGE),
    ),
    advanced_practice=AdvancedPractice(
        id="practice-1",
        level="advanced",
        edition="2025",
        route="programme",
        pillars=("clinical_practice", "leadership_and_management", "education", "research"),
        base_profession="Nurse",
        recognised_on=date(2025, 9, 1),
        issuer=ACADEMY,
    ),
)

TERMS = Terms(
    issuer=ISSUER,
    issued_at=NOW - DAY,
    expires_at=NOW + 30 * DAY,
    status=StatusReference(uri=STATUS_URI, idx=STATUS_INDEX),
    holder=HOLDER_KEY.public,
)


def prepared(
    content: PassportContent = PASSPORT, *, key: Signer = PASSPORT_KEY, certificate: str | None = None, **terms: Any
) -> UnsignedCredential:
    changed = replace(TERMS, **terms)
    return prepare(to_claims(content), changed, seed=SEED, kid=key.public.kid, certificate=certificate)


def issued(content: PassportContent = PASSPORT, *, key: Signer = PASSPORT_KEY, **members: Any) -> str:
    return prepared(content, key=key, **members).sign(key)


def choose(presentation: str, *indexes: int) -> str:
    """Show only some disclosures of a presentation, by their places."""
    shown = split_presentation(presentation)
    return Presentation(shown.issuer_jwt, tuple(shown.disclosures[index] for index in indexes)).text


def status_token(
    *invalid: int, key: Signer = PASSPORT_KEY, uri: str = STATUS_URI, issued_at: datetime = NOW - timedelta(hours=1)
) -> str:
    return issue_status_list(
        uri, bits_of(invalid), issued_at=issued_at, expires_at=NOW + DAY, ttl=timedelta(hours=12), signer=key
    )


def statuses(*invalid: int, key: Signer = PASSPORT_KEY) -> dict[str, StatusList]:
    lists = StatusLists()
    lists.add(status_token(*invalid, key=key), uri=STATUS_URI, trust=TRUST, now=NOW)
    return lists


def raw_token(header: Any, payload: Any, key: Signer = PASSPORT_KEY, signature: bytes | None = None) -> str:
    """Sign anything at all: bytes go in as they are, everything else as JSON."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, payload)]
    signing_input = ".".join(b64url_encode(part) for part in parts)
    made = key.sign(signing_input.encode()) if signature is None else signature
    return f"{signing_input}.{b64url_encode(made)}"


def header_of(key: Signer = PASSPORT_KEY, typ: str = "dc+sd-jwt", **members: Any) -> dict[str, Any]:
    return {"alg": "ES256", "kid": key.public.kid, "typ": typ} | members


def payload_of(presentation: str) -> dict[str, Any]:
    """Return the claims of a token's or presentation's payload, to be changed at will."""
    payload: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(presentation.split(".")[1] + "=="))
    return payload


@dataclass(frozen=True)
class CertificateWish:
    """How a leaf certificate should be; as it stands, as it must be."""

    key: int = 101
    addresses: tuple[str, ...] = (ISSUER,)
    hosts: tuple[str, ...] = ("passport.example",)
    is_authority: bool = False
    digital_signature: bool | None = True
    self_signed: bool = False
    signed_by: ec.EllipticCurvePrivateKey = CA_KEY
    from_at: datetime = NOW - 300 * DAY
    until_at: datetime = NOW + 600 * DAY
    other_kind: str | None = None


OTHER_KINDS: dict[str, Any] = {
    "P-384": ec.derive_private_key(7, ec.SECP384R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)),
}


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _der(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()


@cache
def leaf(wish: CertificateWish = CertificateWish()) -> str:
    subject = _name("Invented passport service")
    names = [*map(x509.UniformResourceIdentifier, wish.addresses), *map(x509.DNSName, wish.hosts)]
    builder = (
        x509.CertificateBuilder(serial_number=7)
        .subject_name(subject)
        .issuer_name(subject if wish.self_signed else _name("Invented authority"))
        .public_key(OTHER_KINDS.get(wish.other_kind or "", private_key(wish.key)).public_key())
        .not_valid_before(wish.from_at)
        .not_valid_after(wish.until_at)
        .add_extension(x509.BasicConstraints(ca=wish.is_authority, path_length=None), critical=True)
    )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if wish.digital_signature is not None:
        usage = x509.KeyUsage(
            digital_signature=wish.digital_signature,
            content_commitment=not wish.digital_signature,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    return _der(builder.sign(wish.signed_by, hashes.SHA256()))


@cache
def authority() -> str:
    name = _name("Invented authority")
    builder = (
        x509.CertificateBuilder(serial_number=1)
        .subject_name(name)
        .issuer_name(name)
        .public_key(CA_KEY.public_key())
        .not_valid_before(NOW - 1000 * DAY)
        .not_valid_after(NOW + 3000 * DAY)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    )
    return _der(builder.sign(CA_KEY, hashes.SHA256()))
