"""The Academy's pages in a real browser: the life of a specification, of a provider's approval, and the directory.

No script is needed for any of it. The standard and the provider are ones that no other story uses.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.invented import Live
from tests.browser.looking import look
from tests.browser.shown import show
from tests.browser.test_check import found, kept_offline, paste

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
STANDARD = "MPC-PELVIC-HEALTH"
PROVIDER = "X3M4C"
PUBLISHED_WITHIN = 30  # seconds
SUSPENDED = "Accredited then, suspended now"


@pytest.fixture
def academy(page: Page, sign_in: SignIn) -> Page:
    sign_in(page, "academy")
    return page


def fill_day(page: Page, group: str, day: str, month: str, year: str) -> None:
    for part, value in (("Day", day), ("Month", month), ("Year", year)):
        page.get_by_role("group", name=group).get_by_label(part, exact=True).fill(value)


@pytest.mark.parametrize(
    "path",
    ["standards?kind=credential", "standards?search=nothing-of-the-kind", "standards/OMT1", "standards/MPF-ADVANCED",
     "directory?search=nothing-of-the-kind", "directory/X4A5D", "accreditations/new",
     "accreditations?search=nothing-of-the-kind"],
)  # fmt: skip
def test_a_page_of_the_academy_has_no_fault(academy: Page, axe: Axe, path: str) -> None:
    academy.goto(f"/{path}")
    look(academy, axe, f"academy-{path.replace('/', '-').replace('?', '-').replace('=', '-')}")


def test_everybody_reads_the_catalogue_and_the_directory(page: Page, axe: Axe) -> None:
    page.goto("/")
    page.get_by_role("main").get_by_role("link", name="Find a provider").click()
    look(page, axe, "public-directory")
    page.get_by_label("Provider or standard").fill("paediatrics")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Advanced Practice in Paediatrics").first.click()
    expect(page.get_by_role("heading", name="Specification")).to_be_visible()
    expect(page.get_by_role("button", name="Add a version")).to_have_count(0)
    look(page, axe, "public-standard")


def test_a_version_is_added_endorsed_and_withdrawn(academy: Page, axe: Axe) -> None:
    academy.goto(f"/standards/{STANDARD}")
    academy.get_by_role("button", name="Add a version").click()
    academy.get_by_role("button", name="Add the version").click()
    expect(academy.get_by_role("alert")).to_contain_text("Enter the version")
    look(academy, axe, "academy-version-errors")
    academy.get_by_label("Version", exact=True).fill("2.0")
    fill_day(academy, "First day", "1", "4", "2026")
    academy.get_by_label("Who decided it, and where").fill("Invented minutes of 1 April")
    academy.get_by_label("Multiprofessional, excluding medicine").check()
    academy.get_by_label("NMC").check()
    academy.get_by_label("Standards to be held before").fill("FS, IPC2")
    look(academy, axe, "academy-version")
    academy.get_by_role("button", name="Add the version").click()
    expect(academy.get_by_text("Version 2.0 was added.")).to_be_visible()
    for words in ("Start development", "Make it a candidate", "Endorse"):
        academy.get_by_role("link", name=f"{words} version 2.0").click()
        fill_day(academy, "First day", "2", "4", "2026")
        academy.get_by_label("Who decided it, and where").fill("Invented minutes of 2 April")
        if words == "Endorse":
            look(academy, axe, "academy-endorse")
        academy.get_by_role("button", name=words).click()
    expect(academy.get_by_text("Version 2.0 is now: endorsed.")).to_be_visible()
    look(academy, axe, "academy-standard")
    academy.get_by_role("link", name="Withdraw version 2.0").click()
    look(academy, axe, "academy-withdraw-version")
    fill_day(academy, "First day", "1", "4", "2026")
    academy.get_by_label("Who decided it, and where").fill("Invented minutes")
    academy.get_by_role("button", name="Withdraw").click()
    expect(academy.get_by_role("alert")).to_contain_text("2 April 2026")


def test_a_provider_applies_is_approved_reviewed_and_suspended(academy: Page, axe: Axe) -> None:
    academy.goto("/accreditations")
    look(academy, axe, "academy-accreditations")
    academy.get_by_role("button", name="Record an application or approval").click()
    academy.get_by_label("Provider", exact=True).select_option(PROVIDER)
    academy.get_by_label("Standard", exact=True).select_option(STANDARD)
    academy.get_by_label("Applied", exact=True).check()
    fill_day(academy, "First day", "1", "9", "2025")
    academy.get_by_role("button", name="Record it").click()
    expect(academy.get_by_text("It was recorded.")).to_be_visible()
    academy.get_by_role("link", name="Approve with conditions").click()
    fill_day(academy, "First day", "1", "10", "2025")
    academy.get_by_label("Conditions").fill("Two assessors for each candidate")
    academy.get_by_label("Why?").fill("Invented meeting")
    look(academy, axe, "academy-conditions")
    academy.get_by_role("button", name="Approve with conditions").click()
    expect(academy.get_by_text("The provider is now: approved with conditions.")).to_be_visible()
    look(academy, axe, "academy-accreditation")
    academy.get_by_role("button", name="Record the yearly review").click()
    fill_day(academy, "Day of the review", "1", "10", "2026")
    academy.get_by_label("The provider is approved", exact=True).check()
    academy.get_by_label("What was found?").fill("All conditions are met")
    look(academy, axe, "academy-review")
    academy.get_by_role("button", name="Record the review").click()
    expect(academy.get_by_text("The next one is due on 1 October 2027.")).to_be_visible()
    academy.get_by_role("link", name="Suspend").click()
    look(academy, axe, "academy-suspend")
    fill_day(academy, "First day", "2", "10", "2026")
    academy.get_by_label("Why?").fill("Two complaints")
    academy.get_by_role("button", name="Suspend").click()
    expect(academy.get_by_text("The provider is now: suspended.")).to_be_visible()
    expect(academy.get_by_role("link", name="Lift the suspension")).to_be_visible()
    look(academy, axe, "academy-accreditation-suspended")
    academy.goto(f"/directory/{PROVIDER}")
    expect(academy.get_by_text("What it awarded before goes on counting.")).to_be_visible()
    look(academy, axe, "academy-provider")


def test_an_employer_declares_alignment(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, "hr")
    page.goto("/alignments")
    look(page, axe, "hr-alignments")
    page.get_by_label("Subject").select_option(label="OMT: Oliver McGowan LD and autism")
    fill_day(page, "First day", "1", "4", "2026")
    page.get_by_role("button", name="Declare it").click()
    expect(page.get_by_text("to be aligned.")).to_be_visible()
    page.get_by_role("link", name="End it for Oliver McGowan LD and autism").click()
    look(page, axe, "hr-alignment-end")
    fill_day(page, "Last day", "30", "9", "2026")
    page.get_by_role("button", name="End the alignment").click()
    expect(page.get_by_text("has its last day.")).to_be_visible()


def test_the_pages_need_no_script(plain: Page, sign_in: SignIn) -> None:
    sign_in(plain, "academy")
    plain.goto("/accreditations")
    plain.get_by_label("State").select_option("approved")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_role("table").get_by_role("link").first.click()
    plain.get_by_role("link", name="Suspend").click()
    plain.get_by_role("button", name="Suspend").click()
    expect(plain.get_by_role("alert")).to_contain_text("Enter the reason")
    plain.get_by_role("link", name="Leave it as it is").click()
    expect(plain.get_by_role("heading", name="Change it")).to_be_visible()


def seen_by_a_verifier(page: Page, text: str) -> str:
    """Check a passport in a browser that has kept nothing, or what it kept."""
    page.goto("/v")
    paste(page, text)
    expect(found(page)).to_contain_text("Genuine")
    return found(page).inner_text()


def wait_until_published(browser: Browser, live: Live, text: str, *, is_suspended: bool) -> None:
    """Wait until a verifier that comes for the first time reads of the suspension, or reads of it no longer."""
    until = time.monotonic() + PUBLISHED_WITHIN
    while True:
        with browser.new_context(base_url=live.url) as verifier:
            if (SUSPENDED in seen_by_a_verifier(verifier.new_page(), text)) == is_suspended:
                return
        assert time.monotonic() < until, "the change reached no verifier"


def test_a_suspension_reaches_a_verifier_that_is_offline(
    academy: Page, browser: Browser, live: Live, lasting_database: Callable[[str], str]
) -> None:
    shown, today = show(live, lasting_database).text, datetime.now(UTC)
    academy.goto("/accreditations?search=Fire+safety")
    academy.get_by_role("link", name="Invented Vale NHS Trust").first.click()
    for words, is_suspended in (("Suspend", True), ("Lift the suspension", False)):
        academy.get_by_role("link", name=words).click()
        fill_day(academy, "First day", str(today.day), str(today.month), str(today.year))
        academy.get_by_label("Why?").fill("An invented reason")
        academy.get_by_role("button", name=words).click()
        expect(academy.get_by_text("The provider is now")).to_be_visible()
        wait_until_published(browser, live, shown, is_suspended=is_suspended)
        if is_suspended:
            with browser.new_context(base_url=live.url) as verifier:
                page = verifier.new_page()
                seen_by_a_verifier(page, shown)
                kept_offline(page)
                verifier.set_offline(True)
                assert SUSPENDED in seen_by_a_verifier(page, shown)
