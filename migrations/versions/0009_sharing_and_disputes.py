"""Make shares, their openings, printed copies, and disputes of awards.

Only new tables: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, grant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "share",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("given_to", sa.Text, nullable=False),
        sa.Column("award_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("with_registrations", sa.Boolean(), nullable=False),
        sa.Column("with_practice", sa.Boolean(), nullable=False),
        sa.Column("link_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("most_openings", sa.Integer()),
        sa.Column("openings", sa.Integer(), nullable=False),
        sa.Column("wrong_answers", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_share_life")),
        sa.CheckConstraint("most_openings > 0", name=op.f("ck_share_most_openings")),
        sa.CheckConstraint("openings <= most_openings", name=op.f("ck_share_openings")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_share_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_share_code_hash")),
        sa.UniqueConstraint("link_hash", name=op.f("uq_share_link_hash")),
    )
    op.create_index(op.f("ix_share_person_id_made_at"), "share", ["person_id", "made_at"], unique=False)
    op.create_table(
        "share_opening",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("said_by", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid()),
        sa.Column("role", sa.Text),
        sa.CheckConstraint("outcome IN ('opened', 'wrong_answer', 'over')", name=op.f("ck_share_opening_outcome")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_share_opening_organisation_id")
        ),
        sa.ForeignKeyConstraint(["share_id"], ["share.id"], name=op.f("fk_share_opening_share_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_opening")),
    )
    op.create_index(op.f("ix_share_opening_share_id"), "share_opening", ["share_id"], unique=False)
    op.create_table(
        "print_copy",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("credential_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_print_copy_credential_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_print_copy_person_id")),
        sa.PrimaryKeyConstraint("person_id", "content_hash", name=op.f("pk_print_copy")),
    )
    op.create_table(
        "award_dispute",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("award_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("answered_by", sa.Text),
        sa.Column("answer", sa.Text),
        sa.Column("reply", sa.Text),
        sa.CheckConstraint(
            "reason IN ('duplicate', 'incorrect', 'not_mine', 'other')", name=op.f("ck_award_dispute_reason")
        ),
        sa.CheckConstraint("answer IN ('corrected', 'withdrawn', 'stands')", name=op.f("ck_award_dispute_answer")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (answer IS NULL) AND (answer IS NULL) = (answered_by IS NULL)",
            name=op.f("ck_award_dispute_answered"),
        ),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_award_dispute_award_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_award_dispute_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_award_dispute_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_dispute")),
    )
    op.create_index(op.f("ix_award_dispute_person_id"), "award_dispute", ["person_id"], unique=False)
    op.create_index(
        op.f("ix_award_dispute_organisation_id_raised_at"),
        "award_dispute",
        ["organisation_id", "raised_at"],
        unique=False,
    )
    op.create_index(
        "uq_award_dispute_open",
        "award_dispute",
        ["award_id"],
        unique=True,
        postgresql_where=sa.text("answered_at IS NULL"),
    )
    grant(("share", "share_opening", "award_dispute"), ADD_ONLY)
    grant(("share",), "UPDATE (openings, wrong_answers, stopped_at)")
    grant(("award_dispute",), "UPDATE (answered_at, answered_by, answer, reply)")
    grant(("print_copy",), f"{ADD_ONLY}, UPDATE (credential_id)")


def downgrade() -> None:
    """Take the change back."""
    for table in ("award_dispute", "print_copy", "share_opening", "share"):
        op.drop_table(table)
