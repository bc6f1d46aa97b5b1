"""Gives the service's roles what they need of each table, and nothing more.

`passport_web` serves and `passport_worker` does background work; neither owns a table. Tables of facts may be read and
added to, never changed or emptied, so the audit log and the awards stay as they were written whatever the program does.
"""

from collections.abc import Iterable

from alembic import op

ROLES = ("passport_web", "passport_worker")
EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
ADD_ONLY = "SELECT, INSERT"
NEVER_DELETE = "SELECT, INSERT, UPDATE"


def ensure_roles() -> None:
    """Create the roles where the owner may; else say what the database's administrator must run.

    The embedded server has them already. On a database of your own they are made by its administrator.
    """
    for role in ROLES:
        op.execute(f"""
            DO $$ BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
            EXCEPTION WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'The role {role} is missing. Ask an administrator to run: CREATE ROLE {role} LOGIN;';
            END $$
        """)
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")


def grant(tables: Iterable[str], rights: str = EVERYTHING) -> None:
    """Grant rights on tables to both roles.

    Args:
        tables: table names.
        rights: as SQL says them; may name columns, as `UPDATE (ended_at)`.
    """
    for table in tables:
        op.execute(f"GRANT {rights} ON {table} TO {', '.join(ROLES)}")


def grant_sequences() -> None:
    """Let both roles draw from every sequence that exists by now."""
    op.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {', '.join(ROLES)}")
