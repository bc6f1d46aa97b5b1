"""Pages on which a member of staff makes a badge of an own credential or recognition, and takes it away.

In the order of the code: the page, the making, the file. A badge is made when its holder asks for the first time; where
one lives that says the same, that one stays. It is kept nowhere but as a record, and each file is made again from it,
byte for byte. What belongs to somebody else, what was withdrawn and what does not exist are the same 404.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final
from uuid import UUID

from flask import Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from credentials.open_badges import bake_png, bake_svg
from passport.db import reading
from passport.errors import NotFound
from passport.holder.pages import me
from passport.issuing import badges, issuance
from passport.issuing import service as issuing
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page
from passport.web.rules import for_role, visitor

blueprint = PageBlueprint("badges", __name__, url_prefix="/my-passport/badges")


class NoSuchFile(NotFound):
    """A badge is no file of this kind, or was not made yet."""

    code = "badge_file_unknown"
    title = "There is no such badge"


@dataclass(frozen=True, slots=True)
class Form:
    """One form in which a badge is taken away."""

    media_type: str
    made_of: Callable[[str], bytes]


@cache
def _picture(name: str) -> bytes:
    return files("passport.exchange").joinpath("data", name).read_bytes()


FORMS: Final[dict[str, Form]] = {
    "png": Form("image/png", lambda token: bake_png(_picture("badge.png"), token)),
    "svg": Form("image/svg+xml", lambda token: bake_svg(_picture("badge.svg"), token)),
    "jwt": Form("application/jwt", str.encode),
}


@blueprint.route("/<uuid:record_id>")
@for_role("staff")
def show(record_id: UUID) -> Response:
    """Show the badge of a credential or recognition with its files, or the way to make it."""
    at = now()
    with reading() as session:
        about = badges.subject(session, me(), record_id, now=at)
        return page(
            "exchange/badge.html",
            about=about,
            title_of_record=badges.title_of(session, about.record),
            is_over=about.ends_at is not None and about.ends_at <= at,
            badge=badges.found(session, me(), about, now=at),
        )


@blueprint.route("/<uuid:record_id>", methods=["POST"])
@for_role("staff")
def make(record_id: UUID) -> AnyResponse:
    """Make the badge; where one lives that says the same, that one stays."""
    at = now()
    with reading() as session:
        known = badges.found(session, me(), badges.subject(session, me(), record_id, now=at), now=at)
    if known is None:
        issuance.issue_badge(me(), record_id, requested_by=visitor().actor, now=at)
    return redirect(url_for("badges.show", record_id=record_id), code=303)


@blueprint.route("/<uuid:record_id>/badge.<form>")
@for_role("staff")
def take(record_id: UUID, form: str) -> Response:
    """Return the badge as a picture that carries it, or as its text.

    Raises:
        NoSuchFile: no such kind, or no badge was made yet.
    """
    if form not in FORMS:
        raise NoSuchFile
    with reading() as session:
        badge = badges.found(session, me(), badges.subject(session, me(), record_id, now=now()), now=now())
        if badge is None:
            raise NoSuchFile("Make the badge first.")
        token = issuing.token_of(session, badge)
    answer = Response(FORMS[form].made_of(token), mimetype=FORMS[form].media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="badge.{form}"'
    return answer
