"""A merge that was wrong is undone: each record gets back what was its own, and what happened since stays true."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from passport.awards import disputes
from passport.awards import service as awards
from passport.awards.models import Award, LocalTraining
from passport.records import merging
from passport.staff import claiming
from passport.staff import service as staff
from passport.staff.models import Contact
from tests.factories import PersonFactory
from tests.merges import _recognition, _state, current, decide, merge, propose, undo
from tests.passport.records.conftest import ANNA, Twice, same_award


@pytest.mark.parametrize("both_have_it", [False, True])
def test_undoing_takes_an_open_question_back(session: Session, twice: Twice, now: datetime, both_have_it: bool) -> None:
    if both_have_it:
        same_award(session, twice, awarded_on=session.get_one(Award, twice.gone.award_id).awarded_on)
    disputes.raise_dispute(
        session, award_id=twice.gone.award_id, person_id=twice.gone.person_id, reason="incorrect", words="The day",
        actor="x", now=now,
    )  # fmt: skip
    done = merge(session, twice, now)
    undo(session, done.id, twice, now + timedelta(hours=1))
    assert disputes.open_awards(session, twice.kept.person_id) == frozenset()
    assert disputes.open_awards(session, twice.gone.person_id) == {current(session, twice.gone.person_id)[0].id}
    assert {each.words for each in disputes.of_person(session, twice.gone.person_id)} == {"The day"}


@pytest.mark.parametrize("corrected", [False, True])
def test_a_question_asked_since_goes_back_with_its_award(
    session: Session, twice: Twice, now: datetime, corrected: bool
) -> None:
    _ask(session, twice.gone.person_id, twice.gone.award_id, "Before", now)
    done = merge(session, twice, now)
    [moved_id] = [each.id for each in current(session, twice.kept.person_id) if each.recorded_at == now]
    if corrected:
        moved_id = awards.correct(
            session, award_id=moved_id, organisation_id=twice.gone.organisation_id, changes={"delivery": "blended"},
            actor="x", now=now,
        ).id  # fmt: skip
        _ask(session, twice.kept.person_id, moved_id, "Since", now + timedelta(minutes=1))
    else:
        [before] = [each for each in disputes.of_person(session, twice.kept.person_id) if each.answered_at is None]
        disputes.answer(session, dispute_id=before.id, organisation_id=twice.gone.organisation_id, outcome="stands",
                        reply="It is right.", actor="x", now=now)  # fmt: skip
        _ask(session, twice.kept.person_id, moved_id, "Since", now + timedelta(minutes=1))
    undo(session, done.id, twice, now + timedelta(hours=1))
    [stands] = current(session, twice.gone.person_id)
    [asked] = [each for each in disputes.of_person(session, twice.gone.person_id) if each.answered_at is None]
    assert (asked.award_id, asked.words) == (stands.id, "Before" if corrected else "Since")
    assert disputes.open_awards(session, twice.kept.person_id) == frozenset()


def test_a_question_about_the_own_award_of_the_kept_record_stays_there(
    session: Session, twice: Twice, now: datetime
) -> None:
    own = same_award(session, twice, awarded_on=session.get_one(Award, twice.gone.award_id).awarded_on)
    done = merge(session, twice, now)
    _ask(session, twice.kept.person_id, own.id, "Mine", now + timedelta(minutes=1))
    undo(session, done.id, twice, now + timedelta(hours=1))
    assert disputes.open_awards(session, twice.kept.person_id) == {own.id}
    assert disputes.open_awards(session, twice.gone.person_id) == frozenset()


def _ask(session: Session, person_id: UUID, award_id: UUID, words: str, now: datetime) -> None:
    disputes.raise_dispute(
        session, award_id=award_id, person_id=person_id, reason="incorrect", words=words, actor="x", now=now
    )


def test_undoing_leaves_an_address_that_was_given_since(session: Session, twice: Twice, now: datetime) -> None:
    claiming.keep_address(session, person_id=twice.gone.person_id, email="testa@x1v2a.example")
    done = merge(session, twice, now)
    claiming.invite(
        session, person_id=twice.kept.person_id, organisation_id=twice.kept.organisation_id,
        email="sister@x1v2a.example", by_mail=False, actor="x", now=now + timedelta(hours=1),
    )  # fmt: skip
    undo(session, done.id, twice, now + timedelta(hours=2))
    assert session.get_one(Contact, twice.kept.person_id).email == "sister@x1v2a.example"
    assert session.get(Contact, twice.gone.person_id) is None


def test_undoing_gives_the_address_back(session: Session, twice: Twice, now: datetime) -> None:
    claiming.keep_address(session, person_id=twice.gone.person_id, email="testa@x1v2a.example")
    done = merge(session, twice, now)
    undo(session, done.id, twice, now + timedelta(hours=2))
    assert session.get_one(Contact, twice.gone.person_id).email == "testa@x1v2a.example"


def test_undoing_gives_each_record_what_was_its_own(session: Session, twice: Twice, now: datetime) -> None:
    session.add(
        LocalTraining(person_id=twice.gone.person_id, organisation_id=twice.gone.organisation_id, name="Fire doors",
                      awarded_on=date(2026, 1, 1), recorded_at=now)
    )  # fmt: skip
    before = {each: _state(session, each) for each in (twice.kept.person_id, twice.gone.person_id)}
    done = merge(session, twice, now)
    assert _state(session, twice.gone.person_id) == (set(), set(), set(), set())
    undo(session, done.id, twice, now + timedelta(days=3))
    assert {each: _state(session, each) for each in before} == before
    assert staff.by_number(session, twice.gone.number).id == twice.gone.person_id
    assert (done.state, done.undone_by) == ("undone", ANNA)


@pytest.mark.parametrize("days", [-40, 0, 40])
def test_undoing_brings_back_what_had_to_give_way(session: Session, twice: Twice, now: datetime, days: int) -> None:
    there = same_award(session, twice, awarded_on=date(2026, 2, 3) + timedelta(days=days))
    before = {each: _state(session, each) for each in (twice.kept.person_id, twice.gone.person_id)}
    done = merge(session, twice, now)
    undo(session, done.id, twice, now + timedelta(hours=1))
    assert {each: _state(session, each) for each in before} == before
    assert there.awarded_on in {each.awarded_on for each in current(session, twice.kept.person_id)}


def test_what_an_issuer_withdrew_meanwhile_does_not_come_back(session: Session, twice: Twice, now: datetime) -> None:
    done = merge(session, twice, now)
    moved = session.get_one(Award, session.get_one(Award, twice.gone.award_id).replaced_by_id)
    awards.withdraw(
        session, award_id=moved.id, organisation_id=twice.gone.organisation_id, reason="issued_in_error", actor="x",
        now=now,
    )  # fmt: skip
    undo(session, done.id, twice, now + timedelta(hours=1))
    assert current(session, twice.gone.person_id) == []


def test_what_an_issuer_corrected_meanwhile_comes_back_corrected(session: Session, twice: Twice, now: datetime) -> None:
    done = merge(session, twice, now)
    moved = session.get_one(Award, session.get_one(Award, twice.gone.award_id).replaced_by_id)
    awards.correct(
        session, award_id=moved.id, organisation_id=twice.gone.organisation_id, changes={"delivery": "blended"},
        actor="x", now=now + timedelta(minutes=5),
    )  # fmt: skip
    undo(session, done.id, twice, now + timedelta(hours=1))
    assert [each.delivery for each in current(session, twice.gone.person_id)] == ["blended"]
    assert len(current(session, twice.kept.person_id)) == 1


def test_recognition_goes_and_comes_back(session: Session, twice: Twice, now: datetime) -> None:
    session.add(_recognition(session, twice, now))
    session.flush()
    done = merge(session, twice, now)
    at_kept = awards.passport_content(session, twice.kept.person_id, now=now).advanced_practice
    assert at_kept is not None
    undo(session, done.id, twice, now + timedelta(hours=1))
    assert awards.passport_content(session, twice.kept.person_id, now=now).advanced_practice is None
    assert awards.passport_content(session, twice.gone.person_id, now=now).advanced_practice is not None


def test_three_records_become_one_and_come_apart_in_order(session: Session, twice: Twice, now: datetime) -> None:
    first = merge(session, twice, now)
    third = PersonFactory.create(session)
    second = propose(session, twice, now, from_person_id=twice.kept.person_id, to_person_id=third.id)
    decide(session, second.id, twice, now)
    assert staff.by_number(session, twice.gone.number).id == third.id
    with pytest.raises(merging.LaterMergeStands):
        undo(session, first.id, twice, now)
    undo(session, second.id, twice, now + timedelta(hours=1))
    undo(session, first.id, twice, now + timedelta(hours=2))
    assert staff.by_number(session, twice.gone.number).id == twice.gone.person_id
    assert [each.awarded_on for each in current(session, twice.gone.person_id)] == [date(2026, 2, 3)]
