"""What becomes of copies when an award, a name or a key changes (KEY-033, STA-017)."""

import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from passport.issuing import issuance, service
from passport.issuing.models import Credential
from passport.signing import keyring
from passport.signing import service as signing
from passport.signing.example_keys import FOLDER, PASSPHRASE
from passport.signing.key_files import certificate_request, encrypted_pem, new_private_key, write_private
from passport.staff.models import Person
from tests.copies import OPERATOR, correct, end, finish_plans, issue, reissue
from tests.passports import Nurse, checked


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
