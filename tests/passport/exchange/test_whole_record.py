"""All that is kept about a person: whole, and nobody else's."""

import json
import re
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from passport.awards import service as awards
from passport.awards.models import WithdrawalRequest
from passport.db import Base
from passport.exchange.whole_record import LEFT_OUT, whole_record
from passport.inspection.models import Inspection
from passport.notices.models import Reminder, ReminderChoice, ReminderLetter, ReminderRun
from passport.recognition.models import PillarEvidence, RecognitionApplication
from passport.records.models import IdentityCorrection, LegalHold
from passport.staff import claiming
from passport.staff.models import Person
from passport.standards import service as standards
from tests.factories import EmploymentFactory, RegistrationFactory
from tests.holders import Holder
from tests.passports import Nurse

MEMBERS = {
    "made_at", "passport", "records", "employments", "registrations", "awards", "recognitions", "local_training",
    "questions", "copies", "address", "accounts", "invitations", "shares", "looks", "employers_decisions",
    "applications", "rows_that_wait", "what_was_done", "inspections", "reminders", "reminder_letters",
    "reminders_turned_off", "withdrawal_requests", "batches", "corrections_of_identity", "closures", "legal_holds",
    "erasures",
}  # fmt: skip


def taken(session: Session, nurse: Nurse, now: datetime) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(whole_record(session, nurse.person_id, now=now))
    return data


def test_my_data_is_all_of_mine_and_nothing_else(holder: Holder, other: Nurse) -> None:
    answer = holder.browser.http.get("/my-passport/data.json")
    data = json.loads(answer.data)
    assert set(data) == MEMBERS
    assert data["passport"]["number"] == holder.nurse.number
    assert [award["id"] for award in data["passport"]["training"]] == [str(holder.nurse.award_id)]
    assert str(other.person_id) not in answer.text
    assert other.number not in answer.text


def test_everything_has_its_place(session: Session, nurse: Nurse, now: datetime) -> None:
    RegistrationFactory.create(
        session, person_id=nurse.person_id, checked_by_id=nurse.organisation_id, number="71A2998E"
    )
    EmploymentFactory.create(
        session, person_id=nurse.person_id, organisation_id=nurse.organisation_id, kind="bank",
        started_on=date(2026, 5, 1),
    )  # fmt: skip
    claiming.invite(
        session, person_id=nurse.person_id, organisation_id=nurse.organisation_id, email="testa@x1v2a.example",
        by_mail=False, actor="account:somebody", now=now,
    )  # fmt: skip
    awards.withdraw(
        session, award_id=nurse.award_id, organisation_id=nurse.organisation_id, reason="no_longer_valid",
        actor="account:somebody", now=now,
    )  # fmt: skip
    data = taken(session, nurse, now)
    assert data["address"] == ["testa@x1v2a.example"]
    assert [each["kind"] for each in data["employments"]] == ["substantive", "bank"]
    assert [each["number"] for each in data["registrations"]] == ["71A2998E"]
    assert [(each["ending"], each["ending_reason"]) for each in data["awards"]] == [("withdrawn", "no_longer_valid")]
    assert {each["action"] for each in data["what_was_done"]} == {"invitation.made", "award.withdrawn"}
    assert len(data["invitations"]) == 1


def test_each_table_that_names_a_person_is_read_or_left_out_for_a_reason(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    naming = {
        table.name
        for table in Base.metadata.tables.values()
        if any(column.name.endswith("person_id") for column in table.columns)
    }
    read = set[str]()

    def look(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        read.update(re.findall(r"(?:FROM|JOIN) (\w+)", statement))

    event.listen(session.get_bind(), "before_cursor_execute", look)
    try:
        whole_record(session, nurse.person_id, now=now)
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", look)
    assert naming - read == LEFT_OUT.keys()
    assert all(reason.endswith(".") for reason in LEFT_OUT.values())


def test_how_the_record_was_handled_is_part_of_it_without_staff_and_their_words(
    session: Session, nurse: Nurse, other: Nurse, now: datetime
) -> None:
    who = {"person_id": nurse.person_id}
    run = ReminderRun(organisation_id=nurse.organisation_id, due_on=now.date(), begun_at=now)
    session.add(run)
    session.flush()
    session.add_all([
        Inspection(**who, organisation_id=nurse.organisation_id, as_of_on=now.date(), reason="A yearly sample",
                   inspected_by="account:thirdperson", inspected_at=now),
        Reminder(**who, award_id=nurse.award_id, last_on=date(2026, 9, 1), days=30, run_id=run.id),
        ReminderLetter(**who, run_id=run.id, made_at=now),
        ReminderChoice(**who, off_at=now),
        WithdrawalRequest(
            award_id=nurse.award_id, organisation_id=nurse.organisation_id, reason="issued_in_error",
            words="Otto Thirdperson saw it", asked_at=now, asked_by="account:thirdperson",
            expires_at=now + timedelta(days=14),
        ),
        IdentityCorrection(
            kind="merge", state="proposed", from_person_id=other.person_id, to_person_id=nurse.person_id,
            organisation_id=nurse.organisation_id, because="Otto Thirdperson says so", proposed_by="x",
            proposed_at=now,
        ),
        LegalHold(**who, because="Otto Thirdperson claims", placed_by="account:thirdperson", placed_at=now),
    ])  # fmt: skip
    session.flush()
    data = taken(session, nurse, now)
    [inspection], [request], [reminder] = data["inspections"], data["withdrawal_requests"], data["reminders"]
    assert (inspection["reason"], inspection["role"]) == ("A yearly sample", "auditor")
    assert inspection["by"].startswith("Invented")
    assert (request["reason"], request["outcome"]) == ("issued_in_error", None)
    assert (reminder["last_on"], reminder["days"]) == ("2026-09-01", 30)
    assert [len(data[each]) for each in ("reminder_letters", "reminders_turned_off", "legal_holds")] == [1, 1, 1]
    assert [each["kind"] for each in data["corrections_of_identity"]] == ["merge"]
    text = json.dumps(data)
    assert [words for words in ("hirdperson", str(other.person_id), other.number) if words in text] == []


def test_it_names_organisations_and_no_other_people(session: Session, nurse: Nurse, now: datetime) -> None:
    awards.withdraw(
        session, award_id=nurse.award_id, organisation_id=nurse.organisation_id, reason="no_longer_valid",
        actor="account:somebody", now=now,
    )  # fmt: skip
    text = whole_record(session, nurse.person_id, now=now).decode()
    assert "account:somebody" not in text
    assert "Invented Vale" in text


def test_an_application_is_part_of_it_with_its_evidence(session: Session, nurse: Nurse, now: datetime) -> None:
    standards.load_catalogue(session, now=now)
    application = RecognitionApplication(
        person_id=nurse.person_id, organisation_id=nurse.organisation_id, route="programme", level="advanced",
        edition="2025", base_profession="Nurse", programme="MSc Invented Practice", begun_on=now.date(),
        step="expression_of_interest", recorded_at=now, recorded_by="account:somebody",
    )  # fmt: skip
    session.add(application)
    session.flush()
    session.add(
        PillarEvidence(application_id=application.id, pillar="research", title="A study of falls", dated_on=now.date(),
                       reference="Folder 3", assessed_by="Otto Thirdperson", recorded_at=now, recorded_by="x")
    )  # fmt: skip
    session.flush()
    [shown] = taken(session, nurse, now)["applications"]
    assert (shown["programme"], shown["evidence"][0]["title"]) == ("MSc Invented Practice", "A study of falls")
    assert "Thirdperson" not in json.dumps(shown)


def test_a_merged_record_is_part_of_it(session: Session, nurse: Nurse, other: Nurse, now: datetime) -> None:
    session.get_one(Person, other.person_id).merged_into_id = nurse.person_id
    session.flush()
    data = taken(session, nurse, now)
    assert len(data["records"]) == 2
    assert {each["id"] for each in data["awards"]} == {str(nurse.award_id), str(other.award_id)}
