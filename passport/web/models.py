"""Tables `idempotent_answer` and `rate_window`: what was answered to a key, and how often somebody asked.

Neither holds anything that must survive for long: answers are kept for 24 hours, windows for a minute.
"""

from datetime import datetime

from sqlalchemy import Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base


class IdempotentAnswer(Base):
    """The answer once given to a client's `Idempotency-Key`. `status` is null while the first request still runs."""

    __tablename__ = "idempotent_answer"
    __table_args__ = (Index(None, "recorded_at"),)

    client: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    location: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    recorded_at: Mapped[datetime]


class RateWindow(Base):
    """How many requests a name made in the window that began at `began_at`."""

    __tablename__ = "rate_window"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    name: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]
    used: Mapped[int]
