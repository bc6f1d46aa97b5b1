"""Who may come in: programs (`api_client`, `api_client_key`, `used_assertion`) and people (`account`, `role_grant`,
`browser_session`, `form_draft`).

A client belongs to one organisation and acts for it alone. Its algorithm is fixed when it is registered, so that the
token itself never chooses it (RFC 8725 section 3.1). A used assertion is remembered by hash until it would expire.

An account is a person who signs in, known by an identity provider, by the own passport record, or both. What it may do
is a role at an organisation, granted and ended, never changed. A session is one signed-in browser in one role; it is
found by the hash of what the browser's cookie holds, so the table opens nothing. A draft is what somebody has begun and
not confirmed in such a session; it is sealed under that cookie, and gone with the session.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from passport.db import Base, Id, one_of
from passport.web.rules import ROLES

SOURCES = ("provider", "registrar", "claim", "demonstration")


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


class Account(Base):
    """A person who signs in. `issuer` and `subject` are the identity provider's name of them."""

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        CheckConstraint("(issuer IS NULL) = (subject IS NULL)", name="provider"),
        Index(None, "name", "id"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    issuer: Mapped[str | None]
    subject: Mapped[str | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), unique=True)
    recorded_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class RoleGrant(Base):
    """That an account has a role at an organisation, until it is ended; and where that was said."""

    __tablename__ = "role_grant"
    __table_args__ = (
        one_of("role", *ROLES),
        one_of("source", *SOURCES),
        Index(
            "uq_role_grant_alive",
            "account_id",
            "organisation_id",
            "role",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str]
    source: Mapped[str]
    granted_at: Mapped[datetime]
    granted_by: Mapped[str]
    ended_at: Mapped[datetime | None]


class BrowserSession(Base):
    """A signed-in browser. `strong`: a second factor was used; `message` waits for the next page."""

    __tablename__ = "browser_session"
    __table_args__ = (Index(None, "last_seen_at"),)

    id: Mapped[Id]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("account.id"), index=True)
    role_grant_id: Mapped[UUID] = mapped_column(ForeignKey("role_grant.id"))
    signed_in_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    strong: Mapped[bool]
    message: Mapped[str | None]


class FormDraft(Base):
    """What one browser has begun in forms of several pages, for a while. `kind` says of which form, and how far."""

    __tablename__ = "form_draft"
    __table_args__ = (Index(None, "expires_at"),)

    browser_session_id: Mapped[UUID] = mapped_column(
        ForeignKey("browser_session.id", ondelete="CASCADE"), primary_key=True
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    saved_at: Mapped[datetime]
    expires_at: Mapped[datetime]
