"""Tables of the receiving trust's rules and decisions: requirement profiles, acceptance policies, induction plans.

Profiles and policies are rule sets: a code and a title, and versions that are never changed. A plan keeps the versions
it was decided under, the evidence it was decided on and the decisions as they were given, so it reads the same for
ever.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id


class RuleSet(Base):
    """What profiles and policies have in common. Their content is in their versions."""

    __abstract__ = True

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str]
    title: Mapped[str]
    recorded_at: Mapped[datetime]


class RuleSetVersion(Base):
    """What their versions have in common. `rules` is what the acceptance engine reads."""

    __abstract__ = True

    set_id: Mapped[UUID]
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rules: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class RequirementProfile(RuleSet):
    """What a role needs at one organisation."""

    __tablename__ = "requirement_profile"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)


class RequirementProfileVersion(RuleSetVersion):
    """The requirements of a profile from one version on."""

    __tablename__ = "requirement_profile_version"

    set_id: Mapped[UUID] = mapped_column("profile_id", ForeignKey("requirement_profile.id"), primary_key=True)


class AcceptancePolicy(RuleSet):
    """Under which conditions an organisation accepts what others awarded."""

    __tablename__ = "acceptance_policy"
    __table_args__ = (UniqueConstraint("organisation_id", "code"),)


class AcceptancePolicyVersion(RuleSetVersion):
    """The rules of a policy from one version on."""

    __tablename__ = "acceptance_policy_version"

    set_id: Mapped[UUID] = mapped_column("policy_id", ForeignKey("acceptance_policy.id"), primary_key=True)


class InductionPlan(Base):
    """The decisions for one starter, the rules and evidence they rest on, and a hash over all of it. Insert-only."""

    __tablename__ = "induction_plan"
    __table_args__ = (Index(None, "organisation_id", "decided_at"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    verification_id: Mapped[UUID] = mapped_column(ForeignKey("verification.id"), index=True)
    profile_id: Mapped[UUID] = mapped_column(ForeignKey("requirement_profile.id"))
    profile_version: Mapped[int]
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("acceptance_policy.id"))
    policy_version: Mapped[int]
    starts_on: Mapped[date]
    decided_at: Mapped[datetime]
    decided_by: Mapped[str]
    plan: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]]
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
