"""Searches for people: the words come by POST, and the address of what is found carries them sealed.

So a page of the list has an address that can be loaded again and gone back to, and no name or number stands in it.
What is sealed opens for the same account and list alone.
"""

from typing import Any, Final

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from passport.web.fields import visible
from passport.web.problems import BadRequest
from passport.web.rules import visitor
from passport.web.sealing import SealBroken, seal_for_address, unseal_from_address

LONGEST: Final = 100


class SearchInvalid(BadRequest):
    """The address holds no search of this account."""

    code = "search_invalid"
    title = "This search can not be opened"


def cleaned(text: str) -> str:
    """Return what somebody searches for: visible characters, at most `LONGEST`, one blank between words."""
    return " ".join(visible(text)[:LONGEST].split())


def sought() -> str:
    """Return the words that the address carries; empty for everybody.

    Raises:
        SearchInvalid: they were sealed for somebody else, or not here.
    """
    carried = request.args.get("search", "")
    try:
        return str(unseal_from_address(carried, _purpose())) if carried else ""
    except SealBroken as error:
        raise SearchInvalid("Open the list and search again.") from error


def sealed(words: str) -> str | None:
    """Return words as the address carries them; None where there are none."""
    return seal_for_address(words, _purpose()) if words else None


def to_found(words: str, **others: str | None) -> Response:
    """Lead to the page of this list that shows what the words find.

    Args:
        words: what was sent.
        others: further filters, in clear.
    """
    filters: dict[str, Any] = {"search": sealed(cleaned(words)), **others}
    return redirect(url_for(str(request.endpoint), **filters), code=303)


def _purpose() -> str:
    return f"search {request.endpoint} {visitor().account_id}"
