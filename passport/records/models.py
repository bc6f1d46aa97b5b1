"""Tables `identity_correction`, `identity_move`, `person_closure`, `legal_hold`, `erasure`: whose record is whose; and
`retention_count`: how many records are past their time, as the night's work counted them.

A correction of identity joins two records of one person (`merge`) or gives a record back what an import gave to the
wrong person (`parting`). Each row that went with it has an `identity_move`, so both histories can be told and a merge
can be undone. Words in `because` are for registrars alone. An erasure needs two people, which the database itself sees
to; what was erased, and when, is written by the function that erases, and by nothing else.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

CORRECTION_KINDS = ("merge", "parting")
CORRECTION_STATES = ("proposed", "refused", "done", "undone")
MOVED = ("award", "recognition", "registration", "employment", "local_training", "contact", "account", "dispute")
CLOSURE_REASONS = ("died", "left_for_good", "recorded_in_error")
ERASURE_GROUNDS = ("person_asked", "no_longer_needed", "recorded_in_error")


class IdentityCorrection(Base):
    """That what is recorded under one person belongs, all of it or in part, to another."""

    __tablename__ = "identity_correction"
    __table_args__ = (
        one_of("kind", *CORRECTION_KINDS),
        one_of("state", *CORRECTION_STATES),
        CheckConstraint("from_person_id <> to_person_id", name="people"),
        CheckConstraint("kind = 'parting' OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("(state = 'undone') = (undone_at IS NOT NULL)", name="undone"),
        Index(
            "uq_identity_correction_open",
            "from_person_id",
            unique=True,
            postgresql_where=text("kind = 'merge' AND state IN ('proposed', 'done')"),
        ),
        Index(None, "from_person_id"),
        Index(None, "to_person_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str]
    state: Mapped[str]
    from_person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    to_person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    because: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    decided_because: Mapped[str | None]
    undone_by: Mapped[str | None]
    undone_at: Mapped[datetime | None]
    undone_because: Mapped[str | None]


class IdentityMove(Base):
    """One row that went from one person to another with a correction.

    A fact that may not change (an award, a recognition) ends and is recorded again: `new_id` is where it stands now.
    `displaced_id` is the fact of the other person that had to give way to it.
    """

    __tablename__ = "identity_move"
    __table_args__ = (one_of("kind", *MOVED), Index(None, "correction_id"))

    id: Mapped[Id]
    correction_id: Mapped[UUID] = mapped_column(ForeignKey("identity_correction.id"))
    kind: Mapped[str]
    row_id: Mapped[UUID]
    new_id: Mapped[UUID | None]
    displaced_id: Mapped[UUID | None]


class PersonClosure(Base):
    """That a record was closed, and why: read by registrars alone. `employments` were ended by it, with their last day
    before (null: none), so that a closure by mistake can be taken back.
    """

    __tablename__ = "person_closure"
    __table_args__ = (
        one_of("reason", *CLOSURE_REASONS),
        Index("uq_person_closure_open", "person_id", unique=True, postgresql_where=text("reopened_at IS NULL")),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str]
    on: Mapped[date] = mapped_column("closed_on")
    employments: Mapped[dict[str, Any]]
    closed_by: Mapped[str]
    closed_at: Mapped[datetime]
    reopened_by: Mapped[str | None]
    reopened_at: Mapped[datetime | None]


class LegalHold(Base):
    """That a record must not be erased for now, because somebody needs it as evidence."""

    __tablename__ = "legal_hold"
    __table_args__ = (Index(None, "person_id", postgresql_where=text("lifted_at IS NULL")),)

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    because: Mapped[str]
    placed_by: Mapped[str]
    placed_at: Mapped[datetime]
    lifted_by: Mapped[str | None]
    lifted_at: Mapped[datetime | None]


class Erasure(Base):
    """That a person is to be removed, who asked and who confirmed, and the evidence that it was done."""

    __tablename__ = "erasure"
    __table_args__ = (
        one_of("ground", *ERASURE_GROUNDS),
        CheckConstraint("confirmed_by <> requested_by", name="two_people"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
        CheckConstraint("erased_at IS NULL OR (confirmed_at IS NOT NULL AND cancelled_at IS NULL)", name="erased"),
        Index("uq_erasure_open", "person_id", unique=True, postgresql_where=text("cancelled_at IS NULL")),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    ground: Mapped[str]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    evidence: Mapped[dict[str, Any] | None]


class RetentionCount(Base):
    """How many of a kind of data were past their time when they were last counted."""

    __tablename__ = "retention_count"

    kind: Mapped[str] = mapped_column(primary_key=True)
    past_time: Mapped[int]
    counted_at: Mapped[datetime]
