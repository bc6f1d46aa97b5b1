"""Every benchmark runs with tiny sizes and its cross-checks hold. Nothing here looks at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import time_machine

from benchmarks import __main__ as command
from benchmarks import b01_issue, peers
from benchmarks.measure import Effort, Figure, Timings, figure
from benchmarks.table import print_table

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
TINY = Effort(rounds=1, seconds=0.0, people=3, photographs=2, rows=60, residents=1_500)


@pytest.fixture(autouse=True)
def _the_peers_clock() -> Iterator[None]:
    """Some peers ask the clock themselves."""
    with time_machine.travel(NOW):
        yield


@pytest.mark.parametrize("name", ["B1", "B2", "B3", "B5", "B13"])
def test_a_benchmark_runs_and_its_cross_checks_hold(name: str) -> None:
    figures = command.BENCHMARKS[name](TINY, NOW)

    assert {each.benchmark for each in figures} == {name}
    assert any(each.target is not None for each in figures)
    assert all(each.median is None or each.median > 0 for each in figures)


def test_the_import_comes_to_the_same_awards_as_its_peers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.b10_import.HOME", tmp_path / "home")

    figures = command.BENCHMARKS["B10"](TINY, NOW)

    assert [each.what for each in figures if each.target == 0.7] == [
        "new, of hand-written COPY and MERGE",
        "unchanged, of hand-written COPY and MERGE",
        "1 % changed, of hand-written COPY and MERGE",
    ]


def test_two_workers_issue_to_everybody_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.b11_batches.HOME", tmp_path / "home")

    figures = command.BENCHMARKS["B11"](TINY, datetime.now(UTC))

    assert [each.target for each in figures if each.kind == "ratio"] == [0.7, None, 5]
    assert all(each.median and each.median > 0 for each in figures)


def test_every_main_page_answers_in_a_registry_of_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.page_data.HOME", tmp_path / "home")

    figures = command.BENCHMARKS["B16"](TINY, NOW)

    assert len({each.what for each in figures}) == len(figures) > 40
    assert all(each.median and each.target == 30 for each in figures)


def test_every_peer_of_the_tokens_is_installed_with_the_tests() -> None:
    assert tuple(peers.installed()) == peers.NAMES


def test_a_peer_that_is_not_installed_is_shown_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("benchmarks.peers.load", lambda _: None)

    print_table(b01_issue.run(TINY, NOW))

    assert "not installed" in capsys.readouterr().out


def ratio(*values: float) -> Figure:
    return figure("B0", "speed", values, kind="ratio", unit="×", target=2.0)


def test_the_check_tolerates_seven_tenths_of_a_ratio_and_nothing_of_what_never_varies() -> None:
    assert not ratio(1.4).fails_check
    assert ratio(1.39).fails_check
    assert not ratio().fails_check
    assert figure("B0", "too high", [15.1], kind="fixed", unit="", target=15, at_most=True).fails_check
    assert not figure("B0", "slow machine", [99.0], kind="absolute", unit="ms", target=5, at_most=True).fails_check


def test_a_figure_is_the_median_of_the_rounds_with_its_spread() -> None:
    timings = Timings({"ours": [1.0, 2.0, 4.0], "first": [4.0, 4.0, 4.0], "second": [3.0, 8.0, 8.0]})

    found = figure(
        "B0", "all", timings.speed_against_best("ours", ["first", "second", "absent"]), kind="ratio", unit="×"
    )

    assert (found.lowest, found.median, found.highest) == (1.0, 2.0, 3.0)
    assert timings.speed("ours", "absent") == []


@pytest.mark.parametrize(("median", "code"), [(1.5, 0), (0.5, 1)])
def test_the_command_writes_json_and_fails_only_a_check(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, median: float, code: int
) -> None:
    made = [figure("B1", "all", [median], kind="ratio", unit="×", target=2.0)]
    monkeypatch.setitem(command.BENCHMARKS, "B1", lambda _effort, _now: made)
    file = tmp_path / "figures.json"

    assert command.main(["B1", "--json", str(file), "--check"]) == code
    assert command.main(["B1"]) == 0
    written = msgspec.json.decode(file.read_bytes())
    assert msgspec.convert(written["figures"], list[Figure]) == made
    assert written["machine"]["measured_at"] == "2026-08-06T09:00:00+00:00"


def test_counts_equal_an_exact_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.b12_counts.HOME", tmp_path / "home")
    figures = command.BENCHMARKS["B12"](TINY, NOW)
    assert {figure.median is not None for figure in figures} == {True}
