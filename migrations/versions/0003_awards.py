"""Make awards, recognitions and local training. The service's roles can end an award, and never change it.

The first release: there is no older one to stay compatible with.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, grant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


# An import adds 200,000 awards that name one organisation and a few dozen standards. A foreign key would look each up
# 200,000 times; this looks each up once a statement. The rows they name are never deleted: no role may.
CHECK_REFERENCES = """
    CREATE FUNCTION award_references() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE broken text;
    BEGIN
        SELECT CASE
            WHEN EXISTS (SELECT organisation_id FROM added EXCEPT SELECT id FROM organisation) THEN 'organisation_id'
            WHEN EXISTS (SELECT standard_id FROM added EXCEPT SELECT id FROM standard) THEN 'standard_id'
            WHEN EXISTS (SELECT framework_version_id FROM added EXCEPT SELECT id FROM framework_version)
                THEN 'framework_version_id'
        END INTO broken;
        IF broken IS NOT NULL THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'an award names something that does not exist',
                CONSTRAINT = 'fk_award_' || broken, TABLE = 'award';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER award_references AFTER INSERT ON award
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION award_references()
"""


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "local_training",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("import_id", sa.Uuid()),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_local_training_organisation_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_local_training_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_training")),
    )
    op.create_index("uq_local_training", "local_training", ["organisation_id", "person_id", "name"], unique=True)
    op.create_table(
        "recognition",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("pillars", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("base_profession", sa.Text, nullable=False),
        sa.Column("recognised_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.Text),
        sa.Column("ending_reason", sa.Text),
        sa.Column("replaced_by_id", sa.Uuid()),
        sa.CheckConstraint("edition IN ('2017', '2025')", name=op.f("ck_recognition_edition")),
        sa.CheckConstraint("ending IN ('superseded', 'corrected', 'withdrawn')", name=op.f("ck_recognition_ending")),
        sa.CheckConstraint("level IN ('enhanced', 'advanced', 'consultant')", name=op.f("ck_recognition_level")),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_recognition_ended")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_recognition_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recognition_person_id")),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["recognition.id"],
            name=op.f("fk_recognition_replaced_by_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.ForeignKeyConstraint(["route"], ["recognition_route.code"], name=op.f("fk_recognition_route")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition")),
    )
    op.create_index(
        "uq_recognition_current",
        "recognition",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "award",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("framework_version_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date()),
        sa.Column("delivery", sa.Text, nullable=False),
        sa.Column("assessed", sa.Boolean()),
        sa.Column("verification_method", sa.Text, nullable=False),
        sa.Column("pedigree", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("import_id", sa.Uuid()),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.Text),
        sa.Column("ending_reason", sa.Text),
        sa.Column("replaced_by_id", sa.Uuid()),
        sa.CheckConstraint(
            "delivery IN ('e_learning', 'face_to_face', 'blended', 'unknown')", name=op.f("ck_award_delivery")
        ),
        sa.CheckConstraint("ending IN ('superseded', 'corrected', 'withdrawn')", name=op.f("ck_award_ending")),
        sa.CheckConstraint("pedigree IN ('authoritative', 'sourced')", name=op.f("ck_award_pedigree")),
        sa.CheckConstraint(
            "verification_method IN ('document', 'record', 'document_and_record', 'not_verified')",
            name=op.f("ck_award_verification_method"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_award_ended")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_award_person_id")),
        sa.ForeignKeyConstraint(
            ["replaced_by_id"],
            ["award.id"],
            name=op.f("fk_award_replaced_by_id"),
            deferrable=True,
            initially="DEFERRED",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
    )
    op.create_index(op.f("ix_award_person_id"), "award", ["person_id"], unique=False)
    op.create_index(
        "uq_award_current",
        "award",
        ["organisation_id", "person_id", "standard_id", "part"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for table in ("award", "recognition"):
        op.create_index(
            f"ix_{table}_never_right",
            table,
            ["ended_at"],
            unique=False,
            postgresql_where=sa.text("ending IN ('corrected', 'withdrawn')"),
        )
    op.execute(CHECK_REFERENCES)
    grant(("local_training",))
    grant(("recognition", "award"), ADD_ONLY)
    grant(("recognition", "award"), "UPDATE (ended_at, ending, ending_reason, replaced_by_id)")


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("award")
    op.drop_table("recognition")
    op.drop_table("local_training")
    op.execute("DROP FUNCTION award_references")
