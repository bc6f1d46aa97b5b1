"""The command line: `python -m benchmarks [B1 B2 ...] [--json FILE] [--check]`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks import (
    b01_issue,
    b02_verify_key_binding,
    b03_verify,
    b05_status_list,
    b10_import,
    b11_batches,
    b12_counts,
    b13_qr,
    b16_pages,
)
from benchmarks.measure import FULL, Effort, Figure
from benchmarks.table import print_table, to_json

BENCHMARKS: Final[dict[str, Callable[[Effort, datetime], list[Figure]]]] = {
    "B1": b01_issue.run,
    "B2": b02_verify_key_binding.run,
    "B3": b03_verify.run,
    "B5": b05_status_list.run,
    "B10": b10_import.run,
    "B11": b11_batches.run,
    "B12": b12_counts.run,
    "B13": b13_qr.run,
    "B16": b16_pages.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks that are named, or all; return 1 if one fails the check that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="B1", help=f"one or more of {', '.join(BENCHMARKS)}; all if none")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to this file")
    parser.add_argument("--check", action="store_true", help="fail where a ratio is below 70 % of its target")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    now = datetime.now(UTC)
    figures: list[Figure] = []
    for name in chosen.names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        figures += BENCHMARKS[name](FULL, now)
    print_table(figures)
    if chosen.json is not None:
        chosen.json.write_bytes(to_json(figures, now=now))
    failures = [figure for figure in figures if figure.fails_check] if chosen.check else []
    for figure in failures:
        print(f"{figure.benchmark}: {figure.what} is {figure.median}, target {figure.target}", file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
