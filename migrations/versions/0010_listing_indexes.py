"""Index what lists of people are sorted by, searched by and filtered by.

With 100,000 people a page of any list takes the database a few milliseconds. What an issuer awarded of some standards is
found with the newest first; an import writes the same three values into each row of a standard, so that this index
stays small. Only new indexes: the previous release goes on working beside them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_index(op.f("ix_person_family_name_given_name_id"), "person", ["family_name", "given_name", "id"])
    for name in ("family_name", "given_name"):
        op.create_index(
            f"ix_person_{name}_begins",
            "person",
            [sa.literal_column(f"lower({name})").label("begins")],
            postgresql_ops={"begins": "text_pattern_ops"},  # for LIKE, whatever the database's order of letters
        )
    op.create_index(
        op.f("ix_employment_organisation_id_person_id"),
        "employment",
        ["organisation_id", "person_id"],
        postgresql_include=["ended_on"],  # who works here now is told by the index alone
    )
    op.create_index(
        op.f("ix_award_organisation_id_standard_id_recorded_at"),
        "award",
        ["organisation_id", "standard_id", "recorded_at"],
    )
    op.create_index(
        "ix_credential_live",
        "credential",
        ["person_id", "expires_at"],
        postgresql_where=sa.text("state = 'issued' AND revoked_at IS NULL AND carrier <> 'open_badge'"),
    )
    op.create_index(op.f("ix_account_name_id"), "account", ["name", "id"])


def downgrade() -> None:
    """Take it back."""
    for name, table in (
        ("ix_account_name_id", "account"),
        ("ix_credential_live", "credential"),
        ("ix_award_organisation_id_standard_id_recorded_at", "award"),
        ("ix_employment_organisation_id_person_id", "employment"),
        ("ix_person_given_name_begins", "person"),
        ("ix_person_family_name_begins", "person"),
        ("ix_person_family_name_given_name_id", "person"),
    ):
        op.drop_index(name, table)
