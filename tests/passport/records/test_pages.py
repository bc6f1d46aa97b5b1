"""Records on pages: who sees them, and each way from beginning to end."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.records.models import Erasure, IdentityCorrection, LegalHold
from passport.staff import numbers
from passport.staff.models import Person
from passport.standards.models import Standard
from tests.factories import StandardFactory
from tests.passport.records.conftest import Twice, same_award
from tests.visitors import Browser, visit

PAGES = ("", "/retention", "/people/{person}", "/people/{person}/merge", "/people/{person}/part",
         "/people/{person}/close", "/people/{person}/hold", "/people/{person}/erase")  # fmt: skip


@dataclass(frozen=True)
class Office:
    """Two registrars, and the workforce team of a trust."""

    anna: Browser
    bela: Browser
    hr: Browser
    twice: Twice


@pytest.fixture
def office(app: Flask, session: Session, twice: Twice) -> Office:
    anna, bela = (visit(app, session, twice.registry_id, "registrar", name) for name in ("Anna", "Bela"))
    return Office(anna, bela, visit(app, session, twice.kept.organisation_id, "hr"), twice)


def of(office: Office) -> str:
    return f"/records/people/{office.twice.kept.person_id}"


def propose(office: Office) -> str:
    answer = office.anna.post(
        f"{of(office)}/merge", number=numbers.show(office.twice.gone.number), because="HR has seen one passport."
    )
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"])


@pytest.mark.parametrize("role", ["staff", "hr", "ward_manager", "academy", "planner", "auditor"])
def test_only_registrars_see_records(app: Flask, session: Session, twice: Twice, role: str) -> None:
    browser = visit(app, session, twice.kept.organisation_id, role)
    for path in PAGES:
        browser.get("/records" + path.format(person=twice.kept.person_id), status=403)


def test_every_page_answers(office: Office) -> None:
    for path in PAGES:
        assert office.anna.get("/records" + path.format(person=office.twice.kept.person_id)).count("<h1") == 1


def test_an_unknown_record_is_not_found(office: Office) -> None:
    for path in PAGES[2:]:
        office.anna.get("/records" + path.format(person=uuid4()), status=404)


def test_a_record_is_found_by_its_number_in_a_form(office: Office) -> None:
    answer = office.anna.post("/records", number=numbers.show(office.twice.kept.number).lower())
    assert answer.headers["Location"] == of(office)
    wrong = office.anna.post("/records", number="0000-0000-0")
    assert "There is no record with this number" in wrong.text
    assert wrong.status_code == 422


def test_one_registrar_proposes_and_another_merges(session: Session, office: Office) -> None:
    compared = propose(office)
    both = f"{numbers.show(office.twice.gone.number)} and {numbers.show(office.twice.kept.number)}"
    assert both in office.bela.get("/records")
    assert "Yes, merge the records" not in office.anna.get(compared)
    html = office.bela.get(compared)
    for words in ("The dates of birth agree.", "HR has seen one passport.", numbers.show(office.twice.gone.number)):
        assert words in html
    refused = office.anna.post(compared, decision="merge", because="Yes")
    assert "Another registrar decides" in refused.text
    assert refused.status_code == 422
    done = office.bela.post(compared, decision="merge", because="Compared.")
    assert done.headers["Location"] == of(office)
    gone = office.anna.get(f"/records/people/{office.twice.gone.person_id}")
    assert "Another record stands for this one" in gone
    assert "Two records of one person" in office.anna.get(of(office))
    undone = office.anna.post(f"{compared}/undo", because="They are sisters.")
    assert undone.status_code == 303
    assert session.get_one(Person, office.twice.gone.person_id, populate_existing=True).merged_into_id is None
    assert "They are sisters." in office.anna.get(compared)
    again = office.anna.post(f"{compared}/undo", because="Again")
    assert "Only a merge that stands can be undone." in again.text


def test_records_are_left_apart(office: Office) -> None:
    compared = propose(office)
    office.anna.post(compared, decision="refuse", because="Two people.")
    assert "Left apart" in office.anna.get(compared)


def test_a_decision_needs_an_answer_and_a_reason(office: Office) -> None:
    answer = office.bela.post(propose(office))
    assert answer.status_code == 422
    assert "Choose whether this is one person" in answer.text
    assert "Say what the comparison showed" in answer.text


def test_a_workforce_team_proposes_of_its_own_staff_alone(session: Session, office: Office) -> None:
    path = f"/people/{office.twice.kept.person_id}/same-person"
    office.hr.get(path)
    foreign = office.hr.post(path, number=office.twice.gone.number, because="One person")
    unknown = office.hr.post(path, number="0000-0000-0", because="One person")
    for answer in (foreign, unknown):
        assert "You have no member of staff with this number" in answer.text
    assert session.scalars(select(IdentityCorrection)).all() == []
    office.hr.get(f"/people/{office.twice.gone.person_id}/same-person", status=404)


def test_a_wrong_match_is_given_to_a_new_person(session: Session, office: Office) -> None:
    path = f"/records/people/{office.twice.gone.person_id}/part"
    empty = office.anna.post(path, because="A namesake")
    assert "Choose what belongs to somebody else" in empty.text
    nobody = office.anna.post(path, chosen=[str(office.twice.gone.award_id)], because="A namesake")
    assert "passport number, or all of who they are" in nobody.text
    born = {"date_of_birth-day": "5", "date_of_birth-month": "4", "date_of_birth-year": "1991"}
    who = {"given_name": "Tessa", "family_name": "Inventedname", **born}
    answer = office.anna.post(path, chosen=[str(office.twice.gone.award_id)], because="A namesake", **who)
    right = UUID(answer.headers["Location"].rpartition("/")[2])
    assert session.scalars(select(Award.person_id).where(Award.ended_at.is_(None), Award.person_id == right)).one()
    assert "A wrong match" in office.anna.get(answer.headers["Location"])


def test_what_two_people_must_withdraw_is_named_and_not_offered(session: Session, office: Office) -> None:
    path, twice = f"/records/people/{office.twice.gone.person_id}/part", office.twice
    framework_id = session.get_one(Standard, session.get_one(Award, twice.gone.award_id).standard_id).framework_id
    credential = StandardFactory.create(session, kind="credential", title="Invented Care", framework_id=framework_id)
    held = same_award(session, twice, person_id=twice.gone.person_id, standard_id=credential.id)
    html = office.anna.get(path)
    assert f'value="{twice.gone.award_id}"' in html
    assert f'value="{held.id}"' not in html
    assert "Two people of the issuer must withdraw it first." in html
    assert "<li>Invented Care, " in html
    sent = office.anna.post(path, chosen=[str(held.id)], number=twice.kept.number, because="A namesake")
    assert (sent.status_code, held.ended_at) == (422, None)


def test_something_that_was_not_offered_is_refused(office: Office) -> None:
    path = f"/records/people/{office.twice.gone.person_id}/part"
    answer = office.anna.post(
        path, chosen=[str(office.twice.kept.award_id)], number=office.twice.kept.number, because="Guess"
    )
    assert answer.status_code == 422


def test_a_record_is_closed_and_opened_again(office: Office) -> None:
    day = {"on-day": "1", "on-month": "8", "on-year": "2026"}
    future = office.anna.post(f"{of(office)}/close", reason="died", **{**day, "on-year": "2027"})
    assert "The day is in the future." in future.text
    office.anna.post(f"{of(office)}/close", reason="died", **day)
    html = office.anna.get(of(office))
    assert "The person died" in html
    assert "The person died" not in office.hr.get("/people")
    office.anna.post(f"{of(office)}/reopen")
    assert "The person died" not in office.anna.get(of(office))
    assert office.anna.post(f"{of(office)}/reopen").status_code == 404


def test_a_hold_is_placed_and_lifted(session: Session, office: Office) -> None:
    office.anna.post(f"{of(office)}/hold", because="A claim is being heard")
    assert "A claim is being heard" in office.anna.get(of(office))
    assert "A registrar placed a hold." in office.anna.get(f"{of(office)}/erase")
    held = session.scalars(select(LegalHold)).one()
    office.anna.post(f"/records/holds/{held.id}/lift")
    assert office.anna.post(f"/records/holds/{held.id}/lift").status_code == 404
    assert "A claim is being heard" not in office.anna.get(of(office))


def test_an_erasure_needs_two_registrars(session: Session, office: Office) -> None:
    office.anna.post(
        f"{of(office)}/close", reason="left_for_good", **{"on-day": "1", "on-month": "8", "on-year": "2026"}
    )
    asked = office.anna.post(f"{of(office)}/erase", ground="person_asked").headers["Location"]
    assert "You asked for it, so another registrar must confirm it." in office.anna.get(asked)
    assert office.anna.post(f"{asked}/confirm").status_code == 403
    assert "Remove the person" in office.bela.get(asked)
    office.bela.post(f"{asked}/confirm")
    assert "carried out within a minute" in office.bela.get(asked)
    assert "The person asked for it" in office.anna.get("/records")
    office.anna.post(f"{asked}/cancel")
    assert "This erasure was cancelled" in office.anna.get(asked)
    assert session.scalars(select(Erasure)).one().erased_at is None


def test_an_employed_person_is_not_erased(office: Office) -> None:
    assert "End the employment first." in office.anna.get(f"{of(office)}/erase")
    answer = office.anna.post(f"{of(office)}/erase", ground="person_asked")
    assert answer.status_code == 422


def test_a_form_without_its_token_is_refused(office: Office, now: datetime) -> None:
    answer = office.anna.http.post(f"{of(office)}/close", data={"reason": "died"})
    assert answer.status_code == 403
