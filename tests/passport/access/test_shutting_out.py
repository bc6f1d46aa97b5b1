"""Shutting accounts out and letting them in: who may not be shut out, and what does not come back."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.access import accounts, shutting_out
from passport.access.models import Account
from passport.audit.models import AuditEntry
from passport.errors import Invalid
from tests.factories import OrganisationFactory, PersonFactory

ACTOR = "operator"


def registrar(session: Session, now: datetime) -> Account:
    account = accounts.register(session, name="Reg Inventedname", actor=ACTOR, now=now)
    accounts.grant(session, account_id=account.id, organisation_id=OrganisationFactory.create(session).id,
                   role="registrar", source="registrar", actor=ACTOR, now=now)  # fmt: skip
    return account


def of_record(session: Session, now: datetime, **changed: object) -> UUID:
    person = PersonFactory.create(session, **changed)
    return accounts.register(session, name="Testa Inventedname", person_id=person.id, actor=ACTOR, now=now).id


def test_the_last_registrar_who_works_stays(session: Session, now: datetime) -> None:
    first, second = registrar(session, now), registrar(session, now)
    shutting_out.shut_out(session, second.id, reason="left", actor=ACTOR, now=now)
    with pytest.raises(shutting_out.LastRegistrar):
        shutting_out.shut_out(session, first.id, reason="left", actor=ACTOR, now=now)
    assert (first.disabled_at, second.disabled_at) == (None, now)


def test_nobody_shuts_out_or_lets_in_the_own_account(session: Session, now: datetime) -> None:
    own, _ = registrar(session, now), registrar(session, now)
    with pytest.raises(shutting_out.OwnAccount):
        shutting_out.shut_out(session, own.id, reason="left", actor=f"account:{own.id}", now=now)
    with pytest.raises(shutting_out.OwnAccount):
        shutting_out.let_in(session, own.id, actor=f"account:{own.id}", now=now)


def test_doing_it_twice_is_written_down_once(session: Session, now: datetime) -> None:
    account_id = of_record(session, now)
    for _ in range(2):
        shutting_out.shut_out(session, account_id, reason="asked", actor=ACTOR, now=now)
    for _ in range(2):
        shutting_out.let_in(session, account_id, actor=ACTOR, now=now)
    actions = session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"account:{account_id}")).all()
    assert sorted(actions) == ["account.disabled", "account.enabled", "account.registered"]


def test_the_reason_is_one_of_the_list(session: Session, now: datetime) -> None:
    with pytest.raises(Invalid):
        shutting_out.shut_out(session, of_record(session, now), reason="dislike", actor=ACTOR, now=now)


def test_an_account_does_not_come_back_before_its_record(session: Session, now: datetime) -> None:
    account_id = of_record(session, now, closed_at=now)
    session.get_one(Account, account_id).disabled_at = now
    with pytest.raises(shutting_out.RecordNotOpen):
        shutting_out.let_in(session, account_id, actor=ACTOR, now=now)
    merged = of_record(session, now, merged_into_id=PersonFactory.create(session).id)
    with pytest.raises(shutting_out.RecordNotOpen):
        shutting_out.let_in(session, merged, actor=ACTOR, now=now)
