"""`passport batch`, against a database of its own."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from passport.awards.models import Award
from passport.cli import main
from passport.db import transaction
from passport.settings import Settings
from passport.signing import keyring
from tests.batch_files import Sender, as_csv, make_sender
from tests.passports import make_service

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
Command = Callable[..., Result]


@pytest.fixture
def files(database_url: str, tmp_path: Path) -> dict[str, bytes]:
    """Files of a trust with two nurses, by kind."""
    keyring.configure(Settings(home=tmp_path, example_keys=True))
    with transaction() as session:
        sender: Sender = make_sender(session, NOW, staff=2, ods_code="X1V2A")
        make_service(session, NOW)
        return {
            "issue_passports": as_csv(*sender.rows(0, 1)),
            "record_awards": as_csv(*sender.awards(0, 1), *sender.awards(0)),
        }


@pytest.fixture
def batch(database_url: str, tmp_path: Path) -> Command:
    environment = {
        "PASSPORT_DATABASE_URL": database_url, "PASSPORT_EXAMPLE_KEYS": "yes", "PASSPORT_HOME": str(tmp_path),
    }  # fmt: skip

    def run(*arguments: Any) -> Result:
        return CliRunner().invoke(main, ["batch", *map(str, arguments)], env=environment)

    return run


@pytest.fixture
def send(batch: Command, files: dict[str, bytes], tmp_path: Path) -> Command:
    def run(kind: str, *options: str) -> Result:
        path = tmp_path / "rows.csv"
        path.write_bytes(files[kind])
        return batch("run", path, "--kind", kind, "--organisation", "x1v2a", *options)

    return run


def held() -> int:
    with transaction() as session:
        return session.query(Award).filter(Award.ended_at.is_(None)).count()


def test_a_file_is_done_without_a_worker_and_taken_back(send: Command, batch: Command) -> None:
    done = send("record_awards", "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["state"], told["done"], told["failed"]) == (1, "finished", 2, 1)
    assert [(row["line"], row["code"]) for row in told["rows"]] == [(4, "row_twice")]
    assert held() == 2
    look = batch("undo", told["id"], "--dry-run")
    assert "This was a dry run" in look.stdout
    assert held() == 2
    back = batch("undo", told["id"])
    assert (back.exit_code, held()) == (0, 0)
    assert "was undone before" in batch("undo", told["id"]).stderr


def test_passports_are_issued_and_shown(send: Command, batch: Command) -> None:
    done = send("issue_passports", "--json")
    assert (done.exit_code, json.loads(done.stdout)["done"]) == (0, 2)
    shown = batch("show", json.loads(done.stdout)["id"])
    assert "finished" in shown.stdout
    assert done.stderr == ""  # no progress where there is no terminal


def test_rows_that_were_not_done_are_told_with_line_column_and_reason(send: Command) -> None:
    done = send("record_awards")
    assert "line 4: An earlier row of this file asks for the same." in done.stdout


def test_a_dry_run_says_so_and_changes_nothing(send: Command) -> None:
    assert "This was a dry run" in send("record_awards", "--dry-run").stdout
    assert held() == 0


def test_a_batch_that_is_over_is_not_cancelled_and_an_unknown_one_is_not_found(send: Command, batch: Command) -> None:
    done = json.loads(send("issue_passports", "--json").stdout)
    assert (batch("cancel", done["id"]).exit_code, batch("resume", done["id"]).exit_code) == (1, 0)
    unknown = batch("show", "00000000-0000-7000-8000-000000000000")
    assert (unknown.exit_code, unknown.stderr.strip()) == (1, "There is no such batch.")


def test_the_template_of_each_kind_is_a_file_that_is_understood(batch: Command) -> None:
    assert batch("template", "issue_passports").stdout == "Passport number\n0123-4567-T\n"
