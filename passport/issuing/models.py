"""Tables `status_list`, `status_entry` and `credential`: everything that was ever signed, or was about to be.

A credential is recorded as `planned` before it is signed, so a crash leaves nothing signed that is unknown. What is
kept (salts' seed, exact claims, 64-byte signature) makes the same token again; the token itself is not stored. A
status index is one row, so the database itself sees to it that none is used twice; a revocation is that row's
`invalid_at`, and the signed list is derived from these rows in the same transaction.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

CREDENTIAL_STATES = ("planned", "issued", "void")
BADGE = "open_badge"
CARRIERS = ("sd_jwt", "print_qr", BADGE)


class StatusList(Base):
    """One list of a key. `token` is the signed list as it is published now; `signed_at` its `iat`."""

    __tablename__ = "status_list"
    __table_args__ = (Index(None, "kid"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    kid: Mapped[str] = mapped_column(ForeignKey("signing_key.kid"))
    size: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    etag: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]


class StatusEntry(Base):
    """One index that was given to one credential, once and for ever."""

    __tablename__ = "status_entry"
    __table_args__ = (
        CheckConstraint("index >= 0", name="index"),
        Index("ix_status_entry_invalid", "list_number", "index", postgresql_where=text("invalid_at IS NOT NULL")),
    )

    list_number: Mapped[int] = mapped_column(ForeignKey("status_list.number"), primary_key=True)
    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    invalid_at: Mapped[datetime | None]


class Credential(Base):
    """One signed copy of a passport or badge of one record in it, or the plan of one."""

    __tablename__ = "credential"
    __table_args__ = (
        ForeignKeyConstraint(["list_number", "status_index"], ["status_entry.list_number", "status_entry.index"]),
        UniqueConstraint("list_number", "status_index"),
        one_of("state", *CREDENTIAL_STATES),
        one_of("carrier", *CARRIERS),
        CheckConstraint("(state = 'issued') = (signature IS NOT NULL)", name="signature"),
        Index(None, "person_id", "planned_at"),
        Index("ix_credential_planned", "planned_at", postgresql_where=text("state = 'planned'")),
        Index(
            "ix_credential_live",
            "person_id",
            "expires_at",
            postgresql_where=text(f"state = 'issued' AND revoked_at IS NULL AND carrier <> '{BADGE}'"),
        ),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    carrier: Mapped[str]
    state: Mapped[str]
    kid: Mapped[str] = mapped_column(ForeignKey("signing_key.kid"))
    list_number: Mapped[int]
    status_index: Mapped[int]
    salts_seed: Mapped[bytes] = mapped_column(LargeBinary)
    claims: Mapped[bytes] = mapped_column(LargeBinary)
    claims_sha256: Mapped[bytes] = mapped_column(LargeBinary)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary)
    signature: Mapped[bytes | None] = mapped_column(LargeBinary)
    requested_by: Mapped[str]
    planned_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revocation_reason: Mapped[str | None]
    replaced_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("credential.id"))
