"""Advanced practice and credentials in a real browser: by keyboard, without faults, and never by one person alone."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from credentials.records import NO_SCOPE_OF_PRACTICE
from tests.browser.invented import NAMES
from tests.browser.looking import look

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
WHO = NAMES["nia"].partition(" ")[2]
TODAY = datetime.now(UTC).date()


def fill_day(page: Page, group: str, on: date) -> None:
    for part, value in (("Day", on.day), ("Month", on.month), ("Year", on.year)):
        page.get_by_role("group", name=group).get_by_label(part, exact=True).fill(str(value))


@pytest.mark.parametrize("path", ["recognitions", "recognitions/new", "credentials", "credentials/new", "withdrawals"])
def test_a_page_of_the_academy_has_no_fault(page: Page, axe: Axe, sign_in: SignIn, path: str) -> None:
    sign_in(page, "academy")
    page.goto(f"/{path}")
    look(page, axe, f"recognition-{path.replace('/', '-')}")


def test_an_error_leads_to_its_field(page: Page, axe: Axe, sign_in: SignIn) -> None:
    sign_in(page, "academy")
    page.goto("/recognitions/new")
    page.get_by_role("button", name="Begin the application").click()
    page.get_by_role("link", name="Choose the route").click()
    expect(page.get_by_label("ePortfolio", exact=True)).to_be_focused()
    look(page, axe, "recognition-errors")


def test_an_employer_begins_and_confirms_and_the_academy_goes_on(page: Page, axe: Axe, sign_in: SignIn) -> None:
    begun = TODAY - timedelta(days=60)
    sign_in(page, "hr")
    page.goto("/people")
    row = page.get_by_role("row").filter(has_text=WHO).inner_text()
    number = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]", row)
    assert number, row
    page.goto("/eligibility")
    look(page, axe, "eligibility-empty")
    page.get_by_role("button", name="Begin an application").click()
    page.get_by_label("Passport number").fill(number[0])
    page.get_by_label("Who will decide?").select_option(label="Invented National Academy of Advancing Practice")
    page.get_by_label("Advanced practice", exact=True).check()
    page.get_by_label("2025", exact=True).check()
    page.get_by_label("Base profession").fill("Nurse")
    fill_day(page, "When did they express interest?", begun)
    look(page, axe, "eligibility-new")
    page.get_by_role("button", name="Begin the application").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm eligibility")
    look(page, axe, "eligibility-one")
    page.get_by_label("Yes, I confirm it").check()
    fill_day(page, "On which day did you decide?", begun)
    page.get_by_role("button", name="Send your answer").click()
    expect(page.get_by_text("Your answer was recorded.")).to_be_visible()
    page.goto("/eligibility")
    look(page, axe, "eligibility")
    sign_in(page, "academy")
    page.goto("/recognitions")
    page.get_by_role("link", name=WHO).click()
    page.get_by_role("link", name="Learning needs analysis").click()
    fill_day(page, "On which day?", begun)
    look(page, axe, "recognition-step")
    page.get_by_role("button", name="Record this step").click()
    page.get_by_role("button", name="Add evidence").click()
    page.get_by_label("Research").check()
    page.get_by_label("What is it?").fill("An audit of invented wounds")
    fill_day(page, "Of which day is it?", begun)
    page.get_by_label("Where is it kept?").fill("P-17")
    page.get_by_label("Who assessed it?").fill("Dr Made Up")
    look(page, axe, "recognition-evidence")
    page.get_by_role("button", name="Add the evidence").click()
    page.get_by_role("button", name="Record a look at the register").click()
    look(page, axe, "recognition-register")
    page.go_back()
    look(page, axe, "recognition-application")
    page.goto(page.url + "/recognise")
    expect(page.get_by_text(NO_SCOPE_OF_PRACTICE)).to_be_visible()
    look(page, axe, "recognition-recognise")
    page.goto("/recognitions")
    look(page, axe, "recognition-list")


def test_a_withdrawal_waits_for_somebody_else(page: Page, axe: Axe, sign_in: SignIn) -> None:
    sign_in(page, "academy")
    page.goto("/credentials")
    look(page, axe, "credentials")
    page.get_by_role("main").get_by_role("table").get_by_role("link").first.click()
    look(page, axe, "credential")
    page.get_by_role("button", name="Withdraw this credential").click()
    look(page, axe, "withdrawal-ask")
    page.get_by_label("It was recorded by mistake").check()
    page.get_by_label("What should the second person know?").fill("It was of somebody else.")
    page.get_by_role("button", name="Ask a second person").click()
    expect(page.get_by_text("Somebody else must confirm it.")).to_be_visible()
    expect(page.get_by_role("button", name="Confirm and withdraw")).to_have_count(0)
    look(page, axe, "withdrawal-mine")
    sign_in(page, "academy_second")
    page.goto("/withdrawals")
    look(page, axe, "withdrawals")
    page.get_by_role("main").get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("button", name="Confirm and withdraw")).to_be_visible()
    look(page, axe, "withdrawal-confirm")
    page.get_by_role("button", name="Do not withdraw").click()
    expect(page.get_by_text("Nothing was withdrawn.")).to_be_visible()


def test_the_pages_need_no_script(plain: Page, sign_in: SignIn) -> None:
    sign_in(plain, "academy")
    plain.goto("/recognitions/new")
    plain.get_by_role("button", name="Begin the application").click()
    expect(plain.get_by_role("heading", name="There is a problem")).to_be_visible()
