"""Tables `api_client`, `api_client_key` and `used_assertion`: programs that may call, their keys, used proofs.

A client belongs to one organisation and acts for it alone. Its algorithm is fixed when it is registered, so that the
token itself never chooses it (RFC 8725 section 3.1). A used assertion is remembered by hash until it would expire.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from passport.db import Base, Id, one_of


class ApiClient(Base):
    """A program of one organisation. It stops working at the moment that `disabled_at` is set."""

    __tablename__ = "api_client"
    __table_args__ = (one_of("algorithm", "RS512", "PS512", "ES256"),)

    id: Mapped[Id]
    client_id: Mapped[str] = mapped_column(unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    algorithm: Mapped[str]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recorded_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    keys: Mapped[list["ApiClientKey"]] = relationship(lazy="selectin")


class ApiClientKey(Base):
    """A public key of a client, as a JWK."""

    __tablename__ = "api_client_key"

    api_client_id: Mapped[UUID] = mapped_column(ForeignKey("api_client.id"), primary_key=True)
    kid: Mapped[str] = mapped_column(primary_key=True)
    jwk: Mapped[dict[str, Any]]
    recorded_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class UsedAssertion(Base):
    """A client assertion that was accepted once and never will be again."""

    __tablename__ = "used_assertion"
    __table_args__ = (Index(None, "expires_at"),)

    api_client_id: Mapped[UUID] = mapped_column(ForeignKey("api_client.id"), primary_key=True)
    jti_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    expires_at: Mapped[datetime]
