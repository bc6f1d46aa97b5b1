"""Public pages on which somebody opens what a member of staff shared: by link or code, with a second fact.

Opening takes a POST, so a preview of the link uses nothing up. It leads on to a page of its own, which the same browser
can load again for ten minutes: the signed cookie names the opening, and no address does. The link's secret
stands in the path: our log holds the route alone, and no page sends a referrer.
"""

import contextlib
from typing import Final
from uuid import UUID, uuid4

from flask import Response, redirect, request, url_for
from flask import session as browser
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.holder import sharing, standing
from passport.holder.forms import OpenForm
from passport.holder.share_pages import secret_key
from passport.holder.sharing import ShareOver, Shown, Visit
from passport.standards import service as standards
from passport.web.clock import now
from passport.web.limits import Limit, limited, name_of_caller
from passport.web.pages import EVERYBODY, PageBlueprint, page
from passport.web.rules import public, visitor_if_any

OPENINGS: Final = Limit("share", per_minute=10)
LOOKS: Final = Limit("share-look", per_minute=60)
OPENED: Final = "opened"  # the name of the opening in the browser's signed cookie
WRONG: Final = "We could not find a share with these answers. Check the code or link, and the date of birth."

blueprint = PageBlueprint("shared", __name__, url_prefix="/shared")
blueprint.menu(EVERYBODY, "Open what somebody shared", "shared.by_code", order=60)


@blueprint.route("", methods=["GET", "POST"])
@public
@limited(LOOKS)
def by_code() -> AnyResponse:
    """Open a share with the code that somebody said aloud."""
    form = OpenForm()
    if form.submitted():
        _count()
        with transaction() as session:
            found = sharing.open_by_code(
                session, form.code.data, key=secret_key(), born_on=form.born_on.data, visit=_visit(form), now=now()
            )
        return _opened(found, form, by_code=True)
    return _form_page(form, by_code=True)


@blueprint.route("/<secret>", methods=["GET", "POST"])
@public
@limited(LOOKS)
def by_link(secret: str) -> AnyResponse:
    """Open a share with its link. To look at the page uses nothing up."""
    form = OpenForm.of_link()
    if form.submitted():
        _count()
        with transaction() as session:
            found = sharing.open_by_link(session, secret, born_on=form.born_on.data, visit=_visit(form), now=now())
        return _opened(found, form, by_code=False)
    with reading() as session:
        sharing.check_link(session, secret, now=now())
    return _form_page(form, by_code=False)


@blueprint.route("/opened")
@public
@limited(LOOKS)
def show() -> Response:
    """Show what this browser has opened, as the register has it now."""
    with reading() as session:
        known = _known_opening()
        shown = sharing.shown_again(session, known, now=now()) if known else None
        if shown is None:
            return page("holder/share_over.html", status=410, title="We do not show these records now", again=True)
        catalogue, today = standards.catalogue(session), now().date()
        awards = [standing.standing(award, catalogue, on=today) for award in shown.awards]
        return page("holder/shared.html", shown=shown, awards=awards, at=now())


@blueprint.route("/close", methods=["POST"])
@public
def close() -> AnyResponse:
    """Let this browser show it no more."""
    browser.pop(OPENED, None)
    return redirect("/", code=303)


def _opened(found: Shown | str, form: OpenForm, *, by_code: bool) -> AnyResponse:
    if isinstance(found, Shown):
        browser[OPENED] = str(found.opening_id)
        return redirect(url_for("shared.show"), code=303)
    if found == "over":
        return _over_page()
    form.refuse("born_on", WRONG)
    return _form_page(form, by_code=by_code)


def _form_page(form: OpenForm, *, by_code: bool) -> Response:
    status = 422 if form.has_errors else 200
    return page("holder/open.html", form=form, by_code=by_code, opening_id=uuid4(), status=status)


def _over_page() -> Response:
    return page("holder/share_over.html", status=410, title=ShareOver.title)


def _known_opening() -> UUID | None:
    with contextlib.suppress(ValueError):
        return UUID(str(browser.get(OPENED, "")))
    return None


def _visit(form: OpenForm) -> Visit:
    opening_id = request.form.get("opening_id", type=UUID) or uuid4()
    known = visitor_if_any()
    if known is None:
        return Visit(said_by=form.said_by.data, opening_id=opening_id)
    return Visit(
        said_by=form.said_by.data, opening_id=opening_id, organisation_id=known.organisation_id, role=known.role
    )


def _count() -> None:
    """Count one try to open a share.

    Raises:
        TooMany: this address tried too often within a minute.
    """
    OPENINGS.use(name_of_caller(), now=now())
