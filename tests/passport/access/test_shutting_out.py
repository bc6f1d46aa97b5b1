"""Shutting accounts out and letting them in: who may not be shut out, and what does not come back."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from passport import db
from passport.access import accounts, entering, sessions, shutting_out
from passport.access.models import Account
from passport.audit.models import AuditEntry
from passport.errors import Invalid
from tests.factories import OrganisationFactory, PersonFactory
from tests.races import second_waits_for_first

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


def test_of_two_registrars_who_take_the_role_from_each_other_one_stays(database_url: str, now: datetime) -> None:
    with db.transaction() as session:
        registrars = [registrar(session, now).id for _ in range(2)]

    def end(account_id: UUID) -> Callable[[Session], None]:
        def work(session: Session) -> None:
            shutting_out.check_not_last(session, account_id)
            [granted] = accounts.grants_of(session, account_id)
            accounts.end_grant(session, granted, actor=ACTOR, now=now)

        return work

    with pytest.raises(shutting_out.LastRegistrar):
        second_waits_for_first(*(end(account_id) for account_id in registrars))


def test_a_change_of_role_holds_the_account_before_its_sessions_as_shutting_out_does(
    database_url: str, app: Flask, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, free = sessions.end, []
    with db.transaction() as session:
        account_id = registrar(session, now).id
        [granted] = accounts.grants_of(session, account_id)
        token = sessions.begin(session, granted, strong=True, now=now)
        session.expunge(granted)

    def note_and_end(session: Session, session_id: UUID) -> None:
        with db.beside() as others:
            wanted = select(Account.id).where(Account.id == account_id).with_for_update(skip_locked=True)
            free.append(others.scalar(wanted))
        end(session, session_id)

    monkeypatch.setattr(sessions, "end", note_and_end)
    with app.test_request_context(headers={"Cookie": f"{sessions.COOKIE}={token}"}), db.transaction() as session:
        entering.begin(session, granted, strong=True, now=now)
    assert free == [None]


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
