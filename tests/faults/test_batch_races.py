"""Two people, or a person and a worker, at one batch at the same moment: one effect, and the other is told."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from passport import db
from passport.awards.models import Award
from passport.batches import progress, service, steps, storing, work
from passport.batches.models import Batch
from passport.batches.progress import Progress
from passport.batches.steps import Acting
from passport.errors import Conflict
from passport.settings import Settings
from passport.signing import keyring
from passport.standards import service as standards
from tests.batch_files import as_csv, make_sender
from tests.batch_processes import NOW
from tests.passports import make_service
from tests.races import second_waits_for_first

SECOND, THIRD = "account:second", "account:third"


@dataclass(frozen=True)
class Office:
    """A trust that sends files, in a database of its own, with what its people do at the same time."""

    acting: dict[str, Any]
    content: bytes

    def ask(self, kind: str = "record_awards", content: bytes | None = None, *, dry_run: bool = False) -> UUID:
        """Ask for a batch."""
        with db.transaction() as session:
            asked = service.request(session, content or self.content, kind=kind, dry_run=dry_run, **self.acting)
            return asked.id

    def work(self, batch_id: UUID) -> None:
        """Do both chunks, as a worker would."""
        for number in (1, 2):
            work.work(batch_id, number, clock=lambda: NOW)

    def stand(self, batch_id: UUID) -> Progress:
        """Return where a batch stands."""
        with db.reading() as session:
            return progress.progress(session, [session.get_one(Batch, batch_id)])[batch_id]


@pytest.fixture
def office(database_url: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Office:
    """Four nurses in two chunks."""
    monkeypatch.setattr(storing, "CHUNK", 2)
    keyring.configure(settings)
    with db.transaction() as session:
        sender = make_sender(session, NOW)
        make_service(session, NOW)
        standards.accredit(session, standard_code="MPC-PAEDIATRICS", from_on=date(2020, 1, 1), **sender.acting)
        return Office(sender.acting, as_csv(*sender.awards(0, 1, 2, 3)))


def many(session: Session, *conditions: Any) -> int:
    return session.scalar(select(func.count()).select_from(Award).where(*conditions)) or 0


def test_a_check_is_run_once(office: Office) -> None:
    checked = office.ask(dry_run=True)
    with pytest.raises(Conflict) as told:
        second_waits_for_first(*[lambda session: service.run(session, checked, **office.acting)] * 2)
    assert told.value.code == "batch_run"


def test_a_batch_is_undone_once(office: Office) -> None:
    batch_id = office.ask()
    office.work(batch_id)
    undo = [lambda session: service.undo(session, batch_id, dry_run=False, **office.acting)] * 2
    with pytest.raises(service.AlreadyTaken):
        second_waits_for_first(*undo)
    with db.reading() as session:
        back_id = session.scalars(select(Batch.id).where(Batch.undoes_id == batch_id)).one()
    office.work(back_id)
    with db.reading() as session:
        assert many(session, Award.ended_at.is_(None)) == 0
        assert many(session) == 4


def test_of_two_who_confirm_one_does_and_of_confirming_and_stopping_one_counts(office: Office) -> None:
    rows = office.content.decode().replace(",FS,", ",MPC-PAEDIATRICS,").encode()
    office.work(office.ask(content=rows))
    numbers = [line.split(",")[0] for line in rows.decode().splitlines()[1:]]
    named = {"Standard": "MPC-PAEDIATRICS", "Reason": "issued_in_error"}
    withdrawal = as_csv(*({"Passport number": number} | named for number in numbers))
    first, second = (office.ask("withdraw_awards", withdrawal) for _ in range(2))

    def confirm(batch_id: UUID, actor: str) -> Callable[[Session], object]:
        return lambda session: service.confirm(session, batch_id, **office.acting | {"actor": actor})

    with pytest.raises(service.BatchOver):
        second_waits_for_first(confirm(first, SECOND), confirm(first, THIRD))
    with pytest.raises(service.BatchOver):
        second_waits_for_first(
            lambda session: service.cancel(session, second, **office.acting), confirm(second, SECOND)
        )  # fmt: skip
    office.work(first)
    assert (office.stand(first).done, office.stand(second).state) == (4, "cancelled")
    with db.reading() as session:
        assert session.get_one(Batch, first).confirmed_by == SECOND


def test_a_chunk_at_work_is_finished_though_somebody_stops_the_batch_and_nobody_undoes_it_before(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch_id, done = office.ask(), steps.do_rows

    def interrupted(acting: Acting, rows: Any) -> Any:
        """Do the rows, with people at it meanwhile, each in a transaction of their own."""
        monkeypatch.setattr(steps, "do_rows", done)
        found = done(acting, rows)
        at_the_same_time(lambda session: service.cancel(session, batch_id, **office.acting))
        with pytest.raises(service.BatchRunning):
            at_the_same_time(lambda session: service.undo(session, batch_id, dry_run=False, **office.acting))
        return found

    monkeypatch.setattr(steps, "do_rows", interrupted)
    office.work(batch_id)
    stand = office.stand(batch_id)
    assert (stand.state, stand.done, stand.cancelled, stand.left) == ("cancelled", 2, 2, 0)
    with db.transaction() as session:
        back_id = service.undo(session, batch_id, dry_run=False, **office.acting).id
    office.work(back_id)
    assert office.stand(back_id).done == 2


def at_the_same_time(act: Callable[[Session], object]) -> None:
    """Act in a transaction of somebody else, while one is open here."""
    with db.sessions() as session:
        act(session)
        session.commit()
