"""The records a passport carries, in the shape in which they leave the service (wire formats, section 2).

Frozen values: the database room makes them, the signed passport and the offline QR carry them, the verifier gives
them back. msgspec reads them strictly (no coercion, no unknown member), so a claim of the wrong form is refused with
its path. Calendar days are dates and end in `_on` or `_until`; instants are UTC and end in `_at`.

In the order of the code: who issued an award and how sure it is (facts, section 7), the award, advanced practice
(facts, section 5), professional registration (facts, section 4), the whole content of a passport, and last an award
as a verifier may rely on it. What makes a record acceptable is decided in `acceptance`, never here.
"""

from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Delivery = Literal["e_learning", "face_to_face", "blended", "unknown"]
VerificationMethod = Literal["document", "record", "document_and_record", "not_verified"]
Pedigree = Literal["authoritative", "sourced"]
OrganisationKind = Literal[
    "nhs_trust", "icb", "region", "national_body", "academy", "education_provider",
    "gp_practice", "council", "private_provider", "other",
]  # fmt: skip
PracticeLevel = Literal["enhanced", "advanced", "consultant"]
Pillar = Literal["clinical_practice", "leadership_and_management", "education", "research"]
RecognitionRoute = Literal["programme", "eportfolio"]
# Said wherever a recognition is shown (facts, section 5).
NO_SCOPE_OF_PRACTICE: Final = "Recognition confers no scope of practice: the employer decides on that."


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The base of all records: immutable, named arguments only, unknown members refused, empty ones left out.

    No record leads back to itself, so the garbage collector need not walk the thousands that a verifier remembers.
    """


class Issuer(Record, frozen=True):
    """The organisation that says so. A verifier shows the name from the trust list, never this one."""

    ods: str
    name: str
    kind: OrganisationKind


class Assurance(Record, frozen=True):
    """How sure an award is. `assessed` is None where nobody recorded it."""

    delivery: Delivery
    assessed: bool | None
    verification_method: VerificationMethod
    pedigree: Pedigree
    recorded_at: Instant


class Award(Record, frozen=True):
    """That a person met a standard on a day.

    `standard` is the catalogue's code (as `IPC2`). `part` is set when the award covers one part of a standard that has
    several (Oliver McGowan part 1). `valid_until` is the issuer's own last day; None where the issuer set none.
    """

    id: str
    standard: str
    framework: str
    framework_version: str
    subject: str
    awarded_on: date
    issuer: Issuer
    assurance: Assurance
    level: str | None = None
    variant: str | None = None
    part: int | None = None
    valid_until: date | None = None


class AdvancedPractice(Record, frozen=True):
    """That a person was recognised at a level of practice. It confers no scope of practice."""

    id: str
    level: PracticeLevel
    edition: Literal["2017", "2025"]
    route: RecognitionRoute
    pillars: tuple[Pillar, ...]
    base_profession: str
    recognised_on: date
    issuer: Issuer

    @property
    def standard(self) -> str:
        """The catalogue's code of the level, by which an organisation is accredited to recognise."""
        return f"MPF-{self.level.upper()}"


class Registration(Record, frozen=True):
    """That a professional register held this number when it was looked up; never a replacement for a live check."""

    body: str
    number: str
    checked_at: Instant
    checked_by: str
    method: str
    annotations: tuple[str, ...] = ()


class Employer(Record, frozen=True):
    """The employer that the passport was issued from."""

    ods: str
    name: str


class PassportContent(Record, frozen=True):
    """Everything that one person's passport says on the day it is made."""

    number: str
    given_name: str
    family_name: str
    employer: Employer | None = None
    registrations: tuple[Registration, ...] = ()
    training: tuple[Award, ...] = ()
    credentials: tuple[Award, ...] = ()
    advanced_practice: AdvancedPractice | None = None


class VerifiedAward(Record, frozen=True):
    """An award as a verifier may rely on it: the claim, and what the trust list says of its issuer.

    `issuer` is the trust list's entry, not the credential's claim. What ends in `_then` speaks of the award date, what
    ends in `_now` of the time of checking, `signatory` of the training agreement on the award date.
    `withdrawn` and `disputed` are known only to a verifier that can ask the service.
    """

    award: Award
    issuer: Issuer
    accredited_then: bool
    accredited_now: bool
    aligned_then: bool
    signatory: bool
    aligned_now: bool = False
    suspended_now: bool = False
    withdrawn: bool = False
    disputed: bool = False
