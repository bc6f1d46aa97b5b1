"""Make ESR imports with the outcome of each row.

The first release: there is no older one to stay compatible with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import grant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "esr_import",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("file_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("layout", sa.Text, nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("check_id", sa.Uuid()),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("rows_read", sa.Integer(), nullable=False),
        sa.Column("counts", JSONB, nullable=False),
        sa.Column("rows_root", sa.LargeBinary()),
        sa.Column("failure", sa.Text),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("layout IN ('bulk', 'personal')", name=op.f("ck_esr_import_layout")),
        sa.CheckConstraint("state IN ('running', 'finished', 'failed')", name=op.f("ck_esr_import_state")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_esr_import_organisation_id")),
        sa.ForeignKeyConstraint(["check_id"], ["esr_import.id"], name=op.f("fk_esr_import_check_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_esr_import")),
        sa.UniqueConstraint("check_id", name=op.f("uq_esr_import_check_id")),
    )
    op.create_index(
        op.f("ix_esr_import_organisation_id_started_at"), "esr_import", ["organisation_id", "started_at"], unique=False
    )
    op.create_table(
        "esr_row_chunk",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("outcomes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["esr_import.id"], name=op.f("fk_esr_row_chunk_import_id")),
        sa.PrimaryKeyConstraint("import_id", "first_line", name=op.f("pk_esr_row_chunk")),
    )
    op.create_table(
        "esr_row_note",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("column", sa.Text),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("sentence", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["esr_import.id"], name=op.f("fk_esr_row_note_import_id")),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_esr_row_note")),
    )
    op.create_table(
        "esr_set_aside",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("row", JSONB, nullable=False),
        sa.Column("row_hash", sa.LargeBinary(), nullable=False),
        sa.Column("candidates", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("awarded_on", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("settlement", sa.Text),
        sa.ForeignKeyConstraint(["import_id"], ["esr_import.id"], name=op.f("fk_esr_set_aside_import_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_esr_set_aside_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_esr_set_aside")),
    )
    op.create_index(op.f("ix_esr_set_aside_import_id"), "esr_set_aside", ["import_id"], unique=False)
    op.create_index(
        op.f("ix_esr_set_aside_organisation_id_settled_at"),
        "esr_set_aside",
        ["organisation_id", "settled_at"],
        unique=False,
    )
    grant(("esr_import", "esr_row_chunk", "esr_row_note", "esr_set_aside"))


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("esr_set_aside")
    op.drop_table("esr_row_note")
    op.drop_table("esr_row_chunk")
    op.drop_table("esr_import")
