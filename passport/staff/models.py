"""Who the records are about (`person`, `registration`, `employment`), and how they get in (`contact`, `invitation`,
`sign_in_code`).

A person is known to the world by the passport number alone. Registration numbers are stored in their normal form, and a
row says when and how the register was looked at: it never replaces the live check (facts, section 4). An ESR assignment
number belongs to one employer and can change, so it names an employment, never a person.

Codes are stored as hashes. A work e-mail address is personal data that the service writes letters to and nothing else:
it is in no log, no passport and no address.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from passport.db import Base, Id, one_of

REGISTRATION_METHODS = ("register_lookup", "document", "employer_record", "not_checked")
EMPLOYMENT_KINDS = ("substantive", "bank", "agency", "honorary", "secondment", "volunteer")


class Person(Base):
    """A member of staff, past or present.

    `merged_into_id` names the record that stands for this one since two records of one person were merged. From
    `closed_at` on nothing is issued and nobody gets in; why is known to the registrar alone (`passport.records`).
    """

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("merged_into_id <> id", name="merged_into"),
        Index(None, "merged_into_id", postgresql_where=text("merged_into_id IS NOT NULL")),
        Index(None, "family_name", "given_name", "id"),
        *(
            Index(
                f"ix_person_{name}_begins",
                literal_column(f"lower({name})").label("begins"),
                postgresql_ops={"begins": "text_pattern_ops"},
            )
            for name in ("family_name", "given_name")
        ),
    )

    id: Mapped[Id]
    passport_number: Mapped[str] = mapped_column(unique=True)
    given_name: Mapped[str]
    family_name: Mapped[str]
    date_of_birth: Mapped[date]
    recorded_at: Mapped[datetime]
    merged_into_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None]
    registrations: Mapped[list["Registration"]] = relationship(lazy="raise", order_by="Registration.body")
    employments: Mapped[list["Employment"]] = relationship(lazy="raise", order_by="Employment.started_on")


class Registration(Base):
    """A professional registration: which body, which number, when it was last looked up, by whom and how."""

    __tablename__ = "registration"
    __table_args__ = (UniqueConstraint("body", "number"), one_of("method", *REGISTRATION_METHODS))

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    body: Mapped[str]
    number: Mapped[str]
    checked_at: Mapped[datetime]
    checked_by_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    method: Mapped[str]
    annotations: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)


class Employment(Base):
    """That an organisation employs or employed a person, in which way, under which numbers of its ESR.

    A person may have several at once: a post at one trust, shifts at its bank, others through an agency.
    """

    __tablename__ = "employment"
    __table_args__ = (
        UniqueConstraint("organisation_id", "assignment_number"),
        Index(None, "organisation_id", "employee_number"),
        Index(None, "organisation_id", "person_id", postgresql_include=["ended_on"]),
        CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name="dates"),
        one_of("kind", *EMPLOYMENT_KINDS),
    )

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(default="substantive", server_default="substantive")
    employee_number: Mapped[str | None]
    assignment_number: Mapped[str | None]
    started_on: Mapped[date]
    ended_on: Mapped[date | None]


class Contact(Base):
    """The work e-mail address of a person, in lower case. It is confirmed when a letter sent to it was used."""

    __tablename__ = "contact"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    confirmed_at: Mapped[datetime | None]


class Invitation(Base):
    """An employer's invitation to claim a passport. `code_hash` is null until the code has been made for its letter."""

    __tablename__ = "invitation"

    id: Mapped[Id]
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), index=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    by_mail: Mapped[bool]
    invited_by: Mapped[str]
    recorded_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    claimed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class SignInCode(Base):
    """A request for a one-time code. `person_id` is null where nobody fits: the visitor can't tell the difference."""

    __tablename__ = "sign_in_code"
    __table_args__ = (Index(None, "asked_at"),)

    id: Mapped[Id]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"), index=True)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    code_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
