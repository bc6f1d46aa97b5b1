"""What the service says about itself: `/healthz`, `/readyz`, `/metrics`, `/openapi.json`, `/problems/<code>`.

`/healthz` says that the process answers; `/readyz` also that it can do its work, by the function that `create_app` puts
into `app.extensions["faults"]`. A problem's page explains one code.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, current_app, json
from marshmallow import Schema, fields

from passport.errors import NotFound, Unavailable
from passport.web import metrics
from passport.web.api import Blueprint
from passport.web.edge import share_publicly
from passport.web.problems import known_errors, status_of
from passport.web.rules import public

FAULTS: Final = "faults"
DOCUMENT: Final = "openapi"
KEPT_SECONDS: Final = 300

blueprint = Blueprint("service", __name__, description="The service about itself")


class NotReady(Unavailable):
    """A part that the service needs is missing."""

    code = "not_ready"
    title = "The service is not ready"


class HealthOut(Schema):
    """How the service is."""

    status = fields.Constant("ok")


class CodeOut(Schema):
    """What a problem's code means."""

    code = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    meaning = fields.String(required=True)


@blueprint.route("/healthz")
@public
@blueprint.response(200, HealthOut)
def health() -> dict[str, str]:
    """Say that the process answers."""
    return {}


@blueprint.route("/readyz")
@public
@blueprint.response(200, HealthOut)
def readiness() -> dict[str, str]:
    """Say that the service can do its work: its database answers and its keys are active."""
    faults: Callable[[], list[str]] = current_app.extensions[FAULTS]
    if found := faults():
        raise NotReady(" ".join(found))
    return {}


@blueprint.route("/metrics")
@public
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
@blueprint.alt_response(401, "UNAUTHORIZED")
def figures() -> Response:
    """Return figures for monitoring, to operators only."""
    return metrics.figures()


@blueprint.route("/openapi.json")
@public
@blueprint.response(200, {"type": "object"})
def document() -> Response:
    """Return the OpenAPI document of this API."""
    make: Callable[[], dict[str, Any]] = current_app.extensions[DOCUMENT]
    return share_publicly(Response(json.dumps(make()), mimetype="application/json"), seconds=KEPT_SECONDS)


@blueprint.route("/problems/<code>")
@public
@blueprint.response(200, CodeOut)
def explain(code: str) -> dict[str, Any]:
    """Explain the code of a problem."""
    error = known_errors().get(code)
    if error is None:
        raise NotFound
    meaning = (error.__doc__ or error.title).strip().split("\n")[0]
    return {"code": code, "title": error.title, "status": status_of(error), "meaning": meaning}
