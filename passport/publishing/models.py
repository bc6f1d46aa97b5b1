"""Table `published_document`: the bytes that the world reads, made once for each change.

Rows: `trust-root`, `trust-list`, `code-list`, `jwks`, `jwt-vc-issuer`, `type`. Status lists lie beside their entries in
the issuing room.
"""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base


class PublishedDocument(Base):
    """One document as it is published now. `sequence` only grows; `source_hash` tells whether its source changed."""

    __tablename__ = "published_document"

    name: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    media_type: Mapped[str]
    etag: Mapped[str]
    source_hash: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
