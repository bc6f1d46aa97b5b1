"""The workforce pages in a real browser: a planner of an ICB, the Academy's rules, a workforce team; on a phone too."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

SECTIONS = ("Advanced practice", "Credentials", "Statutory training", "Induction time saved", "Gaps")
REQUIRED = "organisation,profession or standard,required\nX1V2A,Nurse,40\nX1V2A,Physiotherapist,6\n"


@pytest.mark.parametrize("who", ["planner", "academy", "hr", "auditor"])
def test_every_section_is_readable_for_everybody_who_may_see_it(
    page: Page, sign_in: Callable[..., None], axe: Callable[[Page], None], who: str
) -> None:
    sign_in(page, who)
    page.goto("/workforce")
    for section in SECTIONS:
        link = page.get_by_role("navigation", name="Workforce").get_by_role("link", name=section)
        if link.count():
            link.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(section)
        axe(page)


def test_a_planner_filters_and_goes_down_to_a_trust(page: Page, sign_in: Callable[..., None]) -> None:
    sign_in(page, "planner")
    page.goto("/workforce")
    page.get_by_label("Level of practice").select_option("Advanced practitioners")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("img", name="By month")).to_be_visible()
    table = page.get_by_role("region", name="By place")
    table.get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Trust")
    page.get_by_text("How we protect small numbers").click()
    expect(page.get_by_text("a star (*) stands for 1 to 7 people")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download by month (CSV)").click()
    assert download.value.suggested_filename == "practitioners-by-month.csv"


def test_a_planner_says_what_is_required_by_keyboard(
    page: Page, sign_in: Callable[..., None], axe: Callable[[Page], None], tmp_path: Path
) -> None:
    sign_in(page, "planner")
    page.goto("/workforce/gaps")
    wrong, right = tmp_path / "wrong.csv", tmp_path / "right.csv"
    wrong.write_text(REQUIRED + "X5C6E,Nurse,3\n", encoding="utf-8")
    right.write_text(REQUIRED, encoding="utf-8")
    _upload(page, wrong)
    expect(page.get_by_text("Line 4, organisation: there is no organisation below yours")).to_be_visible()
    axe(page)
    _upload(page, right)
    expect(page.get_by_text("is saved, with 2 lines.")).to_be_visible()
    expect(page.get_by_role("row", name="Physiotherapist")).to_contain_text("6")
    axe(page)


def test_wide_tables_scroll_on_a_phone(page: Page, sign_in: Callable[..., None]) -> None:
    sign_in(page, "planner")
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/workforce/training")
    table = page.get_by_role("region", name="By subject")
    assert table.evaluate("box => box.scrollWidth > box.clientWidth")
    table.focus()
    page.keyboard.press("End")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_academy_sees_what_a_rule_would_change_before_it_confirms(
    page: Page, sign_in: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    sign_in(page, "academy")
    page.goto("/rules")
    axe(page)
    page.get_by_role("button", name="Propose a change").click()
    axe(page)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose the standard")
    page.get_by_label("Standard").select_option("FS")
    page.get_by_label("How many months does it count?").fill("12")
    for part, value in (("Day", "1"), ("Month", "1"), ("Year", "2028")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_label("Who says so, and where?").fill("Invented framework, page 4")
    page.get_by_role("button", name="Show what would change").click()
    expect(page.get_by_role("button", name="Record this rule")).to_be_visible()
    axe(page)


def test_a_new_version_of_a_framework_is_looked_at_before_it_is_confirmed(
    page: Page, sign_in: Callable[..., None], axe: Callable[[Page], None]
) -> None:
    for who, confirms in (("academy", 1), ("hr", 0)):
        sign_in(page, who)
        page.goto("/rules")
        page.get_by_role("link", name="Versions of frameworks").click()
        page.get_by_role("link", name=re.compile("new version.*Core Skills")).click()
        page.get_by_label("Name of the version").fill("2.0")
        for part, value in (("Day", "1"), ("Month", "1"), ("Year", "2028")):
            page.get_by_label(part, exact=True).fill(value)
        page.get_by_label("Who says so, and where?").fill("Invented framework, page 4")
        page.get_by_label("They count as before").check()
        page.get_by_label("Fire safety, level 1").select_option("A person decides")
        page.get_by_role("button", name="Show what would change").click()
        expect(page.get_by_text("Fire safety, level 1: a person would decide")).to_be_visible()
        expect(page.get_by_role("button", name="Record this version")).to_have_count(confirms)
        axe(page)


def _upload(page: Page, path: Path) -> None:
    page.locator("input[type=file]").set_input_files(path)
    for part, value in (("Day", "1"), ("Month", "8"), ("Year", "2026")):
        page.get_by_label(part, exact=True).fill(value)
    page.get_by_role("button", name="Save this version").press("Enter")
