"""Pages that check a passport: separate facts, nothing kept of the public check, and a record of the manager's."""

import io
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.errors import every_reason
from passport.holder.printing import make_pdf
from passport.holder.qr_picture import draw
from passport.organisations.models import Organisation
from passport.verifying import pictures, wording
from passport.verifying.models import Verification
from tests.factories import OrganisationFactory
from tests.receiving import Shown
from tests.visitors import Browser, anonymous, visit, words

SCRIPT = "<script>alert(1)</script>~"


@pytest.fixture
def anybody(app: Flask, session: Session) -> FlaskClient:
    """Somebody who is not signed in."""
    return anonymous(app)


@pytest.fixture
def manager(app: Flask, session: Session, receiver: Organisation, shown: Shown) -> Browser:
    """A manager of the receiving trust."""
    return visit(app, session, receiver.id, "ward_manager")


def checks(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Verification)) or 0


def test_anybody_checks_a_pasted_passport_and_nothing_is_recorded(
    anybody: FlaskClient, shown: Shown, session: Session
) -> None:
    answer = anybody.post("/v", data={"passport": shown.text})
    assert answer.status_code == 200
    said = words(answer)
    assert "Genuine and not withdrawn" in said
    assert "Check the name against photo ID." in said
    assert "Whether the records are accepted is for the receiving organisation to decide." in said
    assert answer.headers["Cache-Control"] == "no-store"
    assert checks(session) == 0


def test_the_public_page_knows_nobody_and_sets_no_cookie(manager: Browser) -> None:
    answer = manager.http.get("/v")
    assert "Wanda Inventedname" not in answer.text
    assert "csrf_token" not in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert "'wasm-unsafe-eval'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("text", ["hello", SCRIPT, "https://passport.example/v#123", "~" * 600])
def test_another_text_is_no_passport_and_is_not_repeated_as_html(anybody: FlaskClient, shown: Shown, text: str) -> None:
    answer = anybody.post("/v", data={"passport": text})
    assert answer.status_code == 200
    assert "Not a staff passport code" in words(answer)
    assert "<script>alert" not in answer.text


def test_nothing_given_is_an_error_with_a_link_to_the_field(anybody: FlaskClient, shown: Shown) -> None:
    answer = anybody.post("/v")
    assert answer.status_code == 422
    assert 'href="#passport"' in answer.text


def test_a_picture_of_a_code_is_read(anybody: FlaskClient, shown: Shown) -> None:
    picture = draw("https://passport.example/v#123").png(scale=4)
    answer = anybody.post("/v", data={"picture": (io.BytesIO(picture), "code.png")})
    assert "Not a staff passport code" in words(answer)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no picture", "The file must be a picture"),
        (b"%PDF-1.7", "The file must be a picture"),
        (draw("x").png(scale=1)[:60], "The file must be a picture"),
    ],
)
def test_a_file_that_is_no_picture_is_refused(anybody: FlaskClient, shown: Shown, content: bytes, says: str) -> None:
    answer = anybody.post("/v", data={"picture": (io.BytesIO(content), "code.png")})
    assert answer.status_code == 422
    assert says in words(answer)


def test_half_a_picture_is_refused_after_a_pdf_was_made() -> None:
    make_pdf('<html lang="en"><title>Any</title><p>Any</p></html>')
    with pytest.raises(pictures.PictureUnreadable, match="must be a picture"):
        pictures.text_in(draw("x").png(scale=1)[:60])


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 100)
    with pytest.raises(pictures.PictureUnreadable, match="too many pixels"):
        pictures.text_in(draw("x").png(scale=4))


def test_a_managers_check_is_recorded_and_leads_on_to_the_decision(
    manager: Browser, shown: Shown, session: Session, now: datetime
) -> None:
    answer = manager.post("/check", passport=shown.text)
    assert answer.status_code == 303
    page = manager.get(answer.headers["Location"])
    assert "Genuine and not withdrawn" in page
    made = session.scalars(select(Verification)).one()
    assert made.actor.startswith("account:")
    assert made.checked_at == now
    assert f"/decide/{made.id}" in page


def test_a_refused_check_leads_to_no_decision(manager: Browser, shown: Shown) -> None:
    answer = manager.post("/check", passport="hello")
    page = manager.get(answer.headers["Location"])
    assert "/decide/" not in page
    assert "show it again" in page


def test_a_check_of_another_organisation_is_not_found(
    app: Flask, session: Session, manager: Browser, shown: Shown
) -> None:
    address = manager.post("/check", passport=shown.text).headers["Location"]
    stranger = visit(app, session, OrganisationFactory.create(session).id, "ward_manager")
    stranger.get(address, status=404)


@pytest.mark.parametrize("role", ["staff", "hr", "registrar"])
def test_only_a_manager_records_checks(app: Flask, session: Session, receiver: Organisation, role: str) -> None:
    visit(app, session, receiver.id, role).get("/check", status=403)


def test_a_check_without_the_forms_token_is_refused(manager: Browser, shown: Shown, session: Session) -> None:
    assert manager.http.post("/check", data={"passport": shown.text}).status_code == 403
    assert checks(session) == 0


def test_the_service_worker_may_serve_the_page_and_keeps_only_public_files(anybody: FlaskClient) -> None:
    answer = anybody.get("/v/worker.js")
    assert answer.headers["Service-Worker-Allowed"] == "/v"
    assert answer.mimetype == "text/javascript"
    assert anybody.get("/v/worker.js").data == answer.data, "a version must not change by itself"
    assert "/static/verifying/verify.js" in answer.text


def test_every_reason_has_a_sentence_and_every_state_words_an_icon_and_a_colour() -> None:
    assert every_reason().keys() <= wording.sentences().keys()
    assert all({"text", "colour", "icon"} == state.keys() and all(state.values()) for state in wording.STATES.values())
    assert not any("valid" in state["text"].lower() for state in wording.STATES.values())
