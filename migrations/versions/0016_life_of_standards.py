"""Make the life of specifications and accreditations.

Only new tables: the previous release goes on working beside them.
"""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""


def downgrade() -> None:
    """Take it back."""
