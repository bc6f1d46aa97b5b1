"""Table `verification`: every check of a passport that came in through the API, with its verdict, insert-only.

It is the record of "who has looked" for the holder and of "what was known when" for an auditor. A refused text leaves
no content behind: only the reason.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

OUTCOMES = ("genuine", "refused", "could_not_check")


class Verification(Base):
    """One check. `person_id` is known where the passport number was disclosed or the copy is ours.

    `verdict` is what was answered; `evidence` what it rests on, as `service.Evidence` has it.
    """

    __tablename__ = "verification"
    __table_args__ = (
        one_of("outcome", *OUTCOMES),
        one_of("carrier", "sd_jwt", "qr"),
        Index(None, "organisation_id", "checked_at"),
        Index(None, "person_id", "checked_at"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    actor: Mapped[str]
    carrier: Mapped[str]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    verdict: Mapped[dict[str, Any]]
    evidence: Mapped[dict[str, Any]]
    checked_at: Mapped[datetime]
