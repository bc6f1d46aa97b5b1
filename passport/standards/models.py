"""The catalogue's tables: frameworks and versions, standards and parts, specifications, renewals, who may award.

Everything here is data with a source and a confidence (facts, head), loaded from the files in `data/` and changed by
the standard's owner. A renewal rule without months says that the employer's own policy sets the period. Rules,
accreditations and alignments hold for days from `from_on` to `until_on`, both included; null means open. A standard's
`number` is its small integer in the offline QR and is never used again.
"""

from datetime import date, datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from credentials.catalogue import StandardKind, Worth
from passport.db import Base, Id, one_of

SPECIFICATION_STATES = (
    "proposed", "in_development", "candidate", "endorsed", "under_review", "superseded", "withdrawn",
)  # fmt: skip
SPECIFICATION_SCOPES = ("multiprofessional_with_medicine", "multiprofessional_without_medicine", "medical")
ACCREDITATION_STATES = ("applied", "approved", "conditions", "suspended", "ended")
REVIEW_OUTCOMES = ("approved", "conditions", "suspended", "ended")


class Framework(Base):
    """A set of standards with one owner, as the CSTF."""

    __tablename__ = "framework"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    owner: Mapped[str]
    source: Mapped[str]
    confidence: Mapped[str]


class FrameworkVersion(Base):
    """One edition of a framework and the days on which it was the one in force."""

    __tablename__ = "framework_version"
    __table_args__ = (UniqueConstraint("framework_id", "version"),)

    id: Mapped[Id]
    framework_id: Mapped[UUID] = mapped_column(ForeignKey("framework.id"))
    version: Mapped[str]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    source: Mapped[str]
    confidence: Mapped[str]


class Standard(Base):
    """One thing that can be awarded. `satisfies` lists the codes that it covers, only where a source says so."""

    __tablename__ = "standard"
    __table_args__ = (one_of("kind", *get_args(StandardKind)), CheckConstraint("number > 0", name="number"))

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    number: Mapped[int] = mapped_column(unique=True)
    kind: Mapped[StandardKind] = mapped_column(Text)
    framework_id: Mapped[UUID] = mapped_column(ForeignKey("framework.id"), index=True)
    subject: Mapped[str]
    title: Mapped[str]
    level: Mapped[str | None]
    rank: Mapped[int | None]
    variant: Mapped[str | None]
    satisfies: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    satisfies_source: Mapped[str | None]
    source: Mapped[str]
    confidence: Mapped[str]


class StandardPart(Base):
    """One part of a standard that is met only when every part is."""

    __tablename__ = "standard_part"

    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]


class CarryOver(Base):
    """What a version of a framework says of a standard's awards that were made against earlier versions."""

    __tablename__ = "carry_over"
    __table_args__ = (one_of("worth", *get_args(Worth)),)

    framework_version_id: Mapped[UUID] = mapped_column(ForeignKey("framework_version.id"), primary_key=True)
    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"), primary_key=True)
    worth: Mapped[Worth] = mapped_column(Text)


class Specification(Base):
    """A version of a standard's specification and where it stands in its life.

    `state` is null where the text that was read (`state_as_read`) does not clearly name one. `from_on` and `until_on`
    are the first and last day on which the version was endorsed or under review, as far as they are known; a version
    that is over and was never in force has no last day.

    What it asks of people: `scope` says for which professions it is (null: no source says), `registers` names the
    bodies one of which must have registered the person, `prerequisites` the standards that must be held before.
    """

    __tablename__ = "specification"
    __table_args__ = (
        UniqueConstraint("standard_id", "version"),
        one_of("state", *SPECIFICATION_STATES),
        one_of("scope", *SPECIFICATION_SCOPES),
    )

    id: Mapped[Id]
    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"))
    version: Mapped[str]
    state: Mapped[str | None]
    state_as_read: Mapped[str | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    scope: Mapped[str | None]
    registers: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    prerequisites: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    source: Mapped[str]
    confidence: Mapped[str]


class SpecificationStep(Base):
    """One step of a version's life: the state that began, on which day, and who says so. `number` counts from 1."""

    __tablename__ = "specification_step"
    __table_args__ = (one_of("before", *SPECIFICATION_STATES), one_of("state", *SPECIFICATION_STATES))

    specification_id: Mapped[UUID] = mapped_column(ForeignKey("specification.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    before: Mapped[str | None]
    state: Mapped[str]
    from_on: Mapped[date]
    source: Mapped[str]
    confidence: Mapped[str]
    recorded_at: Mapped[datetime]


class RenewalRule(Base):
    """How long an award of a standard counts."""

    __tablename__ = "renewal_rule"
    __table_args__ = (
        UniqueConstraint("standard_id", "from_on", postgresql_nulls_not_distinct=True),
        CheckConstraint("months BETWEEN 1 AND 600", name="months"),
        CheckConstraint("until_on >= from_on", name="dates"),
    )

    id: Mapped[Id]
    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"))
    months: Mapped[int | None]
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    source: Mapped[str]
    confidence: Mapped[str]
    recorded_at: Mapped[datetime]


class CatalogueVersion(Base):
    """Which version of the catalogue had which content, by its SHA-256. The newest row is the catalogue of today."""

    __tablename__ = "catalogue_version"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime]


class PracticePillar(Base):
    """One of the four pillars of advanced practice."""

    __tablename__ = "practice_pillar"

    code: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str]
    source: Mapped[str]
    confidence: Mapped[str]


class RecognitionRoute(Base):
    """A way to be recognised at a level of practice, with its steps in order."""

    __tablename__ = "recognition_route"

    code: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str]
    steps: Mapped[list[str]] = mapped_column(ARRAY(Text))
    source: Mapped[str]
    confidence: Mapped[str]


class Accreditation(Base):
    """Where an organisation stands towards a standard: one row for each state that it was in, with its days.

    `conditions` are for everybody to read; `note` (what was applied for, why it was suspended) is for the standards
    body alone. `revision` grows when the row itself changes.
    """

    __tablename__ = "accreditation"
    __table_args__ = (
        UniqueConstraint("organisation_id", "standard_id", "from_on"),
        one_of("state", *ACCREDITATION_STATES),
        CheckConstraint("until_on >= from_on", name="dates"),
        Index(None, "standard_id"),
        Index(None, "review_due_on"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"))
    state: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    review_due_on: Mapped[date | None]
    conditions: Mapped[str | None]
    note: Mapped[str | None]
    revision: Mapped[int] = mapped_column(default=1, server_default="1")
    recorded_at: Mapped[datetime]


class AccreditationReview(Base):
    """A yearly review of a provider: what came of it, when it had been due, and when the next one is."""

    __tablename__ = "accreditation_review"
    __table_args__ = (
        UniqueConstraint("organisation_id", "standard_id", "reviewed_on", name="uq_accreditation_review_day"),
        one_of("outcome", *REVIEW_OUTCOMES),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    standard_id: Mapped[UUID] = mapped_column(ForeignKey("standard.id"))
    reviewed_on: Mapped[date]
    outcome: Mapped[str]
    note: Mapped[str]
    due_on: Mapped[date | None]
    next_due_on: Mapped[date | None]
    recorded_at: Mapped[datetime]


class Alignment(Base):
    """That an organisation declared its training on a subject to be aligned to a framework."""

    __tablename__ = "alignment"
    __table_args__ = (
        UniqueConstraint("organisation_id", "framework_id", "subject", "from_on"),
        CheckConstraint("until_on >= from_on", name="dates"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    framework_id: Mapped[UUID] = mapped_column(ForeignKey("framework.id"))
    subject: Mapped[str]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
