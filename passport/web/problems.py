"""Failures as answers: RFC 9457 problem details for the JSON API.

In the order of the code: the kinds of failure that only HTTP knows; the status of each kind (a table, looked up along
the class's ancestors, so a room's own error needs no entry); what the answer says (`type` is `/problems/<code>`,
`errors` names each wrong place); and the handlers. An exception that nobody foresaw is logged once, with the id of the
request, and the caller is told that id and nothing else. OAuth's own form of errors is in `passport.access`.
"""

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Flask, Response, g, json
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from passport.errors import (
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    PassportError,
    TooMany,
    Unauthenticated,
    Unavailable,
)
from passport.web.refusals import FieldsRefused

MEDIA_TYPE: Final = "application/problem+json"
REALM: Final = 'Bearer realm="passport"'
logger = logging.getLogger("passport.web")


class BadRequest(PassportError):
    """The request can't be read, so nothing can be said about its content."""

    code = "bad_request"
    title = "The request can't be read"


class JsonInvalid(BadRequest):
    """The body is not JSON as RFC 8259 and RFC 7493 (I-JSON) want it."""

    code = "json_invalid"
    title = "The body is not valid JSON"


class JsonDuplicateKey(BadRequest):
    """An object of the body names a member twice."""

    code = "json_duplicate_key"
    title = "The body names a member twice"


class NotAcceptable(PassportError):
    """The caller accepts no media type that there is."""

    code = "not_acceptable"
    title = "Only application/json can be answered"


class TooLarge(PassportError):
    """The body is larger than this address takes."""

    code = "body_too_large"
    title = "The body is too large"


class UnsupportedMediaType(PassportError):
    """The body is of a kind that this address doesn't read."""

    code = "unsupported_media_type"
    title = "The body has the wrong media type"


class InvalidToken(Unauthenticated):
    """An access token was sent, and it is not good."""

    code = "invalid_token"
    title = "The access token is not valid"


class InsufficientScope(Forbidden):
    """The access token is good and lacks the scope of this address."""

    code = "insufficient_scope"
    title = "The access token lacks a scope"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}.")
        self.scope = scope


STATUS: Final[Mapping[type[PassportError], int]] = {
    BadRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    NotAcceptable: 406,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    UnsupportedMediaType: 415,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
}


def status_of(error: type[PassportError]) -> int:
    """Return the HTTP status of a kind of failure, found along its ancestors; 500 for one that has no kind."""
    return next((STATUS[kind] for kind in error.__mro__ if kind in STATUS), 500)


def known_errors() -> dict[str, type[PassportError]]:
    """Return every error that this process knows, by its code."""
    return {error.code: error for error in _below(PassportError)}


def from_error(error: PassportError) -> Response:
    """Return the answer to a foreseen failure; one without a kind is our own fault, and nobody else's business."""
    status = status_of(type(error))
    if status == 500:
        return from_surprise(error)
    code, errors = error.code, []
    if isinstance(error, FieldsRefused):
        code, errors = error.answer_code, error.errors
    elif isinstance(error, Invalid):
        errors = [{"pointer": fault.pointer, "detail": fault.message} for fault in error.faults]
    return problem(
        status,
        code=code,
        title=error.title,
        detail=error.detail,
        errors=errors,
        headers=_headers(error),
    )


def from_http(error: HTTPException) -> Response:
    """Return the answer to a failure of HTTP itself, with the headers that belong to it (`Allow` of a 405)."""
    if isinstance(error, RequestEntityTooLarge):
        return from_error(TooLarge())
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    code = error.name.lower().replace(" ", "_").replace("'", "")
    return problem(
        error.code or 500, code=code, title=error.name, detail=HTTP_DETAILS.get(error.code or 500), headers=headers
    )


def from_surprise(error: Exception) -> Response:
    """Return the answer to a failure that nobody foresaw, and log it once. The caller learns its id alone."""
    logger.error("unforeseen failure", exc_info=error, extra={"request_id": g.get("request_id")})
    detail = "Something failed on our side. Tell us the request_id, and we can look it up."
    return problem(500, code="internal_error", title="Internal error", detail=detail)


def problem(
    status: int,
    *,
    code: str,
    title: str,
    detail: str | None = None,
    errors: Iterable[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Make an answer of type `application/problem+json` (RFC 9457 section 3).

    Args:
        status: the HTTP status.
        code: the stable word for the reason; its page is `/problems/<code>`.
        title: the same words for every case of this code.
        detail: one sentence on this case.
        errors: each wrong place: `pointer` or `parameter`, `code` and `detail`.
        headers: further headers of the answer.
    """
    body: dict[str, Any] = {"type": f"/problems/{code}", "title": title, "status": status, "code": code}
    listed = [dict(each) for each in errors]
    body |= {"detail": detail} if detail else {}
    body |= {"errors": listed} if listed else {}
    body |= {"request_id": g.request_id} if "request_id" in g else {}
    answer = Response(json.dumps(body), status=status, headers=dict(headers or {}), mimetype=MEDIA_TYPE)
    g.problem_code = code
    return answer


def register(app: Flask) -> None:
    """Let every failure of the application be answered from here."""
    app.register_error_handler(PassportError, from_error)
    app.register_error_handler(HTTPException, from_http)
    app.register_error_handler(Exception, from_surprise)


HTTP_DETAILS: Final = {
    400: "The request can't be read.",
    404: "There is nothing at this address.",
    405: "This address doesn't take this method. The header Allow lists those that it takes.",
}


def _headers(error: PassportError) -> dict[str, str]:
    if isinstance(error, TooMany):
        return {"Retry-After": str(error.retry_after)}
    if isinstance(error, InvalidToken):
        return {"WWW-Authenticate": f'{REALM}, error="invalid_token"'}
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": REALM}
    if isinstance(error, InsufficientScope):
        return {"WWW-Authenticate": f'{REALM}, error="insufficient_scope", scope="{error.scope}"'}
    return {}


def _below(kind: type[PassportError]) -> Iterable[type[PassportError]]:
    yield kind
    for subclass in kind.__subclasses__():
        yield from _below(subclass)
