"""`/oauth/token`: an access token for a client that proves itself (RFC 6749 section 4.4, RFC 7523).

Failures are OAuth's own `{"error": ...}` (RFC 6749 section 5.2), not problem details. A right proof is never kept
waiting for somebody else's wrong ones: only failures are counted, and too many of them from one address are answered
with 429 instead of 400.
"""

from typing import Any, Final

from flask import Response, current_app, json, request
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from passport.access import assertions
from passport.access.bearer import EXTENSION, LIFE, AccessTokens
from passport.access.scopes import open_to
from passport.db import transaction
from passport.errors import PassportError, TooMany, Unavailable
from passport.organisations import service as organisations
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.limits import Limit
from passport.web.rules import public

GRANT: Final = "client_credentials"
ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FAILURES: Final = Limit("token failures", per_minute=30)

blueprint = Blueprint("oauth", __name__, url_prefix="/oauth", description="Access tokens")


class OAuthError(Exception):
    """A failure in OAuth's words."""

    def __init__(self, error: str, description: str, status: int = 400, retry_after: int | None = None) -> None:
        super().__init__(error)
        self.error, self.description, self.status, self.retry_after = error, description, status, retry_after


class TokenIn(Schema):
    """What a client sends, as a form."""

    grant_type = fields.String(required=True, metadata={"enum": [GRANT]})
    client_assertion_type = fields.String(required=True, metadata={"enum": [ASSERTION_TYPE]})
    client_assertion = fields.String(required=True, metadata={"description": "a JWT signed with the client's key"})
    scope = fields.String(metadata={"description": "scopes apart by blanks; all of the client's where it is left out"})
    client_id = fields.String(metadata={"description": "not needed; the same as `iss` where it is sent"})


class TokenOut(Schema):
    """An access token."""

    access_token = fields.String(required=True)
    token_type = fields.String(required=True)
    expires_in = fields.Integer(required=True, metadata={"description": "seconds"})
    scope = fields.String(required=True)


class OAuthErrorOut(Schema):
    """A failure as RFC 6749 section 5.2 describes it."""

    error = fields.String(required=True)
    error_description = fields.String()


FORM: Final = {"content": {"application/x-www-form-urlencoded": {"schema": TokenIn}}, "required": True}


@blueprint.route("/token", methods=["POST"])
@public
@blueprint.doc(requestBody=FORM)
@blueprint.alt_response(400, schema=OAuthErrorOut)
@blueprint.alt_response(429, schema=OAuthErrorOut)
@blueprint.response(200, TokenOut)
def token() -> dict[str, Any]:
    """Exchange a signed assertion for an access token."""
    asked = _parameters()
    if asked.get("grant_type") != GRANT:
        wrong = "unsupported_grant_type" if "grant_type" in asked else "invalid_request"
        raise OAuthError(wrong, f"grant_type is {GRANT}.")
    try:
        return _token(asked)
    except assertions.AssertionRefused as error:
        FAILURES.use(f"address {request.remote_addr}", now=now())
        raise OAuthError("invalid_client", "The client assertion is not accepted.") from error


def _token(asked: dict[str, str]) -> dict[str, Any]:
    if asked.get("client_assertion_type") != ASSERTION_TYPE:
        raise assertions.AssertionRefused
    tokens: AccessTokens = current_app.extensions[EXTENSION]
    with transaction() as session:
        client = assertions.prove(session, asked.get("client_assertion", ""), issuer=tokens.issuer, now=now())
        if asked.get("client_id", client.client_id) != client.client_id:
            raise assertions.AssertionRefused
        kind = organisations.by_id(session, client.organisation_id).kind
        scopes = _scopes(open_to(client.scopes, kind), asked.get("scope"))
        access_token = tokens.make(session, client, scopes, now=now())
    life = int(LIFE.total_seconds())
    return {"access_token": access_token, "token_type": "Bearer", "expires_in": life, "scope": " ".join(scopes)}


def _parameters() -> dict[str, str]:
    """Return the form's parameters; one that is given twice is refused (RFC 6749 section 3.2)."""
    if request.mimetype != "application/x-www-form-urlencoded":
        raise OAuthError("invalid_request", "Send a form: application/x-www-form-urlencoded.")
    if any(len(values) > 1 for _, values in request.form.lists()):
        raise OAuthError("invalid_request", "Send each parameter once.")
    return {name: value for name, value in request.form.items() if value}


def _scopes(allowed: list[str], asked: str | None) -> list[str]:
    if asked is None:
        return allowed
    wanted = asked.split(" ")
    if not set(wanted) <= set(allowed):
        raise OAuthError("invalid_scope", "The client may not have one of these scopes.")
    return [scope for scope in allowed if scope in wanted]


def answer_failure(error: OAuthError) -> Response:
    """Answer a failure in OAuth's form."""
    body = json.dumps({"error": error.error, "error_description": error.description})
    answer = Response(body, status=error.status, mimetype="application/json")
    if error.retry_after is not None:
        answer.headers["Retry-After"] = str(error.retry_after)
    return answer


def answer_kind(error: PassportError) -> Response:
    """Answer a failure of the edge or of a lower room in OAuth's form."""
    if isinstance(error, TooMany):
        return answer_failure(OAuthError("temporarily_unavailable", error.detail, 429, error.retry_after))
    if isinstance(error, Unavailable):
        return answer_failure(OAuthError("temporarily_unavailable", "Try again in a minute.", 503))
    return answer_failure(OAuthError("invalid_request", error.title))


def answer_http(error: HTTPException) -> Response:
    """Answer a failure of HTTP itself in OAuth's form."""
    return answer_failure(OAuthError("invalid_request", error.name, error.code or 400))


blueprint.register_error_handler(OAuthError, answer_failure)
blueprint.register_error_handler(PassportError, answer_kind)
blueprint.register_error_handler(HTTPException, answer_http)
