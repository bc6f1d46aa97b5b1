"""What the schemas found wrong, as a flat list: where, a stable code, a sentence.

marshmallow gives a tree of messages below the place they came from (`json`, `query`, ...). A wrong member of a body is
named by a JSON pointer (RFC 6901), a wrong parameter by its name. Our own fields say their code themselves
(`passport.web.fields.FieldFault`); for marshmallow's messages there is a table.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from passport.errors import Invalid
from passport.web.fields import FieldFault

MOST_LISTED: Final = 50  # an answer stays short, whatever was sent
LONGEST_POINTER: Final = 200
BODY_PLACES: Final = ("json", "form", "files")
CODES: Final = {
    "Missing data for required field.": "field_missing",
    "Unknown field.": "unknown_field",
    "Field may not be null.": "field_null",
    "Invalid input type.": "field_type",
    "Not a valid string.": "field_type",
    "Not a valid list.": "field_type",
    "Not a valid UUID.": "field_form",
}


class FieldsRefused(Invalid):
    """Some fields of the input are wrong. The answer's code is that of its faults, where they agree."""

    code = "fields_invalid"
    title = "Some fields are not valid"

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("Correct the fields that are listed.")
        self.errors = errors[:MOST_LISTED]
        codes = {error["code"] for error in errors}
        self.answer_code = codes.pop() if len(codes) == 1 else self.code


def field_errors(messages: Mapping[str, Any]) -> list[dict[str, str]]:
    """Flatten marshmallow's tree of messages.

    Args:
        messages: `{place: tree}` as webargs gives it, the leaves being lists of sentences.
    """
    errors: list[dict[str, str]] = []
    for place, tree in messages.items():
        for path, sentence in _leaves(tree, ()):
            code = sentence.code if isinstance(sentence, FieldFault) else CODES.get(sentence, "field_invalid")
            where = _pointer(path) if place in BODY_PLACES else ".".join(path)
            name = "pointer" if place in BODY_PLACES else "parameter"
            errors.append({name: where[:LONGEST_POINTER], "code": code, "detail": str(sentence)})
    return errors


def _leaves(tree: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, Mapping):
        for name, branch in tree.items():
            yield from _leaves(branch, path if name == "_schema" else (*path, str(name)))
    elif isinstance(tree, list):
        for branch in tree:
            yield from _leaves(branch, path)
    else:
        yield path, tree


def _pointer(path: tuple[str, ...]) -> str:
    return "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in path)
