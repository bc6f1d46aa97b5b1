"""A record is closed: nothing goes out, nobody gets in, and why is nobody's business but the registrar's."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.access import accounts
from passport.audit.models import AuditEntry
from passport.awards.models import Award
from passport.errors import Invalid
from passport.issuing import issuance
from passport.issuing.models import Credential
from passport.issuing.service import RecordClosed
from passport.records import closing
from passport.records.models import PersonClosure
from passport.records.service import RecordNotOpen
from passport.staff import claiming
from passport.staff import service as staff
from passport.staff.models import Contact, Employment, Invitation, Person
from passport.staff.service import PersonNotFound
from tests.passport.records.conftest import ANNA, Twice, employ


def close(session: Session, twice: Twice, now: datetime, on: date | None = None, reason: str = "died") -> PersonClosure:
    return closing.close(
        session, twice.kept.person_id, reason=reason, on=on or now.date(), organisation_id=twice.registry_id,
        actor=ANNA, now=now,
    )  # fmt: skip


def test_copies_are_withdrawn_and_no_other_is_made(session: Session, twice: Twice, now: datetime) -> None:
    kept = twice.kept
    made = issuance.issue_passport(kept.person_id, organisation_id=kept.organisation_id, requested_by="x", now=now)
    close(session, twice, now)
    session.commit()
    copy = session.get_one(Credential, made.id, populate_existing=True)
    assert (copy.revoked_at, copy.revocation_reason) == (now, "no_longer_valid")
    with pytest.raises(RecordClosed):
        issuance.issue_passport(kept.person_id, organisation_id=kept.organisation_id, requested_by="x", now=now)
    assert issuance.replace_compromised(copy.kid, actor="x", now=now) == 0


def test_no_letter_goes_out_and_nobody_gets_in(session: Session, twice: Twice, now: datetime) -> None:
    kept = twice.kept
    account = accounts.register(session, name="Testa", person_id=kept.person_id, actor="x", now=now)
    invitation, code = claiming.invite(
        session, person_id=kept.person_id, organisation_id=kept.organisation_id, email="testa@x1v2a.example",
        by_mail=False, actor="x", now=now,
    )  # fmt: skip
    close(session, twice, now)
    assert session.get(Contact, kept.person_id) is None
    assert session.get_one(Invitation, invitation.id, populate_existing=True).cancelled_at == now
    assert claiming.claim(session, code=code or "", date_of_birth=date(1990, 2, 3), now=now) is None
    assert accounts.grants_of(session, account.id) == []
    assert account.disabled_at == now


def test_the_employer_finds_the_person_on_that_day_and_not_after_it(
    session: Session, twice: Twice, now: datetime
) -> None:
    kept = twice.kept
    close(session, twice, now)
    assert staff.of_organisation(session, kept.number, kept.organisation_id, now=now).id == kept.person_id
    with pytest.raises(PersonNotFound):
        staff.of_organisation(session, kept.number, kept.organisation_id, now=now + timedelta(days=1))
    with pytest.raises(PersonNotFound):  # nor may somebody employ them again with their number and date of birth
        staff.joiner(session, kept.number, organisation_id=twice.gone.organisation_id, date_of_birth=date(1990, 2, 3),
                     now=now + timedelta(days=1))  # fmt: skip
    assert session.get_one(Award, kept.award_id).ended_at is None


def test_why_is_not_in_the_audit_log(session: Session, twice: Twice, now: datetime) -> None:
    close(session, twice, now)
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"person:{twice.kept.person_id}")).all()
    assert [entry.action for entry in entries] == ["record.closed"]
    assert "died" not in str([entry.detail for entry in entries])


def test_a_closure_by_mistake_is_taken_back(session: Session, twice: Twice, now: datetime) -> None:
    kept = twice.kept
    leaving = employ(session, kept.person_id, ended_on=date(2026, 12, 31))
    account = accounts.register(session, name="Testa", person_id=kept.person_id, actor="x", now=now)
    close(session, twice, now, on=date(2026, 8, 1), reason="recorded_in_error")
    later = now + timedelta(days=1)
    closing.reopen(session, kept.person_id, organisation_id=twice.registry_id, actor=ANNA, now=later)
    session.expire_all()
    assert session.get_one(Person, kept.person_id).closed_at is None
    assert session.get_one(Employment, leaving.id).ended_on == date(2026, 12, 31)
    assert staff.of_organisation(session, kept.number, kept.organisation_id, now=later).id == kept.person_id
    assert account.disabled_at is None
    with pytest.raises(closing.ClosureNotFound):
        closing.reopen(session, kept.person_id, organisation_id=twice.registry_id, actor=ANNA, now=later)


def test_an_employment_that_has_not_begun_ends_on_its_first_day(session: Session, twice: Twice, now: datetime) -> None:
    ahead = employ(session, twice.kept.person_id, started_on=date(2026, 10, 1))
    close(session, twice, now)
    assert session.get_one(Employment, ahead.id).ended_on == date(2026, 10, 1)


def test_a_record_is_closed_once_and_not_ahead(session: Session, twice: Twice, now: datetime) -> None:
    with pytest.raises(Invalid, match="future"):
        close(session, twice, now, on=now.date() + timedelta(days=1))
    with pytest.raises(Invalid, match="must be one of"):
        close(session, twice, now, reason="curiosity")
    close(session, twice, now)
    with pytest.raises(RecordNotOpen):
        close(session, twice, now)
