"""Make inspections and signed checkpoints of the audit log, and index the log by organisation.

Only new tables and an index: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, grant

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("as_of_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("inspected_by", sa.Text(), nullable=False),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_inspection_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_inspection_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    op.create_index(
        op.f("ix_inspection_organisation_id_inspected_at"), "inspection", ["organisation_id", "inspected_at"]
    )
    op.create_index(op.f("ix_inspection_person_id"), "inspection", ["person_id"])
    op.create_table(
        "audit_checkpoint",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sequence"], ["audit_entry.sequence"], name=op.f("fk_audit_checkpoint_sequence")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_checkpoint")),
    )
    op.create_index("ix_audit_entry_newest", "audit_entry", ["organisation_id", "sequence"])
    grant(("inspection", "audit_checkpoint"), ADD_ONLY)


def downgrade() -> None:
    """Take the change back."""
    op.drop_index("ix_audit_entry_newest", "audit_entry")
    for table in ("audit_checkpoint", "inspection"):
        op.drop_table(table)
