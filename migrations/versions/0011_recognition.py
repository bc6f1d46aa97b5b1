"""Make applications for recognition, and withdrawals that need a second person.

Only new tables: the previous release goes on working beside them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.grants import ADD_ONLY, grant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    _withdrawal_requests()
    _applications()
    _facts_of_applications()
    grant(("withdrawal_request", "recognition_application"), ADD_ONLY)
    grant(("application_step", "pillar_evidence", "register_check"), ADD_ONLY)
    grant(("withdrawal_request",), "UPDATE (closed_at, closed_by, outcome)")
    grant(
        ("recognition_application",),
        "UPDATE (step, evidence_due_on, submission_due_on, ended_at, ending, ending_words, recognition_id)",
    )


def _withdrawal_requests() -> None:
    op.create_table(
        "withdrawal_request",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("award_id", sa.Uuid()),
        sa.Column("recognition_id", sa.Uuid()),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.CheckConstraint("num_nonnulls(award_id, recognition_id) = 1", name=op.f("ck_withdrawal_request_subject")),
        sa.CheckConstraint(
            "reason IN ('issued_in_error', 'updated_information_to_follow', 'no_longer_valid')",
            name=op.f("ck_withdrawal_request_reason"),
        ),
        sa.CheckConstraint(
            "outcome IN ('confirmed', 'cancelled', 'lapsed')", name=op.f("ck_withdrawal_request_outcome")
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (outcome IS NULL) AND (outcome IS NULL) = (closed_by IS NULL)",
            name=op.f("ck_withdrawal_request_closed"),
        ),
        sa.CheckConstraint(
            "outcome <> 'confirmed' OR closed_by <> asked_by", name=op.f("ck_withdrawal_request_second_person")
        ),
        sa.CheckConstraint("expires_at > asked_at", name=op.f("ck_withdrawal_request_life")),
        sa.ForeignKeyConstraint(["award_id"], ["award.id"], name=op.f("fk_withdrawal_request_award_id")),
        sa.ForeignKeyConstraint(
            ["recognition_id"], ["recognition.id"], name=op.f("fk_withdrawal_request_recognition_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_withdrawal_request_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawal_request")),
    )
    for subject in ("award", "recognition"):
        op.create_index(
            f"uq_withdrawal_request_{subject}",
            "withdrawal_request",
            [f"{subject}_id"],
            unique=True,
            postgresql_where=sa.text("closed_at IS NULL"),
        )
    op.create_index(
        op.f("ix_withdrawal_request_organisation_id_asked_at"),
        "withdrawal_request",
        ["organisation_id", "asked_at"],
        unique=False,
    )


def _applications() -> None:
    steps = (
        "'expression_of_interest', 'eligibility_confirmed', 'learning_needs_analysis', 'half_of_evidence', "
        "'submitted', 'enrolled', 'programme_completed', 'recognised'"
    )
    op.create_table(
        "recognition_application",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("employer_id", sa.Uuid()),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("edition", sa.Text, nullable=False),
        sa.Column("base_profession", sa.Text, nullable=False),
        sa.Column("programme", sa.Text),
        sa.Column("begun_on", sa.Date(), nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("evidence_due_on", sa.Date()),
        sa.Column("submission_due_on", sa.Date()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.Text),
        sa.Column("ending_words", sa.Text),
        sa.Column("recognition_id", sa.Uuid()),
        sa.CheckConstraint(
            "level IN ('enhanced', 'advanced', 'consultant')", name=op.f("ck_recognition_application_level")
        ),
        sa.CheckConstraint("edition IN ('2017', '2025')", name=op.f("ck_recognition_application_edition")),
        sa.CheckConstraint(f"step IN ({steps})", name=op.f("ck_recognition_application_step")),
        sa.CheckConstraint(
            "ending IN ('recognised', 'withdrawn', 'lapsed', 'not_eligible')",
            name=op.f("ck_recognition_application_ending"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name=op.f("ck_recognition_application_ended")),
        sa.CheckConstraint(
            "(ending IS NOT DISTINCT FROM 'recognised') = (recognition_id IS NOT NULL)",
            name=op.f("ck_recognition_application_recognised"),
        ),
        sa.CheckConstraint(
            "(route = 'programme') = (programme IS NOT NULL) AND (route = 'eportfolio') = (employer_id IS NOT NULL)",
            name=op.f("ck_recognition_application_route"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_recognition_application_person_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_recognition_application_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["organisation.id"], name=op.f("fk_recognition_application_employer_id")
        ),
        sa.ForeignKeyConstraint(["route"], ["recognition_route.code"], name=op.f("fk_recognition_application_route")),
        sa.ForeignKeyConstraint(
            ["recognition_id"], ["recognition.id"], name=op.f("fk_recognition_application_recognition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recognition_application")),
    )
    op.create_index(
        "uq_recognition_application_open",
        "recognition_application",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for column in ("person_id", "organisation_id", "employer_id"):
        op.create_index(op.f(f"ix_recognition_application_{column}"), "recognition_application", [column])


def _own_columns() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text, nullable=False),
    )


def _facts_of_applications() -> None:
    tables: dict[str, tuple[sa.schema.SchemaItem, ...]] = {
        "application_step": (
            sa.Column("step", sa.Text, nullable=False),
            sa.Column("reached_on", sa.Date(), nullable=False),
            sa.UniqueConstraint("application_id", "step", name=op.f("uq_application_step_application_id_step")),
        ),
        "pillar_evidence": (
            sa.Column("pillar", sa.Text, nullable=False),
            sa.Column("title", sa.Text, nullable=False),
            sa.Column("dated_on", sa.Date(), nullable=False),
            sa.Column("reference", sa.Text, nullable=False),
            sa.Column("assessed_by", sa.Text, nullable=False),
            sa.ForeignKeyConstraint(["pillar"], ["practice_pillar.code"], name=op.f("fk_pillar_evidence_pillar")),
        ),
        "register_check": (
            sa.Column("registration_id", sa.Uuid(), nullable=False),
            sa.Column("checked_on", sa.Date(), nullable=False),
            sa.Column("checked_by_id", sa.Uuid(), nullable=False),
            sa.Column("method", sa.Text, nullable=False),
            sa.CheckConstraint(
                "method IN ('register_lookup', 'document', 'employer_record')",
                name=op.f("ck_register_check_method"),
            ),
            sa.ForeignKeyConstraint(
                ["registration_id"], ["registration.id"], name=op.f("fk_register_check_registration_id")
            ),
            sa.ForeignKeyConstraint(
                ["checked_by_id"], ["organisation.id"], name=op.f("fk_register_check_checked_by_id")
            ),
        ),
    }
    for table, columns in tables.items():
        op.create_table(
            table,
            *_own_columns(),
            *columns,
            sa.ForeignKeyConstraint(
                ["application_id"], ["recognition_application.id"], name=op.f(f"fk_{table}_application_id")
            ),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        )
    for table in ("pillar_evidence", "register_check"):
        op.create_index(op.f(f"ix_{table}_application_id"), table, ["application_id"])


def downgrade() -> None:
    """Take the change back."""
    for table in (
        "register_check", "pillar_evidence", "application_step", "recognition_application", "withdrawal_request",
    ):  # fmt: skip
        op.drop_table(table)
