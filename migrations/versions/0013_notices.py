"""Make reminders, webhooks and their deliveries.

Only new tables: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import grant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = (
    "notice_settings",
    "reminder_choice",
    "reminder_run",
    "reminder",
    "reminder_letter",
    "ending_count",
    "webhook_endpoint",
    "webhook_delivery",
)
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    """Apply the change."""
    _make_reminders()
    _make_counts()
    _make_webhooks()
    grant(TABLES)


def downgrade() -> None:
    """Take it back."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _make_reminders() -> None:
    op.create_table(
        "notice_settings",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reminders_on", sa.Boolean(), nullable=False),
        sa.Column("days", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("to_staff", sa.Boolean(), nullable=False),
        sa.Column("to_mailbox", sa.Boolean(), nullable=False),
        sa.Column("mailbox", sa.Text),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("weekday BETWEEN 1 AND 7", name=op.f("ck_notice_settings_weekday")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_notice_settings_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_notice_settings")),
    )
    op.create_table(
        "reminder_choice",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("off_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_choice_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_reminder_choice")),
    )
    op.create_table(
        "reminder_run",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("marked_at", sa.DateTime(timezone=True)),
        sa.Column("letters", sa.Integer(), nullable=False),
        sa.Column("without_address", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_reminder_run_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_run")),
        sa.UniqueConstraint("organisation_id", "due_on", name=op.f("uq_reminder_run_organisation_id_due_on")),
    )
    op.create_table(
        "reminder",
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_reminder_award_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_person_id")),
        sa.ForeignKeyConstraint(["run_id"], ["reminder_run.id"], name=op.f("fk_reminder_run_id")),
        sa.PrimaryKeyConstraint("award_id", "last_on", "days", name=op.f("pk_reminder")),
    )
    op.create_index(op.f("ix_reminder_run_id_person_id"), "reminder", ["run_id", "person_id"], unique=False)
    op.create_index(op.f("ix_reminder_person_id"), "reminder", ["person_id"], unique=False)
    op.create_table(
        "reminder_letter",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("state", sa.Text, server_default="waiting", nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'dropped', 'refused')", name=op.f("ck_reminder_letter_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reminder_letter_person_id")),
        sa.ForeignKeyConstraint(["run_id"], ["reminder_run.id"], name=op.f("fk_reminder_letter_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_letter")),
        sa.UniqueConstraint(
            "run_id",
            "person_id",
            name=op.f("uq_reminder_letter_run_id_person_id"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_index(
        "ix_reminder_letter_waiting", "reminder_letter", ["run_id", "id"], unique=False, postgresql_where=WAITING
    )
    op.create_index(op.f("ix_reminder_letter_person_id"), "reminder_letter", ["person_id"], unique=False)


def _make_counts() -> None:
    op.create_table(
        "ending_count",
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("days", sa.ARRAY(sa.Integer()), nullable=False),
        sa.Column("endings", JSONB, nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("without_address", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_ending_count_organisation_id")),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_ending_count")),
    )


def _make_webhooks() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("kinds", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("secret_salt", sa.LargeBinary(), nullable=False),
        sa.Column("previous_salt", sa.LargeBinary()),
        sa.Column("previous_until", sa.DateTime(timezone=True)),
        sa.Column("looked_at_sequence", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("rests_until", sa.DateTime(timezone=True)),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.Column("disabled_by", sa.Text),
        sa.CheckConstraint(
            "disabled_by IN ('gone', 'failing', 'organisation')", name=op.f("ck_webhook_endpoint_disabled_by")
        ),
        sa.CheckConstraint("(disabled_at IS NULL) = (disabled_by IS NULL)", name=op.f("ck_webhook_endpoint_disabled")),
        sa.CheckConstraint(
            "(previous_salt IS NULL) = (previous_until IS NULL)", name=op.f("ck_webhook_endpoint_previous")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_webhook_endpoint_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_index(op.f("ix_webhook_endpoint_organisation_id"), "webhook_endpoint", ["organisation_id"], unique=False)
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger()),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_attempt_at", sa.DateTime(timezone=True)),
        sa.Column("last_status", sa.Integer()),
        sa.Column("last_result", sa.Text),
        sa.Column("last_milliseconds", sa.Integer()),
        sa.CheckConstraint("state IN ('waiting', 'delivered', 'failed')", name=op.f("ck_webhook_delivery_state")),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoint.id"], name=op.f("fk_webhook_delivery_endpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_delivery")),
        sa.UniqueConstraint("endpoint_id", "sequence", name=op.f("uq_webhook_delivery_endpoint_id_sequence")),
    )
    op.create_index(
        "ix_webhook_delivery_waiting",
        "webhook_delivery",
        ["endpoint_id", "sequence"],
        unique=False,
        postgresql_where=WAITING,
    )
    op.create_index(op.f("ix_webhook_delivery_endpoint_id_id"), "webhook_delivery", ["endpoint_id", "id"], unique=False)
