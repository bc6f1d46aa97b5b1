"""The pages for staff in a real browser: looked at, by keyboard alone, and without scripts."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from playwright.sync_api import Page, expect

SignIn = Callable[..., None]
Axe = Callable[[Page], None]
NIA_WAS_BORN = date(1991, 3, 14)  # passport/demo/data/people.csv


def to_check(page: Page, given_to: str = "Invented Coast NHS Trust") -> None:
    """Begin to share everything, as far as the page that shows the answers."""
    page.goto("/my-passport/shares/new")
    page.get_by_label("Who is it for?").fill(given_to)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check before you share")).to_be_visible()


def share(page: Page) -> tuple[str, str]:
    """Share everything, and return the link and the code."""
    to_check(page)
    page.get_by_role("button", name="Share", exact=True).click()
    return shown(page)


def shown(page: Page) -> tuple[str, str]:
    """Return the link and the code that a page shows."""
    return page.locator("#link").inner_text(), page.locator(".app-code").inner_text()


def open_it(page: Page, *, clicks: int = 1) -> None:
    """Open a share whose form is there, as an invented receiver who knows the invented date of birth."""
    for part in ("day", "month", "year"):
        page.locator(f"#born_on-{part}").fill(str(getattr(NIA_WAS_BORN, part)))
    page.get_by_label("Your name and organisation").fill("Ines Inventedname, Invented Coast")
    page.get_by_role("button", name="Open").click(click_count=clicks)
    expect(page.get_by_text("Check the name against photo ID.")).to_be_visible()


@pytest.mark.long
def test_what_follows_from_a_click_is_free_of_faults_too(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page)
    page.goto("/my-passport")
    page.get_by_role("link", name="Something is wrong").first.click()
    axe(page)
    page.get_by_role("button", name="Send to the issuer").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    axe(page)
    page.goto("/my-passport/shares/new")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    axe(page)
    to_check(page)
    axe(page)
    page.get_by_role("link", name="Change until when").click()
    axe(page)
    link, _ = share(page)
    axe(page)
    page.get_by_role("button", name="I have copied it").click()
    axe(page)
    page.goto(link)
    axe(page)
    open_it(page)
    axe(page)
    page.goto("/shared")
    axe(page)
    page.goto("/my-passport/all-stopped")
    axe(page)


def test_paper_shows_the_passport_and_nothing_around_it(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page)
    page.goto("/my-passport/print")
    page.get_by_role("button", name="Make the code for paper").click()
    expect(page.locator(".app-sheet svg")).to_be_visible()
    axe(page)
    page.emulate_media(media="print")
    expect(page.locator(".app-sheet svg")).to_be_visible()
    for hidden in ("header", "footer", ".app-not-printed", ".nhsuk-back-link"):
        expect(page.locator(hidden).first).to_be_hidden()


def test_a_code_is_renewed_before_it_lapses(page: Page, sign_in: SignIn) -> None:
    sign_in(page)
    page.clock.install(time=datetime.now(UTC))
    page.goto("/my-passport/show")
    first = page.locator(".app-show__text").text_content()
    page.clock.run_for("09:10")
    expect(page.locator(".app-show__text")).not_to_have_text(first or "")
    expect(page.locator(".app-show__card svg")).to_be_visible()


def test_a_code_that_can_not_be_renewed_is_taken_away(page: Page, sign_in: SignIn, watched: list[str]) -> None:
    sign_in(page)
    page.clock.install(time=datetime.now(UTC))
    page.goto("/my-passport/show")
    page.context.set_offline(True)
    page.clock.run_for("11:00")
    expect(page.locator("#code-news")).to_contain_text("has lapsed")
    expect(page.locator(".app-show__card")).to_have_count(0)
    page.context.set_offline(False)
    watched.clear()


def test_a_share_is_made_with_the_keyboard_alone(page: Page, sign_in: SignIn) -> None:
    sign_in(page)
    page.goto("/my-passport/shares/new")
    reach(page, "given_to")
    page.keyboard.type("Invented Coast NHS Trust")
    reach(page, "days")
    page.keyboard.press("ArrowDown")
    reach(page, "uses")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check before you share")).to_be_visible()
    press(page, "Share")
    expect(page.get_by_role("heading", name="Your share is ready")).to_be_visible()
    press(page, "Stop sharing")
    expect(page.get_by_text("You stopped the share for Invented Coast NHS Trust")).to_be_visible()


def test_the_tasks_work_without_scripts(plain: Page, sign_in: SignIn) -> None:
    sign_in(plain)
    plain.goto("/my-passport/show")
    expect(plain.locator(".app-show__card svg")).to_be_visible()
    plain.get_by_role("link", name="Make a new code").click()
    link, code = share(plain)
    assert re.fullmatch(r"[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}", code)
    plain.goto(link)
    expect(plain.get_by_role("button", name="Open")).to_be_visible()
    plain.goto("/my-passport/lost-phone")
    expect(plain.get_by_role("button", name="Sign out everywhere")).to_be_visible()


def test_going_back_and_loading_again_lose_nothing_and_share_once(page: Page, sign_in: SignIn) -> None:
    sign_in(page)
    to_check(page, "Invented Moor NHS Trust")
    page.go_back()
    expect(page.get_by_label("Who is it for?")).to_have_value("Invented Moor NHS Trust")
    page.go_forward()
    page.reload()
    page.get_by_role("link", name="Change who it is for").click()
    page.get_by_label("Who is it for?").fill("Invented Dale NHS Trust")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Share", exact=True).click()
    made = shown(page)
    page.reload()
    assert shown(page) == made
    page.go_back()  # to the answers, which lead on to what they made
    assert shown(page) == made
    page.goto("/my-passport/shares")
    expect(page.get_by_role("heading", name="Invented Dale NHS Trust")).to_have_count(1)
    expect(page.get_by_role("heading", name="Invented Moor NHS Trust")).to_have_count(0)
    page.go_back()
    page.get_by_role("button", name="I have copied it").click()
    page.go_back()
    expect(page.get_by_text("We do not show its link and code again")).to_be_visible()


def test_a_double_click_without_scripts_makes_one_share_and_opens_it_once(plain: Page, sign_in: SignIn) -> None:
    sign_in(plain)
    to_check(plain, "Invented Brook NHS Trust")
    plain.get_by_role("button", name="Share", exact=True).dblclick()
    link, _ = shown(plain)
    plain.goto("/my-passport/shares")
    expect(plain.get_by_role("heading", name="Invented Brook NHS Trust")).to_have_count(1)
    plain.get_by_role("button", name="Sign out").click()
    plain.goto(link)
    open_it(plain, clicks=2)
    plain.reload()
    expect(plain.get_by_text("This was the only time")).to_be_visible()


def test_two_tabs_prepare_two_shares(page: Page, sign_in: SignIn) -> None:
    sign_in(page)
    other = page.context.new_page()
    to_check(page, "Invented Fen NHS Trust")
    to_check(other, "Invented Heath NHS Trust")
    for tab, given_to in ((page, "Invented Fen NHS Trust"), (other, "Invented Heath NHS Trust")):
        tab.get_by_role("button", name="Share", exact=True).click()
        expect(tab.get_by_role("heading", name=f"Send this link to {given_to}")).to_be_visible()


def reach(page: Page, name: str) -> None:
    """Go on with the tab key until the field of this name has the focus."""
    for _ in range(80):
        if page.evaluate("document.activeElement.name || ''") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {name}")


def press(page: Page, text: str) -> None:
    """Go on with the tab key to the button of this text, and press it."""
    for _ in range(80):
        focused = page.evaluate("document.activeElement.tagName + ' ' + document.activeElement.innerText")
        if focused.startswith("BUTTON") and focused.removeprefix("BUTTON").strip().startswith(text):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {text}")
