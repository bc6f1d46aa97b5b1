"""Pages by which the workforce team lets staff in: many at once, one, and after a loss."""

import re
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport.staff import numbers
from passport.staff.models import Contact, Invitation
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory
from tests.trusts import Trust, make_trust
from tests.visitors import Browser, visit


@pytest.fixture
def trust(session: Session, now: datetime) -> Trust:
    made = make_trust(session, now)
    second = PersonFactory.create(session, given_name="Second")
    EmploymentFactory.create(
        session, person_id=second.id, organisation_id=made.organisation.id, assignment_number="91000002"
    )
    return made


@pytest.fixture
def hr(app: Flask, session: Session, trust: Trust) -> Browser:
    return visit(app, session, trust.organisation.id, "hr")


def invitations(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Invitation)) or 0


def test_a_list_invites_everybody_on_it(session: Session, trust: Trust, hr: Browser) -> None:
    shown = numbers.show(trust.nurse.passport_number)
    people = f"{shown}, Nia@invented.example\n\n91000002; second@invented.example\n"
    answer = hr.post("/invitations", people=people)
    assert answer.status_code == 303, answer.text
    assert "2 people were invited." in hr.get("/invitations")
    assert invitations(session) == 2
    assert set(session.scalars(select(Contact.email))) == {"nia@invented.example", "second@invented.example"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("91000009, third@invented.example", "Line 2: we do not know this number"),
        ("91000002, other@invented.example", "Line 2: this person is there twice"),
        ("91000002", "Line 2: write a number, a comma and an email address"),
        ("91000002, no address", "Line 2: write a number, a comma and an email address"),
    ],
)
def test_a_list_with_one_wrong_line_invites_nobody(session: Session, hr: Browser, line: str, sentence: str) -> None:
    answer = hr.post("/invitations", people=f"91000002, second@invented.example\n{line}")
    assert answer.status_code == 422
    assert sentence in answer.text
    assert invitations(session) == 0
    assert session.scalar(select(func.count()).select_from(Contact)) == 0


def test_two_people_cannot_share_an_address(session: Session, trust: Trust, hr: Browser) -> None:
    number = trust.nurse.passport_number
    answer = hr.post("/invitations", people=f"{number}, same@invented.example\n91000002, same@invented.example")
    assert "Line 2: another person has this email address" in answer.text
    assert invitations(session) == 0


def test_the_summary_names_ten_lines_and_counts_the_rest(hr: Browser) -> None:
    answer = hr.post("/invitations", people="\n".join(["wrong"] * 47))
    assert answer.text.count("Line ") < 30
    assert "and 37 more" in answer.text


def test_staff_of_another_employer_are_not_known(app: Flask, session: Session, trust: Trust) -> None:
    stranger = visit(app, session, OrganisationFactory.create(session).id, "hr")
    answer = stranger.post("/invitations", people=f"{trust.nurse.passport_number}, nia@invented.example")
    assert "we do not know this number" in answer.text
    for path in (f"/invitations/{trust.nurse.id}", f"/invitations/{trust.nurse.id}/recover"):
        stranger.get(path, status=404)
        assert stranger.post(path).status_code == 404
    assert invitations(session) == 0


def test_somebody_without_an_address_gets_a_code_by_hand(session: Session, trust: Trust, hr: Browser) -> None:
    code = f"/invitations/{trust.nurse.id}/code"
    assert hr.http.get(code).location == f"/people/{trust.nurse.id}"
    assert hr.post(f"/invitations/{trust.nurse.id}").location == code
    answer = hr.http.get(code)
    assert answer.headers["Cache-Control"] == "no-store"
    shown = re.findall(r"<strong>\w{4}-\w{4}-\w{4}</strong>", answer.text)
    assert len(shown) == 1
    assert shown[0] in hr.get(code)  # loaded again
    assert invitations(session) == 1


def test_what_is_no_address_invites_nobody_and_stays_in_the_field(session: Session, trust: Trust, hr: Browser) -> None:
    answer = hr.post(f"/invitations/{trust.nurse.id}", email="-1")
    assert answer.status_code == 422
    assert "Enter an email address" in answer.text
    assert 'value="-1"' in answer.text
    assert invitations(session) == 0


def test_somebody_with_an_address_gets_a_letter(session: Session, trust: Trust, hr: Browser) -> None:
    answer = hr.post(f"/invitations/{trust.nurse.id}", email="nia@invented.example")
    assert answer.headers["Location"] == f"/people/{trust.nurse.id}"
    assert session.scalars(select(Invitation.by_mail)).one()


def test_after_a_loss_an_open_invitation_stops(session: Session, trust: Trust, hr: Browser) -> None:
    hr.post(f"/invitations/{trust.nurse.id}")
    assert hr.post(f"/invitations/{trust.nurse.id}/recover").status_code == 303
    assert session.scalars(select(Invitation.cancelled_at)).one() is not None


def test_without_a_token_nobody_is_invited(session: Session, trust: Trust, hr: Browser) -> None:
    assert hr.http.post(f"/invitations/{trust.nurse.id}").status_code == 403
    assert invitations(session) == 0
