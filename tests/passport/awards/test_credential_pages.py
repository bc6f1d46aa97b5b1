"""The pages of professional credentials: record one that was checked, and take it back by two people."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from passport.access.models import Account
from passport.awards import disputes, withdrawals
from passport.awards.models import Award, WithdrawalRequest
from passport.awards.recognition import PILLARS, recognise
from passport.staff import numbers
from passport.staff.models import Employment
from tests.callers import Clock
from tests.trusts import Trust
from tests.visitors import Browser, enter, visit

ASKED = f"/credentials/new/{uuid4()}/answers"


@pytest.fixture
def ada(app: Flask, academy: Trust) -> Browser:
    return visit(app, academy.session, academy.organisation.id, "academy")


@pytest.fixture
def bea(app: Flask, academy: Trust) -> Browser:
    return visit(app, academy.session, academy.organisation.id, "academy", name="Bea Inventedname")


def day(name: str, on: date) -> dict[str, str]:
    return {f"{name}-day": str(on.day), f"{name}-month": str(on.month), f"{name}-year": str(on.year)}


def answers(academy: Trust, **other: str) -> dict[str, str]:
    said = {
        "number": numbers.show(academy.nurse.passport_number), "standard": "MPC-PAEDIATRICS",
        "delivery": "face_to_face", "verification_method": "record",
    }  # fmt: skip
    days = day("date_of_birth", academy.nurse.date_of_birth) | day("awarded_on", date(2026, 3, 2))
    return said | days | other


def checked(ada: Browser, academy: Trust) -> str:
    """Answer everything, and return the address of the page that shows the answers."""
    kept = ada.post(ada.http.get("/credentials/new").location, **answers(academy))
    assert kept.status_code == 303, kept.text
    return str(kept.location)


def test_a_credential_is_checked_then_recorded_then_shown(academy: Trust, ada: Browser) -> None:
    assert "has recorded no credential yet" in ada.get("/credentials")
    assert "Practice in Paediatrics" in ada.get(ASKED)
    assert "Testa Inventedname" in ada.get(checked(ada, academy))
    assert academy.session.scalars(select(Award)).all() == []
    recorded = ada.post(checked(ada, academy))
    award = academy.session.scalars(select(Award)).one()
    assert recorded.headers["Location"] == f"/credentials/{award.id}"
    assert "Withdraw this credential" in ada.get(f"/credentials/{award.id}")
    assert "Practice in Paediatrics" in ada.get("/credentials")


def test_a_credential_that_its_holder_questions_is_corrected_and_answered_for(academy: Trust, ada: Browser) -> None:
    ada.post(checked(ada, academy))
    award = academy.session.scalars(select(Award)).one()
    dispute = disputes.raise_dispute(
        academy.session, award_id=award.id, person_id=academy.nurse.id, reason="incorrect", words="It was online.",
        actor="operator", now=academy.now,
    )  # fmt: skip
    academy.session.commit()
    assert f"/disputes/{dispute.id}" in ada.get("/disputes")
    right = day("awarded_on", award.awarded_on) | {"delivery": "e_learning", "assessed": "yes"}
    corrected = ada.post(f"/awards/{award.id}/correct", **right)
    assert corrected.headers["Location"].startswith("/credentials/")
    assert "The record was corrected." in ada.get(corrected.headers["Location"])
    answered = ada.post(f"/disputes/{dispute.id}", outcome="corrected", reply="It says so now.")
    assert answered.status_code == 303
    assert "Nobody waits" in ada.get("/disputes")


def test_a_correction_to_a_day_without_approval_is_said_at_the_field(academy: Trust, ada: Browser) -> None:
    ada.post(checked(ada, academy))
    award = academy.session.scalars(select(Award)).one()
    wrong = day("awarded_on", date(2001, 1, 1)) | {"delivery": "face_to_face", "assessed": "yes"}
    answer = ada.post(f"/awards/{award.id}/correct", **wrong)
    assert (answer.status_code, 'href="#awarded_on' in answer.text) == (422, True)


def test_answers_can_be_changed_and_nothing_is_recorded(academy: Trust, ada: Browser) -> None:
    changed = ada.get(checked(ada, academy).replace("/check", "/answers"))
    assert 'value="face_to_face" checked' in changed
    assert numbers.show(academy.nurse.passport_number) in changed
    assert 'value="1990"' in changed
    assert academy.session.scalars(select(Award)).all() == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"number": "0000-0000-0"}, "Nobody has this passport number and date of birth"),
        ({"standard": "FS"}, "Choose the credential"),
        ({"awarded_on-year": ""}, "Enter a real date"),
        ({"delivery": "by owl"}, "Choose how it was taught"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(academy: Trust, ada: Browser, wrong: dict[str, str], sentence: str) -> None:
    answer = ada.post(ASKED, **answers(academy, **wrong))
    assert (answer.status_code, sentence in answer.text) == (422, True)


def test_somebody_elses_person_is_found_by_number_and_date_of_birth_together(academy: Trust, ada: Browser) -> None:
    academy.session.query(Employment).delete()
    academy.session.commit()
    wrong = ada.post(ASKED, **answers(academy) | {"date_of_birth-year": "1991"})
    assert (wrong.status_code, "Testa" in wrong.text) == (422, False)
    assert "Testa" in ada.get(checked(ada, academy))


def test_only_what_was_checked_by_this_officer_within_the_hour_is_recorded(
    clock: Clock, academy: Trust, ada: Browser, bea: Browser
) -> None:
    check = checked(ada, academy)
    answers_to = check.replace("/check", "/answers")
    assert bea.post(check).location == answers_to
    assert "Testa" not in bea.get(answers_to)
    for _ in range(3):
        clock.advance(minutes=20)
        ada.get("/account")
    assert ada.post(check).location == answers_to
    assert academy.session.scalars(select(Award)).all() == []


def test_the_same_credential_is_recorded_once(academy: Trust, ada: Browser) -> None:
    check, twin = checked(ada, academy), checked(ada, academy)
    recorded = ada.post(check)
    assert recorded.location.startswith("/credentials/")
    assert [ada.post(check).location, ada.http.get(check).location] == [recorded.location] * 2
    again = ada.post(twin)
    assert (again.status_code, "recorded already" in again.text) == (422, True)
    assert numbers.show(academy.nurse.passport_number) in again.text  # nothing is typed twice


def request_of(academy: Trust) -> WithdrawalRequest:
    academy.session.expire_all()
    return academy.session.scalars(select(WithdrawalRequest)).one()


def test_one_officer_asks_and_another_confirms(academy: Trust, credential: Award, ada: Browser, bea: Browser) -> None:
    path = f"/withdrawals/awards/{credential.id}"
    assert "It takes two people" in ada.get(path)
    assert ada.post(path, reason="issued_in_error", words="").status_code == 422
    assert ada.post(path, reason="issued_in_error", words="A mix-up.").status_code == 303
    request = request_of(academy)
    assert "Practice in Paediatrics" in bea.get("/withdrawals")
    mine = ada.get(f"/withdrawals/{request.id}")
    assert ("Take it back" in mine, "Confirm and withdraw" in mine) == (True, False)
    alone = ada.post(f"/withdrawals/{request.id}/confirm")
    assert (alone.status_code, "Somebody else must confirm" in alone.text) == (409, True)
    theirs = bea.get(f"/withdrawals/{request.id}")
    for part in ("You cannot undo this.", "A mix-up.", "Wanda Inventedname", "It was recorded by mistake"):
        assert part in theirs
    assert bea.post(f"/withdrawals/{request.id}/confirm").status_code == 303
    assert "Nothing waits for a second person." in bea.get("/withdrawals")
    assert "Withdrawn" in ada.get(f"/credentials/{credential.id}")
    assert bea.post(f"/withdrawals/{request.id}/confirm").status_code == 409


def test_one_person_in_two_roles_is_one_person(app: Flask, academy: Trust, credential: Award, ada: Browser) -> None:
    ada.post(f"/withdrawals/awards/{credential.id}", reason="issued_in_error", words="A mix-up.")
    request = request_of(academy)
    account = academy.session.scalars(select(Account)).one()
    as_hr = enter(app, academy.session, account, academy.organisation.id, "hr")
    assert "Confirm and withdraw" not in as_hr.get(f"/withdrawals/{request.id}")
    assert as_hr.post(f"/withdrawals/{request.id}/confirm").status_code == 409
    assert request_of(academy).closed_at is None


def test_a_second_person_may_say_no(academy: Trust, credential: Award, ada: Browser, bea: Browser) -> None:
    ada.post(f"/withdrawals/awards/{credential.id}", reason="issued_in_error", words="A mix-up.")
    again = bea.post(f"/withdrawals/awards/{credential.id}", reason="issued_in_error", words="A mix-up.")
    assert (again.status_code, "asked to withdraw this already" in again.text) == (422, True)
    assert bea.post(f"/withdrawals/{request_of(academy).id}/cancel").status_code == 303
    assert "It was cancelled" in ada.get(f"/withdrawals/{request_of(academy).id}")
    assert "Withdraw this credential" in ada.get(f"/credentials/{credential.id}")


def test_what_waited_too_long_can_not_be_confirmed(clock: Clock, app: Flask, academy: Trust, credential: Award) -> None:
    request = withdrawals.ask_for_award(
        academy.session, award_id=credential.id, reason="issued_in_error", words="A mix-up.", **academy.acting
    )
    clock.now += timedelta(days=14)
    late = visit(app, academy.session, academy.organisation.id, "academy")
    shown = late.get(f"/withdrawals/{request.id}")
    assert ("It waited too long" in shown, "Confirm and withdraw" in shown) == (True, False)
    assert late.post(f"/withdrawals/{request.id}/confirm").status_code == 409


def test_a_recognition_is_asked_for_too(academy: Trust, ada: Browser) -> None:
    made = recognise(
        academy.session, person_id=academy.nurse.id, level="advanced", edition="2025", route="programme",
        pillars=PILLARS, base_profession="Nurse", recognised_on=date(2026, 5, 1), **academy.acting,
    )  # fmt: skip
    academy.session.commit()
    path = f"/withdrawals/recognitions/{made.id}"
    assert "Advanced practice, recognised on 1 May 2026" in ada.get(path)
    assert ada.post(path, reason="issued_in_error", words="A mix-up.").status_code == 303


def test_a_workforce_team_is_led_to_the_second_person_for_a_credential(
    app: Flask, academy: Trust, credential: Award
) -> None:
    hr = visit(app, academy.session, academy.organisation.id, "hr")
    led = hr.http.get(f"/awards/{credential.id}/withdraw")
    assert (led.status_code, led.headers["Location"]) == (303, f"/withdrawals/awards/{credential.id}")


def test_another_organisation_finds_nothing(app: Flask, academy: Trust, credential: Award, neighbour_id: UUID) -> None:
    request = withdrawals.ask_for_award(
        academy.session, award_id=credential.id, reason="issued_in_error", words="A mix-up.", **academy.acting
    )
    stranger = visit(app, academy.session, neighbour_id, "academy")
    paths: tuple[Any, ...] = (
        f"/credentials/{credential.id}", f"/withdrawals/{request.id}", f"/withdrawals/awards/{credential.id}",
        f"/withdrawals/recognitions/{credential.id}",
    )  # fmt: skip
    for path in paths:
        stranger.get(path, status=404)
    for act in ("confirm", "cancel"):
        assert stranger.post(f"/withdrawals/{request.id}/{act}").status_code == 404
    assert "has no approval to award" in stranger.get(ASKED)
