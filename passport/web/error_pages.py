"""Failures as pages, for people: what happened, that nothing was lost, what to do next.

A failure on a page's own address is a page; so is one at an address that nobody answers, where the browser asks for
HTML. Everything else keeps the JSON form of `passport.web.problems`, whose table of statuses holds here too. Who is
not signed in is sent to sign in and comes back afterwards. These pages never ask the database: it may be what failed.
"""

import logging
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from flask import Flask, Response, current_app, g, redirect, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing.exceptions import RequestRedirect
from werkzeug.wrappers import Response as AnyResponse

from passport.errors import Invalid, PassportError, TooMany, Unauthenticated
from passport.web import problems
from passport.web.pages import PageBlueprint, page
from passport.web.problems import TooLarge, status_of

SIGN_IN: Final = "/sign-in"
HTML: Final = "text/html"
MACHINES: Final = ("/v1/", "/oauth/", "/.well-known/", "/static/")
logger = logging.getLogger("passport.web")


@dataclass(frozen=True, slots=True)
class Words:
    """What the page of a status says."""

    title: str
    sentences: tuple[str, ...]


WORDS: Final = {
    400: Words("We could not read that request", ("Go back and try again.",)),
    401: Words("You need to sign in", ("Your time may have run out. Sign in and try again. Nothing was changed.",)),
    403: Words(
        "You cannot see this page",
        ("Your role does not include this page.", "If you have another role, choose it on your account page."),
    ),
    404: Words(
        "Page not found",
        (
            "If you typed the web address, check that it is right.",
            "If you pasted it, check that you copied all of it.",
            "The record may belong to another organisation.",
        ),
    ),
    405: Words("This page cannot be opened like that", ("Go back and use the buttons of the page before.",)),
    409: Words("Something changed in the meantime", ("Go back, load the page again and look at it once more.",)),
    410: Words("This has ended", ("Ask the person who sent it to you for a new one.",)),
    413: Words("The file is too large", ("Choose a smaller file and try again.",)),
    415: Words("We cannot read this kind of file", ("Choose another file and try again.",)),
    422: Words("Something in that request is not right", ("Go back, correct it and try again.",)),
    429: Words("Too many tries", ("Wait a few minutes, then try again.",)),
    500: Words(
        "Sorry, there is a problem with the service",
        ("Try again later. Nothing that you saved before is lost.",),
    ),
    503: Words(
        "Sorry, the service is unavailable",
        ("You can use it again in a few minutes. Nothing that you saved before is lost.",),
    ),
}


def register(app: Flask) -> None:
    """Let failures of pages be answered from here, all others from `problems`."""
    app.register_error_handler(PassportError, from_error)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(Exception, from_surprise)


def from_error(error: PassportError) -> AnyResponse:
    """Return the answer to a foreseen failure."""
    if not asks_for_page():
        return problems.from_error(error)
    status = status_of(type(error))
    if status == 500:
        return from_surprise(error)
    if isinstance(error, Unauthenticated) and request.method in {"GET", "HEAD"}:
        return redirect(SIGN_IN + _return_path(), code=303)
    own = type(error) not in PLAIN
    faults = error.faults if isinstance(error, Invalid) else ()
    detail = " ".join(fault.message for fault in faults) or (error.detail if own else None)
    answer = error_page(status, title=error.title if own else None, detail=detail, code=error.code)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def from_http(error: HTTPException) -> AnyResponse:
    """Return the answer to a failure of HTTP itself, with the headers that belong to it."""
    if not asks_for_page():
        return problems.from_http(error)
    if isinstance(error, RequestEntityTooLarge):
        return from_error(TooLarge())
    if isinstance(error, RequestRedirect):  # the other spelling of an address: not a failure
        return error.get_response()
    answer = error_page(error.code or 500, code=error.name.lower().replace(" ", "_"))
    for name, value in error.get_headers():
        if name.lower() != "content-type":
            answer.headers[name] = value
    return answer


def from_surprise(error: Exception) -> AnyResponse:
    """Return the answer to a failure that nobody foresaw, and log it once."""
    if not asks_for_page():
        return problems.from_surprise(error)
    logger.error("unforeseen failure", exc_info=error, extra={"request_id": g.get("request_id")})
    return error_page(500, code="internal_error")


def asks_for_page() -> bool:
    """Say whether the failure of this request is shown to a person."""
    if request.blueprint is not None:
        return isinstance(current_app.blueprints.get(request.blueprint), PageBlueprint)
    if request.path.startswith(MACHINES):
        return False
    accepted = request.accept_mimetypes
    return HTML in accepted.values() and accepted.best_match(["application/json", HTML]) == HTML


def error_page(status: int, *, code: str, title: str | None = None, detail: str | None = None) -> Response:
    """Make the page of a failure.

    Args:
        status: the HTTP status.
        code: the stable word for the reason; it goes to the log.
        title: a heading for this case; default: that of the status.
        detail: a sentence for this case; default: those of the status.
    """
    words = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    g.problem_code = code
    return page(
        "web/error.html",
        status=status,
        impersonal=True,
        title=title or words.title,
        sentences=(detail,) if detail else words.sentences,
        sign_in=status == 401,
        request_id=g.get("request_id") if status >= 500 else None,
    )


def _return_path() -> str:
    """Return the query that brings the visitor back here after sign-in."""
    if request.path.startswith(SIGN_IN) or request.path == "/account":
        return ""
    return f"?{urlencode({'next': request.full_path.rstrip('?')})}"


# Kinds whose own text says less to a person than the words above.
PLAIN: Final = frozenset(kind for kind in problems.STATUS if kind.__module__ in {"passport.errors", problems.__name__})
