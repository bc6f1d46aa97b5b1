"""Reminders and webhooks in a real browser, by keyboard and without scripts; a receiver on this machine is told."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import look
from tests.receivers import Receiver

Axe = Callable[[Page], None]
SignIn = Callable[..., None]
TOLD_WITHIN = 30  # seconds


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


def test_the_workforce_team_sets_reminders_up(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page, "hr")
    page.goto("/reminders")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reminders")
    look(page, axe, "reminders-off")
    page.get_by_text("See a letter").click()
    expect(page.get_by_text("Dear Nia,")).to_be_visible()
    page.get_by_label("Yes").check()
    page.get_by_label("A mailbox of ours").check()
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the address of the mailbox")
    look(page, axe, "reminders-error")
    page.get_by_role("link", name="Enter the address of the mailbox").click()
    expect(page.get_by_label("Email address of the mailbox")).to_be_focused()
    page.keyboard.type("ward-7@invented-vale.example")
    page.get_by_label("On which day?").select_option("Wednesday")
    page.get_by_role("button", name="Save the settings").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("The settings of reminders were saved.")
    look(page, axe, "reminders-on")
    page.get_by_role("link", name="See what ends soon").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What ends soon")
    look(page, axe, "reminders-preview")


def test_a_member_of_staff_turns_the_own_letters_off(page: Page, sign_in: SignIn, axe: Axe) -> None:
    sign_in(page)
    page.goto("/my-reminders")
    expect(page.get_by_label("Yes")).to_be_checked()
    look(page, axe, "my-reminders")
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("You get no more letters.")
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("You get letters before your training ends.")


def test_a_webhook_is_added_tested_and_deleted(page: Page, sign_in: SignIn, axe: Axe, receiver: Receiver) -> None:
    sign_in(page, "hr")
    page.goto("/webhooks")
    look(page, axe, "webhooks-none")
    page.get_by_role("button", name="Add a webhook").click()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter the address")
    look(page, axe, "webhook-new-error")
    page.get_by_label("Where do messages go?").fill(receiver.url)
    page.get_by_label("An award was recorded").check()
    page.get_by_label("A file from ESR was imported").check()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_text("whsec_")).to_be_visible()
    look(page, axe, "webhook-secret")
    page.get_by_role("button", name="I have kept it").click()
    look(page, axe, "webhook-empty")
    receiver.script.answers = [500, 204]
    for answer in ("Answered 500", "Answered 204"):
        page.get_by_role("button", name="Send a test").click()
        deadline = time.monotonic() + TOLD_WITHIN
        while not page.get_by_text(answer).count():
            assert time.monotonic() < deadline, "the receiver was not told"
            page.reload()
    assert len(receiver.script.received) == 2
    look(page, axe, "webhook-told")
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_text("Your organisation switched it off.")).to_be_visible()
    look(page, axe, "webhook-off")
    page.goto("/webhooks")
    look(page, axe, "webhooks")
    page.get_by_role("link", name=receiver.url).click()
    page.get_by_role("link", name="Delete this webhook").click()
    look(page, axe, "webhook-delete")
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Your organisation has no webhooks yet.")).to_be_visible()


def test_a_webhook_is_added_without_scripts(plain: Page, sign_in: SignIn) -> None:
    sign_in(plain, "registrar")
    plain.goto("/webhooks/new")
    plain.get_by_label("Where do messages go?").fill("https://hooks.invented.example/passport")
    plain.get_by_label("What you may award changed").check()
    plain.get_by_role("button", name="Add the webhook").click()
    expect(plain.get_by_text("whsec_")).to_be_visible()
