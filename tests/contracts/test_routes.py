"""What holds for every route of the application, today's and tomorrow's."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule as Route

from passport import app as application
from passport.access.scopes import SCOPES
from passport.settings import Settings
from passport.web import edge
from passport.web.api import IDEMPOTENT, Blueprint
from passport.web.forgery import FormForged
from passport.web.forms import Form
from passport.web.pages import MENU, is_page
from passport.web.rules import ROLES, Rule, rule_of
from tests.callers import Clock, make_app
from tests.factories import OrganisationFactory
from tests.visitors import visit

# The catalogue is for everybody to read.
PUBLIC_AREAS = ("/v1/standards", "/v1/frameworks", "/v1/accreditations", "/v1/alignments")


def routes(app: Flask) -> Iterator[tuple[Route, Callable[..., Any], Rule]]:
    for route in app.url_map.iter_rules():
        view = app.view_functions[route.endpoint]
        rule = rule_of(view)
        assert rule is not None, f"{route.endpoint} states no rule"
        yield route, view, rule


def test_every_route_states_its_rule_and_the_scope_exists(app: Flask) -> None:
    for route, _, rule in routes(app):
        assert rule.scope is None or rule.scope in SCOPES, route


def test_an_application_with_a_route_without_a_rule_is_not_made(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    careless = Blueprint("careless", __name__, url_prefix="/v1/careless")

    @careless.route("")
    @careless.response(200)
    def view() -> dict[str, str]:
        return {}

    monkeypatch.setattr(application, "BLUEPRINTS", (*application.BLUEPRINTS, careless))
    with pytest.raises(RuntimeError, match=r"careless\.view"):
        application.create_app(app.config["SETTINGS"])


def test_a_request_to_a_route_without_a_rule_fails(settings: Settings, clock: Clock) -> None:
    app = make_app(settings, clock)
    app.add_url_rule("/careless", view_func=lambda: "open")
    assert app.test_client().get("/careless").status_code == 500


def test_nothing_personal_is_public(app: Flask) -> None:
    for route, _, rule in routes(app):
        if route.rule.startswith("/v1/") and not route.rule.startswith(PUBLIC_AREAS):
            assert rule.scope is not None, route


def test_whoever_is_unknown_gets_in_nowhere_but_at_public_routes(app: Flask) -> None:
    http = app.test_client()
    for route, _, rule in routes(app):
        if rule.scope is None:
            continue
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = http.open(filled(route), method=method)
            assert (answer.status_code, "WWW-Authenticate" in answer.headers) == (401, True), (method, route)


def test_whoever_is_not_signed_in_is_sent_to_sign_in_by_every_page_but_public_ones(app: Flask) -> None:
    http = app.test_client()
    for route, _, rule in routes(app):
        if rule.roles is None:
            continue
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = http.open(filled(route), method=method)
            expected = (303, True) if method == "GET" else (401, False)
            assert (answer.status_code, answer.location is not None) == expected, (method, route)


def test_pages_are_for_roles_and_the_api_for_scopes(app: Flask) -> None:
    for route, _, rule in routes(app):
        assert rule.scope is None or rule.roles is None, route
        assert rule.roles is None or is_page(app, route.endpoint), route
        assert rule.scope is None or not is_page(app, route.endpoint), route


def test_every_post_to_a_page_needs_proof_that_the_form_is_ours(app: Flask) -> None:
    http = app.test_client()
    for route, _, rule in routes(app):
        if not is_page(app, route.endpoint) or "POST" not in (route.methods or ()) or rule.roles is not None:
            continue
        if app.blueprints[route.endpoint.rpartition(".")[0]].changes_nothing:  # type: ignore[attr-defined]  # a page's
            assert opened_by(app.view_functions[route.endpoint], sent=True) <= {"reading"}, route
        else:
            assert http.post(filled(route)).status_code == 403, route


def test_every_post_of_a_role_is_refused_without_its_token_and_from_another_site(app: Flask, session: Session) -> None:
    organisation_id = OrganisationFactory.create(session, kind="academy").id  # where the role academy may do most
    known = {role: visit(app, session, organisation_id, role) for role in ROLES}
    tokens = {role: browser.token() for role, browser in known.items()}
    posts = [(route, min(rule.roles)) for route, _, rule in routes(app) if rule.roles and "POST" in route.methods]  # type: ignore[operator]  # each has methods
    assert len(posts) > 80
    for place, (route, role) in enumerate(posts):
        foreign = tokens[next(each for each in ROLES if each != role)] if place % 2 else ""
        for token, site in ((foreign, "same-origin"), (tokens[role], "cross-site")):
            headers = {"Sec-Fetch-Site": site}
            answer = known[role].http.post(filled(route), data={"csrf_token": token}, headers=headers)
            assert (answer.status_code, FormForged.title in answer.text) == (403, True), (route, site)


def test_a_get_never_opens_a_writing_transaction(app: Flask) -> None:
    """Reading goes through `reading()`, in which PostgreSQL refuses a write; a form writes only once it was sent."""
    careless = [
        route.endpoint
        for route, view, _ in routes(app)
        if "GET" in (route.methods or ()) and opened_by(view, sent="POST" not in (route.methods or ())) - {"reading"}
    ]
    assert careless == []


def test_a_form_that_was_not_sent_is_not_submitted(app: Flask) -> None:
    with app.test_request_context("/", method="GET"):
        assert not Form().submitted()


def test_every_scope_opens_something_or_is_planned(app: Flask) -> None:
    used = {rule.scope for _, _, rule in routes(app)} - {None}
    assert used <= set(SCOPES)


def test_a_route_for_callers_below_v1_answers_json(app: Flask) -> None:
    for route, _, rule in routes(app):
        assert rule.scope is None or route.rule.startswith(edge.JSON_AREA), route


def test_every_post_that_creates_can_be_repeated_safely(app: Flask) -> None:
    for route, view, rule in routes(app):
        statuses = getattr(view, "_apidoc", {}).get("success_status_codes", [])
        if "POST" in (route.methods or ()) and 201 in statuses and rule.scope is not None:
            assert getattr(view, IDEMPOTENT, False), route.endpoint


def test_every_entry_of_a_menu_leads_to_a_page_that_its_role_may_see(app: Flask) -> None:
    rules = {route.endpoint: (route, rule) for route, _, rule in routes(app)}
    for entry in app.extensions[MENU]:
        route, rule = rules[entry.endpoint]
        assert not route.arguments, entry
        assert rule.roles is None or entry.role in rule.roles, entry


def filled(route: Route) -> str:
    """Return a path that the route matches."""
    path = route.rule
    for converter, value in (("uuid:", "0198c5a0-0000-7000-8000-000000000000"), ("int:", "1"), ("(path:)?", "x")):
        path = re.sub(f"<{converter}[a-z_]+>", value, path)
    return path


def opened_by(view: Callable[..., Any], *, sent: bool) -> set[str]:
    """Return which ways to open a session a view names; unless `sent`, without what it does `if form.submitted()`."""
    source = inspect.getsource(inspect.unwrap(view))
    tree = ast.parse(inspect.cleandoc(source) if source.startswith(" ") else source)
    names = {node.id for node in walk(tree, sent=sent) if isinstance(node, ast.Name)}
    return names & {"reading", "transaction", "enclosing_transaction"}


def walk(node: ast.AST, *, sent: bool) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        if sent or not (isinstance(node, ast.If) and asks_whether_sent(node.test) and child in node.body):
            yield from walk(child, sent=sent)


def asks_whether_sent(test: ast.expr) -> bool:
    """Say whether a condition holds only for a form that was sent: `form.submitted()`, alone or beside others."""
    parts = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And) else [test]
    calls = [part.func for part in parts if isinstance(part, ast.Call)]
    return any(isinstance(call, ast.Attribute) and call.attr == "submitted" for call in calls)
