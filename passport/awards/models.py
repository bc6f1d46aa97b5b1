"""Tables `award`, `recognition`, `local_training`, `award_dispute`, `withdrawal_request`: the facts that a person met a
standard, and what is said about them.

An award is a fact and is never changed: the service's roles may insert it and may set how it ended (superseded by a
newer one, corrected, withdrawn) and nothing else; the database refuses the rest. One award of a standard, or of one
part of it, is current for a person and an issuer. What is local to an employer is kept apart and never enters a
passport. A dispute says that the holder thinks a fact wrong; it changes nothing by itself. Nor does a request to
withdraw: the database itself refuses that the person who made it confirms it.
"""

from datetime import date, datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from credentials.records import Delivery, Pedigree, PracticeLevel, RecognitionRoute, VerificationMethod
from passport.db import Base, Id, one_of

ENDINGS = ("superseded", "corrected", "withdrawn")
WITHDRAWAL_REASONS = ("issued_in_error", "updated_information_to_follow", "no_longer_valid")
REQUEST_OUTCOMES = ("confirmed", "cancelled", "lapsed")
DISPUTE_REASONS = ("duplicate", "incorrect", "not_mine", "other")
DISPUTE_ANSWERS = ("corrected", "withdrawn", "stands")
ENDED = "(ended_at IS NULL) = (ending IS NULL)"
NEVER_RIGHT = "ending IN ('corrected', 'withdrawn')"  # a copy that says it is replaced


class Award(Base):
    """That a person met a standard on a day, as its issuer recorded it. `part` is 0 for a whole standard."""

    __tablename__ = "award"
    __table_args__ = (
        one_of("delivery", *get_args(Delivery)),
        one_of("verification_method", *get_args(VerificationMethod)),
        one_of("pedigree", *get_args(Pedigree)),
        one_of("ending", *ENDINGS),
        CheckConstraint(ENDED, name="ended"),
        Index(
            "uq_award_current",
            "organisation_id",
            "person_id",
            "standard_id",
            "part",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(None, "person_id"),
        Index(None, "organisation_id", "standard_id", "recorded_at"),
        Index("ix_award_never_right", "ended_at", postgresql_where=text(NEVER_RIGHT)),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    # These three are checked once a statement by the trigger of migration 0003, not once a row by foreign keys.
    organisation_id: Mapped[UUID]
    standard_id: Mapped[UUID]
    framework_version_id: Mapped[UUID]
    part: Mapped[int] = mapped_column(default=0)
    awarded_on: Mapped[date]
    valid_until: Mapped[date | None]
    delivery: Mapped[Delivery] = mapped_column(Text)
    assessed: Mapped[bool | None]
    verification_method: Mapped[VerificationMethod] = mapped_column(Text)
    pedigree: Mapped[Pedigree] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    import_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]
    ending_reason: Mapped[str | None]
    # Checked at commit: an award ends before the one that replaces it can be inserted (`uq_award_current`).
    replaced_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id", deferrable=True, initially="DEFERRED"))


class Recognition(Base):
    """That a person was recognised at a level of practice, with its pillars. It confers no scope of practice."""

    __tablename__ = "recognition"
    __table_args__ = (
        one_of("level", *get_args(PracticeLevel)),
        one_of("edition", "2017", "2025"),
        one_of("ending", *ENDINGS),
        CheckConstraint(ENDED, name="ended"),
        Index("uq_recognition_current", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_recognition_never_right", "ended_at", postgresql_where=text(NEVER_RIGHT)),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    level: Mapped[PracticeLevel] = mapped_column(Text)
    edition: Mapped[str]
    route: Mapped[RecognitionRoute] = mapped_column(Text, ForeignKey("recognition_route.code"))
    pillars: Mapped[list[str]] = mapped_column(ARRAY(Text))
    base_profession: Mapped[str]
    recognised_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ending: Mapped[str | None]
    ending_reason: Mapped[str | None]
    replaced_by_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("recognition.id", deferrable=True, initially="DEFERRED")
    )


class LocalTraining(Base):
    """Training that counts at one employer only, under the employer's own name for it. Never passported."""

    __tablename__ = "local_training"
    __table_args__ = (Index("uq_local_training", "organisation_id", "person_id", "name", unique=True),)

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str]
    awarded_on: Mapped[date]
    valid_until: Mapped[date | None]
    recorded_at: Mapped[datetime]
    import_id: Mapped[UUID | None]


class AwardDispute(Base):
    """What the holder says is wrong with an award, and what its issuer answered. One is open at a time.

    `organisation_id` is the award's issuer. `words` and `reply` are for the holder and the issuer alone.
    """

    __tablename__ = "award_dispute"
    __table_args__ = (
        one_of("reason", *DISPUTE_REASONS),
        one_of("answer", *DISPUTE_ANSWERS),
        CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answer IS NULL) = (answered_by IS NULL)", name="answered"
        ),
        Index("uq_award_dispute_open", "award_id", unique=True, postgresql_where=text("answered_at IS NULL")),
        Index(None, "person_id"),
        Index(None, "organisation_id", "raised_at"),
    )

    id: Mapped[Id]
    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    reason: Mapped[str]
    words: Mapped[str]
    raised_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    answer: Mapped[str | None]
    reply: Mapped[str | None]


class WithdrawalRequest(Base):
    """That somebody asked to withdraw an award or a recognition, and what a second person made of it.

    `organisation_id` is the organisation whose people decide: the issuer, or what it became; `words` are for them.
    """

    __tablename__ = "withdrawal_request"
    __table_args__ = (
        CheckConstraint("num_nonnulls(award_id, recognition_id) = 1", name="subject"),
        one_of("reason", *WITHDRAWAL_REASONS),
        one_of("outcome", *REQUEST_OUTCOMES),
        CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL) AND (outcome IS NULL) = (closed_by IS NULL)", name="closed"
        ),
        CheckConstraint("outcome <> 'confirmed' OR closed_by <> asked_by", name="second_person"),
        CheckConstraint("expires_at > asked_at", name="life"),
        Index("uq_withdrawal_request_award", "award_id", unique=True, postgresql_where=text("closed_at IS NULL")),
        Index(
            "uq_withdrawal_request_recognition",
            "recognition_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(None, "organisation_id", "asked_at"),
    )

    id: Mapped[Id]
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    recognition_id: Mapped[UUID | None] = mapped_column(ForeignKey("recognition.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    reason: Mapped[str]
    words: Mapped[str]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]
    expires_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    outcome: Mapped[str | None]
