"""Table `signing_key`: which key signs what, and where it stands in its life (wire formats, section 1).

The private key is never here: `uri` says where it lies. One key is active for each purpose; a key of a purpose is never
used for another; a compromised key is blocked for ever by its thumbprint, which is its `kid`.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, one_of

KEY_STATES = ("planned", "published", "active", "retiring", "retired", "compromised")
KEY_PURPOSES = ("passport", "trust_list", "qr", "access_token", "badge")


class SigningKey(Base):
    """One key. Each `..._at` says when it entered that state; `active_at` is announced when it is published.

    `certificate_pem` is the leaf, followed by the certificate of the CA that issued it.
    """

    __tablename__ = "signing_key"
    __table_args__ = (
        one_of("state", *KEY_STATES),
        one_of("purpose", *KEY_PURPOSES),
        Index("uq_signing_key_active", "purpose", unique=True, postgresql_where=text("state = 'active'")),
    )

    kid: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    state: Mapped[str]
    uri: Mapped[str]
    public_jwk: Mapped[dict[str, Any]]
    certificate_pem: Mapped[str | None]
    planned_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    active_at: Mapped[datetime | None]
    retiring_at: Mapped[datetime | None]
    retired_at: Mapped[datetime | None]
    compromised_at: Mapped[datetime | None]
