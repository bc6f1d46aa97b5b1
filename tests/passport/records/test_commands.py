"""`passport records` from the command line."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from passport import db
from passport.audit.models import AuditEntry
from passport.records import retention
from passport.records.commands import records
from tests.passports import Nurse, make_nurse


@pytest.fixture
def nurse(
    database_url: str, private_database: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Nurse:
    monkeypatch.setenv("PASSPORT_DATABASE_URL", database_url)
    monkeypatch.setenv("PASSPORT_WORKER_DATABASE_URL", private_database("worker"))
    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))
    with db.transaction() as session:
        return make_nurse(session)


def test_a_whole_record_is_written_for_its_owner_alone_and_leaves_a_trace(
    nurse: Nurse, database_url: str, tmp_path: Path
) -> None:
    out = tmp_path / "record.json"
    done = CliRunner().invoke(records, ["export", nurse.number, "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_bytes())["passport"]["number"] == nurse.number
    db.connect(database_url)
    with db.reading() as session:
        assert "record.exported" in session.scalars(select(AuditEntry.action)).all()


def test_the_table_of_retention_is_shown(nurse: Nurse) -> None:
    shown = CliRunner().invoke(records, ["retention", "--json"], catch_exceptions=False)
    assert [rule["kind"] for rule in json.loads(shown.output)] == list(retention.rules())
    assert CliRunner().invoke(records, ["retention"], catch_exceptions=False).exit_code == 0


def test_what_was_kept_too_long_is_forgotten_as_the_worker(nurse: Nurse) -> None:
    done = CliRunner().invoke(records, ["forget"], catch_exceptions=False)
    assert (done.exit_code, "Nothing was kept too long." in done.output) == (0, True)
