"""Make verifications, the receiving trust's rules, and induction plans.

The first release: there is no older one to stay compatible with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import ADD_ONLY, grant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "acceptance_policy",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_acceptance_policy_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_policy")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_acceptance_policy_organisation_id_code")),
    )
    op.create_table(
        "requirement_profile",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_requirement_profile_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requirement_profile")),
        sa.UniqueConstraint("organisation_id", "code", name=op.f("uq_requirement_profile_organisation_id_code")),
    )
    op.create_table(
        "verification",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("carrier", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("person_id", sa.Uuid()),
        sa.Column("verdict", JSONB, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("carrier IN ('sd_jwt', 'qr')", name=op.f("ck_verification_carrier")),
        sa.CheckConstraint(
            "outcome IN ('genuine', 'refused', 'could_not_check')", name=op.f("ck_verification_outcome")
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_verification_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_verification_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verification")),
    )
    op.create_index(
        op.f("ix_verification_organisation_id_checked_at"),
        "verification",
        ["organisation_id", "checked_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_verification_person_id_checked_at"), "verification", ["person_id", "checked_at"], unique=False
    )
    op.create_table(
        "acceptance_policy_version",
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["acceptance_policy.id"], name=op.f("fk_acceptance_policy_version_policy_id")
        ),
        sa.PrimaryKeyConstraint("policy_id", "version", name=op.f("pk_acceptance_policy_version")),
    )
    op.create_table(
        "induction_plan",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("verification_id", sa.Uuid(), nullable=False),
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("profile_version", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text, nullable=False),
        sa.Column("plan", JSONB, nullable=False),
        sa.Column("evidence", JSONB, nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_induction_plan_organisation_id")
        ),
        sa.ForeignKeyConstraint(["policy_id"], ["acceptance_policy.id"], name=op.f("fk_induction_plan_policy_id")),
        sa.ForeignKeyConstraint(["profile_id"], ["requirement_profile.id"], name=op.f("fk_induction_plan_profile_id")),
        sa.ForeignKeyConstraint(
            ["verification_id"], ["verification.id"], name=op.f("fk_induction_plan_verification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_induction_plan")),
    )
    op.create_index(
        op.f("ix_induction_plan_organisation_id_decided_at"),
        "induction_plan",
        ["organisation_id", "decided_at"],
        unique=False,
    )
    op.create_index(op.f("ix_induction_plan_verification_id"), "induction_plan", ["verification_id"], unique=False)
    op.create_table(
        "requirement_profile_version",
        sa.Column("profile_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", JSONB, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(
            ["profile_id"], ["requirement_profile.id"], name=op.f("fk_requirement_profile_version_profile_id")
        ),
        sa.PrimaryKeyConstraint("profile_id", "version", name=op.f("pk_requirement_profile_version")),
    )
    grant(("acceptance_policy", "requirement_profile"))
    grant(("verification", "acceptance_policy_version", "induction_plan", "requirement_profile_version"), ADD_ONLY)


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("requirement_profile_version")
    op.drop_table("induction_plan")
    op.drop_table("acceptance_policy_version")
    op.drop_table("verification")
    op.drop_table("requirement_profile")
    op.drop_table("acceptance_policy")
