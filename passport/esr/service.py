"""The rules of an import from ESR. Flushes, never commits; raises `EsrFileInvalid` for a file that can't be read.

One file is one transaction: a process that is killed in the middle leaves nothing, and the same file again gives the
whole. Imports of one employer take turns, and so does whoever records an award by hand there (`awards.service`). A dry
run does all of it, keeps the report and takes the rest back. In the order of the code: the import; what is kept of it
(report, rows for a human, audit entry, work that follows); reading it again.

Who imports is the employer: the awards are its own, taken from its record of staff.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Integer, Select, column, func, literal_column, select, text
from sqlalchemy.orm import Session

from passport import jobs
from passport.audit import service as audit
from passport.awards import service as awards
from passport.errors import Fault, Invalid, NotFound
from passport.esr import people, reconcile
from passport.esr.competence import CompetenceMap
from passport.esr.models import EsrImport, EsrRowChunk, EsrRowNote
from passport.esr.outcomes import BLANK, FIRST_LINE, OUTCOMES, Outcomes, merkle_root, row_hash
from passport.esr.people import People
from passport.esr.reading import LAYOUTS, EsrFile, Layout, look_at, records
from passport.esr.reconcile import Import
from passport.esr.rows import Employer, RowReader, Staged
from passport.organisations.models import VirtualPrivateDatabase
from passport.staff.employments import ASSIGNMENT_NUMBER
from passport.standards import service as standards
from passport.standards.models import Standard

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

    Returns:
        The import with its counts; its rows are read with `rows`.

    Raises:
        EsrFileInvalid: the file can't be read; nothing was written.
        Invalid: the layout is unknown, or the assignment number lacks or is not one.
    """
    chosen = _layout(layout, assignment)
    file = look_at(content)
    awards.take_turn(session, organisation_id, alone=True)
    run = Import(import_id=_new_id(session), organisation_id=organisation_id, actor=actor, now=now)
    savepoint = session.begin_nested()
    result = _run(session, file, chosen, run, assignment or "", progress)
    if dry_run:
        savepoint.rollback()
    else:
        savepoint.commit()
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


def rows(import_id: UUID, outcome: str | None = None) -> Select[Any]:
    """Return the statement that lists the rows of an import: line, outcome's place, column, code, sentence.

    Args:
        import_id: the import.
        outcome: only rows of this outcome; None for all.
    """
    place = column("place", Integer)
    places = func.generate_series(0, func.length(EsrRowChunk.outcomes) - 1).table_valued(place).render_derived("places")
    byte, line = func.get_byte(EsrRowChunk.outcomes, places.c.place), EsrRowChunk.first_line + places.c.place
    wanted = byte != BLANK if outcome is None else byte == OUTCOMES.index(outcome)
    return (
        select(line.label("line"), byte.label("outcome"), EsrRowNote.column, EsrRowNote.code, EsrRowNote.sentence)
        .select_from(EsrRowChunk)
        .join(places, literal_column("true"))
        .outerjoin(EsrRowNote, (EsrRowNote.import_id == EsrRowChunk.import_id) & (EsrRowNote.line == line))
        .where(EsrRowChunk.import_id == import_id, wanted)
    )


def _layout(name: str, assignment: str | None) -> Layout:
    if name not in LAYOUTS:
        raise _invalid("/layout", f"The layout must be one of: {', '.join(LAYOUTS)}.")
    if (assignment is not None) != (name == "personal"):
        raise _invalid("/assignment", "Give the assignment number with the personal layout, and only with it.")
    if assignment is not None and not ASSIGNMENT_NUMBER.fullmatch(assignment):
        raise _invalid("/assignment", "An assignment number has eight digits.")
    return LAYOUTS[name]


def _run(
    session: Session, file: EsrFile, layout: Layout, run: Import, assignment: str, progress: Progress
) -> _Result:
    """Read the file into temporary tables, settle its people, bring its awards together with those on record."""
    outcomes = Outcomes()
    reader = RowReader(_employer(session, run), layout, outcomes, assignment=assignment)
    for setting in MEMORY:
        session.execute(text(setting))
    with _cursor(session) as cursor, ThreadPoolExecutor(1) as pool:
        reconcile.make_tables(cursor)
        with records(file, layout) as found:
            reconcile.copy_rows(cursor, _reported(reader.lines(found), progress))
        root = pool.submit(_rows_root, file)  # while the database works
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
    return {code: standard_id for code, standard_id in found}


def _keep(
    session: Session, file: EsrFile, layout: Layout, run: Import, result: _Result, *, dry_run: bool
) -> EsrImport:
    """Store the report; unless it is a dry run, also the rows for a human, the audit entry and the work that follows."""
    outcomes = result.outcomes
    imported = EsrImport(
        id=run.import_id, organisation_id=run.organisation_id, file_sha256=file.sha256, layout=layout.name,
        dry_run=dry_run, state="finished", row_count=sum(outcomes.counts().values()), counts=outcomes.counts(),
        rows_root=result.rows_root, failure=None, requested_by=run.actor, started_at=run.now,
        finished_at=run.now,
    )  # fmt: skip
    session.add(imported)
    session.flush()
    with _cursor(session) as cursor:
        _copy_report(cursor, run.import_id, outcomes)
        if not dry_run:
            _keep_for_a_human(cursor, file, layout, run, result)
    if not dry_run:
        _record(session, imported, result)
    return imported


def _copy_report(cursor: Cursor[Any], import_id: UUID, outcomes: Outcomes) -> None:
    with cursor.copy("COPY esr_row_chunk (import_id, first_line, outcomes) FROM STDIN") as copy:
        for first_line, chunk in outcomes.chunks():
            copy.write_row((import_id, first_line, chunk))
    with cursor.copy('COPY esr_row_note (import_id, line, "column", code, sentence) FROM STDIN') as copy:
        for note in outcomes.notes:
            copy.write_row((import_id, note.line, note.column, note.code, note.sentence))


def _rows_root(file: EsrFile) -> bytes:
    """Return the Merkle root over the file: a leaf is a line as it came, without its line end."""
    file.content.seek(0)
    return merkle_root(line.rstrip(b"\r\n") for line in file.content)


def _keep_for_a_human(cursor: Cursor[Any], file: EsrFile, layout: Layout, run: Import, result: _Result) -> None:
    """Keep each row that was set aside, unless it waits already; settle those that were taken in this time."""
    aside = {note.line: note.code for note in result.outcomes.notes if _is_set_aside(result.outcomes, note.line)}
    waiting = _waiting(cursor, run.organisation_id)
    if not aside and not waiting:
        return
    doubtful = _candidates(cursor, result.people)
    taken: list[bytes] = []
    with records(file, layout) as found, cursor.copy(SET_ASIDE) as copy:
        for line, record in enumerate(found.rows, FIRST_LINE):
            known = row_hash(record)
            if line in aside and known not in waiting:
                row = json.dumps(dict(zip(layout.order, found.arrange(record), strict=False)), ensure_ascii=False)
                copy.write_row((
                    run.organisation_id, run.import_id, line, aside[line], row, known, doubtful.get(line, []), run.now,
                ))  # fmt: skip
                waiting.add(known)
            elif line not in aside and known in waiting:
                taken.append(known)
    cursor.execute(SETTLE, {"organisation": run.organisation_id, "taken": taken, "now": run.now})


SET_ASIDE: Final = """
COPY esr_set_aside (organisation_id, import_id, line, reason, row, row_hash, candidates, recorded_at) FROM STDIN
"""
SETTLE: Final = """
UPDATE esr_set_aside SET settled_at = %(now)s, settlement = 'imported'
WHERE organisation_id = %(organisation)s AND settled_at IS NULL AND row_hash = ANY(%(taken)s)
"""


def _is_set_aside(outcomes: Outcomes, line: int) -> bool:
    return outcomes[line] == OUTCOMES.index("set_aside")


def _waiting(cursor: Cursor[Any], organisation_id: UUID) -> set[bytes]:
    cursor.execute(
        "SELECT row_hash FROM esr_set_aside WHERE organisation_id = %s AND settled_at IS NULL", (organisation_id,)
    )
    return {known for (known,) in cursor}


def _candidates(cursor: Cursor[Any], settled: People) -> dict[int, list[UUID]]:
    """Return for each line in doubt whom it could mean."""
    named = {key: list(doubt.candidates) for key, doubt in settled.doubtful.items() if doubt.candidates}
    lines = cursor.execute(reconcile.DOUBTFUL_LINES).fetchall()
    return {line: named[key] for line, key in lines if key in named}


def _record(session: Session, imported: EsrImport, result: _Result) -> None:
    audit.record(
        session, actor=imported.requested_by, organisation_id=imported.organisation_id, action="esr.imported",
        subject=f"import:{imported.id}", now=imported.started_at,
        detail={
            "file_sha256": imported.file_sha256.hex(), "rows_root": result.rows_root.hex(),
            "outcomes_sha256": hashlib.sha256(b"".join(chunk for _, chunk in result.outcomes.chunks())).hexdigest(),
            "counts": imported.counts, "people_recorded": result.people.recorded,
        },
    )  # fmt: skip
    if imported.counts["updated"]:
        jobs.defer(session, "esr.reissue_corrected", import_id=str(imported.id))


def _new_id(session: Session) -> UUID:
    return session.scalars(select(func.uuidv7())).one()


def _cursor(session: Session) -> Cursor[Any]:
    """Return a cursor of the driver in the session's transaction: COPY and set-based work pass the ORM by."""
    session.flush()
    connection = session.connection().connection.driver_connection
    assert connection is not None
    cursor: Cursor[Any] = connection.cursor()
    return cursor


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid(message, (Fault(pointer, message),))
