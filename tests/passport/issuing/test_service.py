"""Issuing: record then sign, the same token again, revocation, replacement (KEY-025, -031, -033, STA-015, -017)."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from credentials.keys import MemorySigner
from passport import db
from passport.audit.models import AuditEntry
from passport.awards.models import Award
from passport.issuing import drafts, issuance, service, status_lists
from passport.issuing.fsck import findings
from passport.issuing.models import Credential, StatusEntry, StatusList
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.certificates import CertificateUnsuitable
from passport.signing.example_keys import FOLDER, PASSPHRASE
from passport.signing.key_files import certificate_request, encrypted_pem, new_private_key, write_private
from passport.staff.models import Employment, Person
from tests.factories import AwardFactory, EmploymentFactory, OrganisationFactory
from tests.passports import Nurse, checked, make_nurse

OPERATOR = "operator"


def issue(session: Session, nurse: Nurse, now: datetime) -> issuance.Issued:
    session.commit()
    return issuance.issue_passport(
        nurse.person_id, organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )


def revoke(session: Session, nurse: Nurse, issued: issuance.Issued, now: datetime) -> Credential:
    return service.revoke(
        session, issued.id, organisation_id=nurse.organisation_id, reason="lost", actor=OPERATOR, now=now
    )


def reissue(session: Session, nurse: Nurse, now: datetime) -> list[issuance.Issued]:
    session.commit()
    return issuance.reissue(nurse.person_id, actor="job:issuing", now=now)


def finish_plans(session: Session, now: datetime) -> tuple[int, int]:
    session.commit()
    return issuance.finish_plans(actor="job:issuing", now=now)


def correct(session: Session, nurse: Nurse, now: datetime, **changes: object) -> None:
    """End an award as corrected, replaced by a copy of it with these changes."""
    old = session.get_one(Award, nurse.award_id)
    kept = {
        column.name: getattr(old, column.name)
        for column in Award.__table__.columns
        if column.name not in {"id", "ended_at", "ending", "ending_reason", "replaced_by_id"}
    }
    old.ended_at, old.ending = now, "corrected"
    session.flush()
    new = AwardFactory.create(session, **{**kept, "recorded_at": now, **changes})
    session.execute(update(Award).where(Award.id == old.id).values(replaced_by_id=new.id))
    session.commit()


def end(session: Session, nurse: Nurse, now: datetime, ending: str) -> None:
    award = session.get_one(Award, nurse.award_id)
    award.ended_at, award.ending = now, ending
    session.commit()


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


def test_a_status_list_has_its_full_size_from_the_first_copy_on(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    status_list = session.get_one(StatusList, int(issued.status.uri.rpartition("/")[2]))
    assert (status_list.size, status_list.used) == (2**17, 1)


def test_places_are_drawn_at_random(session: Session, nurse: Nurse, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    drawn = [place.index for place in status_lists.allot(session, kid=kid, count=400, now=now)]
    assert len(set(drawn)) == 400
    assert drawn != sorted(drawn)
    assert max(drawn) > 2**16 > min(drawn)


def test_a_list_that_is_half_full_is_followed_by_a_fresh_one(session: Session, nurse: Nurse, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    [first] = status_lists.allot(session, kid=kid, count=1, now=now)
    session.execute(update(StatusList).where(StatusList.number == first.number).values(size=64, used=30))
    session.expire_all()
    same = status_lists.allot(session, kid=kid, count=2, now=now)
    fresh = status_lists.allot(session, kid=kid, count=1, now=now)
    assert {place.number for place in same} == {first.number} != {place.number for place in fresh}
    old = session.get_one(StatusList, first.number)
    assert (old.used, old.closed_at) == (32, now)
    assert publishing.status_list(session, fresh[0].number).body


def test_a_taken_place_is_drawn_again(session: Session, nurse: Nurse, now: datetime) -> None:
    kid = signing.active_key(session, "passport").kid
    [first] = status_lists.allot(session, kid=kid, count=1, now=now)
    session.execute(update(StatusList).where(StatusList.number == first.number).values(size=128, used=1))
    session.expire_all()
    taken = status_lists.allot(session, kid=kid, count=60, now=now)
    assert len({place.index for place in taken}) == 60


def test_the_time_of_a_list_never_goes_back(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    number = int(issued.status.uri.rpartition("/")[2])
    revoke(session, nurse, issued, now - timedelta(hours=1))
    assert session.get_one(StatusList, number).signed_at == now


def test_two_lists_of_one_second_have_two_times(session: Session, nurse: Nurse, now: datetime) -> None:
    number = int(issue(session, nurse, now).status.uri.rpartition("/")[2])
    times = set()
    for _ in range(3):
        revoke(session, nurse, issue(session, nurse, now), now)
        times.add(session.get_one(StatusList, number).signed_at)
    assert len(times) == 3


def test_lists_are_signed_again_before_they_run_out(session: Session, nurse: Nurse, now: datetime) -> None:
    issue(session, nurse, now)
    assert status_lists.due(session, now=now) == []
    later = now + timedelta(hours=13)
    [number] = status_lists.due(session, now=later)
    status_lists.sign(session, number, now=later, smallest=True)
    assert status_lists.due(session, now=later) == []


@pytest.mark.parametrize("ending", ["superseded", None])
def test_what_stays_true_revokes_nothing(session: Session, nurse: Nurse, now: datetime, ending: str | None) -> None:
    issue(session, nurse, now)
    if ending:
        end(session, nurse, now, ending)
    assert reissue(session, nurse, now) == []


def test_a_withdrawn_award_kills_the_copy_and_a_fresh_one_is_issued(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    issued = issue(session, nurse, now)
    end(session, nurse, now, "withdrawn")
    [fresh] = reissue(session, nurse, now)
    assert checked(session, issued.credential, issued.status.uri, now).not_withdrawn.result is False
    verified = checked(session, fresh.credential, fresh.status.uri, now)
    assert (verified.not_withdrawn.result, verified.awards) == (True, ())
    session.expire_all()
    assert session.get_one(Credential, issued.id).replaced_by_id == fresh.id
    assert reissue(session, nurse, now) == []


def test_a_correction_that_people_see_replaces_the_copy(session: Session, nurse: Nurse, now: datetime) -> None:
    issue(session, nurse, now)
    correct(session, nurse, now, delivery="e_learning")
    assert len(reissue(session, nurse, now)) == 1


def test_a_correction_that_nobody_can_see_revokes_nothing(session: Session, nurse: Nurse, now: datetime) -> None:
    issue(session, nurse, now)
    correct(session, nurse, now, recorded_by="somebody else")
    assert reissue(session, nurse, now) == []


def test_a_corrected_name_replaces_the_copy(session: Session, nurse: Nurse, now: datetime) -> None:
    issue(session, nurse, now)
    session.get_one(Person, nurse.person_id).family_name = "Correctname"
    session.commit()
    assert len(reissue(session, nurse, now)) == 1


def test_several_wrong_copies_of_one_employer_get_one_fresh_one(session: Session, nurse: Nurse, now: datetime) -> None:
    for _ in range(3):
        issue(session, nurse, now)
    end(session, nurse, now, "withdrawn")
    assert len(reissue(session, nurse, now)) == 1


def test_an_expired_copy_is_left_alone(session: Session, nurse: Nurse, now: datetime) -> None:
    issue(session, nurse, now)
    end(session, nurse, now, "withdrawn")
    assert reissue(session, nurse, now + timedelta(days=90)) == []


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


def test_a_compromised_key_is_answered_with_fresh_copies(session: Session, nurse: Nurse, now: datetime) -> None:
    issued = issue(session, nurse, now)
    old = signing.active_key(session, "passport")
    signing.compromise(session, old.kid, actor=OPERATOR, now=now)
    session.commit()
    with pytest.raises(signing.NoActiveKey):
        issuance.replace_compromised(old.kid, actor="job:issuing", now=now)
    session.expire_all()
    assert session.get_one(Credential, issued.id).revocation_reason == "key_compromised"
    kid = next_passport_key(session, now)
    session.commit()
    assert issuance.replace_compromised(old.kid, actor="job:issuing", now=now) == 1
    assert issuance.replace_compromised(old.kid, actor="job:issuing", now=now) == 0
    fresh = session.scalars(select(Credential).where(Credential.kid == kid)).one()
    session.expire_all()
    assert session.get_one(Credential, issued.id).replaced_by_id == fresh.id


def test_the_only_employer_is_found_and_doubt_is_asked_about(session: Session, nurse: Nurse, now: datetime) -> None:
    assert service.employer(session, nurse.person_id, on=now.date()) == nurse.organisation_id
    other = OrganisationFactory.create(session)
    EmploymentFactory.create(session, person_id=nurse.person_id, organisation_id=other.id)
    with pytest.raises(service.EmployerUnclear, match=other.ods_code):
        service.employer(session, nurse.person_id, on=now.date())
    assert service.employer(session, nurse.person_id, ods_code=other.ods_code, on=now.date()) == other.id
    with pytest.raises(service.EmployerUnclear):
        service.employer(session, nurse.person_id, ods_code="X0Z0Z", on=now.date())
    session.execute(update(Employment).values(ended_on=now.date() - timedelta(days=1)))
    with pytest.raises(service.EmployerUnclear):
        service.employer(session, nurse.person_id, on=now.date())


def next_passport_key(session: Session, now: datetime) -> str:
    """Make the next passport key, certified by the example CA and active."""
    settings = keyring.current().settings
    private_key = new_private_key()
    write_private(settings.home / "next.pem", encrypted_pem(private_key, PASSPHRASE, rounds=1000))
    request = settings.home / "next.csr"
    request.write_bytes(certificate_request(private_key, settings.issuer))
    command = [sys.executable, str(FOLDER / "make.py"), "sign", str(request)]
    chain = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    uri = "file:next.pem"
    kid = signing.plan(
        session, purpose="passport", uri=uri, certificate_pem=chain, actor=OPERATOR, now=now - timedelta(hours=1)
    ).kid
    signing.publish(session, kid, actor=OPERATOR, now=now - timedelta(hours=1))
    signing.activate(session, kid, actor=OPERATOR, now=now)
    return kid


Harm = Callable[[Session, Credential], object]


def _execute(statement: str) -> Harm:
    return lambda session, copy: session.execute(
        text(statement), {"id": copy.id, "list": copy.list_number, "index": copy.status_index}
    )


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("UPDATE credential SET signature = set_byte(signature, 9, get_byte(signature, 9) # 1) WHERE id = :id",
         "does not verify"),
        ("UPDATE credential SET claims = convert_to(replace(convert_from(claims, 'UTF8'), 'Testa', 'Tesla'), 'UTF8')"
         " WHERE id = :id", "its claims are not those"),
        ("UPDATE credential SET claims = ''::bytea WHERE id = :id", "can't be read"),
        ("UPDATE credential SET salts_seed = set_byte(salts_seed, 0, get_byte(salts_seed, 0) # 1) WHERE id = :id",
         "its claims are not those"),
        ("UPDATE credential SET content_hash = set_byte(content_hash, 0, get_byte(content_hash, 0) # 1)"
         " WHERE id = :id", "its content is not"),
        ("UPDATE credential SET revoked_at = planned_at WHERE id = :id", "do not agree"),
        ("UPDATE credential SET state = 'void', signature = NULL WHERE id = :id", "still valid"),
        ("UPDATE status_entry SET invalid_at = now() WHERE list_number = :list AND index = :index",
         "not what the entries say"),
        ("INSERT INTO status_entry (list_number, index) SELECT :list, 131072", "belongs to no credential"),
        ("UPDATE status_list SET used = used + 1 WHERE number = :list", "number of places"),
        ("UPDATE status_list SET token = NULL WHERE number = :list", "never signed"),
        ("UPDATE status_list SET token = set_byte(token, 90, 65) WHERE number = :list", "can't be read or does not"),
        ("UPDATE status_list SET signed_at = signed_at + interval '1 hour' WHERE number = :list", "another time"),
    ],
)  # fmt: skip
def test_fsck_finds_what_was_changed_behind_our_back(
    session: Session, nurse: Nurse, now: datetime, harm: str, sentence: str
) -> None:
    copy = session.get_one(Credential, issue(session, nurse, now).id)
    assert list(findings(session, now=now)) == []
    _execute(harm)(session, copy)
    session.expire_all()
    assert any(sentence in finding for finding in findings(session, now=now))


def test_fsck_finds_a_forgotten_plan(session: Session, nurse: Nurse, now: datetime) -> None:
    service.plan(session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now)
    assert list(findings(session, now=now)) == []
    assert len(list(findings(session, now=now + timedelta(days=3)))) == 1


def test_a_plan_from_before_a_withdrawal_is_never_issued(session: Session, nurse: Nurse, now: datetime) -> None:
    [planned] = service.plan(
        session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now
    )
    end(session, nurse, now, "withdrawn")
    [fresh] = reissue(session, nurse, now)
    assert (planned.state, planned.replaced_by_id) == ("void", fresh.id)
    assert finish_plans(session, now + timedelta(minutes=2)) == (0, 0)
    assert [copy.id for copy in service.live(session, nurse.person_id, now=now)] == [fresh.id]


def test_a_withdrawal_that_saw_no_plan_is_noticed_when_the_copy_is_signed(
    session: Session, nurse: Nurse, now: datetime
) -> None:
    service.plan(session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by=OPERATOR, now=now)
    end(session, nurse, now, "withdrawn")
    assert finish_plans(session, now + timedelta(minutes=2)) == (1, 0)
    waiting = text("SELECT args ->> 'person_id' FROM procrastinate_jobs WHERE task_name = 'issuing.reissue'")
    assert session.scalars(waiting).all() == [str(nurse.person_id)]
