"""Files at work on people whose records are merged or erased at the same moment: nothing is left behind."""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from passport import db
from passport.awards import service as awards
from passport.awards.models import LocalTraining
from passport.batches import copies, results, work
from passport.batches.models import BatchRow
from passport.esr import service as esr
from passport.issuing import issuance
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from passport.issuing.service import CredentialVoid, Signature
from passport.records import erasing, merging, moves
from passport.records.models import Erasure
from passport.settings import Settings
from passport.signing import keyring
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from tests.batch_files import as_csv, make_sender
from tests.esr_files import VPD, Employer, bulk, make_employer
from tests.factories import EmploymentFactory, OrganisationFactory, PersonFactory
from tests.merges import WHY, current
from tests.passport.records.conftest import ANNA, BELA
from tests.passports import make_service
from tests.races import second_waits_for_first

NOW = datetime(2026, 8, 6, 9, 0, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)
Work = Callable[[Session], object]
LOCAL = {"Competency Name": f"{VPD}|LOCAL|Invented gloves|"}
NEWER = bulk({"Date Awarded": "2026/07/01 00:00:00"}, LOCAL)


def taking(trust: Employer, content: bytes = NEWER) -> Work:
    """Return what imports a file of a trust."""
    return lambda session: esr.import_file(
        session, io.BytesIO(content), organisation_id=trust.id, actor="operator", now=NOW
    )


def nurse_by_file() -> tuple[Employer, UUID]:
    """Make a trust, and the record of a nurse that its file brought."""
    with db.transaction() as session:
        trust = make_employer(session, NOW)
        taking(trust, bulk({}))(session)
        return trust, session.scalars(select(Person.id)).one()


@pytest.fixture
def merger(database_url: str) -> tuple[Employer, UUID, UUID, Work]:
    """A trust, a nurse whom its file brought, her record elsewhere, and what decides their merge."""
    trust, gone = nurse_by_file()
    with db.transaction() as session:
        kept = PersonFactory.create(session).id
        neighbour = OrganisationFactory.create(session).id
        EmploymentFactory.create(session, person_id=kept, organisation_id=neighbour)
        acting: dict[str, Any] = {"because": WHY, "organisation_id": neighbour, "now": NOW}
        proposed = merging.propose(session, from_person_id=gone, to_person_id=kept, actor=ANNA, **acting).id
    return trust, gone, kept, lambda session: merging.merge(session, proposed, actor=BELA, **acting)


@pytest.mark.parametrize("merge_first", [True, False])
def test_what_a_file_brings_while_records_are_merged_is_at_the_one_that_stands(
    merger: tuple[Employer, UUID, UUID, Work], merge_first: bool
) -> None:
    trust, gone, kept, merge = merger
    second_waits_for_first(*((merge, taking(trust)) if merge_first else (taking(trust), merge)))
    with db.reading() as session:
        assert [award.awarded_on for award in current(session, kept)] == [date(2026, 7, 1)]
        assert current(session, gone) == []
        for table in (LocalTraining, Employment):
            assert session.scalars(select(table.person_id).where(table.organisation_id == trust.id)).all() == [kept]
        assert len(session.scalars(select(Person.id)).all()) == 2


def test_nobody_is_merged_whom_an_employer_that_came_meanwhile_is_recording(
    merger: tuple[Employer, UUID, UUID, Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, gone, _, merge = merger
    take_turns = moves.take_turns
    with db.sessions() as theirs, monkeypatch.context() as patch:

        def and_then_somebody_comes(session: Session, *person_ids: UUID) -> set[UUID]:
            taken = take_turns(session, *person_ids)
            new = OrganisationFactory.create(theirs).id
            staff.employ(theirs, person_id=gone, organisation_id=new, started_on=NOW.date(), actor="x", now=NOW)
            theirs.commit()
            awards.take_turn(theirs, new, alone=True)  # as an import does first
            return taken

        patch.setattr(moves, "take_turns", and_then_somebody_comes)
        with pytest.raises(merging.RecordInUse), db.transaction() as session:
            merge(session)
    with db.transaction() as session:
        merge(session)
        assert session.scalars(select(Employment.id).where(Employment.person_id == gone)).all() == []


@pytest.fixture
def worker_url(private_database: Callable[[str], str]) -> Iterator[str]:
    """A database of one's own as the worker's role, which alone may erase."""
    url = private_database("worker")
    db.sessions.configure(bind=None, join_transaction_mode="conditional_savepoint")
    engine = db.connect(url, pool_size=5)
    yield url
    engine.dispose()
    db.sessions.configure(bind=None)


def eraser(person_id: UUID) -> Work:
    """Ask for and confirm the erasure of somebody whose last day is today; return what carries it out tomorrow."""
    with db.transaction() as session:
        session.execute(update(Employment).values(ended_on=NOW.date()))
        acting: dict[str, Any] = {"organisation_id": OrganisationFactory.create(session).id, "now": TOMORROW}
        asked = erasing.request(session, person_id, ground="person_asked", actor=ANNA, **acting)
        erasure_id = erasing.confirm(session, asked.id, actor=BELA, **acting).id
    return lambda session: erasing.erase(session, erasure_id, actor="job:records", now=TOMORROW)


@pytest.mark.parametrize("erase_first", [True, False])
def test_a_file_brings_nothing_back_to_a_record_that_is_erased(worker_url: str, erase_first: bool) -> None:
    trust, person_id = nurse_by_file()
    erase, take = eraser(person_id), taking(trust)
    second_waits_for_first(*((erase, take) if erase_first else (take, erase)))
    with db.reading() as session:
        assert session.scalars(select(LocalTraining.id).where(LocalTraining.person_id == person_id)).all() == []
        assert len(current(session, person_id)) == 1
        assert len(session.scalars(select(Person.id)).all()) == (2 if erase_first else 1)  # the file tells of somebody


def test_an_erasure_that_is_cancelled_while_it_waits_for_a_file_is_not_carried_out(
    worker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust, person_id = nurse_by_file()
    erase, take_turns = eraser(person_id), moves.take_turns

    def and_then_somebody_cancels(session: Session, *person_ids: UUID) -> set[UUID]:
        with db.sessions() as theirs:
            asked = theirs.scalars(select(Erasure)).one()
            erasing.cancel(theirs, asked.id, organisation_id=trust.id, actor=ANNA, now=TOMORROW)
            theirs.commit()
        return take_turns(session, *person_ids)

    monkeypatch.setattr(moves, "take_turns", and_then_somebody_cancels)
    with db.transaction() as session:
        assert erase(session) is None


@pytest.fixture
def issuing_batch(worker_url: str, settings: Settings) -> tuple[UUID, UUID]:
    """A batch that issues to one nurse today, and the nurse."""
    keyring.configure(settings)
    with db.transaction() as session:
        sender = make_sender(session, NOW, staff=1)
        make_service(session, NOW)
        asked = sender.request("issue_passports", as_csv(*sender.rows(0)))
        return asked.id, sender.staff[0].id


def outcome(batch_id: UUID, person_id: UUID) -> tuple[str, str | None, list[tuple[str, bytes]]]:
    """Return what became of the batch's row, and the person's copies with their claims; the registry is sound."""
    with db.reading() as session:
        assert list(findings(session, now=TOMORROW)) == []
        row = session.scalars(select(BatchRow).where(BatchRow.batch_id == batch_id)).one()
        issued = select(Credential.state, Credential.claims).where(Credential.person_id == person_id)
        return row.outcome, row.code, [(state, claims) for state, claims in session.execute(issued)]


def test_who_is_erased_while_a_batch_signs_gets_no_copy(
    issuing_batch: tuple[UUID, UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id, person_id = issuing_batch
    erase, sign = eraser(person_id), issuance.sign

    def erased_meanwhile(to_sign: Sequence[issuance.ToSign]) -> list[Signature]:
        signed = sign(to_sign)
        with db.transaction() as session:
            erase(session)
        return signed

    with monkeypatch.context() as patch:
        patch.setattr(issuance, "sign", erased_meanwhile)
        with pytest.raises(CredentialVoid):
            work.work(batch_id, 1, clock=lambda: NOW)
    work.work(batch_id, 1, clock=lambda: NOW)  # as the job does when it is tried again
    assert outcome(batch_id, person_id) == ("failed", "record_closed", [("void", b"")])


def test_who_is_erased_while_a_batch_plans_gets_no_copy(issuing_batch: tuple[UUID, UUID]) -> None:
    batch_id, person_id = issuing_batch
    erase = eraser(person_id)
    second_waits_for_first(lambda session: plan(session, batch_id), erase)
    work.work(batch_id, 1, clock=lambda: NOW)
    assert outcome(batch_id, person_id) == ("failed", "record_closed", [("void", b"")])


def test_a_batch_that_waits_for_an_erasure_plans_nothing(issuing_batch: tuple[UUID, UUID]) -> None:
    batch_id, person_id = issuing_batch
    second_waits_for_first(eraser(person_id), lambda session: plan(session, batch_id))
    work.work(batch_id, 1, clock=lambda: NOW)
    assert outcome(batch_id, person_id) == ("failed", "record_closed", [])


def plan(session: Session, batch_id: UUID) -> None:
    """Do the first of a chunk's two transactions."""
    taken = work._take(session, batch_id, 1, now=NOW)
    assert taken is not None
    acting, chunk = taken
    _, unfit = copies.plan(acting, copies.waiting(session, chunk))
    results.write(session, batch_id, unfit)
    chunk.failed += len(unfit)
