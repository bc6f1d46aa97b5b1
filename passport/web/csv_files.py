"""Lists as CSV files to download, safe to open in a spreadsheet.

A cell that begins like a formula gets an apostrophe in front, so that a spreadsheet shows it and does not run it
(OWASP, CSV injection). The file begins with a byte order mark, by which spreadsheets know UTF-8.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from flask import Response

FORMULA_BEGINS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
BYTE_ORDER_MARK: Final = "\ufeff"


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a CSV file to download.

    Args:
        name: the file's name, our own words in ASCII: never what somebody typed.
        head: the names of the columns.
        rows: the cells; None is an empty one.
    """
    text = io.StringIO(BYTE_ORDER_MARK, newline="")
    text.seek(0, io.SEEK_END)
    out = csv.writer(text)
    out.writerow(head)
    out.writerows([_safe(cell) for cell in row] for row in rows)
    answer = Response(text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _safe(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text
