"""The JSON API: flask-smorest with our bodies, problems and access rules, and the OpenAPI document made from them.

`Blueprint` reads bodies strictly (`passport.web.body`) and writes the rule of each route into the document: its scope,
the answers of the edge that every route can give, and the header `Idempotency-Key`. `Api` documents failures as
`application/problem+json` and leaves answering them to `passport.web.problems`. Both override private methods of
flask-smorest, so its version is pinned and `tests/contracts/test_openapi.py` guards what they rely on.

    blueprint = Blueprint("awards", __name__, url_prefix="/v1/awards", description="...")

    @blueprint.route("/<uuid:award_id>")
    @requires("awards:read")
    @blueprint.response(200, AwardOut)
    def read(award_id: UUID) -> ...:
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final

import flask_smorest
from flask import Flask
from flask_smorest.utils import deepupdate
from marshmallow import Schema, fields

from passport.web import problems
from passport.web.body import Parser
from passport.web.rules import rule_of

SECURITY_SCHEME: Final = "oauth2"
IDEMPOTENT: Final = "idempotent"  # the mark that `passport.web.idempotency.idempotent` sets
IDEMPOTENCY_HEADER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A name for this request, unique among yours for 24 hours. The same request sent again under the "
    "same name gets the first answer again and changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]{1,255}$"},
}


class ProblemError(Schema):
    """One wrong place of an input."""

    pointer = fields.String(metadata={"description": "JSON pointer (RFC 6901) into the body"})
    parameter = fields.String(metadata={"description": "name of a query parameter"})
    code = fields.String(metadata={"description": "stable word for the reason"})
    detail = fields.String(required=True)


class Problem(Schema):
    """A failure as RFC 9457 describes it."""

    type = fields.String(required=True, metadata={"description": "address of the page about this reason"})
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata={"description": "stable word for the reason"})
    detail = fields.String()
    errors = fields.List(fields.Nested(ProblemError))
    request_id = fields.String(metadata={"description": "quote it when you ask about this answer"})


class Blueprint(flask_smorest.Blueprint):
    """The JSON endpoints of one room."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self._prepare_doc_cbks.append(self._prepare_rule_doc)

    def _store_endpoint_docs(
        self, endpoint: str, obj: Callable[..., Any], parameters: Any, tags: Any, **options: Any
    ) -> None:
        super()._store_endpoint_docs(endpoint, obj, parameters, tags, **options)
        rule = rule_of(obj)
        for method, documented in self._docs[endpoint].items():
            if method != "parameters":
                documented["scope"] = rule.scope if rule else None
                documented[IDEMPOTENT] = getattr(obj, IDEMPOTENT, False)

    def _prepare_arguments_doc(self, doc: dict[str, Any], doc_info: dict[str, Any], **options: Any) -> dict[str, Any]:
        """Describe the fields and the files of a form as one body; flask-smorest describes one argument alone."""
        parameters = doc_info.get("arguments", {}).get("parameters", [])
        parts = [part for part in parameters if isinstance(part, dict) and part["in"] in {"form", "files"}]
        if len(parts) > 1:
            members = {name: member for part in parts for name, member in part["schema"]._declared_fields.items()}
            name = "".join(part["schema"].__name__ for part in parts)
            form = {"in": "files", "required": True, "schema": Schema.from_dict(members, name=name)}
            doc_info["arguments"]["parameters"] = [part for part in parameters if part not in parts] + [form]
        return dict(super()._prepare_arguments_doc(doc, doc_info, **options))

    @staticmethod
    def _prepare_rule_doc(doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_: Any) -> dict[str, Any]:
        """Write down what the edge adds to a route: who may call it, and how it may refuse."""
        refusals = [400, 404, 406, 429]
        if scope := doc_info["scope"]:
            doc["security"] = [{SECURITY_SCHEME: [scope]}]
            refusals += [401, 403]
        else:
            doc["security"] = []
        if method in {"post", "put", "patch"}:
            refusals += [409, 413, 415, 422]
        if doc_info[IDEMPOTENT]:
            doc.setdefault("parameters", []).append(IDEMPOTENCY_HEADER)
        documented = {str(status) for status in doc.get("responses", {})}
        added = {str(status): HTTPStatus(status).name for status in refusals if str(status) not in documented}
        return dict(deepupdate(doc, {"responses": added | {"default": "DEFAULT_ERROR"}}))


class Api(flask_smorest.Api):
    """The whole of the JSON API and its OpenAPI document."""

    ERROR_SCHEMA = Problem

    def _register_error_handlers(self) -> None:
        """Leave failures to `passport.web.problems`, which keeps their headers and media type."""

    def _register_responses(self) -> None:
        """Document failures as problems; only those that a route refers to appear in the document."""
        named = {status.name: status.phrase for status in HTTPStatus if status >= 400}
        for name, description in (named | {"DEFAULT_ERROR": "Any other failure"}).items():
            content = {problems.MEDIA_TYPE: {"schema": self.ERROR_SCHEMA}}
            self.spec.components.response(name, {"description": description, "content": content}, lazy=True)
        unchanged = HTTPStatus.NOT_MODIFIED
        self.spec.components.response(unchanged.name, {"description": unchanged.phrase}, lazy=True)


def document_security(api: Api, app: Flask, scopes: dict[str, str]) -> None:
    """Describe in the document how a caller gets a token, and what each scope allows."""
    flow = {"tokenUrl": f"{app.config['SETTINGS'].public_url}/oauth/token", "scopes": scopes}
    scheme = {
        "type": "oauth2",
        "description": "Client credentials with private_key_jwt (RFC 7523). Tokens live for ten minutes.",
        "flows": {"clientCredentials": flow},
    }
    api.spec.components.security_scheme(SECURITY_SCHEME, scheme)
