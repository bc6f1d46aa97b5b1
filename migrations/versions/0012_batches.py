"""Make batches with their chunks and rows.

Only new tables: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import NEVER_DELETE, grant

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KINDS = "'issue_passports', 'record_awards', 'correct_awards', 'withdraw_awards', 'revoke_copies'"


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("undoes_id", sa.Uuid()),
        sa.Column("checked_id", sa.Uuid()),
        sa.Column("file_sha256", sa.LargeBinary()),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("exceeds", sa.Boolean(), nullable=False),
        sa.Column("needs_second", sa.Boolean(), nullable=False),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("cancelled_by", sa.Text),
        sa.Column("cancelled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(f"kind IN ({KINDS})", name=op.f("ck_batch_kind")),
        sa.CheckConstraint("(confirmed_at IS NULL) = (confirmed_by IS NULL)", name=op.f("ck_batch_confirmed")),
        sa.CheckConstraint("confirmed_by <> requested_by", name=op.f("ck_batch_second")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_batch_organisation_id")),
        sa.ForeignKeyConstraint(["checked_id"], ["batch.id"], name=op.f("fk_batch_checked_id")),
        sa.ForeignKeyConstraint(["undoes_id"], ["batch.id"], name=op.f("fk_batch_undoes_id")),
        sa.UniqueConstraint("checked_id", name=op.f("uq_batch_checked_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(
        op.f("ix_batch_organisation_id_requested_at_id"), "batch", ["organisation_id", "requested_at", "id"]
    )
    op.create_index(
        "uq_batch_undoes_id",
        "batch",
        ["undoes_id"],
        unique=True,
        postgresql_where=sa.text("NOT dry_run AND cancelled_at IS NULL"),
    )
    op.create_table(
        "batch_chunk",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True)),
        sa.Column("began_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("state IN ('open', 'done', 'cancelled')", name=op.f("ck_batch_chunk_state")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_chunk_batch_id")),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_batch_chunk")),
    )
    op.create_index("ix_batch_chunk_open", "batch_chunk", ["asked_at"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "batch_row",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("column", sa.Text),
        sa.Column("code", sa.Text),
        sa.Column("sentence", sa.Text),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("award_id", sa.Uuid()),
        sa.Column("result_id", sa.Uuid()),
        sa.Column("credential_id", sa.Uuid()),
        sa.Column("settings", JSONB),
        sa.CheckConstraint("outcome IN ('ready', 'done', 'failed', 'cancelled')", name=op.f("ck_batch_row_outcome")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_batch_row_award_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_row_batch_id")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_batch_row_credential_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_batch_row_person_id")),
        sa.ForeignKeyConstraint(["result_id"], ["award.id"], name=op.f("fk_batch_row_result_id")),
        sa.PrimaryKeyConstraint("batch_id", "line", name=op.f("pk_batch_row")),
        postgresql_with={"fillfactor": "70"},  # each row is written again when it is planned, and when it is done
    )
    op.create_index(op.f("ix_batch_row_person_id"), "batch_row", ["person_id"])
    grant(("batch", "batch_chunk"), NEVER_DELETE)
    grant(("batch_row",))


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("batch_row")
    op.drop_table("batch_chunk")
    op.drop_table("batch")
