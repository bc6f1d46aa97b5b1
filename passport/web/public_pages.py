"""Pages for everybody: the start page, accessibility, privacy, cookies, the API's reference; and static files."""

from flask import Response, current_app, redirect, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from passport.errors import NotFound
from passport.settings import Settings
from passport.web import static_files
from passport.web.pages import EVERYBODY, PageBlueprint, home_of, menu_of, page
from passport.web.rules import public, visitor_if_any

KEPT_SECONDS = 300
blueprint = PageBlueprint("public", __name__)


@blueprint.route("/")
@public
def start() -> AnyResponse:
    """Show what the service is for; who is signed in goes on to where their role begins."""
    known = visitor_if_any()
    if known is not None and (home := home_of(known.role)) != "/":
        return redirect(home, code=303)
    offers = [{"text": entry.text, "href": url_for(entry.endpoint)} for entry in menu_of(EVERYBODY)]
    return page("web/start.html", offers=offers)


@blueprint.route("/accessibility")
@public
def accessibility() -> Response:
    """Say how far everybody can use the service."""
    return page("web/accessibility.html", help_at=_settings().owner_email)


@blueprint.route("/privacy")
@public
def privacy() -> Response:
    """Say what is kept about people, and why."""
    return page("web/privacy.html", help_at=_settings().owner_email)


@blueprint.route("/cookies")
@public
def cookies() -> Response:
    """Say which cookies there are."""
    return page("web/cookies.html", secure=_settings().public_url.startswith("https:"))


@blueprint.route("/api")
@public
def api_reference() -> Response:
    """Show the reference of the JSON API, from its own document."""
    return page("web/api.html")


@blueprint.route("/logo")
@public
def logo() -> Response:
    """Return the owner's picture for the header.

    Raises:
        NotFound: there is none.
    """
    path = _settings().owner_logo
    if path is None:
        raise NotFound
    return send_file(path.resolve(), max_age=KEPT_SECONDS)


@blueprint.route("/static/<path:name>")
@public
def static_file(name: str) -> Response:
    """Return a file that pages load."""
    return static_files.send(name)


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings
