"""Workers of a batch that are killed at any point: no copy twice, none missing, no award twice (IDM-017, -018)."""

from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select

from passport import db
from passport.awards.models import Award
from passport.batches import progress, service, storing
from passport.batches.models import Batch, BatchRow
from passport.issuing.fsck import findings
from passport.issuing.models import Credential
from passport.settings import Settings
from passport.signing import keyring
from tests.batch_files import ACTOR, make_sender
from tests.batch_processes import (
    NOW,
    finish,
    kill_at_place,
    make_staff_of,
    request,
    start_worker,
    wait_until_gone,
)
from tests.passports import make_service

PEOPLE, CHUNK = 600, 100
Start = Callable[..., UUID]


@pytest.fixture
def begin(database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Ask for a batch for six hundred people, in small chunks."""
    monkeypatch.setattr(storing, "CHUNK", CHUNK)
    keyring.configure(settings)

    def ask(kind: str, people: int = PEOPLE) -> UUID:
        with db.transaction() as session:
            sender = make_sender(session, NOW, staff=0)
            make_service(session, NOW)
            numbers = make_staff_of(session, sender.organisation.id, people)
            return request(session, sender.organisation, kind, numbers)

    return ask


@pytest.mark.parametrize("place", ["before the plan", "before the signature", "before it is stored"])
def test_issuing_survives_the_death_of_a_worker(
    begin: Start, database_url: str, private_database: Callable[[str], str], settings: Settings, place: str
) -> None:
    batch_id, start = begin("issue_passports"), (database_url, private_database("worker"), settings.home)
    kill_at_place(start_worker(*start, place))
    resume(batch_id)
    finish(start_worker(*start), start_worker(*start))
    with db.reading() as session:
        stand = progress.progress(session, [session.get_one(Batch, batch_id)])[batch_id]
        assert (stand.state, stand.done, stand.failed) == ("finished", PEOPLE, 0)
        states = session.execute(select(Credential.state, func.count()).group_by(Credential.state)).all()
        assert [tuple(row) for row in states] == [("issued", PEOPLE)]
        people = select(func.count(Credential.person_id.distinct()), func.count(BatchRow.credential_id.distinct()))
        both = people.select_from(Credential).join(BatchRow, BatchRow.credential_id == Credential.id)
        assert tuple(session.execute(both).one()) == (PEOPLE, PEOPLE)
        assert list(findings(session, now=NOW)) == []


def test_recording_survives_the_death_of_a_worker(
    begin: Start, database_url: str, private_database: Callable[[str], str], settings: Settings
) -> None:
    batch_id, start = begin("record_awards"), (database_url, private_database("worker"), settings.home)
    kill_at_place(start_worker(*start, "in the middle"))
    resume(batch_id)
    finish(start_worker(*start), start_worker(*start))
    with db.reading() as session:
        stand = progress.progress(session, [session.get_one(Batch, batch_id)])[batch_id]
        assert (stand.state, stand.done, stand.failed) == ("finished", PEOPLE, 0)
        assert session.scalar(select(func.count()).select_from(Award)) == PEOPLE
        assert session.scalar(select(func.count(Award.person_id.distinct()))) == PEOPLE


def test_a_worker_undoes_what_asks_for_more_work(
    begin: Start, database_url: str, private_database: Callable[[str], str], settings: Settings
) -> None:
    """Each withdrawal asks for a new passport, so this work asks for more work while it is done by a real worker."""
    batch_id, start = begin("record_awards", people=20), (database_url, private_database("worker"), settings.home)
    finish(start_worker(*start))
    with db.transaction() as session:
        organisation_id = session.get_one(Batch, batch_id).organisation_id
        back = service.undo(session, batch_id, dry_run=False, organisation_id=organisation_id, actor=ACTOR, now=NOW)
        back_id = back.id
    finish(start_worker(*start))
    with db.reading() as session:
        assert progress.progress(session, [session.get_one(Batch, back_id)])[back_id].done == 20
        assert session.scalar(select(func.count()).where(Award.ended_at.is_(None))) == 0


def resume(batch_id: UUID) -> None:
    """Ask again for the one chunk whose worker died."""
    with db.transaction() as session:
        wait_until_gone(session)
        batch = session.get_one(Batch, batch_id)
        stand = progress.progress(session, [batch])[batch_id]
        assert stand.state == "running"
        assert stand.left > PEOPLE - 2 * CHUNK
        assert service.resume(session, batch, now=NOW) == 1
