"""The bodies of the verifying endpoints, read by msgspec: these are the busiest endpoints of the service.

Measured, marshmallow alone would take as long as a whole check (design of the hot paths). The rules are those of every
body: strict JSON, no unknown member, each wrong place named with a stable code. What a presentation says is not judged
here: any text is one.
"""

import re
from typing import Annotated, Any, Final, TypeVar

import msgspec
from flask import request

from credentials.records import Instant
from passport.verifying.service import MOST_AT_ONCE
from passport.web.refusals import FieldsRefused

FIELD_OF_MESSAGE: Final = re.compile(
    r"Object (?P<fault>missing required|contains unknown) field `(?P<name>.*?)`(?: - at `\$(?P<within>.*)`)?",
    re.DOTALL,
)
PATH: Final = re.compile(r" - at `\$([^`]*)`$")
STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([0-9.]+)\]")
LONGEST_NAME: Final = 60


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The base of these bodies."""


class VerificationBody(Body, frozen=True):
    """One text to check, and the moment for which."""

    presentation: str
    at: Instant | None = None


class BatchBody(Body, frozen=True):
    """Many texts to check, each by itself."""

    presentations: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]


Kind = TypeVar("Kind", VerificationBody, BatchBody)


def read_body(kind: type[Kind]) -> Kind:
    """Read the body of the current request.

    Raises:
        FieldsRefused: it is JSON, and not of this kind.
        BadRequest, UnsupportedMediaType: it is not JSON.
    """
    value: Any = request.get_json()
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise FieldsRefused([_wrong_place(str(error))]) from None  # the cause could quote the body


def _wrong_place(message: str) -> dict[str, str]:
    if field := FIELD_OF_MESSAGE.fullmatch(message):
        is_missing = field["fault"] == "missing required"
        return {
            "pointer": f"{_pointer(field['within'] or '')}/{field['name'][:LONGEST_NAME]}",
            "code": "field_missing" if is_missing else "unknown_field",
            "detail": "This must be there." if is_missing else "There is no such member.",
        }
    path = PATH.search(message)
    code, detail = _fault(message)
    return {"pointer": _pointer(path[1] if path else ""), "code": code, "detail": detail}


def _fault(message: str) -> tuple[str, str]:
    if message.startswith("Expected `array` of length"):
        return "field_length", f"This must have 1 to {MOST_AT_ONCE} texts."
    if "datetime" in message or "RFC3339" in message:
        return "field_form", "This must be a moment of the form 2026-08-06T09:00:00Z."
    return "field_type", "This must be a text, or a list of texts where there are several."


def _pointer(path: str) -> str:
    return "".join(f"/{name or index}" for name, index in STEP.findall(path))
