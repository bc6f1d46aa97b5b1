"""Many changes by one file, in a real browser: check, confirm, watch, take back. No script is needed."""

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import look
from tests.esr_files import bulk

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
VPD = "901"
NUMBER = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]")
DONE_WITHIN = 30_000  # milliseconds
HEAD = (
    "Passport number", "Standard", "Awarded on", "Delivery", "Assessed", "Verification method", "Pedigree",
)  # fmt: skip


def write(folder: Path, numbers: Sequence[str], *, day: str = "2026-03-02") -> Path:
    """Write a file that records fire safety for these people."""
    path = folder / "awards.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEAD)
        out.writerows((number, "FS", day, "face_to_face", "yes", "record", "authoritative") for number in numbers)
    return path


def employ(page: Page, folder: Path, family_name: str, employee: int) -> str:
    """Take a person in by a file from ESR; return their passport number."""
    path = folder / "people.csv"
    row = {"VPD": VPD, "Employee Number": f"{employee}", "Assignment Number": f"{employee}", "Last Name": family_name,
           "Competency Name": "NHS|CSTF|Moving and Handling - Level 1 - 3 Years|"}  # fmt: skip
    path.write_bytes(bulk(row))
    page.goto("/imports/new")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Check the file").click()
    page.get_by_role("button", name="Import the file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What this file changed", timeout=20_000)
    page.goto("/people")
    page.get_by_label("Name or number").fill(family_name.lower())
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=f"{family_name}, Testa").click()
    found = NUMBER.search(page.locator("main").inner_text())
    assert found
    return found[0]


def check(page: Page, path: Path, kind: str = "Record awards") -> None:
    page.goto("/batches/new")
    page.get_by_label(kind, exact=True).check()
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Check the file").click()


@pytest.fixture
def hr(page: Page, sign_in: SignIn) -> Page:
    sign_in(page, "hr")
    return page


@pytest.mark.long
def test_a_file_is_checked_done_and_taken_back(hr: Page, axe: Axe, tmp_path: Path) -> None:
    number = employ(hr, tmp_path, "Batchname", 94000001)
    hr.goto("/batches")
    look(hr, axe, "batches")
    hr.get_by_role("button", name="Check a file").click()
    look(hr, axe, "batches-new")
    hr.get_by_role("button", name="Check the file").click()
    expect(hr.get_by_role("alert")).to_contain_text("Select a file")
    look(hr, axe, "batches-new-error")
    check(hr, write(tmp_path, [number, *["0123-4567-8"] * 12]))
    expect(hr.get_by_role("alert")).to_contain_text("12 rows cannot be done")
    expect(hr.get_by_role("alert")).to_contain_text("and 2 more")
    look(hr, axe, "batches-report")
    hr.get_by_role("link", name="Line 4:").click()
    expect(hr.locator("#line-4")).to_be_in_viewport()
    with hr.expect_download() as download:
        hr.get_by_role("link", name="Download the rows below").click()
    assert "Line,Result,Column,Reason" in download.value.path().read_text(encoding="utf-8-sig")
    hr.get_by_role("button", name="Continue").click()
    look(hr, axe, "batches-check-answers")
    hr.get_by_role("button", name="Record awards").click()
    hr.get_by_text("Finished", exact=True).wait_for(timeout=DONE_WITHIN)  # the page looks again by itself
    look(hr, axe, "batches-result")
    hr.get_by_role("link", name="Undo the batch").click()
    look(hr, axe, "batches-undo")
    hr.get_by_role("button", name="Undo the batch").click()
    hr.get_by_text("Finished", exact=True).wait_for(timeout=DONE_WITHIN)
    expect(hr.get_by_role("heading", level=1)).to_have_text("Undo: record awards")
    look(hr, axe, "batches-undone")
    hr.goto("/batches")
    expect(hr.get_by_role("link", name="Undo: record awards").first).to_be_visible()
    look(hr, axe, "batches-list")


def test_a_file_beyond_the_rights_says_so(hr: Page, axe: Axe, tmp_path: Path) -> None:
    number = employ(hr, tmp_path, "Rightsname", 94000002)
    path = write(tmp_path, [number])
    path.write_text(path.read_text(encoding="utf-8").replace("FS", "MPC-PAEDIATRICS"), encoding="utf-8")
    check(hr, path)
    expect(hr.get_by_text("The file asks for more than your organisation may do.")).to_be_visible()
    look(hr, axe, "batches-refused")


def test_batches_need_no_script(plain: Page, sign_in: SignIn, tmp_path: Path) -> None:
    sign_in(plain, "hr")
    number = employ(plain, tmp_path, "Scriptname", 94000004)
    check(plain, write(tmp_path, [number]))
    plain.get_by_role("button", name="Continue").click()
    plain.get_by_role("button", name="Record awards").click()
    plain.get_by_text("Finished", exact=True).wait_for(timeout=DONE_WITHIN)  # by the page's own refresh
    plain.get_by_role("link", name="Undo the batch").click()
    plain.get_by_role("button", name="Undo the batch").click()
    plain.get_by_text("Finished", exact=True).wait_for(timeout=DONE_WITHIN)
