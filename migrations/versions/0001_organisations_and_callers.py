"""Make organisations, API clients, the audit log and what the edge remembers.

The first release: there is no older one to stay compatible with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import ADD_ONLY, NEVER_DELETE, ensure_roles, grant

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "idempotent_answer",
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("location", sa.Text),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("client", "key", name=op.f("pk_idempotent_answer")),
    )
    op.create_index(op.f("ix_idempotent_answer_recorded_at"), "idempotent_answer", ["recorded_at"], unique=False)
    op.create_table(
        "organisation",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("ods_code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("opened_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("successor_id", sa.Uuid()),
        sa.Column("signatory_from", sa.Date()),
        sa.Column("signatory_until", sa.Date()),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('nhs_trust', 'icb', 'region', 'national_body', 'academy', 'education_provider', 'gp_practice', 'council', 'private_provider', 'other')",
            name=op.f("ck_organisation_kind"),
        ),
        sa.CheckConstraint("parent_id <> id", name=op.f("ck_organisation_parent")),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name=op.f("fk_organisation_parent_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["organisation.id"], name=op.f("fk_organisation_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("ods_code", name=op.f("uq_organisation_ods_code")),
    )
    op.create_index(op.f("ix_organisation_parent_id"), "organisation", ["parent_id"], unique=False)
    op.create_table(
        "rate_window",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_rate_window")),
        prefixes=["UNLOGGED"],
    )
    op.create_table(
        "api_client",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("client_id", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("algorithm", sa.Text, nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("algorithm IN ('RS512', 'PS512', 'ES256')", name=op.f("ck_api_client_algorithm")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_api_client_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_client")),
        sa.UniqueConstraint("client_id", name=op.f("uq_api_client_client_id")),
    )
    op.create_index(op.f("ix_api_client_organisation_id"), "api_client", ["organisation_id"], unique=False)
    op.create_table(
        "audit_entry",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid()),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_audit_entry_organisation_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_entry_hash")),
        sa.UniqueConstraint("previous_hash", name=op.f("uq_audit_entry_previous_hash")),
    )
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"], unique=False)
    op.create_table(
        "virtual_private_database",
        sa.Column("vpd", sa.Text, nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("vpd ~ '^[0-9]{3}$'", name=op.f("ck_virtual_private_database_vpd")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_virtual_private_database_organisation_id")
        ),
        sa.PrimaryKeyConstraint("vpd", name=op.f("pk_virtual_private_database")),
    )
    op.create_index(
        op.f("ix_virtual_private_database_organisation_id"),
        "virtual_private_database",
        ["organisation_id"],
        unique=False,
    )
    op.create_table(
        "api_client_key",
        sa.Column("api_client_id", sa.Uuid(), nullable=False),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("jwk", JSONB, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["api_client_id"], ["api_client.id"], name=op.f("fk_api_client_key_api_client_id")),
        sa.PrimaryKeyConstraint("api_client_id", "kid", name=op.f("pk_api_client_key")),
    )
    op.create_table(
        "used_assertion",
        sa.Column("api_client_id", sa.Uuid(), nullable=False),
        sa.Column("jti_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["api_client_id"], ["api_client.id"], name=op.f("fk_used_assertion_api_client_id")),
        sa.PrimaryKeyConstraint("api_client_id", "jti_hash", name=op.f("pk_used_assertion")),
    )
    op.create_index(op.f("ix_used_assertion_expires_at"), "used_assertion", ["expires_at"], unique=False)
    ensure_roles()
    grant(["alembic_version"], "SELECT")
    grant(
        (
            "idempotent_answer",
            "rate_window",
            "api_client",
            "virtual_private_database",
            "api_client_key",
            "used_assertion",
        )
    )
    grant(("organisation",), NEVER_DELETE)
    grant(("audit_entry",), ADD_ONLY)


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("used_assertion")
    op.drop_table("api_client_key")
    op.drop_table("virtual_private_database")
    op.drop_table("audit_entry")
    op.drop_table("api_client")
    op.drop_table("rate_window")
    op.drop_table("organisation")
    op.drop_table("idempotent_answer")
