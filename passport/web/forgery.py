"""Proof that a form was filled in on our own page: every POST to a page needs it.

In the order of the code: the token that a form carries, bound to the visitor's session (or, before sign-in, to a random
value in the signed cookie of this browser), so a token of somebody else's session is worth nothing; and the check,
which also refuses what the browser itself says comes from another site (`Sec-Fetch-Site`). A page's GET changes
nothing, so it needs no proof.
"""

import hashlib
import hmac
import secrets
from typing import Final

from flask import current_app, request, session

from passport.errors import Forbidden
from passport.web.rules import visitor_if_any

FIELD: Final = "csrf_token"
BOUND_TO: Final = "form"  # the name of the random value in the cookie
OWN_SITES: Final = frozenset(("same-origin", "none"))
CHANGING: Final = frozenset(("POST", "PUT", "PATCH", "DELETE"))


class FormForged(Forbidden):
    """The form did not come from a page that this person opened, or that page is too old."""

    code = "form_forged"
    title = "This page is too old"

    def __init__(self) -> None:
        super().__init__("Go back, load the page again and send it once more. Nothing was changed.")


def csrf_token() -> str:
    """Return what a form of this page must send back as `csrf_token`."""
    return _token(_binding(making=True))


def check_forgery() -> None:
    """Refuse a change that does not come from our own page.

    Raises:
        FormForged: the token is missing or another session's, or the browser says that another site sent it.
    """
    if request.method not in CHANGING:
        return
    if request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITES:
        raise FormForged
    offered, binding = request.form.get(FIELD, ""), _binding(making=False)
    if not binding or not hmac.compare_digest(offered.encode(), _token(binding).encode()):
        raise FormForged


def forget_browser() -> None:
    """Drop what was kept in the browser before sign-in, so that nothing of it lives on afterwards."""
    session.clear()


def _binding(*, making: bool) -> str:
    if known := visitor_if_any():
        return f"session:{known.session_id}"
    if making and BOUND_TO not in session:
        session[BOUND_TO] = secrets.token_urlsafe(16)
    return f"browser:{session[BOUND_TO]}" if BOUND_TO in session else ""


def _token(binding: str) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, f"form {binding}".encode(), hashlib.sha256).hexdigest()
