"""Copies by the hundred: planned by COPY, stored by one update, with the checks of a single one."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.keys import MemorySigner
from passport.audit.models import AuditEntry
from passport.issuing import bulk, issuance, service
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from tests.passports import Nurse

ACTOR = "client:hr"


class Elsewhere:
    """A key that lies outside of this process."""

    def __init__(self, signer: MemorySigner) -> None:
        self.public, self.sign = signer.public, signer.sign


def plan(session: Session, nurse: Nurse, now: datetime) -> list[issuance.ToSign]:
    return bulk.plan(
        session, [nurse.person_id] * 3, organisation_id=nurse.organisation_id, requested_by=ACTOR, now=now
    )  # fmt: skip


def states(session: Session, ids: list[UUID]) -> set[str]:
    return set(session.scalars(select(Credential.state).where(Credential.id.in_(ids))))


def test_plans_hold_what_will_be_signed(session: Session, nurse: Nurse, now: datetime) -> None:
    for to_sign in plan(session, nurse, now):
        recorded = session.get_one(Credential, to_sign.id)
        assert recorded.state == "planned"
        assert recorded.claims_sha256 == hashlib.sha256(to_sign.copy.to_be_signed).digest()
        assert service.unsigned(session, recorded).to_be_signed == to_sign.copy.to_be_signed


def test_what_is_stored_is_whole_and_noted_once(session: Session, nurse: Nurse, now: datetime) -> None:
    signatures = issuance.sign(plan(session, nurse, now))
    stored = bulk.store(session, signatures, now=now)
    bulk.note(session, stored, organisation_id=nurse.organisation_id, actor=ACTOR, now=now)
    again = bulk.store(session, signatures, now=now)
    bulk.note(session, again, organisation_id=nurse.organisation_id, actor=ACTOR, now=now)
    assert (len(stored.fresh), len(again.fresh)) == (3, 0)
    assert stored.all == again.all
    entries = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "credential.issued")).all()
    assert entries == [{"count": 3}]
    assert list(findings(session, now=now)) == []


def test_a_signature_of_a_key_elsewhere_is_verified(session: Session, nurse: Nurse, now: datetime) -> None:
    planned = plan(session, nurse, now)
    assert all(signature.own for signature in issuance.sign(planned))
    own = planned[0].signer
    assert isinstance(own, MemorySigner)
    away = issuance.ToSign(planned[0].id, planned[0].copy, Elsewhere(own))
    [right] = issuance.sign([away])
    assert not right.own
    wrong = service.Signature(right.id, bytes(63) + b"\1", right.message)
    with pytest.raises(service.SignatureRefused):
        bulk.store(session, [wrong], now=now)
    assert bulk.store(session, [right], now=now).fresh == [right.id]


def test_a_signature_over_something_else_is_never_stored(session: Session, nurse: Nurse, now: datetime) -> None:
    [first, *_] = issuance.sign(plan(session, nurse, now))
    with pytest.raises(service.ClaimsChanged):
        bulk.store(session, [service.Signature(first.id, first.value, b"something else", own=True)], now=now)
    assert states(session, [first.id]) == {"planned"}


def test_a_plan_that_was_given_up_takes_no_signature(session: Session, nurse: Nurse, now: datetime) -> None:
    signatures = issuance.sign(plan(session, nurse, now))
    one = session.get_one(Credential, signatures[0].id)
    service.withdraw(session, [one], reason="never_signed", actor=ACTOR, now=now + timedelta(seconds=1))
    with pytest.raises(service.CredentialVoid):
        bulk.store(session, signatures, now=now)
    assert states(session, [each.id for each in signatures]) == {"planned", "void"}
