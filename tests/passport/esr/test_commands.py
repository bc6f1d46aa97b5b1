"""`passport import esr`, against a database of its own."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from passport.cli import main
from passport.db import transaction
from tests.esr_files import bulk, make_employer, personal

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)


@pytest.fixture
def file(database_url: str, tmp_path: Path) -> Path:
    with transaction() as session:
        make_employer(session, NOW)
    return tmp_path / "esr.csv"


def run(database_url: str, *arguments: str | Path) -> Result:
    environment = {"PASSPORT_DATABASE_URL": database_url}
    return CliRunner().invoke(main, ["import", "esr", *map(str, arguments)], env=environment)


def test_a_file_is_imported_with_counts_and_reasons(database_url: str, file: Path) -> None:
    file.write_bytes(bulk({}, {"Date Awarded": "soon"}))
    done = run(database_url, file, "--organisation", "x1v2a")
    assert done.exit_code == 0
    assert "line 3, Date Awarded: The date is not in a form that means one day." in done.stdout
    assert done.stderr == ""  # no progress where there is no terminal
    again = json.loads(run(database_url, file, "--organisation", "X1V2A", "--json").stdout)
    assert (again["counts"]["unchanged"], again["counts"]["refused"]) == (1, 1)
    assert [row["code"] for row in again["rows"]] == ["date_form"]


def test_a_dry_run_says_so_and_changes_nothing(database_url: str, file: Path) -> None:
    file.write_bytes(bulk({}))
    for _ in range(2):
        dry = run(database_url, file, "--organisation", "X1V2A", "--dry-run")
        assert "dry run" in dry.stdout
    assert json.loads(run(database_url, file, "--organisation", "X1V2A", "--json").stdout)["counts"]["new"] == 1


def test_the_export_of_one_person_is_imported_with_their_assignment(database_url: str, file: Path) -> None:
    file.write_bytes(bulk({}))
    run(database_url, file, "--organisation", "X1V2A")
    file.write_bytes(personal({"Competency Name": "NHS|CSTF|Safeguarding Adults - Level 1|"}))
    done = run(database_url, file, "--organisation", "X1V2A", "--assignment", "30000001", "--json")
    assert json.loads(done.stdout)["counts"]["new"] == 1


def test_faults_end_the_command_in_words(database_url: str, file: Path) -> None:
    file.write_bytes(b"Name,Wage\r\n")
    refused = run(database_url, file, "--organisation", "X1V2A")
    assert refused.exit_code == 1
    assert "line 1, column 1" in refused.stderr
    assert run(database_url, file, "--organisation", "NOBODY").exit_code == 1
    assert run(database_url, file.parent / "none.csv", "--organisation", "X1V2A").exit_code == 2


def test_a_long_report_is_cut_and_says_how_to_see_the_rest(database_url: str, file: Path) -> None:
    file.write_bytes(bulk(*({"Date Awarded": "soon"} for _ in range(25))))
    assert "5 more. Use --json" in run(database_url, file, "--organisation", "X1V2A").stdout
