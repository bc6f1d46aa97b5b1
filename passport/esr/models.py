"""Tables `esr_import`, `esr_row_chunk`, `esr_row_note` and `esr_set_aside`: what came in a file and what became of it.

Each row's outcome is kept for ever in one byte (`esr_row_chunk`: the outcomes of consecutive lines), and a row that
needs words has a note beside it. A row that a person must look at is set aside with the values as they were read,
until it is settled. The Merkle root of the rows lets the audit log vouch for the whole file in one entry.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

IMPORT_STATES = ("running", "finished", "failed")
LAYOUTS = ("bulk", "personal")


class EsrImport(Base):
    """One run over one file. `counts` has the number of rows of each outcome.

    An import that was confirmed on a page names the dry run that checked its file (`check_id`), and runs as a job:
    until it is finished, `rows_read` of `row_count` rows are read.
    """

    __tablename__ = "esr_import"
    __table_args__ = (
        one_of("state", *IMPORT_STATES),
        one_of("layout", *LAYOUTS),
        Index(None, "organisation_id", "started_at"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    file_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    layout: Mapped[str]
    dry_run: Mapped[bool]
    state: Mapped[str]
    check_id: Mapped[UUID | None] = mapped_column(ForeignKey("esr_import.id"), unique=True)
    row_count: Mapped[int] = mapped_column(default=0)
    rows_read: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, Any]]
    rows_root: Mapped[bytes | None] = mapped_column(LargeBinary)
    failure: Mapped[str | None]
    requested_by: Mapped[str]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class EsrRowChunk(Base):
    """The outcomes of consecutive lines from `first_line` on, one byte (its place in the list of outcomes) a line."""

    __tablename__ = "esr_row_chunk"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("esr_import.id"), primary_key=True)
    first_line: Mapped[int] = mapped_column(primary_key=True)
    outcomes: Mapped[bytes] = mapped_column(LargeBinary)


class EsrRowNote(Base):
    """What there is to say about one line: the column, a stable code and a sentence without personal data."""

    __tablename__ = "esr_row_note"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("esr_import.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    column: Mapped[str | None]
    code: Mapped[str]
    sentence: Mapped[str]


class EsrSetAside(Base):
    """A row whose person or standard is uncertain, kept for a human with the reason and the likely candidates."""

    __tablename__ = "esr_set_aside"
    __table_args__ = (Index(None, "organisation_id", "settled_at"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    import_id: Mapped[UUID] = mapped_column(ForeignKey("esr_import.id"), index=True)
    line: Mapped[int]
    reason: Mapped[str]
    row: Mapped[dict[str, Any]]
    row_hash: Mapped[bytes] = mapped_column(LargeBinary)
    candidates: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list)
    awarded_on: Mapped[date | None]
    recorded_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settlement: Mapped[str | None]
