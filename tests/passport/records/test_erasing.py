"""A person is removed; what stays proves that something was there; and who may not do it."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.awards import disputes
from passport.awards.models import Award
from passport.inspection.models import Inspection
from passport.issuing.fsck import findings
from passport.issuing.models import Credential, StatusEntry
from passport.records import closing, erasing, merging
from passport.records.models import Erasure
from passport.records.service import RecordNotOpen
from passport.staff import numbers
from passport.staff import service as staff
from passport.staff.models import Contact, Employment, Invitation, Person, Registration
from passport.verifying.models import Verification
from tests.passport.records.conftest import ANNA, BELA, Twice
from tests.visitors import visit

PERSONAL = ("Testa", "Inventedname", "1990-02-03", "testa@x1v2a.example", "Invented Coast", "My hand")


def request(session: Session, twice: Twice, now: datetime, actor: str = ANNA) -> Erasure:
    return erasing.request(
        session, twice.kept.person_id, ground="person_asked", organisation_id=twice.registry_id, actor=actor, now=now
    )


def confirm(session: Session, erasure: Erasure, twice: Twice, now: datetime, actor: str = BELA) -> Erasure:
    return erasing.confirm(session, erasure.id, organisation_id=twice.registry_id, actor=actor, now=now)


def erased(session: Session, twice: Twice, now: datetime) -> dict[str, Any]:
    asked = confirm(session, request(session, twice, now), twice, now)
    found = erasing.erase(session, asked.id, actor="job:records", now=now)
    assert found is not None
    return found


def everything(session: Session, person_id: UUID) -> str:
    """Return the rows of every table that name a person, as text."""
    everyone = session.execute(
        text(
            "SELECT table_name FROM information_schema.columns "
            "WHERE column_name = 'person_id' AND table_schema = 'public'"
        )
    ).scalars()
    found = [str(session.execute(text("SELECT to_jsonb(x) FROM person x WHERE id = :id"), {"id": person_id}).all())]
    found += [
        str(session.execute(text(f"SELECT to_jsonb(x) FROM {table} x WHERE person_id = :id"), {"id": person_id}).all())
        for table in everyone
    ]
    claims = text("SELECT claims, salts_seed FROM credential WHERE person_id = :id")
    found.append(str(session.execute(claims, {"id": person_id}).all()))
    for table in ("share_opening", "esr_set_aside", "pillar_evidence", "register_check", "account"):
        found.append(str(session.execute(text(f"SELECT to_jsonb(x) FROM {table} x")).all()))
    return "\n".join(found)


def test_nothing_personal_is_left(worker_session: Session, left: Twice, now: datetime) -> None:
    job = worker_session.scalars(select(Employment).where(Employment.person_id == left.kept.person_id)).one()
    personal = (*PERSONAL, left.kept.number, str(job.employee_number), str(job.assignment_number))
    before = everything(worker_session, left.kept.person_id)
    assert [words for words in personal if words not in before] == []
    number = left.kept.number
    erased(worker_session, left, now)
    after = everything(worker_session, left.kept.person_id)
    assert [words for words in personal if words in after] == []
    for table in (Registration, Contact, Invitation, Verification):
        assert worker_session.scalars(select(table).where(table.person_id == left.kept.person_id)).all() == []
    with pytest.raises(staff.PersonNotFound):
        staff.by_number(worker_session, number)


def test_of_a_removed_person_the_evidence_is_the_one_page_left(
    app: Flask, worker_session: Session, left: Twice, now: datetime
) -> None:
    erased(worker_session, left, now)
    registrar = visit(app, worker_session, left.registry_id, "registrar")
    to = registrar.http.get(f"/records/people/{left.kept.person_id}").headers["Location"]
    html = registrar.get(to)
    assert "The person was removed" in html
    assert "Open the record again" not in html
    assert numbers.show(worker_session.get_one(Person, left.kept.person_id).passport_number) == "Erased"


def test_an_inspection_stays_without_the_words_of_its_reason(
    worker_session: Session, left: Twice, now: datetime
) -> None:
    before = worker_session.scalars(select(Inspection)).one()
    assert "Testa" in before.reason
    erased(worker_session, left, now)
    after = worker_session.get_one(Inspection, before.id, populate_existing=True)
    assert (after.reason, after.person_id, after.inspected_at) == ("", left.kept.person_id, now)


def test_others_keep_what_is_theirs(worker_session: Session, left: Twice, now: datetime) -> None:
    erased(worker_session, left, now)
    other = worker_session.get_one(Person, left.gone.person_id)
    assert (other.given_name, other.closed_at) == ("Testa", None)
    assert worker_session.scalars(select(Registration).where(Registration.person_id == other.id)).all()


def test_evidence_stays_that_something_was_there(worker_session: Session, left: Twice, now: datetime) -> None:
    session = worker_session
    hashes = sorted(session.scalars(select(Credential.claims_sha256).where(_of(left))))
    places = session.scalars(select(StatusEntry.index)).all()
    found = erased(session, left, now)
    assert sorted(bytes.fromhex(each) for each in found["copies"]) == hashes
    assert (found["awards"], found["registrations"], found["disputes"], found["verifications"]) == (1, 1, 1, 1)
    assert session.get_one(Award, left.kept.award_id).person_id == left.kept.person_id
    assert session.scalars(select(StatusEntry.index)).all() == places
    for copy in session.scalars(select(Credential).where(_of(left))):
        assert (copy.claims, copy.salts_seed, copy.revoked_at) == (b"", b"", now)
    kept = session.scalars(select(Erasure)).one()
    assert (kept.evidence, kept.erased_at) == (found, now)


def test_the_audit_chain_and_fsck_still_hold(worker_session: Session, left: Twice, now: datetime) -> None:
    erased(worker_session, left, now)
    assert audit.broken_entries(worker_session) == []
    assert list(findings(worker_session, now=now)) == []
    last = worker_session.scalars(select(AuditEntry).order_by(AuditEntry.sequence.desc()).limit(1)).one()
    assert (last.action, last.subject) == ("record.erased", f"person:{left.kept.person_id}")


def test_a_merged_record_goes_with_the_one_that_stands_for_it(
    worker_session: Session, left: Twice, now: datetime
) -> None:
    proposed = merging.propose(
        worker_session, from_person_id=left.gone.person_id, to_person_id=left.kept.person_id, because="Testa twice",
        organisation_id=left.registry_id, actor=ANNA, now=now,
    )  # fmt: skip
    merging.merge(worker_session, proposed.id, because="Testa", organisation_id=left.registry_id, actor=BELA, now=now)
    found = erased(worker_session, left, now)
    assert set(found["people"]) == {str(left.kept.person_id), str(left.gone.person_id)}
    worker_session.expire_all()
    assert (proposed.because, proposed.decided_because) == ("", "")
    assert worker_session.get_one(Person, left.gone.person_id).given_name == "Erased"
    with pytest.raises(RecordNotOpen):
        merging.take_back(
            worker_session, proposed.id, because="No", organisation_id=left.registry_id, actor=ANNA, now=now
        )


def test_the_second_time_changes_nothing(worker_session: Session, left: Twice, now: datetime) -> None:
    erased(worker_session, left, now)
    kept = worker_session.scalars(select(Erasure)).one()
    assert erasing.erase(worker_session, kept.id, actor="job:records", now=now) is None
    with pytest.raises(erasing.RequestedAlready):
        request(worker_session, left, now)


def test_the_same_person_does_not_confirm(worker_session: Session, left: Twice, now: datetime) -> None:
    asked = request(worker_session, left, now)
    with pytest.raises(erasing.AnotherMustConfirm):
        confirm(worker_session, asked, left, now, actor=ANNA)
    assert erasing.erase(worker_session, asked.id, actor="job:records", now=now) is None


def test_the_database_refuses_one_person_for_both(worker_session: Session, left: Twice, now: datetime) -> None:
    asked = request(worker_session, left, now)
    asked.confirmed_by, asked.confirmed_at = ANNA, now
    with pytest.raises(Exception, match="ck_erasure_two_people"):
        worker_session.flush()


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_was_cancelled_is_not_carried_out(
    worker_session: Session, left: Twice, now: datetime, confirmed: bool
) -> None:
    asked = request(worker_session, left, now)
    if confirmed:
        confirm(worker_session, asked, left, now)
    erasing.cancel(worker_session, asked.id, organisation_id=left.registry_id, actor=ANNA, now=now)
    assert erasing.erase(worker_session, asked.id, actor="job:records", now=now) is None
    with pytest.raises(erasing.ErasureOver):
        confirm(worker_session, asked, left, now)
    assert request(worker_session, left, now).id != asked.id


def test_a_hold_forbids_it_until_it_is_lifted(worker_session: Session, left: Twice, now: datetime) -> None:
    held = erasing.place_hold(
        worker_session, left.kept.person_id, because="A claim is being heard", organisation_id=left.registry_id,
        actor=ANNA, now=now,
    )  # fmt: skip
    with pytest.raises(erasing.RecordHeld, match="placed a hold"):
        request(worker_session, left, now)
    erasing.lift_hold(worker_session, held.id, organisation_id=left.registry_id, actor=ANNA, now=now)
    with pytest.raises(erasing.HoldNotFound):
        erasing.lift_hold(worker_session, held.id, organisation_id=left.registry_id, actor=ANNA, now=now)
    erased(worker_session, left, now)


def test_a_hold_that_comes_after_the_confirmation_stops_it(worker_session: Session, left: Twice, now: datetime) -> None:
    asked = confirm(worker_session, request(worker_session, left, now), left, now)
    erasing.place_hold(
        worker_session, left.kept.person_id, because="Late", organisation_id=left.registry_id, actor=ANNA, now=now
    )
    with pytest.raises(erasing.RecordHeld):
        erasing.erase(worker_session, asked.id, actor="job:records", now=now)
    with pytest.raises(ProgrammingError, match="held"):  # the function of the database looks for itself
        worker_session.scalars(erasing.ERASE_PERSON, {"which": asked.id, "moment": now}).one()


def test_an_open_question_and_an_employment_forbid_it(worker_session: Session, left: Twice, now: datetime) -> None:
    disputes.raise_dispute(
        worker_session, award_id=left.kept.award_id, person_id=left.kept.person_id, reason="incorrect", words="",
        actor="x", now=now,
    )  # fmt: skip
    worker_session.execute(text("UPDATE employment SET ended_on = NULL"))
    codes = [each.code for each in erasing.holds(worker_session, left.kept.person_id, now=now)]
    assert codes == ["employed", "disputed"]
    with pytest.raises(erasing.RecordHeld, match="no answer yet"):
        request(worker_session, left, now)


def test_a_closed_record_may_be_erased(worker_session: Session, left: Twice, now: datetime) -> None:
    closing.close(
        worker_session, left.kept.person_id, reason="died", on=date(2026, 8, 1), organisation_id=left.registry_id,
        actor=ANNA, now=now,
    )  # fmt: skip
    erased(worker_session, left, now)
    with pytest.raises(closing.ClosureNotFound):
        closing.reopen(worker_session, left.kept.person_id, organisation_id=left.registry_id, actor=ANNA, now=now)


def test_the_web_role_may_erase_and_forget_nothing(session: Session, now: datetime) -> None:
    for call in ("erase_person(uuidv7(), now())", "forget_facts('looks', now())"):
        with pytest.raises(ProgrammingError, match="permission denied for function"):
            session.execute(text(f"SELECT {call}"))
        session.rollback()


@pytest.mark.parametrize("table", ["verification", "share", "award", "audit_entry", "erasure", "identity_correction"])
def test_not_even_the_worker_deletes_facts_by_itself(worker_session: Session, table: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        worker_session.execute(text(f"DELETE FROM {table}"))


def test_the_worker_does_not_write_the_evidence_by_itself(worker_session: Session) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        worker_session.execute(text("UPDATE erasure SET evidence = '{}'"))


def test_the_functions_are_not_led_astray_by_a_search_path(worker_session: Session, left: Twice, now: datetime) -> None:
    asked = confirm(worker_session, request(worker_session, left, now), left, now)
    worker_session.commit()
    worker_session.execute(text("CREATE TEMPORARY TABLE person (id uuid, merged_into_id uuid)"))
    worker_session.scalars(erasing.ERASE_PERSON, {"which": asked.id, "moment": now + timedelta(days=400)}).one()
    real = worker_session.execute(
        text("SELECT given_name FROM public.person WHERE id = :id"), {"id": left.kept.person_id}
    )
    assert real.scalar() == "Erased"


def _of(twice: Twice) -> Any:
    return Credential.person_id == twice.kept.person_id
