"""Pages for people: one layout, one way to answer, the same headers on every page.

In the order of the code: `PageBlueprint`, which checks every form (`passport.web.forgery`) and puts its entries into
the menu of a role; `page`, which renders a template of a room and adds the headers; what templates may use (dates in
words, static addresses, the visitor, the menu); and `say`, a sentence for the next page. The pages' design is that of
nhsuk-frontend, whose templates are Jinja macros; the owner's name and logo are settings, and nothing claims to be the
NHS.

    blueprint = PageBlueprint("holder", __name__, url_prefix="/my-passport")
    blueprint.menu("staff", "My passport", "holder.overview")

    @blueprint.route("")
    @for_role("staff")
    def overview() -> Response:
        with reading() as session:
            return page("holder/overview.html", awards=...)
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, g, render_template, request, url_for
from jinja2 import ChainableUndefined, ChoiceLoader, PackageLoader
from sqlalchemy.orm import Session

from credentials.records import NO_SCOPE_OF_PRACTICE
from passport.settings import Settings
from passport.web import words
from passport.web.forgery import check_forgery, csrf_token
from passport.web.rules import Visitor, visitor, visitor_if_any
from passport.web.static_files import static_url

LEAVE_MESSAGE: Final = "leave_message"
MENU: Final = "menu"
EVERYBODY: Final = "everybody"

# Only our own files run, and an inline script only with the nonce of its answer; nothing is framed or sent elsewhere.
CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'{script}; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "media-src 'self' blob:; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
WEB_ASSEMBLY: Final = " 'wasm-unsafe-eval'"  # the QR reader's; on the page that scans and nowhere else
FEATURES: Final = "camera={camera}, microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """One entry of the menu that a role sees."""

    role: str
    text: str
    endpoint: str
    order: int
    kind: str | None


class PageBlueprint(Blueprint):
    """The pages of one room. Its templates are in the folder `templates` beside the module.

    Args:
        changes_nothing: none of its forms changes anything or asks who sends it, so none needs a token and its pages
            can be kept by a browser that is offline.
    """

    def __init__(
        self, name: str, import_name: str, *, url_prefix: str | None = None, changes_nothing: bool = False
    ) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix, template_folder="templates")
        self.entries: list[MenuEntry] = []
        self.changes_nothing = changes_nothing
        if not changes_nothing:
            self.before_request(check_forgery)

    def menu(self, role: str, text: str, endpoint: str, *, order: int = 50, kind: str | None = None) -> None:
        """Put a page into the menu of a role, or of people who are not signed in (`EVERYBODY`).

        Args:
            role: a role of `passport.web.rules.ROLES`, or `EVERYBODY`.
            text: what the menu says.
            endpoint: the page's endpoint, `blueprint.view`; its route has no arguments.
            order: smaller comes first; the first entry is where a role lands after sign-in.
            kind: the kind of organisation at which the role must be held; None: any.
        """
        self.entries.append(MenuEntry(role, text, endpoint, order, kind))


def register(app: Flask, blueprints: Iterable[PageBlueprint]) -> None:
    """Give an application its pages. Must come before anything is rendered."""
    # The components are written for undefined values that stay undefined, and their files end in `.jinja`, which
    # Flask would not escape by itself.
    app.jinja_options = {"undefined": ChainableUndefined, "autoescape": True, "trim_blocks": True}
    loaders = [app.jinja_loader] if app.jinja_loader else []
    app.jinja_loader = ChoiceLoader([*loaders, PackageLoader("passport.web"), PackageLoader("nhsuk_frontend_jinja")])
    pages = list(blueprints)
    for blueprint in pages:
        app.register_blueprint(blueprint)
    entries = [entry for blueprint in pages for entry in blueprint.entries]
    app.extensions[MENU] = sorted(entries, key=lambda entry: entry.order)
    app.jinja_env.filters.update(day=words.day, moment=words.moment, number=words.number)
    app.jinja_env.globals.update(
        static_url=static_url, csrf_token=csrf_token, csp_nonce=csp_nonce, no_scope_of_practice=NO_SCOPE_OF_PRACTICE
    )


def is_page(app: Flask, endpoint: str) -> bool:
    """Say whether an endpoint belongs to the pages."""
    return isinstance(app.blueprints.get(endpoint.rpartition(".")[0]), PageBlueprint)


def page(
    template: str, *, status: int = 200, scanning: bool = False, impersonal: bool = False, **context: Any
) -> Response:
    """Render a page.

    Args:
        template: its name, `<room>/<page>.html`; it extends `web/layout.html`.
        status: the HTTP status.
        scanning: allow the camera and the WebAssembly of the QR reader.
        impersonal: never look who is signed in, so that the page may be kept or shown when nothing works.
        context: what the template shows.
    """
    known = None if impersonal else visitor_if_any()
    html = render_template(template, **_surroundings(known), **context)
    answer = Response(html, status=status, mimetype="text/html")
    script = f" 'nonce-{g.csp_nonce}'" if "csp_nonce" in g else ""
    script += WEB_ASSEMBLY if scanning else ""
    answer.headers["Content-Security-Policy"] = CONTENT_SECURITY.format(script=script)
    answer.headers["Permissions-Policy"] = FEATURES.format(camera="(self)" if scanning else "()")
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["X-Robots-Tag"] = "noindex"
    g.message_shown = bool(known and known.message)  # the session forgets it once the page is done
    return answer


def csp_nonce() -> str:
    """Return the nonce of this answer's own inline script; made when it is first asked for."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def say(session: Session, sentence: str) -> None:
    """Show a sentence of success at the top of the visitor's next page, in the transaction of what it tells of."""
    leave: Callable[[Session, Any, str], None] = current_app.extensions[LEAVE_MESSAGE]
    leave(session, visitor().session_id, sentence)


def menu_of(role: str, kind: str | None = None) -> list[MenuEntry]:
    """Return the menu of a role, in order, as it is at an organisation of a kind."""
    return [entry for entry in current_app.extensions[MENU] if entry.role == role and entry.kind in (None, kind)]


def home_of(role: str) -> str:
    """Return the address where somebody of this role begins."""
    entries = menu_of(role)
    return url_for(entries[0].endpoint) if entries else "/"


def _surroundings(known: Visitor | None) -> dict[str, Any]:
    settings: Settings = current_app.config["SETTINGS"]
    entries = menu_of(known.role, known.organisation_kind) if known else menu_of(EVERYBODY)
    menu = [{"text": entry.text, "href": url_for(entry.endpoint)} for entry in entries]
    here = max((entry["href"] for entry in menu if _below(entry["href"])), key=len, default=None)
    return {
        "service": settings.service_name,
        "owner": settings.owner_name,
        "logo": "/logo" if settings.owner_logo else None,
        "demo": settings.demo,
        "visitor": known,
        "menu": [entry | {"current": entry["href"] == here} for entry in menu],
        "assetPath": "/static/web/vendor/nhsuk_frontend/assets",
    }


def _below(href: str) -> bool:
    return request.path == href or request.path.startswith(f"{href.rstrip('/')}/")
