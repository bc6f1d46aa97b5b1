"""Wherever a recognition at a level of practice is shown, it is said with it that it confers no scope of practice."""

import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from credentials.passport_type import type_metadata
from credentials.records import NO_SCOPE_OF_PRACTICE
from credentials.verified import Verified
from passport import verifying
from passport.awards.models import Recognition
from passport.awards.recognition import PILLARS
from passport.awards.schemas import recognition_shown
from passport.holder import printing
from passport.settings import Settings
from passport.standards import service as standards
from passport.verifying import report
from passport.verifying.checking import check
from passport.verifying.lists import published
from tests import holders
from tests.callers import sign_in
from tests.factories import OrganisationFactory
from tests.holders import Holder, hold
from tests.receiving import Shown, issued_again, show_passport
from tests.visitors import Browser, anonymous, visit

START = {"starts_on-day": "1", "starts_on-month": "9", "starts_on-year": "2026"}
REQUIREMENTS = [{"id": "ward", "local": "Fire procedure of the ward", "minutes": 20}]
POLICY: dict[str, Any] = {
    "accepted_issuer_kinds": ["nhs_trust"], "alignment_needed_in": [], "accreditation_needed_in": [],
    "signatory_needed": False, "practical_deliveries": ["face_to_face"], "shorter_periods": [], "does_not_lapse": [],
}  # fmt: skip
EVERYWHERE = [
    "my passport", "show", "print", "check result", "evidence", "public check", "verification", "verification again",
    "passport", "recognition", "command line", "type metadata", "application form", "decide", "record", "withdraw",
]  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """An advanced practitioner and everybody who looks."""

    session: Session
    app: Flask
    shown: Shown
    recognition: Recognition
    holder: Holder
    manager: Browser
    program: FlaskClient
    employer: FlaskClient
    now: datetime


@pytest.fixture
def scene(app: Flask, session: Session, settings: Settings, now: datetime) -> Scene:
    standards.load_catalogue(session, now=now)
    nurse = show_passport(session, settings, now).nurse
    recognition = Recognition(
        person_id=nurse.person_id, organisation_id=nurse.organisation_id, level="advanced", edition="2025",
        route="programme", pillars=list(PILLARS), base_profession="Nurse", recognised_on=date(2026, 5, 1),
        recorded_at=now, recorded_by="operator",
    )  # fmt: skip
    session.add(recognition)
    session.commit()
    receiver = OrganisationFactory.create(session)
    return Scene(
        session, app, issued_again(nurse, now), recognition, hold(app, session, nurse),
        visit(app, session, receiver.id, "ward_manager"), sign_in(app, session, receiver.id),
        sign_in(app, session, nurse.organisation_id), now,
    )  # fmt: skip


def text_of(scene: Scene, place: str) -> str:
    """Return what stands at a place."""
    found: dict[str, Any] = {
        "my passport": lambda: scene.holder.browser.get("/my-passport"),
        "show": lambda: scene.holder.browser.get("/my-passport/show"),
        "print": lambda: printed(scene),
        "check result": lambda: scene.manager.get(checked(scene)),
        "evidence": lambda: evidence(scene),
        "public check": lambda: scene.app.test_client().post("/v", data={"passport": scene.shown.text}).text,
        "verification": lambda: verified(scene).text,
        "verification again": lambda: scene.program.get(f"/v1/verifications/{verified(scene).json['id']}").text,
        "passport": lambda: scene.employer.get(f"/v1/staff/{scene.shown.nurse.number}/passport").text,
        "recognition": lambda: json.dumps(recognition_shown(scene.recognition), default=str),
        "command line": lambda: command_line(scene),
        "type metadata": lambda: json.dumps(type_metadata("https://passport.example")),
        "application form": lambda: visit(scene.app, scene.session, scene.shown.nurse.organisation_id, "academy").get(
            "/recognitions"
        ),
        "decide": lambda: scene.manager.get(proposal(scene)),
        "record": lambda: visit(scene.app, scene.session, scene.shown.nurse.organisation_id, "registrar").get(
            f"/records/people/{scene.shown.nurse.person_id}"
        ),
        "withdraw": lambda: visit(scene.app, scene.session, scene.shown.nurse.organisation_id, "academy").get(
            f"/withdrawals/recognitions/{scene.recognition.id}"
        ),
    }
    return str(found[place]())


def printed(scene: Scene) -> str:
    assert scene.holder.browser.post("/my-passport/print").status_code == 303
    return scene.holder.browser.get("/my-passport/print")


def checked(scene: Scene) -> str:
    return str(scene.manager.post("/check", passport=scene.shown.text).headers["Location"])


def verified(scene: Scene) -> Any:
    return scene.program.post("/v1/verifications", json={"presentation": scene.shown.text})


def proposal(scene: Scene) -> str:
    """Decide, and return the address of what the rules propose."""
    profile = {"code": "ward", "title": "Ward nurse", "rules": {"requirements": REQUIREMENTS}}
    assert scene.program.post("/v1/requirement-profiles", json=profile).status_code == 201
    policy = {"code": "movers", "title": "Staff who move", "rules": POLICY}
    assert scene.program.post("/v1/acceptance-policies", json=policy).status_code == 201
    check_id = checked(scene).rpartition("/")[2]
    return str(scene.manager.post(f"/decide/{check_id}", profile="ward", **START).headers["Location"])


def evidence(scene: Scene) -> str:
    plan = scene.manager.post(proposal(scene), as_proposed="yes").headers["Location"]
    return scene.manager.get(f"{plan}/evidence")


def command_line(scene: Scene) -> str:
    result = check(scene.shown.text, published(scene.session, now=scene.now), now=scene.now)
    assert isinstance(result, Verified)
    return "\n".join(report.report(result))


@pytest.mark.parametrize("place", EVERYWHERE)
def test_the_sentence_stands_wherever_a_recognition_is_shown(scene: Scene, place: str) -> None:
    assert NO_SCOPE_OF_PRACTICE in unescape(text_of(scene, place))


def test_the_sentence_goes_with_a_recognition_that_is_shared(scene: Scene) -> None:
    me, stranger = scene.holder.browser, Browser(anonymous(scene.app))
    choose = me.http.get("/my-passport/shares/new").headers["Location"]
    assert NO_SCOPE_OF_PRACTICE in unescape(me.get(choose))
    answers = {"what": ["practice"], **holders.SHARE_ANSWERS}
    check_at = me.post(choose, answers).headers["Location"]
    assert NO_SCOPE_OF_PRACTICE in unescape(me.get(check_at))
    made = me.get(me.post(check_at).headers["Location"])
    link = re.search(r'id="link">https?://[^/]+(/shared/[^<]+)<', made)
    assert link
    born = {"born_on-day": "3", "born_on-month": "2", "born_on-year": "1990"}
    opened = stranger.post(link[1], born | {"said_by": "Invented Coast NHS Trust"}, form_at="/shared")
    assert opened.status_code == 303, opened.text
    shown = unescape(stranger.get(opened.headers["Location"]))
    assert "Advanced practice, Nurse." in shown
    assert NO_SCOPE_OF_PRACTICE in shown
    assert "Training" not in shown


def test_the_pdf_is_made_from_the_same_sheet(scene: Scene) -> None:
    template = Path(printing.__file__).parent / "templates" / "holder" / "pdf.html"
    assert '{% include "holder/sheet.html" %}' in template.read_text(encoding="utf-8")


def test_the_browsers_verifier_says_the_same_sentence() -> None:
    script = Path(verifying.__file__).parent / "static" / "verifying" / "records.js"
    said = re.search(r'NO_SCOPE_OF_PRACTICE = "([^"]+)"', script.read_text(encoding="utf-8"))
    assert said
    assert said[1] == NO_SCOPE_OF_PRACTICE


def test_the_sentence_is_written_once(scene: Scene) -> None:
    root = Path(verifying.__file__).parent.parent
    files = [path for kind in ("*.py", "*.html", "*.js") for path in root.rglob(kind) if "vendor" not in path.parts]
    saying = [path.name for path in files if "scope of practice:" in path.read_text(encoding="utf-8")]
    assert saying == ["records.js"]
