"""The audit log: one chain, readable for ever, unchangeable for the service."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from passport.audit.models import AuditEntry
from passport.audit.service import FIRST_HASH, broken_entries, record
from passport.db import transaction
from passport.embedded import EmbeddedServer

WRITERS = 10
ENTRIES_EACH = 12


@pytest.fixture
def owner(server: EmbeddedServer, worker_database: str) -> Iterator[Engine]:
    engine = create_engine(server.url("passport_owner", worker_database))
    yield engine
    engine.dispose()


def write(session: Session, now: datetime, number: int = 1) -> AuditEntry:
    return record(
        session, actor="operator", organisation_id=None, action="award.withdrawn", subject=f"award:{number}", now=now,
        detail={"reason": "issued_in_error"},
    )  # fmt: skip


def test_the_first_entry_begins_the_chain(session: Session, now: datetime) -> None:
    entry = write(session, now)
    assert entry.sequence == 1
    assert entry.previous_hash == FIRST_HASH


def test_each_entry_names_the_one_before(session: Session, now: datetime) -> None:
    first, second = write(session, now), write(session, now)
    assert second.previous_hash == first.hash
    assert second.sequence == first.sequence + 1
    assert broken_entries(session) == []


def test_the_same_deed_twice_has_two_hashes(session: Session, now: datetime) -> None:
    assert write(session, now).hash != write(session, now).hash


@pytest.mark.parametrize("tamper", [
    "UPDATE audit_entry SET detail = '{\"reason\": \"no_longer_valid\"}' WHERE sequence = 2",
    "UPDATE audit_entry SET actor = 'client:somebody-else' WHERE sequence = 2",
    "UPDATE audit_entry SET at = at + interval '1 second' WHERE sequence = 2",
    "UPDATE audit_entry SET salt = '\\x00' WHERE sequence = 2",
    "DELETE FROM audit_entry WHERE sequence = 2",
    "UPDATE audit_entry SET sequence = CASE sequence WHEN 2 THEN 30 WHEN 3 THEN 2 END WHERE sequence IN (2, 3)",
])  # fmt: skip
def test_a_change_made_afterwards_is_found(owner: Engine, now: datetime, tamper: str) -> None:
    with owner.connect() as connection, Session(connection) as session:
        for number in range(4):
            write(session, now, number)
        assert broken_entries(session) == []
        session.execute(text(tamper))
        session.expire_all()
        assert broken_entries(session)


@pytest.mark.parametrize(
    "change", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
@pytest.mark.parametrize("role", ["web", "worker"])
def test_the_service_itself_may_not_change_the_log(
    server: EmbeddedServer, worker_database: str, role: str, change: str
) -> None:
    engine = create_engine(server.url(f"passport_{role}", worker_database))
    with pytest.raises(ProgrammingError, match="permission denied"), engine.begin() as connection:
        connection.execute(text(change))
    engine.dispose()


def test_writers_at_once_make_one_chain_without_a_gap(database_url: str, now: datetime) -> None:
    del database_url

    def work(writer: int) -> None:
        for number in range(ENTRIES_EACH):
            with transaction() as session:
                write(session, now, writer * 1000 + number)

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(WRITERS)))
    with transaction() as session:
        assert session.query(AuditEntry).count() == WRITERS * ENTRIES_EACH
        assert broken_entries(session) == []
