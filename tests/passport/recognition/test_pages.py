"""The pages of advanced practice: the Academy's applications, and the employer's one answer."""

import re
from datetime import date
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from credentials.records import NO_SCOPE_OF_PRACTICE
from passport.awards.models import Recognition
from passport.awards.recognition import PILLARS
from passport.recognition.models import RecognitionApplication
from passport.staff import numbers
from tests.academies import Academy
from tests.factories import OrganisationFactory
from tests.visitors import Browser, visit


@pytest.fixture
def ada(app: Flask, academy: Academy) -> Browser:
    return visit(app, academy.session, academy.organisation.id, "academy")


@pytest.fixture
def hari(app: Flask, academy: Academy) -> Browser:
    return visit(app, academy.session, academy.trust.organisation.id, "hr", name="Hari Inventedname")


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def beginning(academy: Academy, **other: str) -> dict[str, Any]:
    said = {
        "number": numbers.show(academy.trust.nurse.passport_number), "route": "eportfolio", "level": "advanced",
        "employer": academy.trust.organisation.ods_code, "edition": "2025", "base_profession": "Nurse",
    }  # fmt: skip
    birth = day("date_of_birth", academy.trust.nurse.date_of_birth)
    return said | birth | day("begun_on", date(2026, 8, 1)) | other


def the_one(academy: Academy) -> RecognitionApplication:
    academy.session.expire_all()
    return academy.session.scalars(select(RecognitionApplication)).one()


def test_an_application_goes_from_the_first_day_to_the_recognition(
    academy: Academy, ada: Browser, hari: Browser
) -> None:
    assert "No application is open." in ada.get("/recognitions")
    begun = ada.post("/recognitions/new", **beginning(academy))
    assert begun.status_code == 303, begun.text
    application = the_one(academy)
    path = f"/recognitions/{application.id}"
    assert "The employer confirms the eligibility" in ada.get(path)
    assert "Confirm eligibility" in hari.get(f"/eligibility/{application.id}")
    said = {"answer": "yes"} | day("on", date(2026, 8, 2))
    assert hari.post(f"/eligibility/{application.id}", **said).status_code == 303
    for step, on in (("Learning needs analysis", date(2026, 8, 3)), ("Half of the evidence", date(2026, 8, 4))):
        assert step in ada.get(f"{path}/step")
        if step.startswith("Half"):
            for pillar in PILLARS:
                piece = {"pillar": pillar, "title": "Case study", "reference": "P-1", "assessed_by": "Dr Made Up"}
                sent = ada.post(f"{path}/evidence", **piece, **day("dated_on", date(2026, 1, 5)))
                assert sent.status_code == 303
        assert ada.post(f"{path}/step", **day("on", on)).status_code == 303
    assert "Due by 3 August 2027" in ada.get(path)
    assert ada.post(f"{path}/step", **day("on", date(2026, 8, 5))).status_code == 303
    refused = ada.post(f"{path}/recognise", **day("on", date(2026, 8, 6)))
    assert (refused.status_code, "was not looked up since the submission" in refused.text) == (422, True)
    offered = re.search(r'name="registration"[^>]*value="([^"]+)"', ada.get(f"{path}/register"))
    assert offered
    look = {"registration": offered[1], "method": "register_lookup"} | day("checked_on", date(2026, 8, 6))
    assert ada.post(f"{path}/register", **look).status_code == 303
    shown = unescape(ada.get(f"{path}/recognise"))
    for part in ("Testa Inventedname", "Case study", "Live register looked up".lower(), NO_SCOPE_OF_PRACTICE):
        assert part in shown
    done = ada.post(f"{path}/recognise", **day("on", date(2026, 8, 6)))
    assert done.headers["Location"] == f"{path}/recognised"
    assert NO_SCOPE_OF_PRACTICE in unescape(ada.get(f"{path}/recognised"))
    assert academy.session.scalars(select(Recognition.level)).all() == ["advanced"]
    assert "Withdraw the recognition" in ada.get(path)


def test_overdue_applications_come_first_and_a_step_can_be_chosen(academy: Academy, ada: Browser) -> None:
    academy.at("learning_needs_analysis")
    shown = ada.get("/recognitions")
    assert "Overdue" in shown
    assert "since 30 April 2026" in shown
    assert "Overdue" in ada.get("/recognitions?step=learning_needs_analysis")
    assert "Nobody is at this step." in ada.get("/recognitions?step=submitted")
    assert "Overdue" in ada.get("/recognitions?step=%27nonsense")


def test_an_application_that_has_ended_is_found_again(academy: Academy, ada: Browser) -> None:
    application = academy.at("learning_needs_analysis")
    assert "No application has ended." in ada.get("/recognitions?step=ended")
    ada.post(f"/recognitions/{application.id}/withdraw", words="Moved abroad")
    assert "No application is open." in ada.get("/recognitions")
    shown = ada.get("/recognitions?step=ended")
    assert f"/recognitions/{application.id}" in shown
    assert "Withdrawn" in shown


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": "0000-0000-0"}, "Nobody has this number and date of birth"),
        ({"date_of_birth-year": "1991"}, "Nobody has this number and date of birth"),
        ({"employer": "X9Z9X"}, "Enter the ODS code of the employer"),
        ({"employer": "<script>"}, "Enter the ODS code of the employer"),
        ({"route": "programme"}, "An enrolment names the programme"),
        ({"base_profession": ""}, "Enter the base profession"),
        ({"begun_on-year": "2027"}, "The day is in the future"),
        ({"level": "expert"}, "Choose the level"),
        ({"begun_on-day": "32"}, "Enter a real date"),
    ],
)
def test_what_is_wrong_with_an_application_is_said_at_its_field(
    academy: Academy, ada: Browser, wrong: dict[str, str], sentence: str
) -> None:
    answer = ada.post("/recognitions/new", **beginning(academy, **wrong))
    assert (answer.status_code, sentence in unescape(answer.text)) == (422, True)
    assert academy.session.scalars(select(RecognitionApplication)).all() == []


def test_an_employer_begins_for_its_own_staff_and_may_say_no(academy: Academy, hari: Browser) -> None:
    assert "None of your staff has an open application." in hari.get("/eligibility")
    assert "Invented Academy" in hari.get("/eligibility/new")
    said = {
        "number": numbers.show(academy.trust.nurse.passport_number), "organisation": str(academy.organisation.id),
        "level": "advanced", "edition": "2025", "base_profession": "Nurse", **day("begun_on", date(2026, 8, 1)),
    }  # fmt: skip
    stranger = hari.post("/eligibility/new", **said | {"number": "0000-0000-0"})
    assert (stranger.status_code, "None of your staff" in stranger.text) == (422, True)
    assert hari.post("/eligibility/new", **said).status_code == 303
    application = the_one(academy)
    assert "Inventedname" in hari.get("/eligibility")
    early = hari.post(f"/eligibility/{application.id}", answer="no", **day("on", date(2026, 7, 1)))
    assert (early.status_code, "before the step before it" in early.text) == (422, True)
    assert hari.post(f"/eligibility/{application.id}", answer="no", **day("on", date(2026, 8, 2))).status_code == 303
    assert "Not eligible" in hari.get(f"/eligibility/{application.id}")


def test_another_organisations_application_is_not_found_by_anybody(app: Flask, academy: Academy) -> None:
    application = academy.at("half_of_evidence")
    stranger = OrganisationFactory.create(academy.session)
    ada = visit(app, academy.session, stranger.id, "academy")
    for below in ("", "/step", "/evidence", "/register", "/withdraw", "/recognise", "/recognised"):
        ada.get(f"/recognitions/{application.id}{below}", status=404)
    hari = visit(app, academy.session, stranger.id, "hr")
    hari.get(f"/eligibility/{application.id}", status=404)
    assert hari.post(f"/eligibility/{application.id}", answer="yes", **day("on", date(2026, 8, 2))).status_code == 404


def test_the_employer_sees_no_evidence_and_has_no_other_form(academy: Academy, hari: Browser, ada: Browser) -> None:
    application = academy.at("half_of_evidence")
    shown = hari.get(f"/eligibility/{application.id}")
    assert "A case study" not in shown
    assert "Send your answer" not in shown
    assert hari.http.get(f"/recognitions/{application.id}").status_code == 403
    assert ada.http.get(f"/eligibility/{application.id}").status_code == 403


def test_an_application_is_ended_with_a_reason(academy: Academy, ada: Browser) -> None:
    application = academy.at("learning_needs_analysis")
    path = f"/recognitions/{application.id}"
    assert ada.post(f"{path}/withdraw", words="").status_code == 422
    assert ada.post(f"{path}/withdraw", words="Gave up.").status_code == 303
    assert "Withdrawn" in ada.get(path)
    refused = ada.post(f"{path}/step", **day("on", date(2026, 8, 5)))
    assert refused.status_code == 422


def test_words_of_people_are_text_and_never_markup(academy: Academy, ada: Browser) -> None:
    application = academy.at("learning_needs_analysis")
    academy.show(application, "research", title="<script>alert(1)</script>", assessed_by="<b>Dr</b>")
    shown = ada.get(f"/recognitions/{application.id}")
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
