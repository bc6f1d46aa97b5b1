"""Tables `recognition_application`, `application_step`, `pillar_evidence`, `register_check`.

An application says where somebody stands on the way to a recognition; the recognition itself is a fact of the awards
room. Steps, evidence and looks at the register are facts too: added, never changed. Of evidence there is a title, a
date, a reference and who assessed it, never a file. One application of a person is open at a time, and while it is, the
person is a trainee and nothing more.
"""

from datetime import date, datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from credentials.records import Pillar, PracticeLevel, RecognitionRoute
from passport.db import Base, Id, one_of
from passport.recognition.steps import ENDINGS, STEPS, Ending, Step

CHECK_METHODS = ("register_lookup", "document", "employer_record")


class RecognitionApplication(Base):
    """One person's way to be recognised at a level of practice by one organisation.

    `employer_id` is who confirms the eligibility (ePortfolio), `programme` the title of the degree (programme). The
    base profession is as the register calls it; no job title is kept or asked for. `ending_words` are for the
    organisation alone.
    """

    __tablename__ = "recognition_application"
    __table_args__ = (
        one_of("level", *get_args(PracticeLevel)),
        one_of("edition", "2017", "2025"),
        one_of("step", *STEPS),
        one_of("ending", *ENDINGS),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended"),
        CheckConstraint("(ending IS NOT DISTINCT FROM 'recognised') = (recognition_id IS NOT NULL)", name="recognised"),
        CheckConstraint(
            "(route = 'programme') = (programme IS NOT NULL) AND (route = 'eportfolio') = (employer_id IS NOT NULL)",
            name="route",
        ),
        Index("uq_recognition_application_open", "person_id", unique=True, postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    employer_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    route: Mapped[RecognitionRoute] = mapped_column(Text, ForeignKey("recognition_route.code"))
    level: Mapped[PracticeLevel] = mapped_column(Text)
    edition: Mapped[str]
    base_profession: Mapped[str]
    programme: Mapped[str | None]
    begun_on: Mapped[date]
    step: Mapped[Step] = mapped_column(Text)
    evidence_due_on: Mapped[date | None]
    submission_due_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
    ended_at: Mapped[datetime | None]
    ending: Mapped[Ending | None] = mapped_column(Text)
    ending_words: Mapped[str | None]
    recognition_id: Mapped[UUID | None] = mapped_column(ForeignKey("recognition.id"))


class ApplicationStep(Base):
    """That an application reached a step on a day."""

    __tablename__ = "application_step"
    __table_args__ = (UniqueConstraint("application_id", "step"),)

    id: Mapped[Id]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("recognition_application.id"))
    step: Mapped[Step] = mapped_column(Text)
    reached_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class PillarEvidence(Base):
    """One piece of evidence for one pillar: what it is, of which day, where it is kept, who assessed it."""

    __tablename__ = "pillar_evidence"

    id: Mapped[Id]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("recognition_application.id"), index=True)
    pillar: Mapped[Pillar] = mapped_column(Text, ForeignKey("practice_pillar.code"))
    title: Mapped[str]
    dated_on: Mapped[date]
    reference: Mapped[str]
    assessed_by: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class RegisterCheck(Base):
    """That somebody looked at a registration of the applicant on a day, and how: said by them, never inferred."""

    __tablename__ = "register_check"
    __table_args__ = (one_of("method", *CHECK_METHODS),)

    id: Mapped[Id]
    application_id: Mapped[UUID] = mapped_column(ForeignKey("recognition_application.id"), index=True)
    registration_id: Mapped[UUID] = mapped_column(ForeignKey("registration.id"))
    checked_on: Mapped[date]
    checked_by_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    method: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
