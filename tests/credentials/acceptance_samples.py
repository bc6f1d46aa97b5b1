"""An invented catalogue, policy and awards for the tests of acceptance: valid with the least said."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec

from credentials.acceptance import Decision, decide
from credentials.acceptance_rules import AcceptancePolicy, Requirement
from credentials.catalogue import CarryOver, Catalogue, Part, RenewalRule, Standard
from credentials.records import Assurance, Award, Issuer, OrganisationKind, VerifiedAward

START = date(2026, 8, 6)
TRUST = Issuer(ods="X1V2A", name="Invented Vale NHS Trust", kind="nhs_trust")


def a_standard(code: str, subject: str, *, months: int | None = 12, **members: Any) -> Standard:
    return Standard(
        code=code,
        number=sum(map(ord, code)),
        kind="statutory",
        framework=members.pop("framework", "CSTF"),
        framework_version="1.1",
        subject=subject,
        title=members.pop("title", subject),
        renewals=members.pop("renewals", (RenewalRule(source=f"framework table, {code}", months=months),)),
        **members,
    )


IN_PART = CarryOver(version="2.0", from_on=date(2026, 7, 1), worth="in_part", source="framework 2.0, page 3")
UNCLEAR = CarryOver(version="2.0", from_on=date(2026, 7, 1), worth="unclear", source="framework 2.0, page 3")
PARTS = (Part(number=1, title="E-learning"), Part(number=2, title="A day together"))

CATALOGUE = Catalogue(
    version=7,
    standards=(
        a_standard("FS", "Fire safety", months=24),
        a_standard("IPC1", "Infection control", months=36, level="1", rank=1),
        a_standard("IPC2", "Infection control", months=12, level="2", rank=2),
        a_standard("SA1", "Safeguarding adults", months=36, level="1", rank=1),
        a_standard("SA2", "Safeguarding adults", months=24, level="2", rank=2, satisfies=("SA1",)),
        a_standard("SA3", "Safeguarding adults", months=36, level="3", rank=3, satisfies=("SA2",)),
        a_standard("RES2A", "Resuscitation", level="2", rank=2, variant="Adult"),
        a_standard("RES2P", "Resuscitation", level="2", rank=2, variant="Paediatric"),
        a_standard("RES3P", "Resuscitation", level="3", rank=3, variant="Paediatric"),
        a_standard("RES3", "Resuscitation", level="3", rank=3),
        a_standard("MH1", "Moving and handling", months=None, level="1", rank=1),
        a_standard("LD2", "Learning disability", renewals=(), parts=PARTS),
        a_standard("LD3", "Learning disability", months=24, rank=3, satisfies=("LD2",), framework="Invented"),
        a_standard("HW", "Health and welfare", carry_overs=(IN_PART,)),
        a_standard("LW", "Lone working", carry_overs=(UNCLEAR,)),
        a_standard("PAED", "Paediatrics", months=60, framework="Invented"),
    ),
)  # fmt: skip

POLICY = AcceptancePolicy(
    id="induction",
    version=3,
    accepted_issuer_kinds=("nhs_trust", "national_body", "education_provider"),
    alignment_needed_in=("CSTF",),
    accreditation_needed_in=("Invented",),
    signatory_needed=True,
    practical_deliveries=("face_to_face", "blended"),
    shorter_periods=(),
    does_not_lapse=(),
)


def an_award(standard: str = "FS", awarded_on: date = date(2025, 6, 1), **members: Any) -> VerifiedAward:
    """Make an award that passes every check of POLICY. Members of any of the records may be named."""
    award = Award(
        id=members.pop("id", f"{standard}-{awarded_on}-{members.get('part', 'whole')}"),
        standard=standard,
        framework="CSTF",
        framework_version="1.1",
        subject="as the catalogue says",
        awarded_on=awarded_on,
        issuer=TRUST,
        assurance=Assurance(
            delivery=members.pop("delivery", "face_to_face"),
            assessed=members.pop("assessed", True),
            verification_method="record",
            pedigree="authoritative",
            recorded_at=members.pop("recorded_at", datetime(2025, 6, 2, 9, tzinfo=UTC)),
        ),
        part=members.pop("part", None),
        valid_until=members.pop("valid_until", None),
    )
    kind: OrganisationKind = members.pop("kind", "nhs_trust")
    facts = {"accredited_then": True, "accredited_now": True, "aligned_then": True, "signatory": True}
    return VerifiedAward(award=award, issuer=msgspec.structs.replace(TRUST, kind=kind), **(facts | members))


def a_requirement(standard: str | None = "FS", **members: Any) -> Requirement:
    return Requirement(id=members.pop("id", "item"), minutes=members.pop("minutes", 60), standard=standard, **members)


def a_policy(**changes: Any) -> AcceptancePolicy:
    return msgspec.structs.replace(POLICY, **changes)


def decide_one(
    *records: VerifiedAward,
    requirement: Requirement | None = None,
    policy: AcceptancePolicy = POLICY,
    catalogue: Catalogue = CATALOGUE,
    on: date = START,
    today: date | None = None,
) -> Decision:
    requirements = [requirement or a_requirement()]
    (decision,) = decide(records, requirements, policy=policy, catalogue=catalogue, on=on, today=today)
    return decision
