"""From a passport to an induction plan in a real browser, with the keyboard alone and without scripts."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.invented import NAMES, Live
from tests.browser.shown import Shown, show

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
ROLE = "Registered nurse, adult ward"


@pytest.fixture(scope="module")
def shown(live: Live, lasting_database: Callable[[str], str]) -> Shown:
    """The traveller's passport."""
    return show(live, lasting_database)


def test_a_manager_decides_with_the_keyboard_alone(page: Page, sign_in: SignIn, shown: Shown, axe: Axe) -> None:
    sign_in(page, "ward_manager")
    page.goto("/check")
    axe(page)
    page.get_by_label("Passport code").focus()
    page.keyboard.insert_text(shown.text)
    press(page, "Check")
    expect(page.locator("main")).to_contain_text(shown.name)
    axe(page)
    page.get_by_role("button", name="Decide what counts").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do you decide by?")
    axe(page)
    page.get_by_label(ROLE).focus()
    page.keyboard.press("Space")
    for part, value in (("Day", "1"), ("Month", "12"), ("Year", "2026")):
        page.get_by_label(part, exact=True).focus()
        page.keyboard.type(value)
    press(page, "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("What counts, and what is left")
    axe(page)
    page.locator("summary", has_text="Decide otherwise for Fire procedure").focus()
    page.keyboard.press("Enter")
    place = page.locator(".app-requirement", has_text="Fire procedure of the ward")
    place.get_by_label("As proposed").focus()
    page.keyboard.press("ArrowDown")
    press(page, "Confirm with my exceptions")
    expect(page.get_by_role("alert")).to_contain_text("Give a reason")
    axe(page)
    place.get_by_label("Reason").focus()
    page.keyboard.type("Worked on this ward until June")
    press(page, "Confirm with my exceptions")
    expect(page.get_by_role("heading", level=1)).to_have_text("Induction plan")
    expect(page.locator("main")).to_contain_text("Worked on this ward until June")
    axe(page)
    for path in ("Evidence of this decision", "Everybody who starts on this day in this role"):
        page.get_by_role("link", name=path).click()
        axe(page)
        page.go_back()
    for path in ("/plans", "/cohorts"):
        page.goto(path)
        axe(page)


def test_a_manager_decides_without_scripts(plain: Page, shown: Shown) -> None:
    plain.goto("/sign-in/demonstration")
    plain.get_by_role("button", name=f"Sign in as {NAMES['ward_manager']}").click()
    plain.goto("/check")
    plain.get_by_label("Passport code").fill(shown.text)
    plain.get_by_role("button", name="Check", exact=True).click()
    plain.get_by_role("button", name="Decide what counts").click()
    plain.get_by_label(ROLE).check()
    for part, value in (("Day", "1"), ("Month", "12"), ("Year", "2026")):
        plain.get_by_label(part, exact=True).fill(value)
    plain.get_by_role("button", name="Continue").click()
    plain.get_by_role("button", name="Accept all proposed").click()
    expect(plain.locator("main")).to_contain_text("The induction plan is saved.")


def test_what_was_looked_at_comes_along_to_the_decision(page: Page, sign_in: SignIn, shown: Shown) -> None:
    sign_in(page, "ward_manager")
    page.goto(f"/v#{shown.printed.partition('#')[2]}")
    expect(page.locator("#result")).to_contain_text("Genuine")
    page.get_by_role("link", name="Sign in to decide what counts").click()
    expect(page.get_by_label("Passport code")).to_have_value(shown.printed)
    assert page.evaluate("sessionStorage.length") == 0


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).focus()
    page.keyboard.press("Enter")
