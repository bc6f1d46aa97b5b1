"""Pages of the registrar for organisations."""

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.organisations.models import Organisation
from tests.factories import OrganisationFactory
from tests.visitors import Browser, visit

SCRIPT = "<script>alert(1)</script>"
NEW = {"ods_code": "x7v7x", "name": "Invented New NHS Trust", "kind": "nhs_trust"}


@pytest.fixture
def own(session: Session) -> Organisation:
    organisation: Organisation = OrganisationFactory.create(session, ods_code="X9Y", name="Invented Registry")
    return organisation


@pytest.fixture
def registrar(app: Flask, session: Session, own: Organisation) -> Browser:
    return visit(app, session, own.id, "registrar")


def of(session: Session, ods_code: str) -> Organisation:
    return session.scalars(select(Organisation).where(Organisation.ods_code == ods_code)).one()


def test_an_organisation_is_added_once(session: Session, registrar: Browser) -> None:
    answer = registrar.post("/organisations/new", **NEW)
    assert answer.status_code == 303, answer.text
    assert of(session, "X7V7X").source == "registrar"
    assert "The organisation was added." in registrar.get(answer.headers["Location"])
    again = registrar.post("/organisations/new", **NEW)
    assert again.status_code == 422
    assert 'href="#ods_code"' in again.text


def test_a_parent_that_does_not_stand_above_is_said_at_its_field(registrar: Browser) -> None:
    answer = registrar.post("/organisations/new", **NEW, parent_ods="X9Y")
    assert answer.status_code == 422
    assert 'href="#parent_ods"' in answer.text


def test_what_lacks_is_said_at_each_field(registrar: Browser) -> None:
    answer = registrar.post("/organisations/new")
    for sentence in ("Enter the ODS code", "Enter the name", "Choose what it is"):
        assert answer.text.count(sentence) == 2  # in the summary and at the field


def test_a_search_for_what_cannot_be_seen_is_a_search_for_the_rest(registrar: Browser, own: Organisation) -> None:
    assert own.name in registrar.get(f"/organisations?search=%00{own.ods_code}%E2%80%AE")


def test_a_merger_says_first_what_it_does(session: Session, registrar: Browser, own: Organisation) -> None:
    old = OrganisationFactory.create(session)
    session.commit()
    assert "You cannot undo this." in registrar.get(f"/organisations/{old.id}/merge")
    day = {"on-day": "1", "on-month": "4", "on-year": "2026"}
    assert "There is no such organisation" in registrar.post(f"/organisations/{old.id}/merge", into="XXX", **day).text
    assert registrar.post(f"/organisations/{old.id}/merge", into=old.ods_code, **day).status_code == 422
    assert registrar.post(f"/organisations/{old.id}/merge", into=own.ods_code, **day).status_code == 303
    session.refresh(old)
    assert old.successor_id == own.id
    assert "Became part of" in registrar.get(f"/organisations/{old.id}")


def test_a_vpd_number_is_mapped(registrar: Browser, own: Organisation) -> None:
    assert registrar.post(f"/organisations/{own.id}", vpd="45").status_code == 422
    assert registrar.post(f"/organisations/{own.id}", vpd="457").status_code == 303
    assert "457" in registrar.get(f"/organisations/{own.id}")


def test_organisations_are_found_by_name_or_code_in_pages_of_fifty(session: Session, registrar: Browser) -> None:
    for place in range(60):
        OrganisationFactory.create(session, ods_code=f"Y{place:04}", name=f"Invented Hill {place}")
    session.commit()
    first = registrar.get("/organisations?search=hill")
    assert first.count('<td role="cell"') == 50 * 4
    following = first.split('nhsuk-pagination__link--next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert registrar.get(following).count('<td role="cell"') == 10 * 4
    assert "Invented Hill 7<" in registrar.get("/organisations?search=y0007")
    assert "No organisation fits" in registrar.get("/organisations?search=%25")


def test_names_and_searches_are_shown_as_text(session: Session, registrar: Browser) -> None:
    odd = OrganisationFactory.create(session, name=f'{SCRIPT}" onmouseover=alert(1)')
    session.commit()
    for path in ("/organisations", f"/organisations/{odd.id}", f"/organisations/{odd.id}/merge"):
        shown = registrar.get(path)
        assert SCRIPT not in shown
        assert '" onmouseover' not in shown
    reflected = registrar.http.get("/organisations", query_string={"search": f'"><svg onload=x>{SCRIPT}'}).text
    assert "<svg onload" not in reflected
    assert SCRIPT not in reflected


@pytest.mark.parametrize("role", ["staff", "hr", "ward_manager", "academy", "planner", "auditor"])
def test_nobody_but_the_registrar_sees_the_registers(
    app: Flask, session: Session, own: Organisation, role: str
) -> None:
    browser = visit(app, session, own.id, role)
    for path in ("/organisations", "/organisations/new", f"/organisations/{own.id}", "/clients", "/clients/new",
                 "/accounts", "/signing-keys", "/operations", "/operations/jobs"):  # fmt: skip
        assert browser.http.get(path).status_code == 403, path
    assert browser.http.post("/organisations/new", data=NEW).status_code == 403


def test_without_a_token_nothing_is_added(session: Session, registrar: Browser) -> None:
    assert registrar.http.post("/organisations/new", data=NEW).status_code == 403
    assert session.scalar(select(Organisation).where(Organisation.ods_code == "X7V7X")) is None
