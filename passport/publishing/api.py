"""What the world reads: keys, trust root and lists, status lists, the credential type. Public, without cookies.

Every answer has a strong ETag. Documents may be kept for five minutes; a status list must be asked for each time (an
answer of 304 is a few bytes), because a withdrawal is in it at once. The bytes that this process sent last are kept by
their ETag, so that an answer costs one small query.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from flask import Response, current_app, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import NotImplemented as HistoryNotKept

from credentials.code_list import TYPE as CODE_LIST_TYPE
from credentials.status_list import TYPE as STATUS_LIST_TYPE
from credentials.trust import TYPE as TRUST_LIST_TYPE
from passport.db import reading
from passport.publishing import service
from passport.publishing.service import Document
from passport.web.api import Blueprint
from passport.web.edge import share_publicly
from passport.web.rules import public

MAX_AGE_SECONDS: Final = 300  # shorter than `signing.states.LEAD_TIME`, after which a new key may be used
ASK_AGAIN: Final = "public, no-cache"
SHELF: Final = "passport.publishing.shelf"
SHELF_SIZE: Final = 512
Read = Callable[[Session, Document | None], Document]
View = TypeVar("View", bound=Callable[..., object])

blueprint = Blueprint("published", __name__, description="What every verifier may read")


def gives(media_type: str) -> Callable[[View], View]:
    """Document what a route answers: a document of this media type, or nothing where the reader has it already."""
    schema = {"type": "object" if media_type == service.JSON else "string"}
    whole = blueprint.response(200, schema, content_type=media_type)
    known = blueprint.alt_response(304, "NOT_MODIFIED")
    return lambda view: known(whole(view))


@blueprint.route("/.well-known/jwt-vc-issuer")
@public
@gives(service.JSON)
def jwt_vc_issuer() -> Response:
    """Read the issuer's metadata (SD-JWT VC): the keys of passports."""
    return _document("jwt-vc-issuer")


@blueprint.route("/.well-known/jwks.json")
@public
@gives(service.JSON)
def jwks() -> Response:
    """Read the keys that passports and their status lists are verified with."""
    return _document("jwks")


@blueprint.route("/trust-root")
@public
@gives(service.JSON)
def trust_root() -> Response:
    """Read the trust root. Get your first copy by hand, and check it."""
    return _document(service.ROOT)


@blueprint.route("/trust-list")
@public
@gives(f"application/{TRUST_LIST_TYPE}")
def trust_list() -> Response:
    """Read the signed trust list: keys, organisations, what each may award and when."""
    return _document("trust-list")


@blueprint.route("/code-list")
@public
@gives(f"application/{CODE_LIST_TYPE}")
def code_list() -> Response:
    """Read the signed code list: the numbers in offline QR codes, and the catalogue of standards."""
    return _document("code-list")


@blueprint.route("/types/staff-passport/v1")
@public
@gives(service.JSON)
def passport_type() -> Response:
    """Read the type metadata of the staff passport (SD-JWT VC)."""
    return _document("type")


@blueprint.route("/badge-keys/<kid>")
@public
@gives(service.JSON)
def badge_key(kid: str) -> Response:
    """Read the key of an Open Badge as one JWK: the address that its `kid` names."""
    with reading() as session:
        return _answer(service.badge_key(session, kid), MAX_AGE_SECONDS)


@blueprint.route("/status-lists")
@public
@gives(service.JSON)
def status_lists() -> Response:
    """Read the addresses of all status lists (Token Status List, aggregation)."""
    with reading() as session:
        return _answer(service.status_lists(session), MAX_AGE_SECONDS)


@blueprint.route("/status-lists/<int:number>")
@public
@gives(f"application/{STATUS_LIST_TYPE}")
def status_list(number: int) -> Response:
    """Read a signed status list."""
    if "time" in request.args:  # Token Status List draft 20, section 8.4: lists of the past are not kept
        raise HistoryNotKept("Status lists of the past are not kept.")
    read: Read = lambda session, known: service.status_list(session, number, known=known)  # noqa: E731 (one line)
    answer = _answer(_kept(f"status-list/{number}", read), 0)
    answer.headers["Cache-Control"] = ASK_AGAIN
    return answer


def _document(name: str) -> Response:
    return _answer(_kept(name, lambda session, known: service.document(session, name, known=known)), MAX_AGE_SECONDS)


def _kept(name: str, read: Read) -> Document:
    """Read a document, and remember it under its name in this application."""
    shelf: dict[str, Document] = current_app.extensions.setdefault(SHELF, {})
    with reading() as session:
        current = read(session, shelf.get(name))
    if len(shelf) >= SHELF_SIZE:
        shelf.clear()
    shelf[name] = current
    return current


def _answer(document: Document, max_age: int) -> Response:
    answer = Response(document.body, content_type=document.media_type)
    answer.set_etag(document.etag)
    share_publicly(answer, seconds=max_age).make_conditional(request)
    return answer
