"""Figures for monitoring, in the text format of Prometheus: requests by route template, status and time.

A label never holds a path, a client or anything else that a caller chooses. Where several workers serve, `passport
serve` names a folder in which they put their figures side by side. `/metrics` is for operators: with
`PASSPORT_METRICS_TOKEN` as a bearer token, or, where none is set, from this machine only. A proxy on this machine asks
for others, so a request that says it was forwarded is refused then; what it says of whom is never believed.
"""

import hmac
import os
import time
from typing import Final

from flask import Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
    multiprocess,
)

from passport.errors import Unauthenticated
from passport.settings import Settings
from passport.web.logs import METHODS

LOOPBACK: Final = frozenset(("127.0.0.1", "::1"))
FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP")
LABELS: Final = ("method", "route")
REQUESTS: Final = Counter("passport_requests_total", "Requests answered", (*LABELS, "status"))
SECONDS: Final = Histogram("passport_request_seconds", "Time until the answer", LABELS)


def register(app: Flask) -> None:
    """Count the requests of the application."""
    app.after_request(count_request)


def count_request(answer: Response) -> Response:
    """Add one request to the figures."""
    method = request.method if request.method in METHODS else "other"
    route = str(request.url_rule) if request.url_rule else "none"
    REQUESTS.labels(method, route, str(answer.status_code)).inc()
    if "began" in g:
        SECONDS.labels(method, route).observe(time.perf_counter() - g.began)
    return answer


def figures() -> Response:
    """Return the figures to an operator.

    Raises:
        Unauthenticated: not with the operators' token, or not from this machine.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if not _is_operator(settings.metrics_token):
        raise Unauthenticated("Only operators read this.")
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # untyped in the library
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _is_operator(token: str | None) -> bool:
    if token is None:
        return request.remote_addr in LOOPBACK and not any(name in request.headers for name in FORWARDED)
    scheme, _, offered = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(offered.encode(), token.encode())
