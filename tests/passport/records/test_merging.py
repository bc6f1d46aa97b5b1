"""Two records of one person become one, and two again; who may say so, and what stays of both."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import db
from passport.access import accounts, shutting_out
from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.awards import disputes
from passport.awards import service as awards
from passport.awards.models import Award, AwardDispute
from passport.errors import Invalid
from passport.holder import looks, sharing
from passport.holder import service as holder
from passport.issuing import issuance
from passport.issuing.models import Credential
from passport.issuing.service import RecordClosed
from passport.records import jobs, merging, service
from passport.records.service import RecordNotFound, RecordNotOpen
from passport.settings import Settings
from passport.staff import claiming
from passport.staff import service as staff
from passport.staff.models import Contact, Person
from tests.factories import PersonFactory
from tests.merges import WHY, _state, current, decide, merge, propose, undo
from tests.passport.records.conftest import ANNA, BELA, Twice, make_application, make_twice, same_award
from tests.races import second_waits_for_first


def test_both_numbers_lead_to_the_record_that_stands(session: Session, twice: Twice, now: datetime) -> None:
    merge(session, twice, now)
    for number in (twice.kept.number, twice.gone.number):
        assert staff.by_number(session, number).id == twice.kept.person_id
        for employer in (twice.kept.organisation_id, twice.gone.organisation_id):
            assert staff.of_organisation(session, number, employer, now=now).id == twice.kept.person_id
    gone = twice.gone.person_id
    assert staff.member(session, gone, organisation_id=twice.kept.organisation_id, now=now).id == twice.kept.person_id
    assert staff.same_person_ids(session, twice.kept.person_id) == (twice.kept.person_id, gone)


def test_everything_of_both_is_in_one_passport(session: Session, twice: Twice, now: datetime) -> None:
    merge(session, twice, now)
    content = awards.passport_content(session, twice.kept.person_id, now=now)
    assert {award.standard for award in content.training} == {twice.kept.standard_code, twice.gone.standard_code}
    assert [each.body for each in content.registrations] == ["NMC"]
    assert content.number == twice.kept.number
    assert current(session, twice.gone.person_id) == []


def test_a_fact_is_not_changed_but_ends_and_is_recorded_again(session: Session, twice: Twice, now: datetime) -> None:
    merge(session, twice, now)
    old = session.get_one(Award, twice.gone.award_id)
    assert (old.person_id, old.ending, old.ended_at) == (twice.gone.person_id, "corrected", now)
    assert old.replaced_by_id is not None
    new = session.get_one(Award, old.replaced_by_id)
    assert (new.person_id, new.recorded_by, new.recorded_at) == (twice.kept.person_id, BELA, now)
    kept = ("organisation_id", "standard_id", "framework_version_id", "awarded_on", "delivery", "assessed", "import_id")
    assert all(getattr(old, name) == getattr(new, name) for name in kept)


@pytest.mark.parametrize(("days", "standing"), [(0, 1), (40, 1), (-40, 1)])
def test_the_same_award_on_both_records_stands_once(
    session: Session, twice: Twice, now: datetime, days: int, standing: int
) -> None:
    there = same_award(session, twice, awarded_on=date(2026, 2, 3) + timedelta(days=days))
    merge(session, twice, now)
    held = [each for each in current(session, twice.kept.person_id) if each.standard_id == there.standard_id]
    assert len(held) == standing
    assert held[0].awarded_on == max(date(2026, 2, 3), there.awarded_on)


def test_the_copies_under_the_number_that_goes_are_withdrawn_and_made_again_under_the_other(
    session: Session, twice: Twice, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "utc_now", lambda: now)
    old = issuance.issue_passport(
        twice.gone.person_id, organisation_id=twice.gone.organisation_id, requested_by="x", now=now
    )
    done = merge(session, twice, now)
    session.commit()
    for _ in range(2):  # the job may run twice
        jobs.replace_copies(str(done.id))
    gone = session.get_one(Credential, old.id, populate_existing=True)
    assert (gone.revoked_at, gone.revocation_reason) == (now, "record_merged")
    [fresh] = session.scalars(select(Credential).where(Credential.person_id == twice.kept.person_id))
    assert (gone.replaced_by_id, fresh.state, fresh.organisation_id) == (fresh.id, "issued", twice.gone.organisation_id)


def test_nothing_is_issued_any_more_for_the_record_that_went(session: Session, twice: Twice, now: datetime) -> None:
    merge(session, twice, now)
    session.commit()
    with pytest.raises(RecordClosed):
        issuance.issue_passport(
            twice.gone.person_id, organisation_id=twice.gone.organisation_id, requested_by="x", now=now
        )


def test_the_history_of_both_is_told_at_the_one_that_stands(session: Session, twice: Twice, now: datetime) -> None:
    older = same_award(session, twice, person_id=twice.gone.person_id, awarded_on=date(2025, 2, 3), ended_at=now,
                       ending="superseded", replaced_by_id=twice.gone.award_id)  # fmt: skip
    share = sharing.make(
        session, share_id=UUID(int=7), person_id=twice.gone.person_id, given_to="Invented Coast NHS Trust",
        award_ids=[twice.gone.award_id], with_registrations=False, days=7, many=True, key=b"k", actor="x", now=now,
    )  # fmt: skip
    sharing.open_by_link(
        session, share.link_secret, born_on=date(1990, 2, 3), visit=sharing.Visit("Invented Coast"), now=now
    )
    merge(session, twice, now)
    kept = twice.kept.person_id
    assert older.id in {award.id for award in awards.history(session, kept)}
    assert date(2025, 2, 3) in {each.awarded_on for each in holder.ended_awards(session, kept)}
    assert [each.given_to for each in sharing.all_of(session, kept)] == ["Invented Coast NHS Trust"]
    assert sharing.all_of(session, kept)[0].stopped_at == now
    assert len(looks.who_has_looked(session, kept).items) == 1


def test_an_open_question_goes_on_at_the_record_that_stands(session: Session, twice: Twice, now: datetime) -> None:
    disputes.raise_dispute(
        session, award_id=twice.gone.award_id, person_id=twice.gone.person_id, reason="incorrect", words="The day",
        actor="x", now=now,
    )  # fmt: skip
    merge(session, twice, now)
    [open_award] = disputes.open_awards(session, twice.kept.person_id)
    assert session.get_one(Award, open_award).person_id == twice.kept.person_id
    assert len(disputes.of_person(session, twice.kept.person_id)) == 2
    first = session.scalars(select(AwardDispute).where(AwardDispute.person_id == twice.gone.person_id)).one()
    assert first.answer == "corrected"


def test_address_and_account_go_where_there_is_none(session: Session, twice: Twice, now: datetime) -> None:
    claiming.keep_address(session, person_id=twice.gone.person_id, email="testa@x1v2a.example")
    account = accounts.register(session, name="Testa", person_id=twice.gone.person_id, actor="x", now=now)
    merge(session, twice, now)
    assert session.get_one(Contact, twice.kept.person_id).email == "testa@x1v2a.example"
    assert accounts.of_person(session, twice.kept.person_id) == account


def test_an_account_that_is_shut_out_stays_so_at_the_record_that_stands(
    session: Session, twice: Twice, now: datetime
) -> None:
    account = accounts.register(session, name="Testa", person_id=twice.gone.person_id, actor="x", now=now)
    shutting_out.shut_out(session, account.id, reason="misuse", actor="x", now=now)
    done = merge(session, twice, now)
    assert accounts.of_person(session, twice.kept.person_id) == account
    undo(session, done.id, twice, now)
    assert (account.person_id, account.disabled_at) == (twice.gone.person_id, now)


def test_a_second_account_of_the_same_person_works_no_more(session: Session, twice: Twice, now: datetime) -> None:
    ours, second = (
        accounts.register(session, name="Testa", person_id=person_id, actor="x", now=now)
        for person_id in (twice.kept.person_id, twice.gone.person_id)
    )
    done = merge(session, twice, now)
    assert (ours.disabled_at, second.disabled_at) == (None, now)
    undo(session, done.id, twice, now)
    assert second.disabled_at is None


def test_an_open_application_for_recognition_stays_where_it_is(session: Session, twice: Twice, now: datetime) -> None:
    proposed = propose(session, twice, now)
    make_application(session, twice.gone, now)
    with pytest.raises(merging.ApplicationUnderWay):
        decide(session, proposed.id, twice, now)


def test_the_same_person_does_not_decide(session: Session, twice: Twice, now: datetime) -> None:
    proposed = propose(session, twice, now)
    with pytest.raises(merging.SecondPersonNeeded):
        decide(session, proposed.id, twice, now, actor=ANNA)
    assert session.get_one(Person, twice.gone.person_id).merged_into_id is None


def test_the_database_itself_refuses_one_person_for_both(session: Session, twice: Twice, now: datetime) -> None:
    proposed = propose(session, twice, now)
    proposed.state, proposed.decided_by, proposed.decided_at = "done", ANNA, now
    with pytest.raises(Exception, match="ck_identity_correction_two_people"):
        session.flush()


def test_a_record_is_not_merged_into_itself(session: Session, twice: Twice, now: datetime) -> None:
    with pytest.raises(Invalid, match="same record"):
        propose(session, twice, now, to_person_id=twice.gone.person_id)


def test_merges_make_no_circle(session: Session, twice: Twice, now: datetime) -> None:
    merge(session, twice, now)
    with pytest.raises(RecordNotOpen):
        propose(session, twice, now, from_person_id=twice.kept.person_id, to_person_id=twice.gone.person_id)
    third = PersonFactory.create(session)
    with pytest.raises(RecordNotOpen):
        propose(session, twice, now, from_person_id=third.id, to_person_id=twice.gone.person_id)


def test_of_two_proposals_the_other_way_round_one_waits(session: Session, twice: Twice, now: datetime) -> None:
    propose(session, twice, now)
    with pytest.raises(merging.ProposedAlready):
        propose(session, twice, now, from_person_id=twice.kept.person_id, to_person_id=twice.gone.person_id)


def test_what_was_decided_is_not_decided_again(session: Session, twice: Twice, now: datetime) -> None:
    done = merge(session, twice, now)
    with pytest.raises(merging.DecidedAlready):
        decide(session, done.id, twice, now)
    undo(session, done.id, twice, now)
    with pytest.raises(merging.DecidedAlready):
        undo(session, done.id, twice, now)


def test_a_refusal_leaves_both_as_they_are_and_another_proposal_may_follow(
    session: Session, twice: Twice, now: datetime
) -> None:
    proposed = propose(session, twice, now)
    merging.refuse(session, proposed.id, because="Two people.", organisation_id=twice.registry_id, actor=ANNA, now=now)
    assert len(current(session, twice.gone.person_id)) == 1
    assert propose(session, twice, now).state == "proposed"


@pytest.mark.parametrize("because", ["", "   ", "x" * 501])
def test_a_reason_is_needed(session: Session, twice: Twice, now: datetime, because: str) -> None:
    with pytest.raises(Invalid, match="Say why"):
        propose(session, twice, now, because=because)


def test_an_unknown_record_is_not_found(session: Session, twice: Twice, now: datetime) -> None:
    with pytest.raises(RecordNotFound):
        propose(session, twice, now, from_person_id=UUID(int=5))
    with pytest.raises(RecordNotFound):
        service.by_number(session, "not a number")


def test_the_trace_names_both_records_and_no_words(session: Session, twice: Twice, now: datetime) -> None:
    done = merge(session, twice, now)
    subject = f"person:{twice.kept.person_id}"
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == subject)).all()
    assert [entry.action for entry in entries] == ["record.merge_proposed", "record.merged"]
    assert entries[1].detail["other"] == str(twice.gone.person_id)
    assert WHY not in str([entry.detail for entry in entries])
    assert audit.broken_entries(session) == []
    assert service.corrections_of(session, twice.kept.person_id) == [done]


def test_names_alone_never_speak_loudest(session: Session, twice: Twice) -> None:
    session.get_one(Person, twice.gone.person_id).date_of_birth = date(1980, 5, 6)
    session.flush()
    found = service.evidence(*(service.side(session, each.person_id) for each in (twice.kept, twice.gone)))
    assert found[0] == service.Evidence("The dates of birth differ.", speaks_for=False)


def test_of_two_registrars_at_once_one_decides(database_url: str, settings: Settings, now: datetime) -> None:
    with db.transaction() as session:
        twice = make_twice(session, settings, now)
        correction_id = propose(session, twice, now).id
    with pytest.raises(merging.DecidedAlready):
        second_waits_for_first(
            lambda session: decide(session, correction_id, twice, now),
            lambda session: decide(session, correction_id, twice, now, actor="account:carl"),
        )


def test_who_is_shut_out_while_records_are_merged_stays_out_when_they_are_parted(
    database_url: str, settings: Settings, now: datetime
) -> None:
    with db.transaction() as session:
        twice = make_twice(session, settings, now)
        _, second = (
            accounts.register(session, name="Testa", person_id=person_id, actor="x", now=now).id
            for person_id in (twice.kept.person_id, twice.gone.person_id)
        )
        correction_id = propose(session, twice, now).id
    second_waits_for_first(
        lambda session: shutting_out.shut_out(session, second, reason="misuse", actor="x", now=now),
        lambda session: decide(session, correction_id, twice, now + timedelta(minutes=1)),
    )
    with db.transaction() as session:
        undo(session, correction_id, twice, now + timedelta(minutes=2))
        assert accounts.by_id(session, second).disabled_at == now


def test_a_record_goes_into_one_other_though_two_merges_meet(
    database_url: str, settings: Settings, now: datetime
) -> None:
    with db.transaction() as session:
        twice = make_twice(session, settings, now)
        third = PersonFactory.create(session).id
        first = propose(session, twice, now).id
        second = propose(session, twice, now, from_person_id=twice.kept.person_id, to_person_id=third).id
    with pytest.raises(RecordNotOpen):
        second_waits_for_first(
            lambda session: decide(session, second, twice, now), lambda session: decide(session, first, twice, now)
        )


def test_a_merge_that_dies_half_way_leaves_both_records_as_they_were(
    database_url: str, settings: Settings, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        twice = make_twice(session, settings, now)
        correction_id = propose(session, twice, now).id
        before = _state(session, twice.gone.person_id)
    monkeypatch.setattr(service, "trace", _die)
    with pytest.raises(MemoryError), db.transaction() as session:
        decide(session, correction_id, twice, now)
    monkeypatch.undo()
    with db.transaction() as session:
        assert _state(session, twice.gone.person_id) == before
        decide(session, correction_id, twice, now)


def _die(*_: object, **__: object) -> None:
    raise MemoryError
