"""The database and its three roles: the owner migrates; the web server and the worker own nothing.

Whoever owns a table can switch off its row-level security and change an insert-only audit. So neither the web server
nor the worker owns anything. What they may read and write is granted table by table in the migrations.
"""

from typing import Final

import psycopg
from psycopg import sql

OWNER: Final = "passport_owner"
WEB: Final = "passport_web"
WORKER: Final = "passport_worker"

RIGHTS: Final = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
# Two processes may prepare at once, and "create unless it exists" is no single step for roles and databases.
PREPARATION_LOCK: Final = int.from_bytes(b"passport")


def prepare(superuser_url: str, name: str) -> None:
    """Make the roles and the database `name`, or set right what is there.

    Args:
        superuser_url: a libpq URL of the database `postgres`, as a superuser.
        name: the database.
    """
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [PREPARATION_LOCK])
        for role in (OWNER, WEB, WORKER):
            _prepare_role(connection, role)
        _prepare_database(connection, name)


def _prepare_role(connection: psycopg.Connection, role: str) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    connection.execute(sql.SQL("ALTER ROLE {} {}").format(sql.Identifier(role), RIGHTS))


def _prepare_database(connection: psycopg.Connection, name: str) -> None:
    names = {"name": sql.Identifier(name), "owner": sql.Identifier(OWNER)}
    names |= {"web": sql.Identifier(WEB), "worker": sql.Identifier(WORKER)}
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
        connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**names))
    connection.execute(sql.SQL("ALTER DATABASE {name} OWNER TO {owner}").format(**names))
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {name} FROM PUBLIC").format(**names))
    connection.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {web}, {worker}").format(**names))
