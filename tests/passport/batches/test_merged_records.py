"""Files that name a person by the number of a record that was merged, and batches that a merge overtakes."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.batches import service
from passport.batches.models import BatchRow
from passport.issuing.models import Credential
from passport.staff.models import Employment
from tests.batch_files import BORN, Sender, as_csv, make_staff
from tests.factories import OrganisationFactory
from tests.merges import current, join

OLD, KEPT = 0, 1  # staff of the sender: the record that goes, and the one that stands
REPLACED = "This is an old passport number. The record that stands for it was found."


def merge(sender: Sender) -> None:
    gone, kept = sender.staff[OLD].id, sender.staff[KEPT].id
    join(sender.session, gone, kept, organisation_id=sender.organisation.id, now=sender.now)
    sender.session.commit()


def facts(sender: Sender) -> list[tuple[str, date]]:
    return [(award.delivery, award.awarded_on) for award in current(sender.session, sender.staff[KEPT].id)]


def test_rows_find_the_record_that_stands_by_an_old_number_and_say_so(session: Session, sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(OLD)))
    merge(sender)
    corrected = sender.send(
        "correct_awards", as_csv(*sender.rows(OLD, Standard="FS", **{"New delivery": "blended"}))
    )  # fmt: skip
    recorded = sender.send("record_awards", as_csv(*sender.awards(OLD, Awarded_on="2026-07-01")))
    issued = sender.send("issue_passports", as_csv(*sender.rows(OLD, 2)))
    revoked = sender.send("revoke_copies", as_csv(*sender.rows(OLD, Reason="lost")))
    assert facts(sender) == [("face_to_face", date(2026, 7, 1))]
    withdrawn = sender.send("withdraw_awards", as_csv(*sender.rows(OLD, Standard="FS", Reason="issued_in_error")))
    for batch in (corrected, recorded, revoked, withdrawn):
        assert sender.outcomes(batch) == ["2 done number_replaced"]
    assert sender.outcomes(issued) == ["2 done number_replaced", "3 done"]
    row = session.get_one(BatchRow, (recorded.id, 2))
    assert (row.column, row.sentence, row.person_id) == ("Passport number", REPLACED, sender.staff[KEPT].id)
    assert facts(sender) == []
    [copy] = session.scalars(select(Credential).where(Credential.person_id == sender.staff[KEPT].id))
    assert copy.revocation_reason == "lost"


def test_one_person_under_both_numbers_is_there_twice(sender: Sender) -> None:
    merge(sender)
    dry = sender.request("issue_passports", as_csv(*sender.rows(KEPT, OLD)), dry_run=True)
    assert sender.outcomes(dry) == ["2 ready", "3 failed row_twice"]


def test_an_old_number_of_foreign_staff_stops_the_file_as_an_unknown_one_does(session: Session, sender: Sender) -> None:
    merge(sender)
    other = Sender(session, OrganisationFactory.create(session), sender.staff, sender.now)
    for kind, rows in (("issue_passports", other.rows(OLD)), ("record_awards", other.awards(OLD))):
        with pytest.raises(service.ExceedsRights):
            other.request(kind, as_csv(*rows))


def test_an_old_number_and_the_date_of_birth_name_somebody_employed_elsewhere(session: Session, sender: Sender) -> None:
    merge(sender)
    elsewhere = make_staff(session, OrganisationFactory.create(session).id, 1)[0]
    join(session, elsewhere.id, sender.staff[KEPT].id, organisation_id=sender.organisation.id, now=sender.now)
    session.query(Employment).filter_by(organisation_id=sender.organisation.id).delete()
    rows = [row | {"Date of birth": BORN.isoformat()} for row in sender.awards(OLD)]
    assert sender.outcomes(sender.send("record_awards", as_csv(*rows))) == ["2 done number_replaced"]
    assert len(facts(sender)) == 1


def test_what_was_checked_before_a_merge_is_done_at_the_record_that_stands(session: Session, sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(OLD)))
    issue = sender.request("issue_passports", as_csv(*sender.rows(OLD)))
    record = sender.request("record_awards", as_csv(*sender.awards(OLD, Awarded_on="2026-06-01")))
    correct = sender.request("correct_awards", as_csv(*sender.rows(OLD, Standard="FS", **{"New delivery": "blended"})))
    session.commit()
    merge(sender)
    for batch in (correct, record, issue):
        sender.work(batch)
        assert sender.outcomes(batch) == ["2 done"]
    assert facts(sender) == [("face_to_face", date(2026, 6, 1))]
    assert current(session, sender.staff[OLD].id) == []
    assert session.scalars(select(Credential.person_id)).all() == [sender.staff[KEPT].id]


@pytest.mark.parametrize("order", [(OLD, KEPT), (KEPT, OLD)])
def test_two_rows_that_a_merge_made_one_person_issue_one_copy(
    session: Session, sender: Sender, order: tuple[int, int]
) -> None:
    issue = sender.request("issue_passports", as_csv(*sender.rows(*order)))
    session.commit()
    merge(sender)
    sender.work(issue)
    assert sender.outcomes(issue) == ["2 done", "3 failed row_twice"]
    assert session.scalars(select(Credential.person_id)).all() == [sender.staff[KEPT].id]


def test_an_award_that_went_with_a_merge_is_named_by_its_old_id_and_undone(session: Session, sender: Sender) -> None:
    sender.send("record_awards", as_csv(*sender.awards(OLD, Awarded_on="2026-01-05")))
    recorded = sender.send("record_awards", as_csv(*sender.awards(OLD)))
    [old] = sender.held(OLD)
    merge(sender)
    row = {"Award": str(old.id), "New delivery": "blended"}
    dry = sender.request("correct_awards", as_csv(row), dry_run=True)
    assert sender.outcomes(dry) == ["2 ready"]
    back = sender.undo(recorded)
    assert sender.outcomes(back) == ["2 done"]
    assert facts(sender) == [("face_to_face", date(2026, 1, 5))]  # what it had superseded stands again
    assert session.scalars(select(Award.ending).where(Award.person_id == sender.staff[KEPT].id)).all() == [
        "withdrawn", None,
    ]  # fmt: skip


@pytest.mark.parametrize("merged_first", [True, False])
def test_a_withdrawal_is_not_taken_back_where_the_record_that_stands_holds_a_newer_award(
    sender: Sender, merged_first: bool
) -> None:
    sender.send("record_awards", as_csv(*sender.awards(OLD)))
    withdrawn = sender.send("withdraw_awards", as_csv(*sender.rows(OLD, Standard="FS", Reason="issued_in_error")))
    sender.send("record_awards", as_csv(*sender.awards(KEPT, Awarded_on="2026-07-01")))
    if merged_first:
        merge(sender)
        back = sender.undo(withdrawn)
    else:
        back = service.undo(sender.session, withdrawn.id, dry_run=False, **sender.acting)
        sender.session.commit()
        merge(sender)
        sender.work(back)
    assert sender.outcomes(back) == ["2 failed changed_since"]
    assert facts(sender) == [("face_to_face", date(2026, 7, 1))]
    assert len(sender.held(KEPT, current=False)) == 1
