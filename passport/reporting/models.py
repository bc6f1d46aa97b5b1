"""Tables of the workforce picture: `workforce_stint`, `workforce_movement`, `month_count`, `national_count`,
`compliance_count`, `establishment`, `establishment_line`.

The first two are kept by triggers of the database (migration 0014), in the transaction of what changed: who counts
where from which month to which, and the sums of their coming and going. A person counts in a month if they count on its
last day. The next three are kept by a job (`passport.reporting.jobs`): the counts of months that are over, the national
figure of each with whether it is shown exactly, and how staff stood with their training on the last night. An
establishment is what an ICB says is required, in dated versions; it is never changed.
"""

from datetime import date, datetime
from typing import Final, Literal, get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

Measure = Literal["advanced", "consultant", "enhanced", "trainee", "credential"]
State = Literal["current", "within_90", "within_30", "in_part", "unclear", "lapsed", "never"]
REQUIRED: Final = ("advanced", "credential")
MOST_REQUIRED: Final = 100_000


class WorkforceStint(Base):
    """That a person counts at an employer from a month until before another. Derived: it has no foreign keys."""

    __tablename__ = "workforce_stint"

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(index=True)
    organisation_id: Mapped[UUID]
    measure: Mapped[str]
    category: Mapped[str]
    from_month: Mapped[date]
    until_month: Mapped[date | None]


class WorkforceMovement(Base):
    """By how many people a count grew or shrank from a month on; the sum up to a month is its count."""

    __tablename__ = "workforce_movement"
    __table_args__ = (
        Index(None, "measure", "category", "month", postgresql_include=["organisation_id", "people"]),
        Index(None, "organisation_id", "measure"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID]
    measure: Mapped[str]
    category: Mapped[str]
    month: Mapped[date]
    people: Mapped[int]


class MonthCount(Base):
    """How many counted at an organisation at the end of a month, as it was known then. No row: nobody did."""

    __tablename__ = "month_count"
    __table_args__ = (CheckConstraint("people > 0", name="people"),)

    measure: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    people: Mapped[int]


class NationalCount(Base):
    """How many counted in all at the end of a month; `is_shown`: exactly, because it gives nobody away.

    `small` is then what a `*` of an organisation comes to on average, and `beyond` what the total is beyond the sum of
    what is shown: both made from published figures.
    """

    __tablename__ = "national_count"

    measure: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    people: Mapped[int]
    is_shown: Mapped[bool]
    small: Mapped[float | None]
    beyond: Mapped[float | None]
    recorded_at: Mapped[datetime]


class ComplianceCount(Base):
    """How many of an organisation's staff stood how with a subject, on the day of the last count."""

    __tablename__ = "compliance_count"
    __table_args__ = (one_of("state", *get_args(State)),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[State] = mapped_column(Text, primary_key=True)
    people: Mapped[int]
    counted_on: Mapped[date]


class Establishment(Base):
    """One version of what an ICB requires of the organisations below it, from a day on."""

    __tablename__ = "establishment"
    __table_args__ = (UniqueConstraint("organisation_id", "version"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    version: Mapped[int]
    from_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]


class EstablishmentLine(Base):
    """How many one organisation should have: advanced practitioners of a profession, or holders of a credential."""

    __tablename__ = "establishment_line"
    __table_args__ = (
        one_of("measure", *REQUIRED),
        CheckConstraint(f"required BETWEEN 0 AND {MOST_REQUIRED}", name="required"),
    )

    establishment_id: Mapped[UUID] = mapped_column(ForeignKey("establishment.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    measure: Mapped[str] = mapped_column(primary_key=True)
    category: Mapped[str] = mapped_column(primary_key=True)
    required: Mapped[int]
