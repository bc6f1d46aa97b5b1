"""Tables of inspections: each look of an auditor at a person's record, and the signed checkpoints of the audit log.

Both are insert-only. An inspection says why somebody looked, and the holder sees it among those who have looked.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id


class Inspection(Base):
    """One look at what an organisation knew of a person at the end of a day, with the reason for it."""

    __tablename__ = "inspection"
    __table_args__ = (Index(None, "organisation_id", "inspected_at"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    as_of_on: Mapped[date]
    reason: Mapped[str]
    inspected_by: Mapped[str]
    inspected_at: Mapped[datetime]


class SignedCheckpoint(Base):
    """The audit log up to an entry, signed (`credentials.audit_checkpoint`)."""

    __tablename__ = "audit_checkpoint"

    sequence: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("audit_entry.sequence"), primary_key=True, autoincrement=False
    )
    token: Mapped[str]
    signed_at: Mapped[datetime]
