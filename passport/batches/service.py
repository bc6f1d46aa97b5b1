"""The rules of batches: ask for one, run what was checked, confirm, cancel, undo, resume; see how it gets on.

In the order of the code. Flushes, never commits. Beside it: `progress`, and `storing` of what is asked for. A request
looks at the whole file first (`checking`): one row without the right to it, and nothing is done. What can be done is
stored row by row in chunks, each with a job that is deferred in the same transaction; `work` does them. To withdraw
professional credentials takes two people: such a batch waits for the second.

Undo is a batch too (`undoing`). Nothing is undone twice, and revocations and undos can't be undone.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.orm import Session

from passport.awards.models import Award
from passport.batches import undoing
from passport.batches.checking import Check, Checked
from passport.batches.models import Batch, BatchChunk, BatchRow
from passport.batches.progress import waits
from passport.batches.queries import among, any_professional, issuers
from passport.batches.reading import read
from passport.batches.storing import WORK, ask, audited, begin, store
from passport.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from passport.staff.models import Person
from passport.standards.models import Standard

FAULTS_LISTED: Final = 20
TAKE_OVER_ROWS: Final = text("""
INSERT INTO batch_row
    (batch_id, line, outcome, "column", code, sentence, person_id, award_id, credential_id, settings)
SELECT :batch, line, outcome, "column", code, sentence, person_id, award_id, credential_id, settings
FROM batch_row WHERE batch_id = :checked
""")
STILL_ASKED_FOR: Final = text("""
SELECT (args ->> 'chunk')::int FROM procrastinate_jobs
WHERE task_name = :task AND status = 'todo' AND args ->> 'batch_id' = :batch
""")


class BatchNotFound(NotFound):
    """There is no such batch, or it is not the caller's."""

    code = "batch_not_found"
    title = "There is no such batch"


class ExceedsRights(Invalid):
    """A row asks for what the organisation has no right to, so nothing of the file was done."""

    code = "batch_exceeds_rights"
    title = "The file asks for more than your organisation may do. Nothing was done"


class BatchRunning(Conflict):
    """The batch is still at work."""

    code = "batch_running"
    title = "The batch is still running"


class BatchOver(Conflict):
    """The batch is finished, cancelled, or was only a check."""

    code = "batch_over"
    title = "The batch is over"


class AlreadyTaken(Conflict):
    """The check was run, or the batch was undone, before."""

    code = "batch_undone"
    title = "The batch was undone before"
    constraint = "uq_batch_undoes_id"


class AlreadyRun(Conflict):
    """The check was run before."""

    code = "batch_run"
    title = "This check was run before"
    constraint = "uq_batch_checked_id"


class SecondPersonMissing(Forbidden):
    """Who asked for a batch can't be the one who confirms it."""

    code = "second_person_needed"
    title = "Another person must confirm this"


def request(
    session: Session,
    content: bytes,
    *,
    kind: str,
    dry_run: bool,
    organisation_id: UUID,
    actor: str,
    now: datetime,
) -> Batch:
    """Ask for everything in a file. Jobs do the work once this is committed.

    Args:
        session: an open transaction.
        content: the file: CSV or JSON lines.
        kind: one of `KINDS`.
        dry_run: only look at every row, and change nothing.
        organisation_id: whose rights count.
        actor: who acts.
        now: UTC.

    Returns:
        The batch. A dry run that would exceed rights says so (`exceeds`).

    Raises:
        BatchFileInvalid: the file can't be read.
        ExceedsRights: a row has no right to what it asks for; the faults name the first of them by line and column.
    """
    file = read(content, kind)
    rows = Check(session, file.records, organisation_id, now).rows(kind)
    beyond = [row for row in rows if row.fault and row.fault.exceeds]
    if beyond and not dry_run:
        raise ExceedsRights(faults=tuple(_as_fault(row) for row in beyond[:FAULTS_LISTED]))
    withdrawn = [row.award_id for row in rows if row.award_id] if kind == "withdraw_awards" else []
    batch = Batch(
        organisation_id=organisation_id, kind=kind, dry_run=dry_run, file_sha256=file.sha256, exceeds=bool(beyond),
        needs_second=any_professional(session, withdrawn), requested_by=actor, requested_at=now,
    )  # fmt: skip
    return store(session, batch, rows)


def run(session: Session, checked_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> Batch:
    """Do what a dry run looked at, without the file. Rows are checked again when they are done.

    Raises:
        BatchNotFound: there is no such batch of the organisation.
        BatchOver: it was no dry run of a file, or it would exceed the organisation's rights.
        AlreadyRun: it was run before.
    """
    checked = by_id(session, checked_id, organisation_id=organisation_id)
    check_runnable(session, checked)
    batch = Batch(
        organisation_id=organisation_id, kind=checked.kind, dry_run=False, file_sha256=checked.file_sha256,
        exceeds=False, needs_second=checked.needs_second, requested_by=actor, requested_at=now, checked_id=checked.id,
        total=checked.total, refused=checked.refused,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    session.execute(TAKE_OVER_ROWS, {"batch": batch.id, "checked": checked.id})
    ready = select(BatchRow.line).where(BatchRow.batch_id == batch.id, BatchRow.outcome == "ready")
    begin(session, batch, session.scalars(ready.order_by(BatchRow.line)).all())
    return batch


def check_runnable(session: Session, checked: Batch) -> None:
    """Refuse to run what is no check, exceeds the organisation's rights, or was run; raises as `run`."""
    if not checked.dry_run or checked.exceeds or checked.undoes_id is not None:
        raise BatchOver("Only a check that found nothing beyond your rights can be run.")
    if session.scalar(select(Batch.id).where(Batch.checked_id == checked.id)):
        raise AlreadyRun


def confirm(session: Session, batch_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> Batch:
    """Let a batch run that needs a second person, as that person.

    Raises:
        BatchNotFound: there is no such batch of the organisation.
        BatchOver: it does not wait for anybody.
        SecondPersonMissing: the same person asked for it.
    """
    batch = _locked(session, batch_id, organisation_id)
    check_confirmable(batch, actor)
    batch.confirmed_by, batch.confirmed_at = actor, now
    session.flush()
    ask(session, batch, _open_chunks(session, batch), now)
    audited(session, "batch.confirmed", batch, actor, now)
    return batch


def check_confirmable(batch: Batch, actor: str) -> None:
    """Refuse the confirmation of a batch that waits for nobody, or by who asked for it; raises as `confirm`."""
    if not waits(batch):
        raise BatchOver
    if batch.requested_by == actor:
        raise SecondPersonMissing


def cancel(session: Session, batch_id: UUID, *, organisation_id: UUID, actor: str, now: datetime) -> Batch:
    """Stop the chunks of a batch that have not begun; what is done stays done, and a chunk at work is finished.

    Raises:
        BatchNotFound: there is no such batch of the organisation.
        BatchOver: nothing is left to stop.
    """
    batch = _locked(session, batch_id, organisation_id)
    if batch.dry_run or batch.cancelled_at is not None or not _open_chunks(session, batch):
        raise BatchOver
    batch.cancelled_by, batch.cancelled_at = actor, now
    untouched = (
        select(BatchChunk.number)
        .where(BatchChunk.batch_id == batch.id, BatchChunk.state == "open", BatchChunk.began_at.is_(None))
        .with_for_update(skip_locked=True)  # a chunk at work is locked
    )
    stop(session, batch.id, session.scalars(untouched).all(), now=now)
    audited(session, "batch.cancelled", batch, actor, now)
    return batch


def stop(session: Session, batch_id: UUID, numbers: Iterable[int], *, now: datetime) -> None:
    """End chunks that have not begun, with their rows."""
    for number in numbers:
        chunk = session.get_one(BatchChunk, (batch_id, number), populate_existing=True)
        chunk.state, chunk.finished_at = "cancelled", now
        lines = BatchRow.line.between(chunk.first_line, chunk.last_line)
        session.execute(
            update(BatchRow)
            .where(BatchRow.batch_id == batch_id, lines, BatchRow.outcome == "ready")
            .values(outcome="cancelled")
        )
    session.flush()


def undo(session: Session, batch_id: UUID, *, dry_run: bool, organisation_id: UUID, actor: str, now: datetime) -> Batch:
    """Ask for the opposite of every row of a batch that was done; see `undoing`.

    Raises:
        BatchNotFound: there is no such batch of the organisation.
        CannotUndo: it revoked copies, was itself an undo, or was only a check.
        BatchRunning: it is still at work; cancel it first, or wait.
        AlreadyTaken: it was undone before.
    """
    batch = _locked(session, batch_id, organisation_id)
    check_undo(session, batch)
    rows = undoing.rows(session, batch)
    withdrawn = [row.award_id for row in rows if row.award_id] if batch.kind == "record_awards" else []
    back = Batch(
        organisation_id=organisation_id, kind=batch.kind, dry_run=dry_run, undoes_id=batch.id, exceeds=False,
        needs_second=any_professional(session, withdrawn), requested_by=actor, requested_at=now,
    )  # fmt: skip
    return store(session, back, rows)


def check_undo(session: Session, batch: Batch) -> None:
    """Refuse the undo of a batch that can't be undone, or not yet, or not again; raises as `undo`."""
    undoing.check_kind(batch)
    if _open_chunks(session, batch):
        raise BatchRunning("Cancel it first, or wait until it is done.")
    if undone_by(session, batch) is not None:
        raise AlreadyTaken


def undone_by(session: Session, batch: Batch) -> UUID | None:
    """Return the batch that undoes this one, if any."""
    found: UUID | None = session.scalar(
        select(Batch.id).where(Batch.undoes_id == batch.id, ~Batch.dry_run, Batch.cancelled_at.is_(None))
    )
    return found


def resume(session: Session, batch: Batch, *, now: datetime) -> int:
    """Ask again for the open chunks of a batch that no job waits to do; return how many.

    A chunk at work is locked and passed over; one that is asked for twice is done once.
    """
    if batch.dry_run or waits(batch):
        return 0
    asked = set(session.scalars(STILL_ASKED_FOR, {"task": WORK, "batch": str(batch.id)}))
    free = (
        select(BatchChunk)
        .where(BatchChunk.batch_id == batch.id, BatchChunk.state == "open")
        .with_for_update(skip_locked=True)
    )
    lost = [chunk for chunk in session.scalars(free) if chunk.number not in asked]
    ask(session, batch, lost, now)
    return len(lost)


def by_id(session: Session, batch_id: UUID, *, organisation_id: UUID) -> Batch:
    """Return a batch of an organisation, or of one that became part of it.

    Raises:
        BatchNotFound: there is none, or it is somebody else's.
    """
    batch = session.get(Batch, batch_id)
    if batch is None or batch.organisation_id not in issuers(session, organisation_id):
        raise BatchNotFound
    return batch


def listing(session: Session, organisation_id: UUID) -> Select[Batch]:
    """Return the statement that lists an organisation's batches; its keys are `requested_at` and `id`."""
    return select(Batch).where(among(Batch.organisation_id, issuers(session, organisation_id)))


def rows(batch_id: UUID, outcome: str | None = None) -> Select[BatchRow]:
    """Return the statement that lists the rows of a batch, all or those of one outcome; its key is the line."""
    found = select(BatchRow).where(BatchRow.batch_id == batch_id)
    return found if outcome is None else found.where(BatchRow.outcome == outcome)


def told_rows(batch_id: UUID, outcome: str | None = None) -> Select[BatchRow, str | None, str | None]:
    """Return the statement for rows as `rows` lists them, by line, with the stored number and the standard's code."""
    award_of_row = func.coalesce(BatchRow.award_id, BatchRow.result_id)
    told = (
        select(BatchRow, Person.passport_number, Standard.code)
        .outerjoin(Person, Person.id == BatchRow.person_id)
        .outerjoin(Award, Award.id == award_of_row)
        .outerjoin(Standard, Standard.id == Award.standard_id)
        .where(BatchRow.batch_id == batch_id)
        .order_by(BatchRow.line)
    )
    return told if outcome is None else told.where(BatchRow.outcome == outcome)


def _open_chunks(session: Session, batch: Batch) -> Sequence[BatchChunk]:
    return session.scalars(
        select(BatchChunk)
        .where(BatchChunk.batch_id == batch.id, BatchChunk.state == "open")
        .order_by(BatchChunk.number)
    ).all()


def _locked(session: Session, batch_id: UUID, organisation_id: UUID) -> Batch:
    """Return a batch whose row is held, so that two who would end or undo it take turns."""
    by_id(session, batch_id, organisation_id=organisation_id)
    return session.scalars(
        select(Batch).where(Batch.id == batch_id).with_for_update(), execution_options={"populate_existing": True}
    ).one()


def _as_fault(row: Checked) -> Fault:
    assert row.fault is not None  # noqa: S101 (only rows with a fault are given)
    where = f"line {row.line}" + (f", column {row.fault.column}" if row.fault.column else "")
    return Fault(where, row.fault.sentence)
