"""Make the life of specifications and accreditations.

What a specification asks of people and each step of its life; conditions and notes of an accreditation, and its yearly
reviews. Columns are added with defaults and tables are new: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, grant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

SCOPES = "scope IN ('multiprofessional_with_medicine', 'multiprofessional_without_medicine', 'medical')"
STATES = "('proposed', 'in_development', 'candidate', 'endorsed', 'under_review', 'superseded', 'withdrawn')"


def upgrade() -> None:
    """Apply the change."""
    op.add_column("specification", sa.Column("scope", sa.Text))
    for name in ("registers", "prerequisites"):
        op.add_column("specification", sa.Column(name, sa.ARRAY(sa.Text), server_default="{}", nullable=False))
    op.create_check_constraint(op.f("ck_specification_scope"), "specification", SCOPES)
    op.add_column("accreditation", sa.Column("conditions", sa.Text))
    op.add_column("accreditation", sa.Column("note", sa.Text))
    op.add_column("accreditation", sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
    op.create_index(op.f("ix_accreditation_review_due_on"), "accreditation", ["review_due_on"], unique=False)
    op.create_table(
        "specification_step",
        sa.Column("specification_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"before IN {STATES}", name=op.f("ck_specification_step_before")),
        sa.CheckConstraint(f"state IN {STATES}", name=op.f("ck_specification_step_state")),
        sa.ForeignKeyConstraint(
            ["specification_id"], ["specification.id"], name=op.f("fk_specification_step_specification_id")
        ),
        sa.PrimaryKeyConstraint("specification_id", "number", name=op.f("pk_specification_step")),
    )
    op.create_table(
        "accreditation_review",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("next_due_on", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('approved', 'conditions', 'suspended', 'ended')", name=op.f("ck_accreditation_review_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_accreditation_review_organisation_id")
        ),
        sa.ForeignKeyConstraint(["standard_id"], ["standard.id"], name=op.f("fk_accreditation_review_standard_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accreditation_review")),
        sa.UniqueConstraint(
            "organisation_id", "standard_id", "reviewed_on", name=op.f("uq_accreditation_review_day")
        ),
    )  # fmt: skip
    grant(("specification_step", "accreditation_review"), ADD_ONLY)


def downgrade() -> None:
    """Take it back."""
    op.drop_table("accreditation_review")
    op.drop_table("specification_step")
    op.drop_index(op.f("ix_accreditation_review_due_on"), "accreditation")
    for name in ("revision", "note", "conditions"):
        op.drop_column("accreditation", name)
    op.drop_constraint(op.f("ck_specification_scope"), "specification")
    for name in ("prerequisites", "registers", "scope"):
        op.drop_column("specification", name)
