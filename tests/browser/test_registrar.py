"""The registrar's pages in a real browser."""

import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm
from playwright.sync_api import Page, expect

from tests.browser.invented import NAMES
from tests.browser.looking import look

Axe = Callable[[Page], None]
SignIn = Callable[..., None]


@pytest.fixture
def registrar(page: Page, sign_in: SignIn) -> Page:
    sign_in(page, "registrar")
    return page


def test_an_organisation_is_added_and_merged(registrar: Page, axe: Axe) -> None:
    registrar.goto("/organisations")
    look(registrar, axe, "registrar-organisations")
    registrar.get_by_role("button", name="Add an organisation").click()
    registrar.get_by_label("ODS code", exact=True).fill("X8B8X")
    registrar.get_by_label("Name", exact=True).fill("Invented Browser NHS Trust")
    registrar.get_by_label("What is it?").select_option("nhs_trust")
    registrar.get_by_role("button", name="Add the organisation").click()
    expect(registrar.get_by_text("The organisation was added.")).to_be_visible()
    look(registrar, axe, "registrar-organisation")
    registrar.get_by_role("link", name="It became part of another organisation").click()
    look(registrar, axe, "registrar-merge")
    registrar.get_by_label("ODS code of the organisation").fill("X1V2A")
    for part, value in (("Day", "1"), ("Month", "4"), ("Year", "2026")):
        registrar.get_by_label(part, exact=True).fill(value)
    registrar.get_by_role("button", name="Record the merger").click()
    expect(registrar.get_by_text("The merger was recorded.")).to_be_visible()


def test_a_program_is_registered_and_shut_out(registrar: Page, axe: Axe) -> None:
    registrar.goto("/clients/new")
    look(registrar, axe, "registrar-client-new")
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    registrar.get_by_label("ODS code of the organisation").fill("X1V2A")
    registrar.get_by_label("What people call it").fill("Invented learning system")
    registrar.get_by_label("ES256").check()
    registrar.get_by_label("awards:write").check()
    registrar.get_by_label("Its public key").fill(
        json.dumps({"kid": "invented", **ECAlgorithm.to_jwk(key, as_dict=True)})
    )
    registrar.get_by_role("button", name="Register the program").click()
    expect(registrar.get_by_text("The program was registered.")).to_be_visible()
    look(registrar, axe, "registrar-client")
    registrar.get_by_role("link", name="Shut this program out").click()
    look(registrar, axe, "registrar-client-disable")
    registrar.get_by_role("button", name="Shut it out").click()
    expect(registrar.get_by_text("The program was shut out.")).to_be_visible()


def test_an_account_is_shut_out_and_let_in_again(registrar: Page, axe: Axe) -> None:
    registrar.goto("/accounts")
    registrar.get_by_role("link", name=NAMES["auditor"]).click()
    look(registrar, axe, "registrar-account")
    registrar.get_by_role("link", name="Shut this account out").click()
    registrar.get_by_role("button", name="Shut this account out").click()
    expect(registrar.get_by_role("link", name="Choose why")).to_be_visible()
    look(registrar, axe, "registrar-account-shut-out")
    registrar.get_by_label("Somebody may be misusing the account").check()
    registrar.get_by_role("button", name="Shut this account out").click()
    expect(registrar.get_by_text("The account was shut out.")).to_be_visible()
    look(registrar, axe, "registrar-account-out")
    registrar.get_by_role("button", name="Let this account in again").click()
    look(registrar, axe, "registrar-account-let-in")
    registrar.get_by_role("button", name="Let this account in again").click()
    expect(registrar.get_by_text("The account was let in again.")).to_be_visible()
