"""Lists in pages, by a sealed cursor that says where the last page ended.

The cursor holds the sort key of the last item, sealed for the endpoint and the caller: it can't be made up or read,
and not be used by another client or for another list. It gives no access by itself, since every page runs the
caller's own query again. Sort keys must be unique together and never null.

    class AwardsQuery(PageQuery): ...
    @blueprint.arguments(AwardsQuery, location="query")
    @blueprint.response(200, page_schema(AwardOut))
    def read_all(query): return page(session, statement, (Award.recorded_at, Award.id), query["cursor"], query["limit"])
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from flask import g, request
from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from passport.web.fields import Text, WholeNumber
from passport.web.problems import BadRequest
from passport.web.rules import Caller
from passport.web.sealing import SealBroken, seal_for_address, unseal_from_address

USUAL_ITEMS: Final = 50
MOST_ITEMS: Final = 100
LONGEST_CURSOR: Final = 1200
READERS: Final[dict[str, Callable[[Any], Any]]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": UUID,
    "str": str,
    "int": int,
}
Key = ColumnElement[Any] | InstrumentedAttribute[Any]


class CursorInvalid(BadRequest):
    """The cursor was not made by us, or not for this caller and this list."""

    code = "cursor_invalid"
    title = "The cursor is not valid"


@dataclass(frozen=True, slots=True)
class Page:
    """Some items of a list, and the cursor of the next page (None: this is the last)."""

    items: list[Any]
    next_cursor: str | None

    @property
    def next(self) -> str | None:
        """The cursor under the name that it has in JSON."""
        return self.next_cursor


class PageQuery(Schema):
    """The parameters of every list. A list with filters adds its own in a subclass."""

    cursor = Text(max_length=LONGEST_CURSOR, load_default=None, metadata={"description": "`next` of the page before"})
    limit = WholeNumber(minimum=1, maximum=MOST_ITEMS, load_default=USUAL_ITEMS)


@cache
def page_schema(item: type[Schema]) -> type[Schema]:
    """Return the schema of a page of these items."""
    members: dict[str, fields.Field[Any]] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next": fields.String(allow_none=True),
    }
    return Schema.from_dict(members, name=f"{item.__name__}Page")


def page(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    key_columns: Sequence[Key],
    cursor: str | None,
    limit: int = USUAL_ITEMS,
    *,
    descending: bool = False,
) -> Page:
    """Read one page.

    Args:
        session: a reading session.
        statement: what to list, without order; one entity or column, or several as tuples.
        key_columns: what to sort by; unique together, never null.
        cursor: `next` of the page before, None for the first page.
        limit: items a page.
        descending: sort by every key the other way, as the newest first.

    Raises:
        CursorInvalid: the cursor is not one of this list and caller.
    """
    width = len(key_columns)
    if cursor is not None:
        reached = [literal(value) for value in _read(cursor, width)]
        keys, place = tuple_(*key_columns), tuple_(*reached)
        statement = statement.where(keys < place if descending else keys > place)
    order = [key.desc() for key in key_columns] if descending else key_columns
    rows = session.execute(statement.add_columns(*key_columns).order_by(*order).limit(limit + 1)).all()
    items = [row[0] if len(row) == width + 1 else tuple(row[:-width]) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(items, _write(rows[limit - 1][-width:]) if more else None)


def _purpose() -> str:
    known = g.get("caller")
    name = known.client_id if isinstance(known, Caller) else ""
    return f"cursor {request.endpoint} {name}"


def _write(values: Sequence[Any]) -> str:
    return seal_for_address([[type(value).__name__, str(value)] for value in values], _purpose())


def _read(cursor: str, width: int) -> list[Any]:
    try:
        tagged = unseal_from_address(cursor, _purpose())
    except SealBroken as error:
        raise CursorInvalid("Take `next` of the page before, or start without a cursor.") from error
    if len(tagged) != width:
        raise CursorInvalid("This cursor is of an earlier release. Start without a cursor.")
    return [READERS[kind](text) for kind, text in tagged]
