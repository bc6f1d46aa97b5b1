"""Signing in, the pages for everybody and the pages of failures, in a real browser."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.invented import NAMES, Live

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
ADDRESS = "nia.exampleton@invented-vale.example"
LETTER_WITHIN = 20  # seconds


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/", "Your training, wherever you work"),
        ("/sign-in", "Sign in"),
        ("/sign-in/demonstration", "Who do you want to be?"),
        ("/sign-in/code", "Get a code by email"),
        ("/claim", "Claim your passport"),
        ("/signed-out", "You are signed out"),
        ("/accessibility", "Accessibility statement"),
        ("/privacy", "Privacy"),
        ("/cookies", "Cookies"),
        ("/no-such-page", "Page not found"),
    ],
)
def test_a_page_for_everybody_has_one_heading_and_a_title(page: Page, path: str, heading: str) -> None:
    page.goto(path)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    expect(page).to_have_title(f"{heading} - Staff passport")


def test_the_reference_of_the_api_shows_the_document_without_asking_anybody(page: Page) -> None:
    page.goto("/api")
    expect(page.get_by_role("heading", name="API reference", level=1)).to_be_visible()
    expect(page.locator("#api-reference").get_by_text("induction").first).to_be_visible()


@pytest.mark.parametrize("who", sorted(NAMES))
def test_each_invented_person_signs_in_by_a_click_and_out_again(page: Page, sign_in: SignIn, who: str) -> None:
    sign_in(page, who)
    page.goto("/account")
    expect(page.get_by_role("main")).to_contain_text(NAMES[who])
    page.get_by_role("banner").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_form_with_errors_lists_them_with_links_to_the_fields(page: Page, axe: Axe) -> None:
    page.goto("/sign-in/code")
    page.get_by_role("button", name="Send the code").click()
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("There is a problem")
    summary.get_by_role("link", name="Enter your date of birth").click()
    expect(page.get_by_label("Day", exact=True)).to_be_focused()
    expect(page).to_have_title("Error: Get a code by email - Staff passport")
    axe(page)


def test_a_member_of_staff_signs_in_by_the_code_of_a_letter(page: Page, live: Live, axe: Axe) -> None:
    page.goto("/sign-in/code")
    ask_for_code(page, ADDRESS)
    axe(page)
    page.get_by_label("Code").fill(code_of_letter(live.home))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("banner")).to_contain_text("Nia Exampleton")


def test_everything_about_signing_in_works_without_scripts(plain: Page) -> None:
    plain.goto("/")
    plain.get_by_role("button", name="Sign in").click()
    plain.get_by_role("button", name="Choose a person").click()
    plain.get_by_role("button", name="Sign in as Hari Rolemodel").click()
    expect(plain.get_by_role("banner")).to_contain_text("Hari Rolemodel")
    plain.get_by_role("button", name="Sign out").first.click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("You are signed out")


def test_the_whole_way_in_works_with_the_keyboard_alone(page: Page) -> None:
    page.goto("/sign-in/demonstration")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.get_by_role("button", name="Sign in as Reg Fictive").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("banner")).to_contain_text("Reg Fictive")


def ask_for_code(page: Page, address: str) -> None:
    page.get_by_label("Work email address").fill(address)
    for part, value in (("Day", "14"), ("Month", "3"), ("Year", "1991")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")


def code_of_letter(home: Path) -> str:
    """Wait for the worker's letter, and read the code."""
    deadline = time.monotonic() + LETTER_WITHIN
    while time.monotonic() < deadline:
        for letter in sorted((home / "mail").glob("*.eml"), reverse=True):
            if found := re.search(r"sign in is: (\d{6})", letter.read_text(encoding="utf-8")):
                return found.group(1)
        time.sleep(0.1)
    raise AssertionError("no letter came")
