"""The registrar's pages of records in a real browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import look

Axe = Callable[[Page], None]
SignIn = Callable[..., None]


@pytest.fixture
def numbers(page: Page, sign_in: SignIn) -> list[str]:
    """Two passport numbers of a trust's staff, read where its workforce team reads them."""
    sign_in(page, "hr")
    found = []
    for place in (0, 1):
        page.goto("/people")
        page.locator("td a[href^='/people/']").nth(place).click()
        found.append(page.locator("dd.nhsuk-summary-list__value").first.inner_text())
    page.get_by_role("button", name="Sign out").click()
    return found


def test_a_record_is_found_compared_and_left_as_it_is(
    page: Page, sign_in: SignIn, axe: Axe, numbers: list[str]
) -> None:
    sign_in(page, "registrar")
    page.goto("/records")
    look(page, axe, "records-overview")
    page.get_by_label("Passport number").fill(numbers[0])
    page.get_by_role("button", name="Find the record").click()
    look(page, axe, "records-record")
    record = page.url
    page.get_by_role("link", name="Another record is the same person’s").click()
    page.get_by_role("button", name="Propose the merge").click()
    look(page, axe, "records-propose-errors")
    page.get_by_label("Passport number of the other record").fill(numbers[1])
    page.get_by_label("Why are both one person?").fill("HR has seen one passport.")
    page.get_by_role("button", name="Propose the merge").click()
    expect(page.get_by_role("heading", name="What speaks for one person, and what against it")).to_be_visible()
    look(page, axe, "records-compare")
    expect(page.get_by_label("Yes, merge the records")).to_have_count(0)  # another registrar may
    page.get_by_label("What did the comparison show?").fill("They are two people.")
    page.get_by_role("button", name="Leave them apart").click()
    expect(page.get_by_text("The records stay apart.")).to_be_visible()
    for name in ("part", "close", "hold", "erase"):
        page.goto(f"{record}/{name}")
        look(page, axe, f"records-{name}")
    page.goto("/records/retention")
    look(page, axe, "records-retention")
