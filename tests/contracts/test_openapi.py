"""The OpenAPI document: valid, complete, and what it promises about scopes and failures."""

import json
import re
from importlib.metadata import version
from typing import Any

import flask_smorest
import pytest
from click.testing import CliRunner
from flask import Flask
from openapi_spec_validator import OpenAPIV31SpecValidator

from passport.access.scopes import SCOPES
from passport.cli import main
from passport.web.api import Api, Blueprint
from passport.web.pages import is_page
from passport.web.rules import rule_of

METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture
def document(app: Flask) -> dict[str, Any]:
    answer = app.test_client().get("/openapi.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    made: dict[str, Any] = answer.get_json()
    return made


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]


def test_the_document_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


def test_every_route_is_in_it(app: Flask, document: dict[str, Any]) -> None:
    documented = {(path, method) for path, method, _ in operations(document)}
    for route in app.url_map.iter_rules():
        if is_page(app, route.endpoint):
            continue
        path = re.sub("<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", route.rule)
        for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
            assert (path, method.lower()) in documented, (method, path)


def test_it_names_the_scope_that_the_route_asks_for(app: Flask, document: dict[str, Any]) -> None:
    scopes = {tuple(each["security"][0]["oauth2"]) for _, _, each in operations(document) if each["security"]}
    asked = {(rule.scope,) for view in app.view_functions.values() if (rule := rule_of(view)) and rule.scope}
    assert scopes == asked
    flow = document["components"]["securitySchemes"]["oauth2"]["flows"]["clientCredentials"]
    assert flow["scopes"] == dict(SCOPES)
    assert flow["tokenUrl"].endswith("/oauth/token")


def test_failures_are_documented_as_problems(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        failures = {status: answer for status, answer in operation["responses"].items() if status[0] in "45d"}
        assert {"400", "404", "429", "default"} <= failures.keys(), (method, path)
        if operation["security"]:
            assert {"401", "403"} <= failures.keys(), (method, path)
        if path == "/oauth/token":
            continue
        for answer in failures.values():
            described = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            assert list(described["content"]) == ["application/problem+json"], (method, path)


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        assert operation.get("summary"), (method, path)


def test_the_command_prints_the_same_document(
    document: dict[str, Any], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PASSPORT_HOME", str(tmp_path))
    assert json.loads(CliRunner().invoke(main, ["openapi"]).stdout) == document


def test_the_private_methods_that_we_override_are_still_there() -> None:
    assert version("flask-smorest").startswith("0.47.")
    for ours, theirs, names in (
        (Api, flask_smorest.Api, ("_register_error_handlers", "_register_responses")),
        (Blueprint, flask_smorest.Blueprint, ("_store_endpoint_docs", "_prepare_arguments_doc")),
    ):
        for name in names:
            assert name in vars(ours)
            assert hasattr(theirs, name)
