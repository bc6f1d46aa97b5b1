"""What the tests of the offline QR share: a code list, a trust list, keys, and a passport with everything in it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from credentials.catalogue import CarryOver, RenewalRule, Standard
from credentials.code_list import WORDS, CodeList
from credentials.keys import MemorySigner
from credentials.qr import UnsignedQr, prepare_qr, verify_qr
from credentials.records import (
    AdvancedPractice,
    Assurance,
    Award,
    Employer,
    Issuer,
    PassportContent,
    Registration,
)
from credentials.sd_jwt_vc import StatusReference
from credentials.trust import Organisation, Period, TrustedKey, TrustList, TrustListContent
from credentials.verified import Verified

ISSUER: Final = "https://passport.example"
NOW: Final = datetime(2026, 8, 6, 9, 30, tzinfo=UTC)
STATUS: Final = StatusReference(uri=f"{ISSUER}/status-lists/7", idx=104_217)
QR_ID: Final = bytes.fromhex("0123456789abcdef")


def signer(number: int) -> MemorySigner:
    """Return a key that is the same in each run."""
    return MemorySigner(ec.derive_private_key(number, ec.SECP256R1()))


QR_KEY: Final = signer(0x51AFF)
PASSPORT_KEY: Final = signer(0x51AFE)
LIST_KEY: Final = signer(0x51AFD)

TRUST: Final = Organisation(
    ods="X1V2A", name="Invented Vale NHS Trust", kind="nhs_trust", signatory=Period(from_on=date(2025, 5, 1))
)
OLD_TRUST: Final = Organisation(ods="X3B4C", name="Imaginary Moor NHS Trust", kind="nhs_trust")
UNIVERSITY: Final = Organisation(ods="X5D6E", name="University of Nowhere", kind="education_provider")
ACADEMY: Final = Organisation(ods="X7F8G", name="Academy of Examples", kind="academy")
ORGANISATIONS: Final = (TRUST, OLD_TRUST, UNIVERSITY, ACADEMY)

# Code, number in the QR, subject, level, months until renewal, the day of the award, by whom.
SUBJECTS: Final[tuple[tuple[str, int, str, str | None, int | None, date, Organisation], ...]] = (
    ("CR", 1, "Conflict Resolution", "1", 36, date(2025, 9, 3), TRUST),
    ("EDHR", 2, "Equality, Diversity and Human Rights", "1", 36, date(2025, 9, 3), TRUST),
    ("FS", 3, "Fire Safety", "1", 24, date(2025, 9, 4), TRUST),
    ("HSW", 4, "Health, Safety and Welfare", "1", 36, date(2025, 9, 3), TRUST),
    ("IPC2", 6, "Infection Prevention and Control", "2", 12, date(2026, 3, 19), TRUST),
    ("IG", 7, "Information Governance and Data Security", "1", 12, date(2026, 4, 22), TRUST),
    ("MH2", 9, "Moving and Handling", "2", 24, date(2025, 11, 12), TRUST),
    ("PRA", 11, "Preventing Radicalisation", None, 36, date(2024, 2, 14), OLD_TRUST),
    ("RES2A", 13, "Resuscitation", "2", 12, date(2026, 1, 27), TRUST),
    ("SA2", 20, "Safeguarding Adults", "2", 36, date(2024, 6, 5), OLD_TRUST),
    ("SC2", 23, "Safeguarding Children", "2", 36, date(2024, 6, 5), OLD_TRUST),
)
CREDENTIALS: Final = (
    ("AAM", 101, "Acute Medicine", date(2023, 7, 14)),
    ("EOL", 104, "End of Life Care", date(2024, 7, 12)),
    ("RIM", 107, "Reporting Images (Musculoskeletal)", date(2025, 7, 11)),
)


def code_list(version: int = 3) -> CodeList:
    """Return the code list with all standards of the sample passport."""
    statutory = tuple(
        Standard(
            code=code,
            number=number,
            kind="statutory",
            framework="CSTF",
            framework_version="1.1",
            subject=subject,
            title=subject,
            level=level,
            renewals=(RenewalRule(source="invented", months=months),),
            carry_overs=(CarryOver(version="1.1", from_on=date(2024, 1, 1), worth="in_part", source="invented"),),
        )
        for code, number, subject, level, months, _, _ in SUBJECTS
    )
    credentials = tuple(
        Standard(
            code=code,
            number=number,
            kind="credential",
            framework="MPC",
            framework_version="1",
            subject=subject,
            title=subject,
            level="7",
        )
        for code, number, subject, _ in CREDENTIALS
    )
    iat = int(NOW.timestamp()) - 3600
    return CodeList(
        iss=ISSUER,
        iat=iat,
        exp=iat + 30 * 86_400,
        version=version,
        standards=statutory + credentials,
        words=WORDS,
    )


def issuer_of(organisation: Organisation) -> Issuer:
    """Return an organisation as awards name it."""
    return Issuer(ods=organisation.ods, name=organisation.name, kind=organisation.kind)


def full_passport() -> PassportContent:
    """Return eleven subjects, three credentials and advanced practice with four pillars."""
    return PassportContent(
        number="01234567T",
        given_name="Adaeze",
        family_name="Okonkwo-Bright",
        employer=Employer(ods=TRUST.ods, name=TRUST.name),
        registrations=(
            Registration(
                body="NMC",
                number="71A2998E",
                checked_at=datetime(2026, 7, 20, tzinfo=UTC),
                checked_by=TRUST.ods,
                method="register_lookup",
                annotations=("V300",),
            ),
        ),
        training=tuple(_subject(*subject) for subject in SUBJECTS),
        credentials=tuple(_credential(*credential) for credential in CREDENTIALS),
        advanced_practice=AdvancedPractice(
            id="recognition-1",
            level="advanced",
            edition="2017",
            route="programme",
            pillars=("clinical_practice", "leadership_and_management", "education", "research"),
            base_profession="Physiotherapist",
            recognised_on=date(2024, 10, 1),
            issuer=issuer_of(ACADEMY),
        ),
    )


def _subject(
    code: str, _: int, subject: str, level: str | None, months: int | None, awarded_on: date, by: Organisation
) -> Award:
    return Award(
        id=f"award-{code}",
        standard=code,
        framework="CSTF",
        framework_version="1.1",
        subject=subject,
        level=level,
        awarded_on=awarded_on,
        valid_until=None if months is None else awarded_on.replace(year=awarded_on.year + months // 12),
        issuer=issuer_of(by),
        assurance=Assurance(
            delivery="face_to_face" if code in {"MH2", "RES2A"} else "e_learning",
            assessed=True,
            verification_method="record",
            pedigree="sourced" if by is OLD_TRUST else "authoritative",
            recorded_at=datetime.combine(awarded_on, datetime.min.time(), UTC) + timedelta(days=awarded_on.day % 3),
        ),
    )


def _credential(code: str, _: int, subject: str, awarded_on: date) -> Award:
    return Award(
        id=f"award-{code}",
        standard=code,
        framework="MPC",
        framework_version="1",
        subject=subject,
        level="7",
        awarded_on=awarded_on,
        issuer=issuer_of(UNIVERSITY),
        assurance=Assurance(
            delivery="blended",
            assessed=True,
            verification_method="document_and_record",
            pedigree="authoritative",
            recorded_at=datetime.combine(awarded_on, datetime.min.time(), UTC) + timedelta(days=20),
        ),
    )


def key_entry(signer: MemorySigner, purpose: str, **changes: Any) -> TrustedKey:
    """Return a key's entry on the trust list: in use since the first of January unless changed."""
    entry = TrustedKey(
        kid=signer.public.kid,
        jwk=signer.public.jwk,
        purpose=purpose,
        state="active",
        active_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return msgspec.structs.replace(entry, **changes)


def trust_list(*keys: TrustedKey) -> TrustList:
    """Return a trust list with the sample's organisations and the keys given, or those of the service."""
    usual = (key_entry(QR_KEY, "qr"), key_entry(PASSPORT_KEY, "passport"), key_entry(LIST_KEY, "trust_list"))
    return TrustList.of(
        TrustListContent(
            iss=ISSUER,
            iat=int(NOW.timestamp()) - 3600,
            exp=int(NOW.timestamp()) + 200 * 86_400,
            seq=12,
            keys=keys or usual,
            organisations=ORGANISATIONS,
        )
    )


def prepare(content: PassportContent, *, status: StatusReference | None = None, now: datetime = NOW) -> UnsignedQr:
    """Return the unsigned QR of a content, with the sample's key, code list and id."""
    return prepare_qr(
        content, issuer=ISSUER, code_list=code_list(), kid=QR_KEY.public.kid, now=now, status=status, qr_id=QR_ID
    )


def qr_text(content: PassportContent | None = None, *, now: datetime = NOW, printed: bool = False) -> str:
    """Return the text of a QR of the sample passport."""
    return prepare(content or full_passport(), now=now, status=STATUS if printed else None).sign(QR_KEY)


def check(text: str, **changes: Any) -> Verified:
    """Verify a text with everything at hand that a verifier needs, unless changed."""
    at_hand: dict[str, Any] = {"trust": trust_list(), "code_list": code_list(), "statuses": {}, "now": NOW}
    return verify_qr(text, **(at_hand | changes))
