"""Writes the figures of a run: as a table for people, and as JSON for comparing runs."""

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Figure

PACKAGES = ("cryptography", "msgspec", "psycopg", "zxing-cpp")


def print_table(figures: Sequence[Figure]) -> None:
    """Print all figures with their targets."""
    table = Table(title="Median of the rounds, with the smallest and largest")
    for heading in ("", "what", "median", "from – to", "target", ""):
        table.add_column(heading, justify="right" if heading in ("median", "from – to", "target") else "left")
    previous = ""
    for figure in figures:
        if figure.benchmark != previous and previous:
            table.add_section()
        shown = "" if figure.benchmark == previous else figure.benchmark
        table.add_row(shown, figure.what, _median(figure), _spread(figure), _target(figure), _outcome(figure))
        previous = figure.benchmark
    Console(width=None if os.isatty(1) else 120).print(table)


def to_json(figures: Sequence[Figure], *, now: datetime) -> bytes:
    """Return the figures, and on what they were measured."""
    machine = {
        "measured_at": now.isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "packages": {name: version(name) for name in PACKAGES},
    }
    return msgspec.json.format(msgspec.json.encode({"machine": machine, "figures": figures}), indent=2)


def _median(figure: Figure) -> str:
    return "not installed" if figure.median is None else f"{_number(figure.median)} {figure.unit}".strip()


def _spread(figure: Figure) -> str:
    if figure.lowest is None or figure.highest is None or figure.lowest == figure.highest:
        return ""
    return f"{_number(figure.lowest)} – {_number(figure.highest)}"


def _target(figure: Figure) -> str:
    return "" if figure.target is None else f"{'≤' if figure.at_most else '≥'} {_number(figure.target)}"


def _outcome(figure: Figure) -> str:
    return {True: "met", False: "missed", None: ""}[figure.reaches_target]


def _number(value: float) -> str:
    """Return a number with three figures that count, thousands apart."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"
