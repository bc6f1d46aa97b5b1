"""Issuing under fire: many at once, a database that fails at the end, sudden death in the middle (IDM-017, -018)."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import ProgrammingError

from credentials.jws import parse_compact
from credentials.keys import PublicKey
from credentials.status_list import MAX_CHARACTERS, TYPE, decompress
from passport import db
from passport.issuing import issuance, service
from passport.issuing.fsck import findings
from passport.issuing.models import Credential, StatusEntry, StatusList
from passport.publishing import service as publishing
from passport.settings import Settings
from passport.signing import keyring
from passport.signing import service as signing
from tests import issuing_processes
from tests.issuing_processes import is_invalid, race
from tests.passports import Nurse, make_nurse, make_service

ROOT = Path(__file__).resolve().parents[2]
PROCESSES, COPIES, REVOCATIONS = 2, 320, 60
DIES_AT_THE_END = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'storage failed'; END $$;
    CREATE TRIGGER fail BEFORE UPDATE ON credential FOR EACH ROW WHEN (NEW.state = 'issued') EXECUTE FUNCTION fail();
"""


@pytest.fixture
def nurse(database_url: str, settings: Settings, now: datetime) -> Nurse:
    """A nurse at a service in a database of its own; its first list is there."""
    keyring.configure(settings)
    with db.transaction() as session:
        nurse = make_nurse(session)
        make_service(session, now)
    issuance.issue_passport(nurse.person_id, organisation_id=nurse.organisation_id, requested_by="job:race", now=now)
    return nurse


def test_no_place_is_given_twice_and_no_revocation_is_lost(
    nurse: Nurse, database_url: str, settings: Settings, now: datetime
) -> None:
    people = [(nurse.person_id, nurse.organisation_id)] * (COPIES // PROCESSES)
    with Reader(now) as reader, ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as processes:
        running = [
            processes.submit(race, database_url, str(settings.home), people, REVOCATIONS // PROCESSES)
            for _ in range(PROCESSES)
        ]
        outcomes = [outcome for each in running for outcome in each.result()]
    places = [(uri, index) for uri, index, _ in outcomes]
    assert len(set(places)) == len(places) == COPIES
    with db.reading() as session:
        token = publishing.status_list(session, 1).body
        marked = [index for _, index, revoked in outcomes if revoked]
        assert len(marked) == REVOCATIONS
        assert all(is_invalid(token, index) for index in marked)
        assert list(findings(session, now=now)) == []
    assert reader.lists_seen > 1


class Reader:
    """Looks at the list all the while: each time it must be whole, and never lose an entry again."""

    def __init__(self, now: datetime) -> None:
        self.now, self.lists_seen = now, 0
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "Reader":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        assert self._failure is None

    def _watch(self) -> None:
        try:
            self._look_until_stopped()
        except Exception as error:
            self._failure = error

    def _look_until_stopped(self) -> None:
        with db.reading() as session:
            key = PublicKey.from_jwk(signing.active_key(session, "passport").public_jwk)
        known, before = None, 0
        while not self._stop.is_set():
            with db.reading() as session:
                current = publishing.status_list(session, 1, known=known)
            if current is known:
                continue
            jws = parse_compact(current.body.decode(), typ=TYPE, max_characters=MAX_CHARACTERS)
            jws.verify(key)
            bits = int.from_bytes(decompress(jws.claims["status_list"]["lst"]))  # type: ignore[index]  # an object
            went_back = bool(before & ~bits)  # not the numbers themselves: they have 40,000 digits
            assert not went_back
            known, before = current, bits
            self.lists_seen += 1


def issue_by_half(nurse: Nurse, private_database: Callable[[str], str], now: datetime) -> None:
    """Issue a passport to the nurse in a database that fails at the last write."""
    owner = create_engine(private_database("owner"))
    with owner.begin() as connection:
        connection.execute(text(DIES_AT_THE_END))
    owner.dispose()
    with pytest.raises(Exception, match="storage failed"):
        issuance.issue_passport(
            nurse.person_id, organisation_id=nurse.organisation_id, requested_by="job:race", now=now
        )


def test_a_copy_whose_last_write_fails_is_known_and_can_be_revoked(
    nurse: Nurse, private_database: Callable[[str], str], now: datetime
) -> None:
    issue_by_half(nurse, private_database, now)
    with db.transaction() as session:
        [half] = session.scalars(select(Credential).where(Credential.state == "planned"))
        service.revoke(
            session,
            half.id,
            organisation_id=nurse.organisation_id,
            reason="issued_in_error",
            actor="operator",
            now=now,
        )
        half_id, number, index = half.id, half.list_number, half.status_index
    with db.reading() as session:
        assert is_invalid(publishing.status_list(session, number).body, index)
        assert session.scalars(select(Credential.state).where(Credential.id == half_id)).one() == "void"


def test_a_copy_whose_last_write_fails_is_touched_by_the_compromise_of_its_key(
    nurse: Nurse, private_database: Callable[[str], str], now: datetime
) -> None:
    issue_by_half(nurse, private_database, now)
    with db.reading() as session:
        kid = signing.active_key(session, "passport").kid
        assert {copy.state for copy in service.of_key(session, kid)} == {"issued", "planned"}


def test_a_process_that_is_killed_before_the_signature_leaves_a_plan_that_is_completed(
    nurse: Nurse, database_url: str, settings: Settings, now: datetime
) -> None:
    command = [sys.executable, "-m", issuing_processes.__name__, database_url, str(settings.home)]
    child = subprocess.Popen(
        [*command, str(nurse.person_id), str(nurse.organisation_id)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"planned\n"
        os.kill(child.pid, signal.SIGKILL)
    with db.reading() as session:
        [plan_id] = session.scalars(select(Credential.id).where(Credential.state == "planned"))
    assert issuance.finish_plans(actor="job:issuing", now=now + timedelta(minutes=2)) == (1, 0)
    with db.reading() as session:
        assert session.get_one(Credential, plan_id).state == "issued"
        assert list(findings(session, now=now)) == []


def test_two_workers_that_finish_the_same_plan_issue_it_once(nurse: Nurse, now: datetime) -> None:
    with db.transaction() as session:
        service.plan(
            session, [nurse.person_id], organisation_id=nurse.organisation_id, requested_by="job:race", now=now
        )
    later = now + timedelta(minutes=2)
    workers = [threading.Thread(target=lambda: issuance.finish_plans(actor="job:issuing", now=later)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with db.reading() as session:
        assert session.scalars(select(Credential.state)).all() == ["issued", "issued"]
        assert list(findings(session, now=now)) == []


def test_many_first_copies_at_once_begin_one_list(database_url: str, settings: Settings, now: datetime) -> None:
    keyring.configure(settings)
    with db.transaction() as session:
        nurse = make_nurse(session)
        make_service(session, now)
    race(database_url, str(settings.home), [(nurse.person_id, nurse.organisation_id)] * 16, 0)
    db.connect(database_url)
    with db.reading() as session:
        assert session.scalars(select(StatusList.used)).all() == [16]
        assert len(session.scalars(select(StatusEntry.index)).all()) == 16


def test_the_service_itself_can_not_rewrite_the_audit_log(nurse: Nurse) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), db.transaction() as session:
        session.execute(text("UPDATE audit_entry SET actor = 'nobody'"))
