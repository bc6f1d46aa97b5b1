"""Two people change one thing: the second must have seen what the first did (RFC 9110, section 13.1.1).

The ETag of what can be changed is a whole number that grows with each change. Whoever changes it sends that number back
in `If-Match`: 428 without one, 412 if it is not the newest.

    @blueprint.doc(parameters=[IF_MATCH])
    def change(...):
        seen = matched()
"""

import re
from typing import Any, Final

from flask import request
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired

ETAG: Final = re.compile(r'"(0|[1-9][0-9]{0,8})"')
IF_MATCH: Final[dict[str, Any]] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "the ETag of the newest version, from which this one was written",
    "schema": {"type": "string"},
}


def matched() -> int:
    """Return the number that the header If-Match names. Weak tags and lists name none.

    Raises:
        PreconditionRequired: there is no such header.
        PreconditionFailed: it holds no tag of ours.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise PreconditionRequired("Send If-Match with the ETag of the newest version.")
    tag = ETAG.fullmatch(header.strip())
    if tag is None:
        raise PreconditionFailed("If-Match must be the ETag of the newest version.")
    return int(tag[1])


def tagged(number: int) -> dict[str, str]:
    """Return the header ETag of an answer."""
    return {"ETag": f'"{number}"'}
