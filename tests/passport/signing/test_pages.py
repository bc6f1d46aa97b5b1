"""Pages of the registrar for signing keys, health and jobs."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from passport import jobs
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from tests.factories import OrganisationFactory
from tests.visitors import Browser, visit


@pytest.fixture
def registrar(app: Flask, session: Session) -> Browser:
    return visit(app, session, OrganisationFactory.create(session).id, "registrar")


def test_a_purpose_without_a_key_is_named(registrar: Browser) -> None:
    shown = registrar.get("/signing-keys")
    assert "There is no key yet." in shown
    assert shown.count("no key is in use") == 5


def test_keys_are_shown_with_their_states_and_never_where_they_lie(
    session: Session, settings: Settings, registrar: Browser, now: datetime
) -> None:
    keyring.configure(settings)
    keys = signing.load_example_keys(session, now=now)
    session.commit()
    pages = [registrar.get("/signing-keys"), *(registrar.get(f"/signing-keys/{key.kid}") for key in keys)]
    assert "In use" in pages[0]
    assert "no key is in use" not in pages[0]
    for page in pages:
        assert "PRIVATE" not in page
        assert ".pem" not in page
        assert str(settings.home) not in page
    registrar.get("/signing-keys/invented", status=404)


def test_health_names_what_is_missing(registrar: Browser) -> None:
    assert "No key for passport can be used." in registrar.get("/operations")


def test_jobs_are_counted_and_listed_without_what_they_are_about(session: Session, registrar: Browser) -> None:
    for _ in range(51):
        jobs.defer(session, "issuing.reissue", person_id="01234567-0000-7000-8000-00000000abcd")
    session.commit()
    assert ">51<" in registrar.get("/operations")
    listed = registrar.get("/operations/jobs?state=todo")
    assert "issuing.reissue" in listed
    assert listed.count('<td role="cell"') == 50 * 4
    assert "00000000abcd" not in listed
    assert "There is no such job." in registrar.get("/operations/jobs?state=failed")
    assert "There is no such job." in registrar.get("/operations/jobs?state=invented")
