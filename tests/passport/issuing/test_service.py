"""Issuing: record then sign, the same token again, revocation (KEY-025, -031, STA-015)."""

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from credentials.keys import MemorySigner
from passport import db
from passport.audit.models import AuditEntry
from passport.issuing import drafts, employers, issuance, service, status_lists
from passport.issuing.fsck import findings
from passport.issuing.models import Credential, StatusEntry, StatusList
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.certificates import CertificateUnsuitable
from passport.staff.models import Employment, Person
from tests.copies import OPERATOR, finish_plans, issue, revoke
from tests.factories import EmploymentFactory, OrganisationFactory
from tests.passports import Nurse, checked, make_nurse


def test_an_issued_passport_is_genuine_current_and_not_withdrawn(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    verified = checked(session, issued.credential, issued.status.uri, now)
    assert (verified.outcome, verified.current.result, verified.not_withdrawn.result) == ("genuine", True, True)
    assert [each.award.standard for each in verified.awards] == [nurse.standard_code]
    assert verified.awards[0].accredited_then
    assert issued.expires_at == now + timedelta(days=90)


def test_the_exact_token_is_made_again_from_what_is_stored(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    copy = session.get_one(Credential, issued.id)
    assert service.token_of(session, copy) == issued.credential
    assert issued.credential.encode() not in copy.claims


def test_two_copies_share_no_salt_no_index_and_no_signature(session: Session, nurse: Nurse, now: datetime) -> None:
    first, second = issue(session, nurse, now), issue(session, nurse, now)
    disclosures = [set(each.credential.split("~")[1:-1]) for each in (first, second)]
    assert disclosures[0].isdisjoint(disclosures[1])
    assert first.status != second.status


def test_the_plan_is_committed_before_the_key_signs(
    session: Session, nurse: Nurse, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int]] = []
    sign = MemorySigner.sign

    def watching(signer: MemorySigner, message: bytes) -> bytes:
        this = Credential.claims_sha256 == hashlib.sha256(message).digest()
        with db.sessions() as looking:
            seen.extend((copy.state, copy.status_index) for copy in looking.scalars(select(Credential).where(this)))
        return sign(signer, message)

    monkeypatch.setattr(MemorySigner, "sign", watching)
    issued = issue(session, nurse, now)
    assert seen == [("planned", issued.status.idx)]


def test_a_key_that_fails_to_sign_leaves_a_plan_that_the_job_completes(
    session: Session, nurse: Nurse, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue(session, nurse, now)  # opens the key and begins the list
    with monkeypatch.context() as broken:
        broken.setattr(MemorySigner, "sign", _fails)
        with pytest.raises(OSError, match="token removed"):
            issue(session, nurse, now)
    plan = session.scalars(select(Credential).where(Credential.state == "planned")).one()
    assert finish_plans(session, now + timedelta(minutes=2)) == (1, 0)
    session.refresh(plan)
    assert plan.state == "issued"
    token = service.token_of(session, plan)
    assert (
        checked(session, token, status_lists.uri("https://passport.example", plan.list_number), now).outcome
        == "genuine"
    )


def _fails(_signer: MemorySigner, _message: bytes) -> bytes:
    raise OSError("token removed")


def test_a_plan_that_is_too_old_is_given_up_and_its_place_is_dead(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    [plan] = service.plan(
        session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )
    session.commit()
    late = now + timedelta(days=1)
    assert finish_plans(session, late) == (0, 1)
    session.refresh(plan)
    assert (plan.state, plan.revocation_reason) == ("void", "never_signed")
    with pytest.raises(service.CredentialVoid):
        service.complete(session, [service.Signature(plan.id, bytes(64), b"")], actor=OPERATOR, now=late)


def test_a_fresh_plan_is_left_to_those_who_made_it(session: Session, nurse: Nurse, now: datetime) -> None:
    service.plan(session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now)
    session.commit()
    assert finish_plans(session, now + timedelta(seconds=30)) == (0, 0)


def test_a_wrong_signature_is_never_stored(session: Session, nurse: Nurse, now: datetime) -> None:
    [plan] = service.plan(
        session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )
    message = service.unsigned(session, plan).to_be_signed
    forged = service.Signature(plan.id, bytes(63) + b"\1", message)
    with pytest.raises(service.SignatureRefused):
        service.complete(session, [forged], actor=OPERATOR, now=now)
    assert plan.signature is None


def test_a_signature_over_something_else_is_never_stored(session: Session, nurse: Nurse, now: datetime) -> None:
    [plan] = service.plan(
        session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )
    other = b"something else"
    signed = signing.signer(session, "passport", now=now).sign(other)
    with pytest.raises(service.ClaimsChanged):
        service.complete(session, [service.Signature(plan.id, signed, other)], actor=OPERATOR, now=now)
    assert plan.signature is None


def test_a_revoked_copy_is_invalid_in_the_list_of_the_same_transaction(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    issued, other = issue(session, nurse, now), issue(session, nurse, now)
    revoke(session, nurse, issued, now)
    assert checked(session, issued.credential, issued.status.uri, now).not_withdrawn.result is False
    assert checked(session, other.credential, other.status.uri, now).not_withdrawn.result is True


def test_revoking_twice_gives_the_same_result_and_one_entry(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    first = revoke(session, nurse, issued, now).revoked_at
    again = service.revoke(
        session,
        issued.id,
        organisation_id=nurse.organisation_id,
        reason="replaced",
        actor=OPERATOR,
        now=now + timedelta(hours=1),
    )
    assert (again.revoked_at, again.revocation_reason) == (first, "lost")
    entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"credential:{issued.id}")).all()
    assert [entry.action for entry in entries] == ["credential.issued", "credential.revoked"]


def test_another_organisation_does_not_learn_that_a_copy_exists(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    stranger = replace(nurse, organisation_id=OrganisationFactory.create(session).id)
    with pytest.raises(service.UnknownCredential) as foreign:
        revoke(session, stranger, issued, now)
    with pytest.raises(service.UnknownCredential) as unknown:
        revoke(session, stranger, replace(issued, id=nurse.person_id), now)
    assert str(foreign.value) == str(unknown.value)


def test_a_former_employer_may_revoke_only_what_was_made_for_it(session: Session, nurse: Nurse, now: datetime) -> None:
    former = OrganisationFactory.create(session)
    left = now.date() - timedelta(days=1)
    EmploymentFactory.create(session, person_id=nurse.person_id, organisation_id=former.id, ended_on=left)
    issued = issue(session, nurse, now)
    with pytest.raises(service.UnknownCredential):
        revoke(session, replace(nurse, organisation_id=former.id), issued, now)


def test_a_printed_qr_has_a_place_of_its_own_and_is_made_again_exactly(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    issued = issuance.issue_print_qr(
        nurse.person_id, organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )
    assert issued.credential.startswith("http://127.0.0.1:8000/v#")
    copy = session.get_one(Credential, issued.id)
    assert service.token_of(session, copy) == issued.credential
    assert session.get_one(StatusList, copy.list_number).kid == signing.active_key(session, "qr").kid
    revoke(session, nurse, issued, now)
    assert session.get_one(StatusEntry, (copy.list_number, copy.status_index)).invalid_at == now


def test_a_screen_qr_takes_no_place_and_leaves_no_row(session: Session, nurse: Nurse, now: datetime) -> None:
    shown, qr = drafts.screen_qr(session, nurse.person_id, now=now)
    assert shown.startswith("http://127.0.0.1:8000/v#")
    assert qr.claims.terms.expires_at == now + timedelta(minutes=10)
    assert session.scalars(select(Credential)).all() == []


@pytest.mark.parametrize("name", ["Tes\u202eta", "\u200btesta", "Te\x07sta", " Testa"])
def test_unfit_text_is_never_signed(session: Session, nurse: Nurse, now: datetime, name: str) -> None:
    session.get_one(Person, nurse.person_id).given_name = name
    session.commit()
    with pytest.raises(drafts.ContentUnfit) as refused:
        issue(session, nurse, now)
    assert "sta" not in str(refused.value).replace("stands", "")


def test_an_award_of_the_future_is_never_signed(session: Session, nurse: Nurse, now: datetime) -> None:
    future = make_nurse(session, awarded_on=now.date() + timedelta(days=2))
    session.commit()
    with pytest.raises(drafts.ContentUnfit, match="awarded_on"):
        issue(session, future, now)


def test_a_certificate_outlives_every_credential_it_signs(
    session: Session, nurse: Nurse, settings: Settings, now: datetime
) -> None:
    keyring.configure(replace(settings, passport_life_days=366))
    with pytest.raises(CertificateUnsuitable):
        issue(session, nurse, datetime(2035, 6, 1, tzinfo=now.tzinfo))


def test_a_chunk_of_people_gets_one_copy_each_and_one_entry(session: Session, nurse: Nurse, now: datetime) -> None:
    people = [make_nurse(session).person_id for _ in range(5)]
    session.commit()
    before = session.scalars(select(AuditEntry)).all()
    issued = issuance.issue(people, organisation_id=nurse.organisation_id, requested_by="job:batch", now=now)
    rows = [session.get_one(Credential, each.id) for each in issued]
    assert [row.person_id for row in rows] == people
    assert len(session.scalars(select(AuditEntry)).all()) == len(before) + 1
    assert list(findings(session, now=now)) == []


def test_the_only_employer_is_found_and_doubt_is_asked_about(session: Session, nurse: Nurse, now: datetime) -> None:
    assert employers.employer(session, nurse.person_id, on=now.date()) == nurse.organisation_id
    other = OrganisationFactory.create(session)
    EmploymentFactory.create(session, person_id=nurse.person_id, organisation_id=other.id)
    with pytest.raises(employers.EmployerUnclear, match=other.ods_code):
        employers.employer(session, nurse.person_id, on=now.date())
    assert employers.employer(session, nurse.person_id, ods_code=other.ods_code, on=now.date()) == other.id
    with pytest.raises(employers.EmployerUnclear):
        employers.employer(session, nurse.person_id, ods_code="X0Z0Z", on=now.date())
    session.execute(update(Employment).values(ended_on=now.date() - timedelta(days=1)))
    with pytest.raises(employers.EmployerUnclear):
        employers.employer(session, nurse.person_id, on=now.date())
