"""Tables `organisation` and `virtual_private_database`: trusts, the Academy, ICBs and regions.

An ODS code is unique, never used again and never changed; an organisation is closed, not deleted, and may name the
successor it merged into (facts, section 8). A VPD is ESR's three-digit name of an employer, and not an ODS code.
"""

from datetime import date, datetime
from typing import get_args
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from credentials.records import OrganisationKind
from passport.db import Base, Id, one_of


class Organisation(Base):
    """One organisation. `signatory_from` and `signatory_until`: when it was party to the training agreement.

    `closed_on` is its last day. `successor_id` names what it merged into; that one may have merged in its turn.
    """

    __tablename__ = "organisation"
    __table_args__ = (one_of("kind", *get_args(OrganisationKind)), CheckConstraint("parent_id <> id", name="parent"))

    id: Mapped[Id]
    ods_code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[OrganisationKind] = mapped_column(Text)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    signatory_from: Mapped[date | None]
    signatory_until: Mapped[date | None]
    source: Mapped[str]
    recorded_at: Mapped[datetime]
    parent: Mapped["Organisation | None"] = relationship(foreign_keys=[parent_id], remote_side="Organisation.id")
    direct_successor: Mapped["Organisation | None"] = relationship(
        foreign_keys=[successor_id], remote_side="Organisation.id"
    )
    vpds: Mapped[list["VirtualPrivateDatabase"]] = relationship(order_by="VirtualPrivateDatabase.vpd", viewonly=True)


class VirtualPrivateDatabase(Base):
    """Which organisation stands behind an ESR VPD number."""

    __tablename__ = "virtual_private_database"
    __table_args__ = (CheckConstraint("vpd ~ '^[0-9]{3}$'", name="vpd"),)

    vpd: Mapped[str] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
