"""Brings a database to the tables of this release, and says whether migrations and models agree.

Plain Alembic with numbered migrations (`migrations/versions/0001_...`). An advisory lock lets several processes start
at once: one migrates, the others wait and find it done.
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, text

from passport.db import Base

FOLDER = Path(__file__).resolve().parent.parent / "migrations"
ROOMS = (
    "access", "audit", "awards", "batches", "esr", "holder", "induction", "inspection", "issuing", "notices",
    "organisations", "publishing", "recognition", "records", "reporting", "signing", "staff", "standards",
    "verifying", "web",
)  # fmt: skip
MIGRATION_LOCK = 0x6D69_6772  # "migr"


def metadata() -> MetaData:
    """Return the metadata of every room's tables."""
    for room in ROOMS:
        importlib.import_module(f"passport.{room}.models")
    return Base.metadata


def ours(item: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
    """Say whether a table is ours to compare: procrastinate's are made by its own schema."""
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return not (table or "").startswith("procrastinate_")


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the database to a revision.

    Args:
        engine: a connection as the owner role.
        revision: a migration's number, or `head`.
    """
    with _alone(engine) as connection:
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the database back to a revision, or to `base`."""
    with _alone(engine) as connection:
        command.downgrade(_config(connection), revision)


def is_current(connection: Connection) -> bool:
    """Say whether every migration of this release was applied."""
    applied = MigrationContext.configure(connection).get_current_revision()
    return applied == ScriptDirectory(str(FOLDER)).get_current_head()


def differences(connection: Connection) -> list[Any]:
    """Return how the database differs from the models, in Alembic's words; empty when they agree."""
    options = {"include_object": ours, "compare_type": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata()))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _alone(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": MIGRATION_LOCK})
            connection.commit()
