"""What an organisation is told about: reminders of training that ends (`notice_settings`, `reminder_choice`,
`reminder_run`, `reminder`, `reminder_letter`, `ending_count`) and webhooks (`webhook_endpoint`, `webhook_delivery`).

A reminder is a mark: of this award, whose last day was worked out to be this one, its holder was reminded this many
days before. Its key makes it happen once, whichever worker makes it. Letters are kept by their ids, never their text.

An endpoint keeps the place in the audit log up to which it was looked at, so that a replay is a step back. Its secret
is worked out of `secret_salt` and the service's own key (`signatures`), so that the table alone signs nothing.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from passport.db import Base, Id, one_of

LETTER_STATES = ("waiting", "sent", "dropped", "refused")
DELIVERY_STATES = ("waiting", "delivered", "failed")
DISABLED_BY = ("gone", "failing", "organisation")
WAITING = text("state = 'waiting'")


class NoticeSettings(Base):
    """Whom an organisation has reminded, how long before, and on which day of the week (1 is Monday).

    `mailbox` is an address of the organisation itself; letters about its webhooks go there too.
    """

    __tablename__ = "notice_settings"
    __table_args__ = (CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    reminders_on: Mapped[bool]
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    to_staff: Mapped[bool]
    to_mailbox: Mapped[bool]
    mailbox: Mapped[str | None]
    weekday: Mapped[int]
    changed_at: Mapped[datetime]


class ReminderChoice(Base):
    """That somebody turned the own reminders off. Turning them on removes the row."""

    __tablename__ = "reminder_choice"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    off_at: Mapped[datetime]


class ReminderRun(Base):
    """One run of an organisation's reminders, and what it found. `marked_at` is null until it has looked."""

    __tablename__ = "reminder_run"
    __table_args__ = (UniqueConstraint("organisation_id", "due_on"),)

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    due_on: Mapped[date]
    begun_at: Mapped[datetime]
    marked_at: Mapped[datetime | None]
    letters: Mapped[int] = mapped_column(default=0)
    without_address: Mapped[int] = mapped_column(default=0)


class Reminder(Base):
    """That a person is reminded of an award, whose last day is `last_on`, `days` before."""

    __tablename__ = "reminder"
    __table_args__ = (Index(None, "run_id", "person_id"), Index(None, "person_id"))

    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), primary_key=True)
    last_on: Mapped[date] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("reminder_run.id"))


class ReminderLetter(Base):
    """A letter of a run: to a person, or to the organisation's mailbox where `person_id` is null."""

    __tablename__ = "reminder_letter"
    __table_args__ = (
        UniqueConstraint("run_id", "person_id", postgresql_nulls_not_distinct=True),
        one_of("state", *LETTER_STATES),
        Index("ix_reminder_letter_waiting", "run_id", "id", postgresql_where=WAITING),
        Index(None, "person_id"),
    )

    id: Mapped[Id]
    run_id: Mapped[UUID] = mapped_column(ForeignKey("reminder_run.id"))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(server_default="waiting")
    made_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class EndingCount(Base):
    """What ends soon at an organisation, as it was counted on a day by the lengths of time that it had set then.

    `endings` has for each length of time its days, how many awards, and of how many people.
    """

    __tablename__ = "ending_count"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    endings: Mapped[list[Any]]
    people: Mapped[int]
    without_address: Mapped[int]
    counted_on: Mapped[date]


class WebhookEndpoint(Base):
    """An address of an organisation that is told of events. `looked_at_sequence` is its place in the audit log.

    `failing_since` is set while nothing gets through, `rests_until` after a try that did not reach it. Until
    `previous_until` messages are signed with the secret of `previous_salt` too.
    """

    __tablename__ = "webhook_endpoint"
    __table_args__ = (
        one_of("disabled_by", *DISABLED_BY),
        CheckConstraint("(disabled_at IS NULL) = (disabled_by IS NULL)", name="disabled"),
        CheckConstraint("(previous_salt IS NULL) = (previous_until IS NULL)", name="previous"),
        Index(None, "organisation_id"),
    )

    id: Mapped[Id]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    url: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret_salt: Mapped[bytes] = mapped_column(LargeBinary)
    previous_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None]
    looked_at_sequence: Mapped[int] = mapped_column(BigInteger)
    recorded_at: Mapped[datetime]
    failing_since: Mapped[datetime | None]
    rests_until: Mapped[datetime | None]
    disabled_at: Mapped[datetime | None]
    disabled_by: Mapped[str | None]


class WebhookDelivery(Base):
    """One event for one endpoint. `sequence` is its place in the audit log, null for a test."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("endpoint_id", "sequence"),
        one_of("state", *DELIVERY_STATES),
        Index("ix_webhook_delivery_waiting", "endpoint_id", "sequence", postgresql_where=WAITING),
        Index(None, "endpoint_id", "id"),
    )

    id: Mapped[Id]
    endpoint_id: Mapped[UUID] = mapped_column(ForeignKey("webhook_endpoint.id"))
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str]
    subject: Mapped[str | None]
    count: Mapped[int]
    happened_at: Mapped[datetime]
    state: Mapped[str]
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    last_attempt_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_result: Mapped[str | None]
    last_milliseconds: Mapped[int | None]
