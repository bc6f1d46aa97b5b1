"""Make procrastinate's tables, so that background jobs are rows of this database.

The schema is the library's own, at the version that the lock pins; a newer one brings migrations of its own.
"""

from alembic import op
from procrastinate.schema import SchemaManager

from migrations.grants import ROLES, grant_sequences

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.get_bind().exec_driver_sql(SchemaManager.get_schema().replace("%", "%%"))
    tables = "procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers, procrastinate_workers"
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {', '.join(ROLES)}")
    grant_sequences()


def downgrade() -> None:
    """Take the change back."""
    op.execute("""
        DO $$ DECLARE item record; BEGIN
            FOR item IN SELECT p.oid::regprocedure AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                        WHERE n.nspname = current_schema() AND p.proname LIKE 'procrastinate\\_%' LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', item.name);
            END LOOP;
            FOR item IN SELECT tablename AS name FROM pg_tables
                        WHERE schemaname = current_schema() AND tablename LIKE 'procrastinate\\_%' LOOP
                EXECUTE format('DROP TABLE %I CASCADE', item.name);
            END LOOP;
            FOR item IN SELECT t.typname AS name FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
                        WHERE n.nspname = current_schema() AND t.typname LIKE 'procrastinate\\_%' AND t.typtype IN ('e', 'c') LOOP
                EXECUTE format('DROP TYPE %I CASCADE', item.name);
            END LOOP;
        END $$
    """)
