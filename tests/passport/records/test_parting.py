"""What an import gave to the wrong person goes to the right one; both histories tell it."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.awards.models import Award
from passport.errors import Invalid
from passport.issuing import issuance
from passport.issuing.models import Credential
from passport.records import parting, service
from passport.records.models import IdentityCorrection, IdentityMove
from passport.records.parting import NewPerson
from passport.records.service import RecordNotFound, RecordNotOpen
from passport.staff import service as staff
from passport.staff.models import Employment, Person, Registration
from passport.standards.models import Standard
from tests.factories import StandardFactory
from tests.passport.records.conftest import ANNA, Twice, new_person, same_award

WHY = "The import took a namesake for this person."


def part(session: Session, twice: Twice, now: datetime, **changes: Any) -> IdentityCorrection:
    from_id = changes.pop("from_person_id", twice.gone.person_id)
    asked: dict[str, Any] = {
        "to": twice.kept.person_id, "chosen": {twice.gone.award_id}, "because": WHY,
        "organisation_id": twice.registry_id, "actor": ANNA, "now": now,
    }  # fmt: skip
    return parting.part(session, from_id, **asked | changes)


def everything_of(session: Session, person_id: UUID) -> set[UUID]:
    rows = [
        session.scalars(select(table.id).where(table.person_id == person_id)) for table in (Employment, Registration)
    ]
    return {each for found in rows for each in found}


def test_an_award_ends_as_issued_in_error_and_stands_at_the_right_person(
    session: Session, twice: Twice, now: datetime
) -> None:
    done = part(session, twice, now)
    wrong = session.get_one(Award, twice.gone.award_id)
    assert (wrong.ending, wrong.ending_reason, wrong.replaced_by_id) == ("withdrawn", "issued_in_error", None)
    [move] = session.scalars(select(IdentityMove).where(IdentityMove.correction_id == done.id))
    right = session.get_one(Award, move.new_id)
    assert (right.person_id, right.awarded_on, right.organisation_id, right.ended_at) == (
        twice.kept.person_id, wrong.awarded_on, wrong.organisation_id, None,
    )  # fmt: skip
    for person_id in (twice.kept.person_id, twice.gone.person_id):
        assert [each.id for each in service.corrections_of(session, person_id)] == [done.id]


def test_the_right_person_may_be_new(session: Session, twice: Twice, now: datetime) -> None:
    who = NewPerson("Tessa", "Inventedname", date(1991, 4, 5))
    chosen = {twice.gone.award_id, *everything_of(session, twice.gone.person_id)}
    done = part(session, twice, now, to=who, chosen=chosen)
    session.expire_all()
    made = staff.of_organisation(
        session, session.get_one(Person, done.to_person_id).passport_number, twice.gone.organisation_id, now=now
    )
    assert (made.given_name, len(made.registrations)) == ("Tessa", 1)
    assert everything_of(session, twice.gone.person_id) == set()


def test_what_the_wrong_award_had_superseded_stands_again(session: Session, twice: Twice, now: datetime) -> None:
    own = same_award(session, twice, person_id=twice.gone.person_id, awarded_on=date(2025, 2, 3), ended_at=now,
                     ending="superseded", replaced_by_id=twice.gone.award_id)  # fmt: skip
    part(session, twice, now + timedelta(hours=1))
    [stands] = session.scalars(select(Award).where(Award.person_id == twice.gone.person_id, Award.ended_at.is_(None)))
    assert (stands.awarded_on, own.ending) == (date(2025, 2, 3), "superseded")


def test_copies_that_said_it_are_replaced(session: Session, twice: Twice, now: datetime) -> None:
    old = issuance.issue_passport(
        twice.gone.person_id, organisation_id=twice.gone.organisation_id, requested_by="x", now=now
    )
    part(session, twice, now + timedelta(minutes=1))
    session.commit()
    [fresh] = issuance.reissue(twice.gone.person_id, actor="x", now=now + timedelta(minutes=2))
    assert session.get_one(Credential, old.id, populate_existing=True).replaced_by_id == fresh.id
    assert awards.passport_content(session, twice.gone.person_id, now=now).training == ()


def test_a_parting_is_taken_back_by_parting_the_other_way(session: Session, twice: Twice, now: datetime) -> None:
    part(session, twice, now)
    there = select(Award.id).where(Award.person_id == twice.kept.person_id, Award.ended_at.is_(None))
    moved = set(session.scalars(there)) - {twice.kept.award_id}
    part(
        session, twice, now + timedelta(hours=1), from_person_id=twice.kept.person_id, to=twice.gone.person_id,
        chosen=moved,
    )  # fmt: skip
    assert len(awards.passport_content(session, twice.gone.person_id, now=now).training) == 1
    assert len(awards.passport_content(session, twice.kept.person_id, now=now).training) == 1


def test_nothing_is_moved_that_is_not_the_persons(session: Session, twice: Twice, now: datetime) -> None:
    with pytest.raises(Invalid, match="not there any more"):
        part(session, twice, now, chosen={twice.kept.award_id})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"chosen": set()}, "Choose what"), ({"because": " "}, "Say why")],
)
def test_a_choice_and_a_reason_are_needed(
    session: Session, twice: Twice, now: datetime, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        part(session, twice, now, **changes)


def test_one_registrar_does_not_end_a_professional_credential(session: Session, twice: Twice, now: datetime) -> None:
    credential = StandardFactory.create(
        session, kind="credential", title="Invented Paediatrics",
        framework_id=session.get_one(Standard, session.get_one(Award, twice.gone.award_id).standard_id).framework_id,
    )  # fmt: skip
    professional = same_award(session, twice, person_id=twice.gone.person_id, standard_id=credential.id)
    with pytest.raises(Invalid, match=r"^Invented Paediatrics: two people of the issuer must withdraw") as told:
        part(session, twice, now, chosen={twice.gone.award_id, professional.id})
    assert [fault.pointer for fault in told.value.faults] == ["/chosen"]
    assert professional.ended_at is None
    assert session.get_one(Award, twice.gone.award_id).ended_at is None
    assert session.scalars(select(IdentityCorrection)).all() == []


def test_the_right_person_is_another_open_record(session: Session, twice: Twice, now: datetime) -> None:
    with pytest.raises(Invalid, match="same record"):
        part(session, twice, now, to=twice.gone.person_id)
    with pytest.raises(RecordNotFound):
        part(session, twice, now, to=UUID(int=5))
    closed = session.get_one(Person, new_person(session))
    closed.closed_at = now
    session.flush()
    with pytest.raises(RecordNotOpen):
        part(session, twice, now, to=closed.id)
