"""The report of an import: an outcome for every row, words where they are needed, and rows that wait for a human.

In the order of the code: the statement that lists the rows again; storing the outcomes and notes; the Merkle root over
the file's lines; the rows that were set aside, each kept once however often the file comes, and settled when it is
taken in at last.
"""

import json
from typing import Any, Final
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import ColumnElement, Integer, Select, cast, func, literal_column, select

from passport.esr import reconcile
from passport.esr.models import EsrRowChunk, EsrRowNote
from passport.esr.outcomes import BLANK, CODES, FIRST_LINE, OUTCOMES, Outcomes, merkle_root, row_hash
from passport.esr.people import People
from passport.esr.reading import EsrFile, Layout, records
from passport.esr.reconcile import Import

SET_ASIDE: Final = """
COPY esr_set_aside (organisation_id, import_id, line, reason, row, row_hash, candidates, recorded_at) FROM STDIN
"""
PROBLEMS: Final = ("refused", "set_aside")
SETTLE: Final = """
UPDATE esr_set_aside SET settled_at = %(now)s, settlement = 'imported'
WHERE organisation_id = %(organisation)s AND settled_at IS NULL AND row_hash = ANY(%(taken)s)
"""


def rows(import_id: UUID, outcome: str | None = None) -> tuple[Select[Any], tuple[ColumnElement[int], ...]]:
    """Return the statement that lists the rows of an import, and the columns by which they are in order.

    Args:
        import_id: the import.
        outcome: only rows of this outcome; None for all.

    Returns:
        Rows of line, place of the outcome in `OUTCOMES`, column, code and sentence.
    """
    every = func.generate_series(0, func.length(EsrRowChunk.outcomes) - 1)
    places = every.table_valued("place").render_derived("places")
    place = cast(places.c.place, Integer)
    byte, line = func.get_byte(EsrRowChunk.outcomes, place), EsrRowChunk.first_line + place
    wanted = byte != BLANK if outcome is None else byte == OUTCOMES.index(outcome)
    statement = (
        select(line.label("line"), byte.label("outcome"), EsrRowNote.column, EsrRowNote.code, EsrRowNote.sentence)
        .select_from(EsrRowChunk)
        .join(places, literal_column("true"))
        .outerjoin(EsrRowNote, (EsrRowNote.import_id == EsrRowChunk.import_id) & (EsrRowNote.line == line))
        .where(EsrRowChunk.import_id == import_id, wanted)
    )
    return statement, (EsrRowChunk.first_line.expression, place)


def problems(import_id: UUID) -> Select[Any]:
    """Return the statement that lists the notes of the rows that were refused or set aside. Their key is the line."""
    wrong = [code for code, (outcome, _) in CODES.items() if outcome in PROBLEMS]
    return select(EsrRowNote).where(EsrRowNote.import_id == import_id, EsrRowNote.code.in_(wrong))


def copy_outcomes(cursor: Cursor[Any], import_id: UUID, outcomes: Outcomes) -> None:
    """Store the outcome of every line, and the notes."""
    with cursor.copy("COPY esr_row_chunk (import_id, first_line, outcomes) FROM STDIN") as copy:
        for first_line, chunk in outcomes.chunks():
            copy.write_row((import_id, first_line, chunk))
    with cursor.copy('COPY esr_row_note (import_id, line, "column", code, sentence) FROM STDIN') as copy:
        for note in outcomes.notes:
            copy.write_row((import_id, note.line, note.column, note.code, note.sentence))


def rows_root(file: EsrFile) -> bytes:
    """Return the Merkle root over the file: a leaf is a line as it came, without its line end."""
    file.content.seek(0)
    return merkle_root(line.rstrip(b"\r\n") for line in file.content)


def keep_for_a_human(
    cursor: Cursor[Any], file: EsrFile, layout: Layout, run: Import, outcomes: Outcomes, people: People
) -> None:
    """Keep each row that was set aside, unless it waits already; settle those that were taken in this time."""
    aside = {note.line: note.code for note in outcomes.notes if CODES[note.code][0] == "set_aside"}
    waiting = _waiting(cursor, run.organisation_id)
    if not aside and not waiting:
        return
    doubtful = _candidates(cursor, people)
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


def _waiting(cursor: Cursor[Any], organisation_id: UUID) -> set[bytes]:
    """Return the rows that wait, and those that a person settled: nobody is asked twice about the same row."""
    cursor.execute(
        "SELECT row_hash FROM esr_set_aside WHERE organisation_id = %s AND settlement IS DISTINCT FROM 'imported'",
        (organisation_id,),
    )
    return {known for (known,) in cursor}


def _candidates(cursor: Cursor[Any], settled: People) -> dict[int, list[UUID]]:
    """Return for each line in doubt whom it could mean."""
    named = {key: list(doubt.candidates) for key, doubt in settled.doubtful.items() if doubt.candidates}
    lines = cursor.execute(reconcile.DOUBTFUL_LINES).fetchall()
    return {line: named[key] for line, key in lines if key in named}
