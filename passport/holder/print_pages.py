"""Pages of the passport on paper: a page to print, and the same as a PDF for screen readers."""

import base64
from typing import Any, Final

from flask import Response, redirect, render_template, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading
from passport.errors import NotFound
from passport.holder import printing, service
from passport.holder.pages import QR_DESCRIPTION, QR_TITLE, me
from passport.holder.qr_picture import draw
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page
from passport.web.rules import for_role, visitor
from passport.web.static_files import static_files

PDF_STYLE: Final = "holder/pdf.css"
blueprint = PageBlueprint("print", __name__, url_prefix="/my-passport/print")


@blueprint.route("")
@for_role("staff")
def sheet() -> Response:
    """Show the passport as it is printed; before the first time, the way to make its QR."""
    with reading() as session:
        shown = _shown(session)
    return page("holder/print.html", can_make_pdf=printing.can_make_pdf(), **shown)


@blueprint.route("", methods=["POST"])
@for_role("staff")
def make() -> AnyResponse:
    """Make the QR for paper; where one is alive that says the same, that one stays."""
    known, at = visitor(), now()
    with reading() as session:
        content = service.my_passport(session, me(), now=at).content
    printing.ensure_printed_qr(me(), content, organisation_id=known.organisation_id, actor=known.actor, now=at)
    return redirect(url_for("print.sheet"), code=303)


@blueprint.route("/staff-passport.pdf")
@for_role("staff")
def pdf() -> Response:
    """Return the sheet as a tagged PDF.

    Raises:
        NotFound: this installation makes none, or no QR for paper was made yet.
    """
    with reading() as session:
        shown = _shown(session)
    if not printing.can_make_pdf() or shown["printed"] is None:
        raise NotFound("Make the printed code first.")
    picture = base64.b64encode(shown["svg"].encode()).decode()
    style = static_files()[PDF_STYLE].path.read_text(encoding="utf-8")
    html = render_template("holder/pdf.html", picture=picture, style=Markup(style), **shown)  # noqa: S704 (our own file)
    answer = Response(printing.make_pdf(html), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = 'attachment; filename="staff-passport.pdf"'
    return answer


def _shown(session: Session) -> dict[str, Any]:
    mine = service.my_passport(session, me(), now=now())
    printed = printing.printed_qr(session, me(), mine.content, now=now())
    svg = draw(printed.text).svg(title=QR_TITLE, description=QR_DESCRIPTION) if printed else ""
    return {"mine": mine, "printed": printed, "svg": Markup(svg), "at": now()}  # noqa: S704 (drawn and escaped by us)
