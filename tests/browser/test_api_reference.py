"""The API reference: what is in it can be opened and read by everybody, and asks nobody else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

Axe = Callable[[Page], None]
OPENED = ("/healthz", "/v1/imports", "/v1/verifications", "/v1/awards/{award_id}/withdrawal")


@pytest.mark.long
def test_opened_requests_are_free_of_faults_at_both_widths(page: Page, axe: Axe) -> None:
    page.goto("/api")
    sections = page.locator(".opblock-tag button")
    sections.first.wait_for()
    for section in sections.all():
        section.click()
    for path in OPENED:
        page.locator(f'.opblock:has([data-path="{path}"]) .opblock-summary-control').last.click()
    expect(page.locator(".opblock.is-open")).to_have_count(len(OPENED))
    expect(page.locator(".opblock.is-open pre").first).to_have_attribute("tabindex", "0")
    axe(page)
