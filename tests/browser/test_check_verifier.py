"""The browser's verifier says what the Python verifier says: the same verdict, to the last member, on each text."""

from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.verifier_cases import cases

HARNESS = Path(__file__).with_name("verifier_harness.js").read_text(encoding="utf-8")
AT_LEAST = 3_000  # texts that the attacks of tests/credentials make


def test_the_browser_gives_every_text_the_same_verdict_as_the_service(page: Page) -> None:
    page.goto("/v")
    asked = cases()
    answered = page.evaluate(HARNESS, asked)
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


def _brief(said: Any) -> str:
    if isinstance(said, dict):
        return str(said["reason"] or said["outcome"])
    return str(said)[:200]
