"""The pages of badges: made once, taken as PNG, SVG and JWT, read by another implementation, revoked with the award."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from flask.testing import FlaskClient
from jwt import PyJWK
from openbadgeslib.ob3 import OB3Verifier
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.keys import PublicKey
from credentials.open_badges import kid_of, read, take_out
from credentials.records import NO_SCOPE_OF_PRACTICE
from credentials.sd_jwt_vc import StatusReference
from credentials.status_list import read_status_list
from passport.awards.models import Award
from passport.issuing.models import Credential
from passport.settings import Settings
from passport.signing import service as signing
from passport.web import words
from passport.web.clock import utc_now
from tests.badges import CREDENTIAL, make_academy, recognise, withdraw
from tests.callers import Clock
from tests.passports import ISSUER, make_nurse, published_trust
from tests.trusts import Trust
from tests.visitors import Browser, visit


@pytest.fixture
def academy(session: Session, settings: Settings, clock: Clock) -> Trust:
    clock.now = utc_now().replace(microsecond=0)  # the other implementation reads the clock of the machine
    return make_academy(session, settings, clock.now)


@pytest.fixture
def credential(academy: Trust) -> Award:
    return academy.record(standard_code=CREDENTIAL)


@pytest.fixture
def nurse(app: Flask, session: Session, academy: Trust) -> Browser:
    return visit(app, session, academy.organisation.id, "staff", person_id=academy.nurse.id)


def path(record_id: UUID) -> str:
    return f"/my-passport/badges/{record_id}"


def made(session: Session) -> int:
    count = select(func.count()).select_from(Credential).where(Credential.carrier == "open_badge")
    return session.scalar(count) or 0


def key_at(http: FlaskClient, token: str) -> ec.EllipticCurvePublicKey:
    """Fetch the key that a badge names, from the address that it names."""
    kid = kid_of(token)
    answer = http.get(urlsplit(kid).path)
    jwk: dict[str, Any] = answer.get_json()
    assert (answer.status_code, jwk["kid"], kid.startswith(f"{ISSUER}/badge-keys/")) == (200, kid, True)
    key: ec.EllipticCurvePublicKey = PyJWK(jwk).key
    return key


def test_a_badge_is_made_taken_checked_by_others_and_revoked_with_its_award(
    app: Flask, session: Session, clock: Clock, academy: Trust, credential: Award, nurse: Browser
) -> None:
    address = path(credential.id)
    assert address in nurse.get("/my-passport")
    assert "Make my badge" in nurse.get(address)
    answer = nurse.post(address)
    assert (answer.status_code, answer.location) == (303, address)
    shown = nurse.get(address)
    assert "Make my badge" not in shown
    files = {form: nurse.http.get(f"{address}/badge.{form}") for form in ("png", "svg", "jwt")}
    assert {form: each.mimetype for form, each in files.items()} == {
        "png": "image/png", "svg": "image/svg+xml", "jwt": "application/jwt",
    }  # fmt: skip
    token = files["jwt"].text
    assert take_out(files["png"].data) == take_out(files["svg"].data) == token

    stranger = app.test_client()
    found = OB3Verifier(key_at(stranger, token)).verify(token)
    assert found.issuer.id == ISSUER
    assert found.achievement.name == "Advanced Practice in Paediatrics (curricular framework)"

    status = status_of(session, token, clock)
    assert not listed(stranger, session, status, clock)
    withdraw(academy, credential, clock.now)
    assert listed(stranger, session, status, clock)
    assert nurse.http.get(f"{address}/badge.png").status_code == 404
    nurse.get(address, status=404)
    assert nurse.post(address).status_code == 404
    assert address not in nurse.get("/my-passport")


def status_of(session: Session, token: str, clock: Clock) -> StatusReference:
    """Read where a badge's status stands, with our own reader."""
    key = PublicKey.from_jwk(signing.active_key(session, "badge").public_jwk)
    status = read(token, key=key, now=clock.now).status
    assert status is not None
    return status


def listed(http: FlaskClient, session: Session, status: StatusReference, clock: Clock) -> bool:
    """Say whether the list that the world reads calls a badge withdrawn."""
    token = http.get(urlsplit(status.uri).path).text
    trust = published_trust(session, clock.now)
    return bool(read_status_list(token, uri=status.uri, trust=trust, now=clock.now).status(status.idx))


def test_the_page_of_a_recognition_says_that_it_confers_no_scope(
    session: Session, academy: Trust, nurse: Browser
) -> None:
    recognition = recognise(academy)
    session.commit()
    assert path(recognition.id) in nurse.get("/my-passport")
    for _ in range(2):  # before the badge is made, and after
        shown = nurse.get(path(recognition.id))
        assert "Advanced practice" in shown
        assert NO_SCOPE_OF_PRACTICE in shown
        nurse.post(path(recognition.id))
    assert NO_SCOPE_OF_PRACTICE in nurse.get(path(recognition.id))


def test_a_badge_is_made_once_however_often_it_is_asked_for(
    session: Session, credential: Award, nurse: Browser
) -> None:
    for _ in range(3):
        nurse.post(path(credential.id))
    assert made(session) == 1
    first, second = (nurse.http.get(f"{path(credential.id)}/badge.jwt").data for _ in range(2))
    assert first == second


def test_looking_makes_no_badge_and_there_is_no_file_before_one_is_made(
    session: Session, credential: Award, nurse: Browser
) -> None:
    nurse.get(path(credential.id))
    for form in ("png", "svg", "jwt"):
        assert nurse.http.get(f"{path(credential.id)}/badge.{form}").status_code == 404
    assert made(session) == 0


def test_a_credential_that_has_ended_offers_no_badge(session: Session, academy: Trust, nurse: Browser) -> None:
    ended = academy.record(standard_code=CREDENTIAL, valid_until=date(2026, 4, 1))
    session.commit()
    shown = nurse.get(path(ended.id))
    assert "ended on 1 April 2026, so no badge is made of it" in shown
    assert "Make my badge" not in shown
    assert nurse.post(path(ended.id)).status_code == 409
    assert made(session) == 0


def test_the_page_names_the_last_day_that_the_issuer_set(
    session: Session, clock: Clock, academy: Trust, nurse: Browser
) -> None:
    last_day = clock.now.date() + timedelta(days=40)
    ending = academy.record(standard_code=CREDENTIAL, valid_until=last_day)
    session.commit()
    nurse.post(path(ending.id))
    assert f"It counts until {words.day(last_day)}, the last day that the issuer set." in nurse.get(path(ending.id))


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_somebody_elses_or_training_or_nothing_is_not_found(
    app: Flask, session: Session, academy: Trust, credential: Award, nurse: Browser, method: str
) -> None:
    training = academy.record()
    stranger = make_nurse(session)
    theirs = visit(app, session, stranger.organisation_id, "staff", person_id=stranger.person_id)

    def ask(browser: Browser, record_id: UUID) -> int:
        address = path(record_id)
        return (browser.post(address) if method == "post" else browser.http.get(address)).status_code

    assert [ask(theirs, credential.id), ask(nurse, training.id), ask(nurse, uuid4())] == [404, 404, 404]
    assert theirs.http.get(f"{path(credential.id)}/badge.png").status_code == 404
    assert made(session) == 0


@pytest.mark.parametrize("form", ["exe", "PNG", "json", "html"])
def test_there_are_three_kinds_of_file(credential: Award, nurse: Browser, form: str) -> None:
    nurse.post(path(credential.id))
    assert nurse.http.get(f"{path(credential.id)}/badge.{form}").status_code == 404


def test_a_form_from_elsewhere_makes_no_badge(session: Session, credential: Award, nurse: Browser) -> None:
    assert nurse.http.post(path(credential.id), data={"csrf_token": "0" * 64}).status_code == 403
    assert made(session) == 0


def test_without_a_key_the_page_says_so_and_nothing_is_recorded(
    session: Session, clock: Clock, credential: Award, nurse: Browser
) -> None:
    signing.compromise(session, signing.active_key(session, "badge").kid, actor="operator", now=clock.now)
    session.commit()
    assert nurse.post(path(credential.id)).status_code == 503
    assert made(session) == 0


def test_the_key_of_badges_is_public_and_no_other_key_is_there(
    app: Flask, session: Session, clock: Clock, academy: Trust
) -> None:
    http = app.test_client()
    keys = {key.purpose: key.kid for key in signing.all_keys(session)}
    answer = http.get(f"/badge-keys/{keys['badge']}")
    assert set(answer.get_json()) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = http.get(f"/badge-keys/{keys['badge']}", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    for kid in (keys["passport"], keys["qr"], "unknown"):
        assert http.get(f"/badge-keys/{kid}").status_code == 404
    signing.compromise(session, keys["badge"], actor="operator", now=clock.now)
    session.commit()
    assert http.get(f"/badge-keys/{keys['badge']}").status_code == 404


def test_only_staff_have_badges(app: Flask, session: Session, academy: Trust, credential: Award) -> None:
    office = visit(app, session, academy.organisation.id, "hr")
    assert office.http.get(path(credential.id)).status_code == 403
