"""Tables `batch`, `batch_chunk` and `batch_row`: many changes that were asked for by one file, and what became of each.

A batch keeps what was asked and by whom; where it stands follows from its chunks, so that workers never wait for each
other at one counter (`progress`). A row keeps what it means in ids, never the text of the file; from the plan on it
names the copy that is made for it, so that a crash doubles none. `settings` are the facts of an award, by name.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

KINDS = ("issue_passports", "record_awards", "correct_awards", "withdraw_awards", "revoke_copies")
OUTCOMES = ("ready", "done", "failed", "cancelled")
CHUNK_STATES = ("open", "done", "cancelled")


class Batch(Base):
    """One file and what was asked for it. `undoes_id` names the batch whose rows this one takes back, `checked_id`
    the dry run that was looked at before.

    `refused` counts the rows that could not be done from the beginning; they are in no chunk. `needs_second` says that
    another person must confirm before anything runs.
    """

    __tablename__ = "batch"
    __table_args__ = (
        one_of("kind", *KINDS),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name="confirmed"),
        CheckConstraint("confirmed_by <> requested_by", name="second"),
        Index(None, "organisation_id", "requested_at", "id"),
        Index(
            "uq_batch_undoes_id",
            "undoes_id",
            unique=True,
            postgresql_where=text("NOT dry_run AND cancelled_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str]
    dry_run: Mapped[bool]
    undoes_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"))
    checked_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), unique=True)
    file_sha256: Mapped[bytes | None] = mapped_column(LargeBinary)
    total: Mapped[int]
    refused: Mapped[int]
    exceeds: Mapped[bool]
    needs_second: Mapped[bool]
    requested_by: Mapped[str]
    requested_at: Mapped[datetime]
    confirmed_by: Mapped[str | None]
    confirmed_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]


class BatchChunk(Base):
    """Consecutive lines that one job works on. It counts its own rows, so workers share no counter."""

    __tablename__ = "batch_chunk"
    __table_args__ = (
        one_of("state", *CHUNK_STATES),
        Index("ix_batch_chunk_open", "asked_at", postgresql_where=text("state = 'open'")),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_line: Mapped[int]
    last_line: Mapped[int]
    rows: Mapped[int]
    state: Mapped[str]
    done: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class BatchRow(Base):
    """One line of the file: whom or what it means, and what became of it. The header is line 1.

    `award_id` is the award that the row recorded, corrected or withdrew, `result_id` the one that took its place.
    """

    __tablename__ = "batch_row"
    __table_args__ = (one_of("outcome", *OUTCOMES), {"postgresql_with": {"fillfactor": "70"}})

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    outcome: Mapped[str]
    column: Mapped[str | None]
    code: Mapped[str | None]
    sentence: Mapped[str | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    result_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    credential_id: Mapped[UUID | None] = mapped_column(ForeignKey("credential.id"))
    settings: Mapped[dict[str, Any] | None]
