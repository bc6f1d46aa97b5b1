"""The rules of an import from ESR. Flushes, never commits; raises `EsrFileInvalid` for a file that can't be read.

One file is one transaction: a process that is killed in the middle leaves nothing, and the same file again gives the
whole. Imports of one employer take turns, and so does whoever records an award by hand there (`awards.service`). A dry
run does all of it, keeps the report and an audit entry, and takes the rest back. In the order of the code: the import;
reading it again; its steps (read, match, reconcile); what is kept of it. The report has its rules in `report`.

Who imports is the employer: the awards are its own, taken from its record of staff.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.awards import service as awards
from passport.errors import Invalid, NotFound
from passport.esr import people, reconcile, report
from passport.esr.competence import CompetenceMap
from passport.esr.models import EsrImport
from passport.esr.outcomes import Outcomes
from passport.esr.people import People
from passport.esr.reading import LAYOUTS, EsrFile, Layout, look_at, records
from passport.esr.reconcile import Import
from passport.esr.report import rows
from passport.esr.rows import Employer, RowReader, Staged
from passport.organisations.models import VirtualPrivateDatabase
from passport.staff.employments import ASSIGNMENT_NUMBER
from passport.standards import service as standards
from passport.standards.models import Standard

__all__ = ["ImportNotFound", "Progress", "by_id", "import_file", "rows"]
Progress = Callable[[int], None]
# Enough for the sorts and hashes of 200,000 rows; the default spills them to disk.
MEMORY: Final = ("SET LOCAL work_mem = '64MB'", "SET LOCAL jit = off")


class ImportNotFound(NotFound):
    """There is no such import, or it is another organisation's."""

    code = "import_not_found"
    title = "There is no such import"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Result:
    """What a run over a file gave."""

    outcomes: Outcomes
    people: People
    rows_root: bytes


def import_file(
    session: Session,
    content: BinaryIO,
    *,
    organisation_id: UUID,
    layout: str = "bulk",
    assignment: str | None = None,
    dry_run: bool = False,
    actor: str,
    now: datetime,
    progress: Progress = lambda _: None,
    begun_id: UUID | None = None,
) -> EsrImport:
    """Take in a file from ESR: its people, awards and local training, with an outcome for every row.

    Args:
        session: an open transaction.
        content: the file, open for reading bytes, seekable.
        organisation_id: the employer whose file it is.
        layout: `bulk`, or `personal` for the export of one person.
        assignment: for `personal`, the assignment number of the person.
        dry_run: report what would happen, and take everything else back.
        actor: who acts.
        now: UTC.
        progress: called with the number of rows read so far.
        begun_id: the import that was recorded before as running, if any.

    Returns:
        The import with its counts; its rows are read with `rows`.

    Raises:
        EsrFileInvalid: the file can't be read; nothing was written.
        Invalid: the layout is unknown, or the assignment number lacks or is not one.
    """
    chosen = _layout(layout, assignment)
    file = look_at(content)
    awards.take_turn(session, organisation_id, alone=True)
    run = Import(import_id=begun_id or _new_id(session), organisation_id=organisation_id, actor=actor, now=now)
    with session.begin_nested() as savepoint:
        result = _run(session, file, chosen, run, assignment or "", progress)
        if dry_run:
            savepoint.rollback()
    return _keep(session, file, chosen, run, result, dry_run=dry_run)


def by_id(session: Session, import_id: UUID, *, organisation_id: UUID) -> EsrImport:
    """Return an import of an organisation.

    Raises:
        ImportNotFound: there is none, or it is another organisation's.
    """
    found = session.get(EsrImport, import_id)
    if found is None or found.organisation_id != organisation_id:
        raise ImportNotFound
    return found


def _layout(name: str, assignment: str | None) -> Layout:
    if name not in LAYOUTS:
        raise Invalid.at("/layout", f"The layout must be one of: {', '.join(LAYOUTS)}.")
    if (assignment is not None) != (name == "personal"):
        raise Invalid.at("/assignment", "Give the assignment number with the personal layout, and only with it.")
    if assignment is not None and not ASSIGNMENT_NUMBER.fullmatch(assignment):
        raise Invalid.at("/assignment", "An assignment number has eight digits.")
    return LAYOUTS[name]


def _run(session: Session, file: EsrFile, layout: Layout, run: Import, assignment: str, progress: Progress) -> _Result:
    """Read the file into temporary tables, settle its people, bring its awards together with those on record."""
    outcomes = Outcomes()
    reader = RowReader(_employer(session, run), layout, outcomes, assignment=assignment)
    for setting in MEMORY:
        session.execute(text(setting))
    with _cursor(session) as cursor, ThreadPoolExecutor(1) as pool:
        reconcile.make_tables(cursor)
        with records(file, layout) as found:
            reconcile.copy_rows(cursor, _reported(reader.lines(found), progress))
        root = pool.submit(report.rows_root, file)  # while the database works
        reconcile.copy_meanings(cursor, reader.staged, _standard_ids(session, reader.staged))
        settled = people.settle(cursor, organisation_id=run.organisation_id, now=run.now)
        reconcile.apply(cursor, run, reader.staged, outcomes, settled)
        return _Result(outcomes=outcomes, people=settled, rows_root=root.result())


def _reported(lines: Iterable[str], progress: Progress) -> Iterator[str]:
    read = 0
    for text_of_lines in lines:
        yield text_of_lines
        read += text_of_lines.count("\n")
        progress(read)


def _employer(session: Session, run: Import) -> Employer:
    vpds = select(VirtualPrivateDatabase.vpd).where(VirtualPrivateDatabase.organisation_id == run.organisation_id)
    competences = CompetenceMap(standards.catalogue(session))
    return Employer(frozenset(session.scalars(vpds)), competences, run.now.date())


def _standard_ids(session: Session, staged: Staged) -> dict[str, UUID]:
    named = {meaning.standard for meaning in staged.meanings}
    found = session.execute(select(Standard.code, Standard.id).where(Standard.code.in_(named)))
    return {row.code: row.id for row in found}


def _keep(session: Session, file: EsrFile, layout: Layout, run: Import, result: _Result, *, dry_run: bool) -> EsrImport:
    """Store the report and its audit entry; but for a dry run also the rows for a human, and the work that follows."""
    outcomes = result.outcomes
    row_count = sum(outcomes.counts().values())
    imported = session.get(EsrImport, run.import_id) or EsrImport(
        id=run.import_id, organisation_id=run.organisation_id, file_sha256=file.sha256, layout=layout.name,
        dry_run=dry_run, requested_by=run.actor, started_at=run.now,
    )  # fmt: skip
    imported.state, imported.finished_at, imported.rows_root = "finished", run.now, result.rows_root
    imported.row_count, imported.rows_read, imported.counts = row_count, row_count, outcomes.counts()
    session.add(imported)
    session.flush()
    with _cursor(session) as cursor:
        report.copy_outcomes(cursor, run.import_id, outcomes)
        if not dry_run:
            report.keep_for_a_human(cursor, file, layout, run, outcomes, result.people)
    _record(session, imported, result)
    if imported.counts["updated"] and not dry_run:
        jobs.defer(session, "esr.reissue_corrected", import_id=str(imported.id))
    return imported


def _record(session: Session, imported: EsrImport, result: _Result) -> None:
    """A dry run is on record too: it answers questions about people."""
    audit.record(
        session, actor=imported.requested_by, organisation_id=imported.organisation_id,
        action="esr.checked" if imported.dry_run else "esr.imported", subject=f"import:{imported.id}",
        now=imported.started_at,
        detail={
            "file_sha256": imported.file_sha256.hex(), "rows_root": result.rows_root.hex(),
            "outcomes_sha256": hashlib.sha256(b"".join(chunk for _, chunk in result.outcomes.chunks())).hexdigest(),
            "counts": imported.counts, "people_recorded": result.people.recorded,
        },
    )  # fmt: skip


def _new_id(session: Session) -> UUID:
    new: UUID = session.scalars(select(func.uuidv7())).one()
    return new


def _cursor(session: Session) -> Cursor[Any]:
    """Return a cursor of the driver in the session's transaction: COPY and set-based work pass the ORM by."""
    session.flush()
    cursor: Cursor[Any] = session.connection().connection.cursor()  # type: ignore[assignment]  # psycopg is the driver
    return cursor
