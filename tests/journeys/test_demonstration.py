"""The demonstration does what the README promises, as a user starts it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.user_processes import remove_server


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home of the demonstration")
    yield home
    remove_server(home)


@pytest.fixture(scope="module")
def runs(home: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two runs, one after the other."""
    return run(home), run(home)


def run(home: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PASSPORT_")}
    done = subprocess.run(
        [sys.executable, "-m", "passport", "demo", "--no-serve", "--json"],
        env={**environment, "PASSPORT_HOME": str(home)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr.decode()
    story: dict[str, Any] = json.loads(done.stdout)
    return story


def test_the_passport_is_genuine_current_and_not_withdrawn(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    verdict = runs[0]["verification"]
    assert (verdict["outcome"], verdict["current"]["result"], verdict["not_withdrawn"]["result"]) == (
        "genuine",
        True,
        True,
    )


def test_every_kind_of_decision_is_shown(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    outcomes = {decision["outcome"] for decision in runs[0]["plan"]["decisions"]}
    assert outcomes == {"ACCEPT_UNTIL", "PARTIAL", "REFER", "REFUSE"}


def test_two_files_go_through_the_importer(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    bulk, personal = runs[0]["imports"]
    assert bulk["counts"]["new"] > 100
    assert {note["outcome"] for note in bulk["notes"]} == {"set_aside", "refused"}
    assert personal["counts"]["new"] == personal["rows"]


def test_what_is_saved_and_what_is_left_is_the_whole_induction(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    story = runs[0]
    assert story["minutes_saved"] > 0
    assert story["minutes_saved"] + story["minutes_left"] == 1150
    assert "Fire procedure of the ward" in story["left"]


def test_a_second_run_changes_nothing_and_says_so(runs: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = runs
    assert (first["changed"], second["changed"]) == (True, False)
    assert (first["issued"], second["issued"]) == (12, 0)
    assert second["plan"] == first["plan"]
    assert second["imports"][0]["counts"]["unchanged"] == first["imports"][0]["counts"]["new"]
