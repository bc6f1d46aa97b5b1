"""An import that was checked on a page and confirmed there: recorded as running, done by a job, watched meanwhile.

In the order of the code: confirm, which may be asked twice and begins one import; run, the job's work. One transaction
imports the file, so a worker that is killed leaves nothing of it, and the job that runs again gives the whole. How far
the file was read is written beside that transaction, because somebody watches. What can't be imported any more, a file
that is gone for one, ends as failed with a sentence.
"""

from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from passport import jobs
from passport.awards import service as awards
from passport.db import beside, reading, transaction
from passport.errors import Gone, Invalid
from passport.esr import service, uploads
from passport.esr.models import EsrImport
from passport.esr.outcomes import Outcomes
from passport.esr.service import Progress

SAID_EVERY: Final = 10_000  # rows; a file of 200,000 takes some seconds


def confirm(
    session: Session, check_id: UUID, *, organisation_id: UUID, home: Path, actor: str, now: datetime
) -> EsrImport:
    """Begin the import of a file that was checked; a second time returns the import that was begun.

    Args:
        session: an open transaction.
        check_id: the dry run that checked it.
        organisation_id: whose.
        home: where files wait.
        actor: who confirms.
        now: UTC.

    Raises:
        ImportNotFound: the organisation has no such check.
        UploadGone: the file is not kept any more.
    """
    checked = service.by_id(session, check_id, organisation_id=organisation_id)
    awards.take_turn(session, organisation_id, alone=True)
    begun = after_check(session, check_id)
    if begun is not None:
        return begun
    if not checked.dry_run or not uploads.is_kept(home, check_id, now=now):
        raise uploads.UploadGone("A file is kept for an hour after its check. Check it again.")
    begun = EsrImport(
        organisation_id=organisation_id, file_sha256=checked.file_sha256, layout=checked.layout, dry_run=False,
        state="running", check_id=check_id, row_count=checked.row_count, counts=Outcomes().counts(),
        requested_by=actor, started_at=now,
    )  # fmt: skip
    session.add(begun)
    session.flush()
    jobs.defer(session, "esr.import_confirmed", import_id=str(begun.id))
    return begun


def after_check(session: Session, check_id: UUID) -> EsrImport | None:
    """Return the import that followed a check; None: nobody confirmed it."""
    found: EsrImport | None = session.scalar(select(EsrImport).where(EsrImport.check_id == check_id))
    return found


def run(import_id: UUID, *, home: Path, now: datetime) -> None:
    """Import a confirmed file. What is finished already, or failed, stays as it is.

    Args:
        import_id: the import that was begun.
        home: where files wait.
        now: UTC.
    """
    with reading() as session:
        begun = session.get_one(EsrImport, import_id)
        check_id, confirmed_at = begun.check_id, begun.started_at
        waits = begun.state == "running"
    if not waits or check_id is None:
        return
    try:
        with uploads.kept(home, check_id, now=confirmed_at) as (content, assignment), transaction() as session:
            _import(session, import_id, content, assignment, now=now)
    except (Gone, Invalid) as error:
        _fail(import_id, error.detail, now)


def _import(session: Session, import_id: UUID, content: BinaryIO, assignment: str | None, *, now: datetime) -> None:
    begun = session.get_one(EsrImport, import_id)
    awards.take_turn(session, begun.organisation_id, alone=True)
    session.refresh(begun)  # another worker may have had the turn before
    if begun.state == "running":
        service.import_file(
            session, content, organisation_id=begun.organisation_id, layout=begun.layout, assignment=assignment,
            actor=begun.requested_by, now=now, progress=_telling(import_id), begun_id=import_id,
        )  # fmt: skip


def _telling(import_id: UUID) -> Progress:
    """Return what writes down, now and then, how many rows were read."""
    said = 0

    def tell(read: int) -> None:
        nonlocal said
        if read - said >= SAID_EVERY:
            said = read
            say_read(import_id, read)

    return tell


def say_read(import_id: UUID, read: int) -> None:
    """Write down how many rows of a running import were read, beside the transaction that takes them in."""
    with beside() as session:
        session.execute(update(EsrImport).where(EsrImport.id == import_id).values(rows_read=read))


def _fail(import_id: UUID, sentence: str, now: datetime) -> None:
    with transaction() as session:
        failed = session.get_one(EsrImport, import_id, with_for_update=True)
        if failed.state == "running":
            failed.state, failed.failure, failed.finished_at = "failed", sentence, now
