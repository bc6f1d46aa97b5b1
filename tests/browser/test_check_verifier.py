"""The browser's verifier says what the Python one says: on each text the same verdict, on each list the same word."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.list_cases import READ, list_cases
from tests.browser.verifier_cases import Case, cases

HARNESS = Path(__file__).with_name("verifier_harness.js").read_text(encoding="utf-8")
LIST_HARNESS = Path(__file__).with_name("list_harness.js").read_text(encoding="utf-8")
AT_LEAST = 3_000  # texts that the attacks of tests/credentials make
SHARED = {"trust", "code_list", "statuses"}  # what thousands of cases have in common
ENDLESS = 1_000_000  # characters
pytestmark = pytest.mark.long


def test_the_browser_gives_every_text_the_same_verdict_as_the_service(page: Page) -> None:
    page.goto("/v")
    asked = cases()
    answered = json.loads(page.evaluate(HARNESS, packed(asked)))
    different = [
        (case["kind"], case["text"][:80], _brief(case["expected"]), _brief(answer))
        for case, answer in zip(asked, answered, strict=True)
        if case["expected"] != answer
    ]
    assert different == []
    reasons = Counter(_brief(case["expected"]) for case in asked if case["kind"] == "check")
    assert len(asked) > AT_LEAST
    assert len(reasons) > 35, "the attacks no longer reach this test"
    assert reasons["genuine"] > 20


def test_the_browser_refuses_every_forged_root_and_list_as_the_service_does(page: Page) -> None:
    page.goto("/v")
    asked = list_cases()
    answered = json.loads(page.evaluate(LIST_HARNESS, packed(asked)))
    different = [
        (case["kind"], case["text"][:80], case["expected"], answer)
        for case, answer in zip(asked, answered, strict=True)
        if case["expected"] != answer
    ]
    assert different == []
    for kind in ("read_root", "read_trust_list", "read_code_list"):
        reasons = Counter(case["expected"] for case in asked if case["kind"] == kind)
        assert reasons[READ] > 0
        assert len(reasons) > 4, f"the attacks on {kind} no longer reach this test"


def packed(asked: list[Case]) -> str:
    """Write down what the browser is asked, as its harness reads it: each list once, an endless text by its letter."""
    shared: dict[str, int] = {}
    told = []
    for case in asked:
        question: Case = {name: value for name, value in case.items() if name != "expected"}
        for name in SHARED & case.keys():
            question[name] = shared.setdefault(json.dumps(case[name]), len(shared))
        if len(case["text"]) > ENDLESS and len(set(case["text"])) == 1:
            question["text"] = {"letter": case["text"][0], "times": len(case["text"])}
        told.append(question)
    return json.dumps({"shared": [json.loads(value) for value in shared], "cases": told})


def _brief(said: Any) -> str:
    if isinstance(said, dict):
        return str(said["reason"] or said["outcome"])
    return str(said)[:200]
