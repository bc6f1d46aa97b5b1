"""Make people, and the catalogue of what can be awarded.

The first release: there is no older one to stay compatible with.
"""

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, NEVER_DELETE, grant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "framework",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework")),
        sa.UniqueConstraint("code", name=op.f("uq_framework_code")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("passport_number", sa.Text, nullable=False),
        sa.Column("given_name", sa.Text, nullable=False),
        sa.Column("family_name", sa.Text, nullable=False),
        sa.Column("date_of_birth", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("passport_number", name=op.f("uq_person_passport_number")),
    )
    op.create_table(
        "practice_pillar",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_practice_pillar")),
        sa.UniqueConstraint("number", name=op.f("uq_practice_pillar_number")),
    )
    op.create_table(
        "recognition_route",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("steps", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_recognition_route")),
        sa.UniqueConstraint("number", name=op.f("uq_recognition_route_number")),
    )
    op.create_table(
        "catalogue_version",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_catalogue_version")),
    )
    op.create_table(
        "alignment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_alignment_dates")),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_alignment_framework_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_alignment_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alignment")),
        sa.UniqueConstraint(
            "organisation_id",
            "framework_id",
            "subject",
            "from_on",
            name=op.f("uq_alignment_organisation_id_framework_id_subject_from_on"),
        ),
    )
    op.create_table(
        "employment",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("employee_number", sa.Text),
        sa.Column("assignment_number", sa.Text),
        sa.Column("started_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date()),
        sa.CheckConstraint("ended_on IS NULL OR ended_on >= started_on", name=op.f("ck_employment_dates")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_employment_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_employment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employment")),
        sa.UniqueConstraint(
            "organisation_id", "assignment_number", name=op.f("uq_employment_organisation_id_assignment_number")
        ),
    )
    op.create_index(
        op.f("ix_employment_organisation_id_employee_number"),
        "employment",
        ["organisation_id", "employee_number"],
        unique=False,
    )
    op.create_index(op.f("ix_employment_person_id"), "employment", ["person_id"], unique=False)
    op.create_table(
        "framework_version",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_framework_version_framework_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework_version")),
        sa.UniqueConstraint("framework_id", "version", name=op.f("uq_framework_version_framework_id_version")),
    )
    op.create_table(
        "registration",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("number", sa.Text, nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("checked_by_id", sa.Uuid(), nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("annotations", sa.ARRAY(sa.Text), nullable=False),
        sa.CheckConstraint(
            "method IN ('register_lookup', 'document', 'employer_record', 'not_checked')",
            name=op.f("ck_registration_method"),
        ),
        sa.ForeignKeyConstraint(["checked_by_id"], ["organisation.id"], name=op.f("fk_registration_checked_by_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_registration_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("body", "number", name=op.f("uq_registration_body_number")),
    )
    op.create_index(op.f("ix_registration_person_id"), "registration", ["person_id"], unique=False)
    op.create_table(
        "standard",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("framework_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("level", sa.Text),
        sa.Column("rank", sa.Integer()),
        sa.Column("variant", sa.Text),
        sa.Column("satisfies", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("satisfies_source", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.CheckConstraint("kind IN ('statutory', 'credential', 'advanced_practice')", name=op.f("ck_standard_kind")),
        sa.CheckConstraint("number > 0", name=op.f("ck_standard_number")),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_standard_framework_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standard")),
        sa.UniqueConstraint("code", name=op.f("uq_standard_code")),
        sa.UniqueConstraint("number", name=op.f("uq_standard_number")),
    )
    op.create_index(op.f("ix_standard_framework_id"), "standard", ["framework_id"], unique=False)
    op.create_table(
        "accreditation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date()),
        sa.Column("review_due_on", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('applied', 'approved', 'conditions', 'suspended', 'ended')", name=op.f("ck_accreditation_state")
        ),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_accreditation_dates")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_accreditation_organisation_id")
        ),
        sa.ForeignKeyConstraint(["standard_id"], ["standard.id"], name=op.f("fk_accreditation_standard_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accreditation")),
        sa.UniqueConstraint(
            "organisation_id",
            "standard_id",
            "from_on",
            name=op.f("uq_accreditation_organisation_id_standard_id_from_on"),
        ),
    )
    op.create_index(op.f("ix_accreditation_standard_id"), "accreditation", ["standard_id"], unique=False)
    op.create_table(
        "renewal_rule",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("months", sa.Integer()),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("months BETWEEN 1 AND 600", name=op.f("ck_renewal_rule_months")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_renewal_rule_dates")),
        sa.ForeignKeyConstraint(["standard_id"], ["standard.id"], name=op.f("fk_renewal_rule_standard_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewal_rule")),
        sa.UniqueConstraint(
            "standard_id",
            "from_on",
            name=op.f("uq_renewal_rule_standard_id_from_on"),
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "specification",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("state_as_read", sa.Text),
        sa.Column("from_on", sa.Date()),
        sa.Column("until_on", sa.Date()),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("confidence", sa.Text, nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'in_development', 'candidate', 'endorsed', 'under_review', 'superseded', 'withdrawn')",
            name=op.f("ck_specification_state"),
        ),
        sa.ForeignKeyConstraint(["standard_id"], ["standard.id"], name=op.f("fk_specification_standard_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specification")),
        sa.UniqueConstraint("standard_id", "version", name=op.f("uq_specification_standard_id_version")),
    )
    op.create_table(
        "standard_part",
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["standard_id"], ["standard.id"], name=op.f("fk_standard_part_standard_id")),
        sa.PrimaryKeyConstraint("standard_id", "number", name=op.f("pk_standard_part")),
    )
    op.create_table(
        "carry_over",
        sa.Column("framework_version_id", sa.Uuid(), nullable=False),
        sa.Column("standard_id", sa.Uuid(), nullable=False),
        sa.Column("worth", sa.Text, nullable=False),
        sa.CheckConstraint("worth IN ('as_before', 'in_part', 'unclear')", name=op.f("ck_carry_over_worth")),
        sa.ForeignKeyConstraint(
            ["framework_version_id"], ["framework_version.id"], name=op.f("fk_carry_over_framework_version_id")
        ),
        sa.ForeignKeyConstraint(["standard_id"], ["standard.id"], name=op.f("fk_carry_over_standard_id")),
        sa.PrimaryKeyConstraint("framework_version_id", "standard_id", name=op.f("pk_carry_over")),
    )
    grant(
        (
            "framework",
            "person",
            "practice_pillar",
            "recognition_route",
            "alignment",
            "catalogue_version",
            "employment",
            "registration",
            "accreditation",
            "renewal_rule",
            "specification",
            "standard_part",
        )
    )
    grant(("framework_version", "standard"), NEVER_DELETE)
    grant(("carry_over",), ADD_ONLY)


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("carry_over")
    op.drop_table("standard_part")
    op.drop_table("specification")
    op.drop_table("renewal_rule")
    op.drop_table("accreditation")
    op.drop_table("standard")
    op.drop_table("registration")
    op.drop_table("framework_version")
    op.drop_table("employment")
    op.drop_table("alignment")
    op.drop_table("catalogue_version")
    op.drop_table("recognition_route")
    op.drop_table("practice_pillar")
    op.drop_table("person")
    op.drop_table("framework")
