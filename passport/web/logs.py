"""The log: one JSON object a line on stderr, without personal data.

A request's line holds its id, method, route template, status, milliseconds and client; never the path (it has passport
numbers in it), the query, a header or a body. What the libraries say goes the same way. A failure's trace is kept, but
not its text where that is the database's: PostgreSQL quotes the values of a row that broke a rule.
"""

import logging
import sys
import time
from typing import Final

from flask import Flask, Response, g, request
from pythonjsonlogger.json import JsonFormatter

from passport.errors import PassportError
from passport.web.rules import Caller

FIELDS: Final = ("asctime", "levelname", "name", "message")
RENAMED: Final = {"asctime": "at", "levelname": "level"}
SPEAKING: Final = (PassportError, OSError, RuntimeError)  # their texts name no records
HIDDEN: Final = "(text left out)"
METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"))
logger = logging.getLogger("passport.request")


class Formatter(JsonFormatter):
    """Formats a line; leaves out what others' exceptions say."""

    def formatException(self, ei: object) -> str:  # noqa: N802 (logging's name)
        """Return where an exception came from, and its text where we wrote it."""
        error = ei[1] if isinstance(ei, tuple) else None
        lines: list[str] = []
        while isinstance(error, BaseException):
            text = str(error) if isinstance(error, SPEAKING) else HIDDEN
            lines.append(f"{type(error).__name__}: {text}")
            lines += _places(error)
            error = error.__cause__
        return "\n".join(lines)


def configure(level: str) -> None:
    """Write the whole process's log to stderr.

    Args:
        level: DEBUG, INFO, WARNING or ERROR.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Formatter(FIELDS, rename_fields=RENAMED, style="{"))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for library in ("sqlalchemy.engine", "psycopg", "alembic"):  # they would log statements with their values
        logging.getLogger(library).setLevel(logging.WARNING)


def register(app: Flask) -> None:
    """Log one line for each request of the application."""
    app.before_request(start_clock)
    app.after_request(log_request)


def start_clock() -> None:
    """Remember when the request began."""
    g.began = time.perf_counter()


def log_request(answer: Response) -> Response:
    """Write the request's line."""
    known = g.get("caller")
    line = {
        "request_id": g.get("request_id"),
        "method": request.method if request.method in METHODS else "other",
        "route": str(request.url_rule) if request.url_rule else None,
        "status": answer.status_code,
        "code": g.get("problem_code"),
        "milliseconds": round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
        "client": known.client_id if isinstance(known, Caller) else None,
    }
    logger.info("request", extra=line)
    return answer


def _places(error: BaseException) -> list[str]:
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"  {code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return places
