"""A badge in a real browser: found on the own passport, made by keyboard alone, downloaded, and read again."""

import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from credentials.open_badges import kid_of, take_out
from credentials.records import NO_SCOPE_OF_PRACTICE
from passport.demo import accounts

SignIn = Callable[..., None]
Axe = Callable[[Page], None]


def test_a_badge_of_recognition_is_made_and_downloaded(page: Page, sign_in: SignIn, axe: Axe, tmp_path: Path) -> None:
    sign_in(page, accounts.PRACTITIONER)
    page.goto("/my-passport")
    page.get_by_role("link", name=re.compile("of advanced practice$")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Get my badge")
    expect(page.get_by_text(NO_SCOPE_OF_PRACTICE)).to_be_visible()
    axe(page)
    button = page.get_by_role("button", name="Make my badge")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your badge")
    expect(page.get_by_text(NO_SCOPE_OF_PRACTICE)).to_be_visible()
    axe(page)
    tokens = []
    for name, form in (("Picture (PNG)", "png"), ("Drawing (SVG)", "svg")):
        with page.expect_download() as taken:
            page.get_by_role("link", name=name).click()
        taken.value.save_as(tmp_path / f"badge.{form}")
        assert taken.value.suggested_filename == f"badge.{form}"
        tokens.append(take_out((tmp_path / f"badge.{form}").read_bytes()))
    assert tokens[0] == tokens[1]
    assert "/badge-keys/" in kid_of(tokens[0])
