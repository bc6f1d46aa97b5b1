"""Migrations and models say the same, up and down."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Integer, MetaData, Table, create_engine, inspect

from passport import migration
from passport.cli import main


def test_migrations_and_models_agree(private_database: Callable[[str], str]) -> None:
    engine = create_engine(private_database("owner"))
    with engine.connect() as connection:
        assert migration.is_current(connection)
        assert migration.differences(connection) == []
    engine.dispose()


def test_what_goes_up_comes_down_and_up_again(private_database: Callable[[str], str]) -> None:
    engine = create_engine(private_database("owner"))
    tables = set(inspect(engine).get_table_names())
    migration.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migration.upgrade(engine)
    assert set(inspect(engine).get_table_names()) == tables
    with engine.connect() as connection:
        assert migration.differences(connection) == []
    engine.dispose()


def test_the_check_fails_where_a_model_has_no_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: object
) -> None:
    known = migration.metadata()
    changed = MetaData(naming_convention=known.naming_convention)
    for table in known.sorted_tables:
        table.to_metadata(changed)
    Table("forgotten", changed, Column("id", Integer, primary_key=True))
    monkeypatch.setattr(migration, "metadata", lambda: changed)
    monkeypatch.setenv("PASSPORT_HOME", str(Path(__file__).parents[2] / "var" / "test"))
    done = CliRunner().invoke(main, ["db", "check"])
    assert (done.exit_code, "forgotten" in done.stdout) == (1, True)
