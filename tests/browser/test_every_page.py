"""Every page of every role, looked at: those whose address has no arguments, and one of each kind that they lead to.

A new page is found by itself: by the routes that the application's blueprints state, and by the links of pages that
were seen. What follows from a form is looked at where the form is tested.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from passport.access import demonstration_pages
from passport.app import PAGES
from passport.web.pages import PageBlueprint
from passport.web.rules import ROLES, rule_of
from tests.browser.invented import Live

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
NOBODY = "nobody"
KEYS = {"staff": "nia"}  # whom to sign in as, where the key is not the role's own name
STARTS = {"public.start"}  # where everybody begins: there is no way back from it
GOES_ON = "a.nhsuk-back-link, [aria-current]"  # a way back, or the entry of the menu that the page is


def application() -> Flask:
    """The pages alone: nothing is asked, so nothing needs a database."""
    app = Flask("pages", static_folder=None)
    for blueprint in (*PAGES, demonstration_pages.blueprint):
        app.register_blueprint(blueprint)
    return app


APP = application()


def addresses(role: str) -> Iterator[str]:
    """Name the addresses without arguments that a role may open."""
    for route in APP.url_map.iter_rules():
        rule = rule_of(APP.view_functions[route.endpoint])
        allowed = rule is not None and (role in rule.roles if rule.roles else role == NOBODY)
        if allowed and not route.arguments and "GET" in (route.methods or ()) and not route.websocket:
            yield route.rule


def endpoint(ways: MapAdapter, address: str) -> str | None:
    """Return whose page an address is, None where it is not one of ours."""
    try:
        name, _ = ways.match(urlsplit(address).path, method="GET")
    except HTTPException:
        return None
    return str(name) if isinstance(APP.blueprints[name.rpartition(".")[0]], PageBlueprint) else None


@pytest.mark.long
@pytest.mark.parametrize("role", [NOBODY, *ROLES])
def test_every_page_of_a_role_is_free_of_faults(page: Page, live: Live, sign_in: SignIn, axe: Axe, role: str) -> None:
    if role != NOBODY:
        sign_in(page, KEYS.get(role, role))
    ways, waiting = APP.url_map.bind(urlsplit(live.url).netloc), sorted(addresses(role))
    seen: set[str] = set()
    while waiting:
        address = waiting.pop(0)
        name = endpoint(ways, address)
        if name is None or name in seen:
            continue
        answer = page.request.get(address, headers={"Accept": "text/html"}, max_redirects=0)
        assert answer.status < 500, address
        if answer.status == 200:
            seen.add(name)
        if 300 <= answer.status < 400 or not answer.headers["content-type"].startswith("text/html"):
            continue
        page.goto(address)
        axe(page)
        assert page.title(), address
        assert page.locator(GOES_ON).count() or name in STARTS, f"{address} has no way back"
        links = page.eval_on_selector_all("main a[href]", "links => links.map(link => link.href)")
        waiting += [link.removeprefix(live.url) for link in links if link.startswith(live.url)]
    assert seen, role


@pytest.mark.parametrize(("address", "status"), [("/no-such-page", 404), ("/people", 403), ("/sign-out", 405)])
def test_a_page_of_a_failure_is_free_of_faults(
    page: Page, sign_in: SignIn, axe: Axe, address: str, status: int
) -> None:
    sign_in(page)
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status
    axe(page)
