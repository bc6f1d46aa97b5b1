"""The sending employer's work in a real browser: a file from ESR, staff, awards, invitations. No script is needed."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import look
from tests.esr_files import bulk

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
VPD = "901"
AGAIN_WITHIN = 20  # seconds


def file_from_esr(folder: Path, *rows: dict[str, str]) -> Path:
    """Write a file of the demonstration's employer."""
    path = folder / "invented.csv"
    path.write_bytes(bulk(*({"VPD": VPD} | row for row in rows)))
    return path


def assert_passport_is_made_again(page: Page) -> None:
    """Wait for the background work that follows a withdrawal."""
    deadline = time.monotonic() + AGAIN_WITHIN
    while "Issued on" not in page.content():
        assert time.monotonic() < deadline, "no fresh copy was issued"
        page.reload()


@pytest.fixture
def hr(page: Page, sign_in: SignIn) -> Page:
    sign_in(page, "hr")
    return page


def test_a_file_is_checked_looked_at_imported_and_its_doubts_settled(hr: Page, axe: Axe, tmp_path: Path) -> None:
    rows = [{"Date Awarded": "06/08/2026"}] * 12
    good = {"Employee Number": "93000001", "Assignment Number": "93000001", "Last Name": "Browsername"}
    unknown = good | {"Competency Name": "NHS|CSTF|Invented Handling of Things|"}
    hr.goto("/imports")
    look(hr, axe, "imports")
    hr.get_by_role("button", name="Check a file").click()
    look(hr, axe, "imports-new")
    hr.get_by_role("button", name="Check the file").click()
    expect(hr.get_by_role("alert")).to_contain_text("Choose a file")
    look(hr, axe, "imports-new-error")
    hr.locator("input[type=file]").set_input_files(file_from_esr(tmp_path, good, unknown, *rows))
    hr.get_by_role("button", name="Check the file").click()
    expect(hr.get_by_role("heading", level=1)).to_have_text("What this file would change")
    expect(hr.get_by_role("alert")).to_contain_text("and 3 more")
    look(hr, axe, "imports-report")
    hr.get_by_role("link", name="Line 4:").click()
    expect(hr.locator("#line-4")).to_be_in_viewport()
    with hr.expect_download() as download:
        hr.get_by_role("link", name="Download these rows").click()
    assert "Line,Result,Column,Reason" in download.value.path().read_text(encoding="utf-8-sig")
    hr.get_by_role("button", name="Import the file").click()
    expect(hr.get_by_role("heading", level=1)).to_have_text("What this file changed")
    look(hr, axe, "imports-result")
    hr.get_by_role("link", name="Look at the rows that were set aside").click()
    look(hr, axe, "set-aside")
    hr.get_by_role("row", name="Browsername").get_by_role("link").first.click()
    look(hr, axe, "set-aside-row")
    hr.get_by_role("link", name="Leave this row out").click()
    look(hr, axe, "set-aside-refuse")
    hr.get_by_role("link", name="Back").click()
    hr.get_by_label("Testa Browsername").check()
    hr.get_by_label("Which standard does it mean?").select_option("MH1:0")
    hr.get_by_role("button", name="Record this row").click()
    expect(hr.get_by_text("The row was recorded.")).to_be_visible()


def test_a_member_of_staff_is_found_and_their_record_put_right(hr: Page, axe: Axe, tmp_path: Path) -> None:
    person = {"Employee Number": "93000002", "Assignment Number": "93000002", "Last Name": "Searchname",
              "First Name": "Dated", "Date of Birth": "04-Mar-1991"}  # fmt: skip
    moving = person | {"Competency Name": "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|"}
    hr.goto("/imports/new")
    hr.locator("input[type=file]").set_input_files(file_from_esr(tmp_path, person, moving))
    hr.get_by_role("button", name="Check the file").click()
    hr.get_by_role("button", name="Import the file").click()
    expect(hr.get_by_role("heading", level=1)).to_have_text("What this file changed", timeout=20_000)
    hr.goto("/people")
    look(hr, axe, "people")
    hr.get_by_label("Name or number").fill("nobody is called this")
    hr.get_by_role("button", name="Search").click()
    look(hr, axe, "people-none")
    hr.get_by_label("Name or number").fill("searchn")
    hr.get_by_role("button", name="Search").click()
    hr.get_by_role("link", name="Searchname, Dated").click()
    look(hr, axe, "person")
    hr.get_by_role("button", name="Issue a passport").click()
    expect(hr.get_by_text("The passport was issued.")).to_be_visible()
    hr.get_by_role("link", name="Correct Fire").click()
    look(hr, axe, "award-correct")
    hr.get_by_role("group", name="When was it awarded?").get_by_label("Day").fill("1")
    hr.get_by_role("button", name="Correct the record").click()
    expect(hr.get_by_text("The record was corrected.")).to_be_visible()
    hr.get_by_role("link", name="withdraw Moving").click()
    look(hr, axe, "award-withdraw")
    hr.get_by_role("button", name="Withdraw the award").click()
    expect(hr.get_by_role("alert")).to_contain_text("Choose why you withdraw it")
    look(hr, axe, "award-withdraw-error")
    hr.get_by_label("It was recorded by mistake").check()
    hr.get_by_role("button", name="Withdraw the award").click()
    expect(hr.get_by_text("The award was withdrawn.")).to_be_visible()
    look(hr, axe, "person-history")
    assert_passport_is_made_again(hr)
    hr.get_by_role("link", name="Invite this person").click()
    look(hr, axe, "invite-one")
    hr.get_by_role("button", name="Invite").click()
    expect(hr.get_by_role("heading", level=1)).to_have_text("Give this code")
    look(hr, axe, "invite-code")
    hr.get_by_role("link", name="Back").click()
    hr.get_by_role("link", name="The phone or email account was lost").click()
    look(hr, axe, "recover")


def test_the_lists_of_invitations_and_disputes_have_no_fault(hr: Page, axe: Axe) -> None:
    hr.goto("/invitations")
    look(hr, axe, "invite-many")
    hr.get_by_label("People to invite").fill("\n".join(["wrong"] * 14))
    hr.get_by_role("button", name="Invite them").click()
    expect(hr.get_by_role("alert")).to_contain_text("and 4 more")
    look(hr, axe, "invite-many-error")
    hr.goto("/disputes")
    look(hr, axe, "disputes")


def test_the_employers_work_needs_no_script(plain: Page, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in(plain, "hr")
    plain.goto("/imports/new")
    plain.locator("input[type=file]").set_input_files(
        file_from_esr(tmp_path, {"Employee Number": "93000003", "Assignment Number": "93000003", "Last Name": "Plain"})
    )
    plain.get_by_role("button", name="Check the file").click()
    plain.get_by_role("button", name="Import the file").click()
    expect(plain.get_by_role("heading", level=1)).to_have_text("What this file changed", timeout=20_000)
    plain.goto("/people")
    plain.get_by_label("Name or number").fill("plain")
    plain.get_by_role("button", name="Search").click()
    plain.get_by_role("link", name="Plain, Testa").click()
    plain.get_by_role("link", name="withdraw Fire").click()
    plain.get_by_label("It was recorded by mistake").check()
    plain.get_by_role("button", name="Withdraw the award").click()
    assert "The award was withdrawn." in plain.content()
