"""Tables `share`, `share_opening` and `print_copy`: what a member of staff gave others to see, and the code on paper.

A share is opened by a secret link or a code to say aloud; both are kept as hashes, so the table opens nothing. How
often it was opened and where somebody failed is kept, because it belongs to the answer to "who has looked".
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, LargeBinary, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

OPENINGS = ("opened", "wrong_answer", "over")


class Share(Base):
    """Some records of a person, for somebody outside, until a moment. `most_openings` None: as often as they like."""

    __tablename__ = "share"
    __table_args__ = (
        CheckConstraint("expires_at > made_at", name="life"),
        CheckConstraint("most_openings > 0", name="most_openings"),
        CheckConstraint("openings <= most_openings", name="openings"),
        Index(None, "person_id", "made_at"),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    given_to: Mapped[str]
    award_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    with_registrations: Mapped[bool]
    with_practice: Mapped[bool]
    link_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    most_openings: Mapped[int | None]
    openings: Mapped[int] = mapped_column(default=0)
    wrong_answers: Mapped[int] = mapped_column(default=0)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


class ShareOpening(Base):
    """One try to open a share. `said_by` is what the visitor said; organisation and role are known when signed in."""

    __tablename__ = "share_opening"
    __table_args__ = (one_of("outcome", *OPENINGS),)

    id: Mapped[Id]
    share_id: Mapped[UUID] = mapped_column(ForeignKey("share.id"), index=True)
    at: Mapped[datetime]
    outcome: Mapped[str]
    said_by: Mapped[str]
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str | None]


class PrintCopy(Base):
    """Which printed QR says what a passport says: one for each version of its content."""

    __tablename__ = "print_copy"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    content_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    credential_id: Mapped[UUID] = mapped_column(ForeignKey("credential.id"))
