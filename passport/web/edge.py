"""What happens around every request, whatever room answers it.

In the order of the code: each request gets an id; its address, host and body are looked at before anything else; the
rule of its route is enforced (`passport.web.rules`); the answer gets the headers that every answer has. Who is calling
is found out by the function that `create_app` puts into `app.extensions["recognise_caller"]`. `X-Forwarded-*` is never
read: whoever calls can write it.
"""

import re
import uuid
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

from passport.errors import Forbidden, NotFound, Unauthenticated
from passport.settings import Settings
from passport.web.body import check_body
from passport.web.problems import InsufficientScope, NotAcceptable
from passport.web.rules import Caller, Rule, public, rule_of, visitor_if_any

RECOGNISE: Final = "recognise_caller"
CORRELATION_ID: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")  # sent back, never logged
# A UUID, as NHS APIs ask: any other text could carry a name into the log.
REQUEST_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1f\x7f]")
JSON_AREA: Final = "/v1/"

# Nothing that the JSON API answers is a page: whatever a browser makes of it may load and run nothing.
SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
STRICT_TRANSPORT: Final = "max-age=31536000; includeSubDomains"


def trusted_hosts(settings: Settings) -> list[str]:
    """Return the names under which the service may be addressed: its own, and this machine's for checks of health."""
    named = [urlsplit(url).hostname or "" for url in (settings.public_url, settings.issuer)]
    return [*named, "localhost", "127.0.0.1"]


def register(app: Flask) -> None:
    """Put the edge around every request of the application."""
    app.before_request(name_request)
    app.before_request(check_request)
    app.before_request(enforce_rule)
    app.after_request(finish_answer)


def name_request() -> None:
    """Give the request an id: the caller's own where it is a UUID, else a new one."""
    offered = request.headers.get("X-Request-ID", "")
    g.request_id = offered if REQUEST_ID.fullmatch(offered) else str(uuid.uuid4())


def check_request() -> None:
    """Refuse what no endpoint should have to think about.

    Raises:
        NotFound: a control character in the path.
        NotAcceptable: the caller takes no JSON where only JSON is answered.
        UnsupportedMediaType, RequestEntityTooLarge: see `check_body`.
    """
    if CONTROL_CHARACTER.search(request.path):
        raise NotFound
    if request.routing_exception is not None:
        return
    if request.path.startswith(JSON_AREA) and not _accepts_json():
        raise NotAcceptable
    check_body(request, _view())


def enforce_rule() -> None:
    """Let only those pass whom the rule of the route lets pass.

    Raises:
        Unauthenticated: the route asks for a caller or visitor and nobody is known.
        InsufficientScope: the caller's token lacks the scope.
        Forbidden: the visitor is signed in with another role.
    """
    if request.routing_exception is not None:
        return
    rule = rule_of(_view())
    if rule is None:
        raise RuntimeError(f"{request.endpoint} states no rule")
    if rule.roles is not None:
        _enforce_role(rule.roles, rule.kind)
    if rule.scope is None:
        return
    recognise: Callable[[], Caller] = current_app.extensions[RECOGNISE]
    g.caller = recognise()
    if rule.scope not in g.caller.scopes:
        raise InsufficientScope(rule.scope)


def _enforce_role(roles: frozenset[str], kind: str | None) -> None:
    known = visitor_if_any()
    if known is None:
        raise Unauthenticated("Sign in to see this page.")
    if known.role not in roles or kind not in (None, known.organisation_kind):
        raise Forbidden("Your role does not include this page.")


def finish_answer(answer: Response) -> Response:
    """Add the headers that every answer carries, unless the endpoint set its own."""
    for name, value in SECURITY_HEADERS.items():
        answer.headers.setdefault(name, value)
    if current_app.config["SETTINGS"].public_url.startswith("https:"):
        answer.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
    answer.headers["X-Request-ID"] = g.get("request_id", "")
    correlation = request.headers.get("X-Correlation-ID", "")
    if CORRELATION_ID.fullmatch(correlation):
        answer.headers["X-Correlation-ID"] = correlation
    return answer


def share_publicly(answer: Response, *, seconds: int) -> Response:
    """Let anybody's browser read this answer and keep it for some seconds. For documents without personal data."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    return answer


def state_rules_of_static_files(app: Flask) -> None:
    """State that the files of a room's `static/` folder are for everybody; Flask makes those routes itself."""
    for endpoint, view in app.view_functions.items():
        if endpoint.endswith(".static") and rule_of(view) is None:
            app.view_functions[endpoint] = public(lambda filename, send=view: send(filename=filename))


def routes_without_rule(app: Flask) -> list[str]:
    """Return the endpoints that state no rule; `create_app` refuses to make an application with any."""
    return sorted(endpoint for endpoint, view in app.view_functions.items() if not isinstance(rule_of(view), Rule))


def _view() -> Callable[..., object]:
    return current_app.view_functions[request.endpoint or ""]


def _accepts_json() -> bool:
    accepted = request.accept_mimetypes
    return not accepted.provided or accepted.best_match(["application/json"]) is not None
