"""Bodies of requests: strict JSON, and never more bytes than allowed.

`StrictRequest` replaces Flask's request, so no room can read JSON any other way: UTF-8 only, no member twice, bounded
in depth (`credentials.encoding.strict_json`), one media type, no content coding (a compressed body could unfold without
bound). A body that comes in chunks is counted while it is read: Werkzeug stops reading at the limit and says nothing,
so half an import would be taken for a whole one. `Parser` connects that to the schemas, and `body_limit` lets a route
take more than the usual.
"""

import io
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

from flask import Request, current_app
from flask.json.provider import DefaultJSONProvider
from marshmallow import RAISE, Schema, ValidationError
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.utils import cached_property

from credentials.encoding import strict_json
from credentials.errors import JsonDuplicateKeyError, JsonInvalidError
from passport.errors import Invalid
from passport.web.fields import QueryText
from passport.web.problems import BadRequest, JsonDuplicateKey, JsonInvalid, UnsupportedMediaType
from passport.web.refusals import FieldsRefused, field_errors

MEGABYTE: Final = 1_000_000
USUAL_LIMIT: Final = MEGABYTE
LIMIT: Final = "body_limit"
View = TypeVar("View", bound=Callable[..., object])


class FieldCharset(Invalid):
    """The body holds half of a surrogate pair, which no text can hold."""

    code = "field_charset"
    title = "A field holds a character that is not allowed"


class FieldRange(Invalid):
    """The body holds a number that is too large for any field."""

    code = "field_range"
    title = "A number is too large"


class CountedStream(io.RawIOBase):
    """A body of unknown length that may not become longer than a limit."""

    def __init__(self, stream: io.RawIOBase, limit: int) -> None:
        super().__init__()
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes, one more than allowed at most, and refuse that one.

        Raises:
            RequestEntityTooLarge: the body is longer than the limit.
        """
        piece = self._stream.read(min(len(buffer), self._left + 1)) or b""
        self._left -= len(piece)
        if self._left < 0:
            raise RequestEntityTooLarge
        buffer[: len(piece)] = piece
        return len(piece)


class AnswerJson(DefaultJSONProvider):
    """Writes JSON as it was put together: members in their order, UTF-8 as it is."""

    sort_keys = False
    ensure_ascii = False


class StrictRequest(Request):
    """A request whose JSON has one reading."""

    @cached_property
    def stream(self) -> Any:
        """The body, counted where its length was not announced."""
        if self.content_length is None and "wsgi.input_terminated" in self.environ and self.max_content_length:
            return CountedStream(self.environ["wsgi.input"], self.max_content_length)
        return super().stream

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:  # noqa: ARG002 (Werkzeug's signature)
        """Return the body's JSON. No argument loosens anything.

        Raises:
            UnsupportedMediaType: not `application/json` in UTF-8.
            BadRequest: not strict JSON.
            Invalid: a number too large, or half of a surrogate pair.
        """
        charset = self.mimetype_params.get("charset", "utf-8").lower()
        if self.mimetype != "application/json" or charset not in {"utf-8", "utf8"}:
            raise UnsupportedMediaType("Send the body as application/json in UTF-8.")
        return parse_json(self.get_data())


def parse_json(body: bytes) -> object:
    """Read strict JSON from a request's body.

    Raises:
        BadRequest: not JSON, nested too deep, or a member twice.
        Invalid: a number too large, or half of a surrogate pair.
    """
    try:
        return strict_json(body)
    except JsonDuplicateKeyError as error:
        raise JsonDuplicateKey("Name each member of an object once.") from error
    except JsonInvalidError as error:
        if isinstance(error.__cause__, UnicodeEncodeError):
            raise FieldCharset("A text holds half of a surrogate pair.") from error
        if error.detail.endswith("out of range"):
            raise FieldRange("Numbers go up to 2^53 - 1.") from error
        raise JsonInvalid("Send JSON in UTF-8, nested at most 16 deep, with finite numbers.") from error


def body_limit(size: int) -> Callable[[View], View]:
    """State that a route takes bodies of up to `size` bytes instead of the usual."""

    def mark(view: View) -> View:
        setattr(view, LIMIT, size)
        return view

    return mark


def check_body(request: Request, view: Callable[..., object] | None) -> None:
    """Refuse a body by what its headers say, before a byte of it is read.

    Raises:
        UnsupportedMediaType: it is compressed.
        RequestEntityTooLarge: it is announced to be larger than the route takes.
    """
    request.max_content_length = getattr(view, LIMIT, current_app.config["MAX_CONTENT_LENGTH"])
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content coding.")
    if (request.content_length or 0) > (request.max_content_length or 0):
        raise RequestEntityTooLarge


class Parser(FlaskParser):
    """Reads the arguments of a view: strict JSON, each query parameter once, unknown names refused."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 (webargs declares it so)
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": RAISE,
        "querystring": RAISE,
    }

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 (webargs' signature)
        """Return the body's JSON, read strictly."""
        return req.get_json()

    def load_form(self, req: Request, schema: Schema) -> Any:
        """Return the form's members; another media type is refused."""
        if req.mimetype not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
            raise UnsupportedMediaType("Send the body as a form.")
        return super().load_form(req, schema)

    def load_files(self, req: Request, schema: Schema) -> Any:
        """Return the form's files; another media type is refused."""
        if req.mimetype != "multipart/form-data":
            raise UnsupportedMediaType("Send the body as multipart/form-data.")
        return super().load_files(req, schema)

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Return the query's parameters, marked as text that had no other form.

        Raises:
            BadRequest: a parameter that is no list was given twice.
        """
        marked = MultiDict((name, QueryText(value)) for name, value in req.args.items(multi=True))
        proxy = self._makeproxy(marked, schema)
        for name, values in marked.lists():
            if len(values) > 1 and name not in proxy.multiple_keys:
                raise BadRequest("Give each parameter once.")
        return proxy

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> NoReturn:
        """Turn what a schema found into the answer's list of wrong places."""
        raise FieldsRefused(field_errors(error.messages_dict)) from error
