"""Index what the lists of people are sorted by.

Only new tables: the previous release goes on working beside them.
"""

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""


def downgrade() -> None:
    """Take it back."""
