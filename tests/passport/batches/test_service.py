"""Batches: what is asked for, what is done, what is named and left, and what can't be."""

import os
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.awards import service as awards
from passport.awards.models import Award
from passport.batches import results, service, storing, undoing
from passport.batches.models import BatchChunk, BatchRow
from passport.issuing import service as issuing
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from passport.organisations import service as organisations
from passport.staff import numbers
from passport.staff.models import Employment
from passport.standards import service as standards
from passport.web.models import RateWindow
from tests.batch_files import ACTOR, BORN, Sender, as_csv, as_json_lines, make_sender, make_staff
from tests.factories import OrganisationFactory

SECOND = "account:second"


def issued(session: Session, sender: Sender, place: int) -> list[Credential]:
    query = select(Credential).where(Credential.person_id == sender.staff[place].id, Credential.state == "issued")
    return list(session.scalars(query.order_by(Credential.planned_at, Credential.id)))


def test_passports_are_issued_to_everybody_in_a_file(session: Session, sender: Sender) -> None:
    batch = sender.send("issue_passports", as_csv(*sender.rows(0, 1, 2, 3)))
    assert sender.outcomes(batch) == ["2 done", "3 done", "4 done", "5 done"]
    assert [len(issued(session, sender, place)) for place in range(4)] == [1, 1, 1, 1]
    named = session.scalars(select(BatchRow.credential_id).where(BatchRow.batch_id == batch.id)).all()
    assert set(named) == {issued(session, sender, place)[0].id for place in range(4)}
    assert list(findings(session, now=sender.now)) == []
    assert sender.progress(batch).state == "finished"


def test_a_chunk_that_is_asked_for_again_issues_nothing_again(session: Session, sender: Sender) -> None:
    batch = sender.send("issue_passports", as_csv(*sender.rows(0, 1)))
    sender.work(batch)
    assert [len(issued(session, sender, place)) for place in range(2)] == [1, 1]


def test_awards_are_recorded_with_the_facts_of_their_rows(sender: Sender) -> None:
    rows = sender.awards(0, Valid_until="2-Mar-2028") + sender.awards(1, Assessed="unknown", Delivery="E-learning")
    batch = sender.send("record_awards", as_csv(*rows))
    assert sender.outcomes(batch) == ["2 done", "3 done"]
    [first], [second] = sender.held(0), sender.held(1)
    assert (first.awarded_on, first.valid_until, first.assessed) == (date(2026, 3, 2), date(2028, 3, 2), True)
    assert (second.delivery, second.assessed, second.recorded_by) == ("e_learning", None, ACTOR)


def test_json_lines_say_the_same_as_a_table(sender: Sender) -> None:
    row: dict[str, object] = {
        "passport_number": sender.number(0), "standard": "FS", "awarded_on": "2026-03-02", "delivery": "blended",
        "assessed": False, "verification_method": "record", "pedigree": "authoritative", "part": 0,
        "valid_until": None,
    }  # fmt: skip
    batch = sender.send("record_awards", as_json_lines(row, row | {"passport_number": sender.number(1)}))
    assert sender.outcomes(batch) == ["1 done", "2 done"]
    assert (sender.held(0)[0].delivery, sender.held(0)[0].assessed) == ("blended", False)


def test_every_row_that_cannot_be_done_is_named_and_the_others_go_on(sender: Sender) -> None:
    rows = [
        *sender.awards(0),
        *sender.awards(0),
        *sender.awards(1, Standard="NOTHING"),
        *sender.awards(1, Awarded_on="02/03/2026"),
        *sender.awards(1, Awarded_on="2027-01-01"),
        *sender.awards(1, Valid_until="2026-03-01"),
        *sender.awards(1, Part="7"),
        *sender.awards(1, Delivery="by post"),
        *sender.awards(1, Pedigree=""),
        sender.awards(1)[0] | {"Passport number": "0000-0000-1"},
        *sender.awards(1),
    ]
    batch = sender.send("record_awards", as_csv(*rows))
    assert sender.outcomes(batch) == [
        "2 done", "3 failed row_twice", "4 failed standard_unknown", "5 failed cell_form", "6 failed day_in_future",
        "7 failed last_day_too_early", "8 failed part_unknown", "9 failed cell_form", "10 failed cell_missing",
        "11 failed cell_form", "12 done",
    ]  # fmt: skip
    told = sender.progress(batch)
    assert (told.total, told.done, told.failed, told.left, told.state) == (11, 2, 9, 0, "finished")
    row = sender.session.get_one(BatchRow, (batch.id, 9))
    assert (row.column, row.sentence) == (
        "Delivery", "This must be one of: e_learning, face_to_face, blended, unknown.",
    )  # fmt: skip


def test_a_file_that_asks_for_foreign_staff_does_nothing(session: Session, sender: Sender) -> None:
    [stranger] = make_staff(session, OrganisationFactory.create(session).id, 1)
    rows = [*sender.rows(0), {"Passport number": stranger.passport_number}]
    with pytest.raises(service.ExceedsRights) as refused:
        sender.request("issue_passports", as_csv(*rows))
    assert [fault.pointer for fault in refused.value.faults] == ["line 3, column Passport number"]
    assert session.scalar(select(func.count()).select_from(BatchRow)) == 0
    dry = sender.request("issue_passports", as_csv(*rows), dry_run=True)
    assert (sender.progress(dry).state, sender.outcomes(dry)) == ("refused", ["2 ready", "3 failed not_your_staff"])
    with pytest.raises(service.BatchOver):
        service.run(session, dry.id, **sender.acting)


def test_a_foreign_and_an_unknown_person_look_the_same(session: Session, sender: Sender) -> None:
    [stranger] = make_staff(session, OrganisationFactory.create(session).id, 1)
    told = []
    for number in (stranger.passport_number, numbers.make(os.urandom)):
        dry = sender.request("issue_passports", as_csv({"Passport number": number}), dry_run=True)
        row = session.scalars(service.rows(dry.id)).one()
        told.append((row.outcome, row.column, row.code, row.sentence, row.person_id))
    assert told[0] == told[1]


def test_a_standard_without_accreditation_stops_the_whole_file(session: Session, sender: Sender) -> None:
    rows = sender.awards(0) + sender.awards(1, Standard="MPC-PAEDIATRICS")
    with pytest.raises(service.ExceedsRights):
        sender.request("record_awards", as_csv(*rows))
    assert sender.held(0) == []


def test_somebody_employed_elsewhere_is_named_by_number_and_date_of_birth(session: Session, sender: Sender) -> None:
    elsewhere = make_staff(session, OrganisationFactory.create(session).id, 2)
    rows = [sender.awards(0)[0] | {"Passport number": each.passport_number} for each in elsewhere]
    with pytest.raises(service.ExceedsRights):
        sender.request("record_awards", as_csv(*rows))
    known = [rows[0] | {"Date of birth": BORN.isoformat()}, rows[1] | {"Date of birth": "1990-02-04"}]
    batch = sender.send("record_awards", as_csv(*known))
    assert sender.outcomes(batch) == ["2 done", "3 failed person_not_found"]


def test_a_file_cannot_find_out_a_date_of_birth(session: Session, sender: Sender) -> None:
    [elsewhere] = make_staff(session, OrganisationFactory.create(session).id, 1)
    row = sender.awards(0)[0] | {"Passport number": elsewhere.passport_number}
    tried = [row | {"Date of birth": (BORN + timedelta(days=days)).isoformat()} for days in range(-10, 10)]
    batch = sender.request("record_awards", as_csv(*tried), dry_run=True)
    assert set(sender.outcomes(batch)) == {f"{line} failed too_many_tries" for line in range(2, 22)}
    assert session.scalar(select(RateWindow.used)) == 20


def test_awards_are_corrected_by_person_and_standard_or_by_id(sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0, 1, Valid_until="2027-03-02")))
    second = sender.held(1)[0].id
    rows = [
        {"Passport number": sender.number(0), "Standard": "FS", "New awarded on": "2026-03-03"},
        {"Award": str(second), "New valid until": "none", "New assessed": "no"},
        {"Passport number": sender.number(2), "Standard": "FS", "New awarded on": "2026-03-03"},
        {"Award": str(second), "New assessed": "unknown"},
        {"New assessed": "unknown"},
    ]
    batch = sender.send("correct_awards", as_csv(*rows))
    assert sender.outcomes(batch) == [
        "2 done", "3 done", "4 failed award_not_found", "5 failed row_twice", "6 failed award_unnamed",
    ]  # fmt: skip
    assert sender.held(0)[0].awarded_on == date(2026, 3, 3)
    assert (sender.held(1)[0].valid_until, sender.held(1)[0].assessed) == (None, False)


def test_a_correction_that_changes_nothing_is_named(sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0)))
    same = {"Passport number": sender.number(0), "Standard": "FS", "New awarded on": "2026-03-02"}
    batch = sender.send("correct_awards", as_csv(same))
    assert sender.outcomes(batch) == ["2 failed nothing_changes"]


def test_a_foreign_award_stops_the_whole_file(session: Session, sender: Sender, now: object) -> None:
    other = make_sender(session, sender.now)
    other.send("record_awards", as_csv(*other.awards(0)))
    sender.send("record_awards", as_csv(*sender.awards(0)))
    rows = [{"Award": str(each.held(0)[0].id), "Reason": "issued_in_error"} for each in (sender, other)]
    with pytest.raises(service.ExceedsRights):
        sender.request("withdraw_awards", as_csv(*rows))
    assert len(sender.held(0)) == 1


def test_a_successor_corrects_what_its_predecessor_issued(session: Session, sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0)))
    heir = make_sender(session, sender.now)
    organisations.merge(
        session, ods_code=sender.organisation.ods_code, into=heir.organisation.ods_code, on=date(2026, 8, 1),
        actor="operator", now=sender.now,
    )  # fmt: skip
    row = {"Passport number": sender.number(0), "Standard": "FS", "New assessed": "no"}
    assert heir.outcomes(heir.send("correct_awards", as_csv(row))) == ["2 done"]
    assert sender.held(0)[0].organisation_id == sender.organisation.id


def test_copies_are_revoked_by_id_or_by_person(session: Session, sender: Sender) -> None:
    for _ in range(2):
        sender.send("issue_passports", as_csv(*sender.rows(0, 1)))
    first = issued(session, sender, 0)[0]
    rows = [
        {"Copy": str(first.id), "Reason": "lost"},
        {"Passport number": sender.number(1), "Reason": "holder_asked"},
        {"Passport number": sender.number(2), "Reason": "lost"},
    ]
    batch = sender.send("revoke_copies", as_csv(*rows))
    assert sender.outcomes(batch) == ["2 done", "3 done", "4 failed copy_not_found"]
    assert {copy.id: copy.revocation_reason for copy in issued(session, sender, 0)}[first.id] == "lost"
    assert sorted(copy.revocation_reason or "" for copy in issued(session, sender, 0)) == ["", "lost"]
    assert [copy.revocation_reason for copy in issued(session, sender, 1)] == ["holder_asked"] * 2
    with pytest.raises(undoing.CannotUndo):
        sender.undo(batch)


def test_whoever_is_named_loses_passports_and_keeps_badges(session: Session, sender: Sender) -> None:
    for _ in range(2):
        sender.send("issue_passports", as_csv(*sender.rows(0)))
    badge, passport = issued(session, sender, 0)
    badge.carrier = "open_badge"
    session.flush()
    row = {"Passport number": sender.number(0), "Reason": "lost"}
    assert sender.outcomes(sender.send("revoke_copies", as_csv(row))) == ["2 done"]
    for copy in (badge, passport):
        session.refresh(copy)
    assert (badge.revocation_reason, passport.revocation_reason) == (None, "lost")
    assert sender.outcomes(sender.send("revoke_copies", as_csv(row))) == ["2 failed copy_not_found"]


def test_a_dry_run_changes_nothing_and_is_run_once(session: Session, sender: Sender) -> None:
    dry = sender.request("record_awards", as_csv(*sender.awards(0, 1), *sender.awards(0)), dry_run=True)
    sender.work(dry)
    assert (sender.progress(dry).state, sender.held(0)) == ("checked", [])
    batch = service.run(session, dry.id, **sender.acting)
    sender.work(batch)
    assert sender.outcomes(batch) == ["2 done", "3 done", "4 failed row_twice"]
    with pytest.raises(service.AlreadyRun):
        service.run(session, dry.id, **sender.acting)


def test_a_foreign_and_an_unknown_batch_look_the_same(session: Session, sender: Sender) -> None:
    other = make_sender(session, sender.now)
    batch = other.request("record_awards", as_csv(*other.awards(0)))
    for act in (service.cancel, service.confirm, service.run):
        with pytest.raises(service.BatchNotFound):
            act(session, batch.id, **sender.acting)
    with pytest.raises(service.BatchNotFound):
        sender.undo(batch)


def test_what_changed_since_the_check_fails_by_itself(session: Session, sender: Sender) -> None:
    batch = sender.request("record_awards", as_csv(*sender.awards(0, 1)))
    sender.send("record_awards", as_csv(*sender.awards(0)))
    sender.work(batch)
    assert sender.outcomes(batch) == ["2 failed award_exists", "3 done"]
    assert (sender.progress(batch).done, sender.progress(batch).failed) == (1, 1)


def test_who_left_since_the_check_gets_no_passport(session: Session, sender: Sender) -> None:
    batch = sender.request("issue_passports", as_csv(*sender.rows(0, 1)))
    job = session.scalars(select(Employment).where(Employment.person_id == sender.staff[0].id)).one()
    job.ended_on = date(2026, 8, 5)
    sender.work(batch)
    assert sender.outcomes(batch) == ["2 failed not_your_staff", "3 done"]


def test_a_cancelled_batch_stops_before_its_next_chunk(
    session: Session, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "CHUNK", 2)
    batch = sender.request("record_awards", as_csv(*sender.awards(0, 1, 2, 3)))
    service.cancel(session, batch.id, **sender.acting)
    sender.work(batch)
    assert sender.outcomes(batch) == [f"{line} cancelled" for line in (2, 3, 4, 5)]
    assert sender.progress(batch).state == "cancelled"
    with pytest.raises(service.BatchOver):
        service.cancel(session, batch.id, **sender.acting)


def test_the_audit_log_has_one_entry_a_chunk_that_vouches_for_its_rows(session: Session, sender: Sender) -> None:
    batch = sender.send("record_awards", as_csv(*sender.awards(0, 1)))
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"batch:{batch.id}")).all()
    assert [entry.action for entry in entries] == ["batch.requested", "batch.chunk_done", "batch.finished"]
    chunk = session.get_one(BatchChunk, (batch.id, 1))
    assert entries[1].detail["rows_root"] == results.rows_root(session, chunk).hex()
    assert entries[1].detail["actions"] == {"award.recorded": 2}
    assert session.scalar(select(AuditEntry).where(AuditEntry.action == "award.recorded")) is None


def test_a_batch_that_lost_its_worker_is_asked_for_again(session: Session, sender: Sender) -> None:
    batch = sender.request("record_awards", as_csv(*sender.awards(0)))
    assert service.resume(session, batch, now=sender.now) == 0  # its job waits
    session.execute(text("DELETE FROM procrastinate_jobs"))
    assert service.resume(session, batch, now=sender.now) == 1
    sender.work(batch)
    assert service.resume(session, batch, now=sender.now) == 0


# Undo


def test_a_wrong_course_is_undone_and_what_stood_before_stands_again(session: Session, sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0, Awarded_on="2024-03-02", Delivery="e_learning")))
    batch = sender.send("record_awards", as_csv(*sender.awards(0, 1)))
    back = sender.undo(batch)
    assert sender.outcomes(back) == ["2 done", "3 done"]
    [again] = sender.held(0)
    assert (again.awarded_on, again.delivery) == (date(2024, 3, 2), "e_learning")
    assert sender.held(1) == []
    ended = session.get_one(Award, session.get_one(BatchRow, (batch.id, 3)).result_id)
    assert (ended.ending, ended.ending_reason) == ("withdrawn", "issued_in_error")
    with pytest.raises(service.AlreadyTaken):
        sender.undo(batch)
    with pytest.raises(undoing.CannotUndo):
        sender.undo(back)


def test_what_somebody_changed_since_is_left_and_named(session: Session, sender: Sender) -> None:
    batch = sender.send("record_awards", as_csv(*sender.awards(0, 1, 2)))
    awards.correct(session, award_id=sender.held(0)[0].id, changes={"assessed": False}, **sender.acting)
    sender.send("record_awards", as_csv(*sender.awards(1, Awarded_on="2026-07-01")))
    dry = sender.undo(batch, dry_run=True)
    expected = ["2 failed changed_since", "3 failed changed_since"]
    assert sender.outcomes(dry) == [*expected, "4 ready"]
    assert sender.outcomes(sender.undo(batch)) == [*expected, "4 done"]
    assert (len(sender.held(0)), len(sender.held(1)), len(sender.held(2))) == (1, 1, 0)


def test_an_award_that_never_counted_is_left(sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0, Awarded_on="2026-07-01")))
    batch = sender.send("record_awards", as_csv(*sender.awards(0)))
    assert sender.outcomes(sender.undo(batch)) == ["2 failed never_current"]


def test_corrections_are_corrected_back(sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0, Valid_until="2027-03-02")))
    row = {"Passport number": sender.number(0), "Standard": "FS", "New valid until": "none", "New assessed": "no"}
    batch = sender.send("correct_awards", as_csv(row))
    assert sender.outcomes(sender.undo(batch)) == ["2 done"]
    assert (sender.held(0)[0].valid_until, sender.held(0)[0].assessed) == (date(2027, 3, 2), True)


def test_withdrawn_awards_are_recorded_again_unless_somebody_did(sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(0, 1)))
    rows = [row | {"Standard": "FS", "Reason": "no_longer_valid"} for row in sender.rows(0, 1)]
    batch = sender.send("withdraw_awards", as_csv(*rows))
    assert (sender.held(0), sender.held(1)) == ([], [])
    sender.send("record_awards", as_csv(*sender.awards(1)))
    assert sender.outcomes(sender.undo(batch)) == ["2 done", "3 failed changed_since"]
    assert sender.held(0)[0].awarded_on == date(2026, 3, 2)


def test_issued_copies_are_revoked_but_for_those_that_were(session: Session, sender: Sender) -> None:
    batch = sender.send("issue_passports", as_csv(*sender.rows(0, 1)))
    issuing.revoke(session, issued(session, sender, 0)[0].id, reason="lost", **sender.acting)
    assert sender.outcomes(sender.undo(batch)) == ["2 failed changed_since", "3 done"]
    reasons = [issued(session, sender, place)[0].revocation_reason for place in range(2)]
    assert reasons == ["lost", "issued_in_error"]


def test_a_batch_that_is_at_work_is_not_undone(session: Session, sender: Sender) -> None:
    batch = sender.request("record_awards", as_csv(*sender.awards(0)))
    with pytest.raises(service.BatchRunning):
        service.undo(session, batch.id, dry_run=False, **sender.acting)


# Two people


def test_professional_credentials_are_withdrawn_by_two_people(session: Session, sender: Sender) -> None:
    standards.accredit(
        session, organisation_id=sender.organisation.id, standard_code="MPC-PAEDIATRICS", from_on=date(2024, 4, 1),
        actor="operator", now=sender.now,
    )  # fmt: skip
    batch = sender.send("record_awards", as_csv(*sender.awards(0, Standard="MPC-PAEDIATRICS")))
    assert sender.outcomes(batch) == ["2 done"]
    back = sender.undo(batch)
    assert (sender.progress(back).state, len(sender.held(0))) == ("waiting", 1)
    with pytest.raises(service.SecondPersonMissing):
        service.confirm(session, back.id, **sender.acting)
    service.confirm(session, back.id, **sender.acting | {"actor": SECOND})
    sender.work(back)
    assert (sender.outcomes(back), sender.held(0)) == (["2 done"], [])
    with pytest.raises(service.BatchOver):
        service.confirm(session, back.id, **sender.acting | {"actor": SECOND})


def test_nothing_of_a_batch_that_waits_for_the_second_person_is_resumed(session: Session, sender: Sender) -> None:
    standards.accredit(
        session, organisation_id=sender.organisation.id, standard_code="MPC-PAEDIATRICS", from_on=date(2024, 4, 1),
        actor="operator", now=sender.now,
    )  # fmt: skip
    sender.send("record_awards", as_csv(*sender.awards(0, Standard="MPC-PAEDIATRICS")))
    row = {"Award": str(sender.held(0)[0].id), "Reason": "no_longer_valid"}
    batch = sender.request("withdraw_awards", as_csv(row))
    assert service.resume(session, batch, now=sender.now) == 0
    service.cancel(session, batch.id, **sender.acting)
    assert sender.progress(batch).state == "cancelled"
