"""Table `audit_entry`: who did what to which record, in one chain that shows any change made afterwards.

A row is never changed or removed: the database roles of the service may only read and insert. Personal data stays
outside: a row names records by their ids, and `detail` holds codes and counts.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base


class AuditEntry(Base):
    """One thing that was done. `hash` covers the row and `previous_hash`, the hash of the row before."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject"), Index("ix_audit_entry_newest", "organisation_id", "sequence"))

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
