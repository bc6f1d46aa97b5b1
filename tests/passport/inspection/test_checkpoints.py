"""Checkpoints held against the log: a log that was cut, changed or written anew is found."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from passport.audit.service import record
from passport.embedded import EmbeddedServer
from passport.inspection import checkpoints
from passport.inspection.models import SignedCheckpoint
from passport.settings import Settings
from passport.signing import keyring
from tests.passports import make_service

HOUR = timedelta(hours=1)


@pytest.fixture
def log(server: EmbeddedServer, worker_database: str, settings: Settings, now: datetime) -> Iterator[Session]:
    """The log as its database's owner could change it; nothing of it is kept."""
    keyring.configure(settings)
    engine: Engine = create_engine(server.url("passport_owner", worker_database))
    with engine.connect() as connection, Session(connection) as session:
        make_service(session, now)
        write(session, now, 5)
        yield session
    engine.dispose()


def write(session: Session, now: datetime, times: int = 1) -> None:
    for number in range(times):
        record(
            session, actor="operator", organisation_id=None, action="award.withdrawn", subject=f"award:{number}",
            now=now,
        )  # fmt: skip


def tamper(session: Session, statement: str) -> None:
    session.execute(text(statement))
    session.expire_all()


def test_a_kept_checkpoint_agrees_with_a_log_that_only_grew(log: Session, now: datetime) -> None:
    signed = checkpoints.sign(log, now=now)
    assert signed is not None
    write(log, now, 3)
    assert checkpoints.check(log, signed.token, now=now).sequence == signed.sequence


def test_nothing_new_needs_no_new_checkpoint(log: Session, now: datetime) -> None:
    assert checkpoints.sign(log, now=now) is not None
    assert checkpoints.sign(log, now=now + HOUR) is None
    write(log, now)
    assert checkpoints.sign(log, now=now + HOUR) is not None
    assert log.query(SignedCheckpoint).count() == 2


def test_a_log_that_was_cut_is_found(log: Session, now: datetime) -> None:
    signed = checkpoints.sign(log, now=now)
    assert signed is not None
    token, last = signed.token, signed.sequence
    tamper(log, "DELETE FROM audit_checkpoint")
    tamper(log, f"DELETE FROM audit_entry WHERE sequence >= {last - 1}")
    with pytest.raises(checkpoints.LogBroken, match="was cut"):
        checkpoints.check(log, token, now=now)


def test_a_log_that_was_written_anew_is_found_although_its_chain_holds(log: Session, now: datetime) -> None:
    signed = checkpoints.sign(log, now=now)
    assert signed is not None
    token, last = signed.token, signed.sequence
    tamper(log, "DELETE FROM audit_checkpoint")
    tamper(log, f"DELETE FROM audit_entry WHERE sequence >= {last - 1}")
    write(log, now, 5)
    with pytest.raises(checkpoints.LogBroken, match="written anew"):
        checkpoints.check(log, token, now=now)


@pytest.mark.parametrize("which", ["sequence", "sequence - 1"])
def test_a_changed_log_gets_no_further_checkpoint(log: Session, now: datetime, which: str) -> None:
    checkpoints.sign(log, now=now)
    write(log, now, 2)
    tamper(
        log,
        f"UPDATE audit_entry SET actor = 'somebody' WHERE sequence = (SELECT max({which}) FROM audit_entry)",
    )
    with pytest.raises(checkpoints.LogBroken, match="does not follow"):
        checkpoints.sign(log, now=now + HOUR)


def test_a_log_cut_at_its_last_checkpoint_gets_no_further_one(log: Session, now: datetime) -> None:
    signed = checkpoints.sign(log, now=now)
    assert signed is not None
    tamper(log, "ALTER TABLE audit_checkpoint DROP CONSTRAINT fk_audit_checkpoint_sequence")
    tamper(log, f"DELETE FROM audit_entry WHERE sequence >= {signed.sequence}")
    with pytest.raises(checkpoints.LogBroken):
        checkpoints.sign(log, now=now + HOUR)


@pytest.mark.parametrize("text_of_token", ["", "no checkpoint", "a.b.c", "~" * 5000])
def test_what_is_no_checkpoint_is_refused(log: Session, now: datetime, text_of_token: str) -> None:
    with pytest.raises(checkpoints.CheckpointUnreadable):
        checkpoints.check(log, text_of_token, now=now)
