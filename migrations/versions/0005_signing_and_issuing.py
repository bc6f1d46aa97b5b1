"""Make keys, status lists, credentials and published documents.

The first release: there is no older one to stay compatible with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations.grants import grant, grant_sequences

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "published_document",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("etag", sa.Text, nullable=False),
        sa.Column("source_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_published_document")),
    )
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("uri", sa.Text, nullable=False),
        sa.Column("public_jwk", JSONB, nullable=False),
        sa.Column("certificate_pem", sa.Text),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("active_at", sa.DateTime(timezone=True)),
        sa.Column("retiring_at", sa.DateTime(timezone=True)),
        sa.Column("retired_at", sa.DateTime(timezone=True)),
        sa.Column("compromised_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "purpose IN ('passport', 'trust_list', 'qr', 'access_token', 'badge')",
            name=op.f("ck_signing_key_purpose"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'published', 'active', 'retiring', 'retired', 'compromised')",
            name=op.f("ck_signing_key_state"),
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_signing_key")),
    )
    op.create_index(
        "uq_signing_key_active", "signing_key", ["purpose"], unique=True, postgresql_where=sa.text("state = 'active'")
    )
    op.create_table(
        "status_list",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("token", sa.LargeBinary()),
        sa.Column("etag", sa.Text),
        sa.Column("signed_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True)),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["kid"], ["signing_key.kid"], name=op.f("fk_status_list_kid")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_status_list")),
    )
    op.create_index(op.f("ix_status_list_kid"), "status_list", ["kid"], unique=False)
    op.create_table(
        "status_entry",
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("invalid_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("index >= 0", name=op.f("ck_status_entry_index")),
        sa.ForeignKeyConstraint(["list_number"], ["status_list.number"], name=op.f("fk_status_entry_list_number")),
        sa.PrimaryKeyConstraint("list_number", "index", name=op.f("pk_status_entry")),
    )
    op.create_index(
        "ix_status_entry_invalid",
        "status_entry",
        ["list_number", "index"],
        unique=False,
        postgresql_where=sa.text("invalid_at IS NOT NULL"),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("carrier", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("kid", sa.Text, nullable=False),
        sa.Column("list_number", sa.Integer(), nullable=False),
        sa.Column("status_index", sa.Integer(), nullable=False),
        sa.Column("salts_seed", sa.LargeBinary(), nullable=False),
        sa.Column("claims", sa.LargeBinary(), nullable=False),
        sa.Column("claims_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary()),
        sa.Column("requested_by", sa.Text, nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True)),
        sa.Column("revocation_reason", sa.Text),
        sa.Column("replaced_by_id", sa.Uuid()),
        sa.CheckConstraint("(state = 'issued') = (signature IS NOT NULL)", name=op.f("ck_credential_signature")),
        sa.CheckConstraint("carrier IN ('sd_jwt', 'print_qr', 'open_badge')", name=op.f("ck_credential_carrier")),
        sa.CheckConstraint("state IN ('planned', 'issued', 'void')", name=op.f("ck_credential_state")),
        sa.ForeignKeyConstraint(["kid"], ["signing_key.kid"], name=op.f("fk_credential_kid")),
        sa.ForeignKeyConstraint(
            ["list_number", "status_index"],
            ["status_entry.list_number", "status_entry.index"],
            name=op.f("fk_credential_list_number_status_index"),
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_credential_organisation_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_credential_person_id")),
        sa.ForeignKeyConstraint(["replaced_by_id"], ["credential.id"], name=op.f("fk_credential_replaced_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("list_number", "status_index", name=op.f("uq_credential_list_number_status_index")),
    )
    op.create_index(op.f("ix_credential_person_id_planned_at"), "credential", ["person_id", "planned_at"], unique=False)
    op.create_index(
        "ix_credential_planned",
        "credential",
        ["planned_at"],
        unique=False,
        postgresql_where=sa.text("state = 'planned'"),
    )
    grant(("published_document", "signing_key", "status_list", "status_entry", "credential"))
    grant_sequences()


def downgrade() -> None:
    """Take the change back."""
    op.drop_table("credential")
    op.drop_table("status_entry")
    op.drop_table("status_list")
    op.drop_table("signing_key")
    op.drop_table("published_document")
