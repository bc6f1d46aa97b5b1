"""Pages of the workforce team for files from ESR: check one, look at what it would do, import it, see what it did.

A file is checked first: everything is done and taken back again, and the report says what would happen. The file then
waits on disk (`uploads`) until somebody confirms; a job imports it while its page shows how far it is (`confirmed`).
The rows that a human must look at have their pages in `settling_pages`. No page shows a value of a row but those that
were set aside.
"""

from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from flask import Response, current_app, redirect, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Invalid
from passport.esr import confirmed, report, service, uploads
from passport.esr.forms import UploadForm
from passport.esr.models import EsrImport, EsrRowNote
from passport.esr.outcomes import CODES
from passport.esr.reading import MAX_BYTES
from passport.web.body import MEGABYTE, body_limit
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.pages import PageBlueprint, page
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

LINKS_SHOWN: Final = 10
OUTCOME_WORDS: Final = {
    "new": "New",
    "updated": "Corrected",
    "superseded_older": "Newer than what was on record",
    "unchanged": "On record already",
    "local": "Local training, kept apart",
    "set_aside": "Set aside for you to look at",
    "refused": "Not taken",
}

blueprint = PageBlueprint("esr_pages", __name__, url_prefix="/imports")
blueprint.menu("hr", "Files from ESR", "esr_pages.imports", order=20)


@blueprint.route("")
@for_role("hr")
def imports() -> Response:
    """List the files that were checked or imported, the newest first."""
    own = select(EsrImport).where(EsrImport.organisation_id == visitor().organisation_id)
    with reading() as session:
        keys = (EsrImport.started_at, EsrImport.id)
        found = page_of(session, own, keys, request.args.get("cursor"), descending=True)
        return page("esr/imports.html", imports=found.items, next_cursor=found.next)


@blueprint.route("/new", methods=["GET", "POST"])
@body_limit(MAX_BYTES + MEGABYTE)
@for_role("hr")
def upload() -> AnyResponse:
    """Take a file and check it."""
    form = UploadForm()
    if form.submitted():
        try:
            return redirect(url_for("esr_pages.show", import_id=_check(form)), code=303)
        except Invalid as wrong:
            form.refuse("assignment" if _is_about_assignment(wrong) else "file", wrong.detail)
    return page("esr/upload.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/<uuid:import_id>")
@for_role("hr")
def show(import_id: UUID) -> Response:
    """Show what a file would do, or what it did."""
    with reading() as session:
        imported = service.by_id(session, import_id, organisation_id=visitor().organisation_id)
        if imported.state != "finished":
            return page("esr/running.html", imported=imported)
        problems = report.problems(import_id)
        found = page_of(session, problems, (EsrRowNote.line,), request.args.get("cursor"))
        return page(
            "esr/report.html",
            imported=imported,
            words=OUTCOME_WORDS,
            outcome_of={code: OUTCOME_WORDS[outcome] for code, (outcome, _) in CODES.items()},
            notes=found.items,
            linked=found.items[:LINKS_SHOWN],
            problem_count=_count(session, import_id),
            next_cursor=found.next,
            followed=confirmed.after_check(session, import_id),
            can_import=imported.dry_run and uploads.is_kept(_home(), import_id, now=now()),
        )


@blueprint.route("/<uuid:import_id>/problems.csv")
@for_role("hr")
def problems_file(import_id: UUID) -> Response:
    """Return the rows that were not taken, or set aside, as a file."""
    with reading() as session:
        service.by_id(session, import_id, organisation_id=visitor().organisation_id)
        notes = session.scalars(report.problems(import_id).order_by(EsrRowNote.line))
        rows = [(note.line, OUTCOME_WORDS[CODES[note.code][0]], note.column, note.sentence) for note in notes]
    return csv_answer("rows-to-look-at.csv", ("Line", "Result", "Column", "Reason"), rows)


@blueprint.route("/<uuid:import_id>/import", methods=["POST"])
@for_role("hr")
def confirm(import_id: UUID) -> AnyResponse:
    """Begin the import of a file that was checked; a job does it."""
    acting = visitor()
    with transaction() as session:
        begun = confirmed.confirm(
            session, import_id, organisation_id=acting.organisation_id, home=_home(), actor=acting.actor, now=now()
        )
        return redirect(url_for("esr_pages.show", import_id=begun.id), code=303)


def _check(form: UploadForm) -> UUID:
    """Check a file, keep it, and return the id of the report.

    Raises:
        Invalid: the file can't be read, or the assignment number is not one.
    """
    acting, at = visitor(), now()
    assignment = form.assignment.data or None if form.layout.data == "personal" else None
    content = cast("BinaryIO", form.file.data.stream)
    with transaction() as session:
        checked = service.import_file(
            session, content, organisation_id=acting.organisation_id, layout=form.layout.data, assignment=assignment,
            dry_run=True, actor=acting.actor, now=at,
        )  # fmt: skip
        checked_id = checked.id
    uploads.keep(_home(), checked_id, content, assignment=assignment, now=at)
    return checked_id


def _is_about_assignment(wrong: Invalid) -> bool:
    return any(fault.pointer == "/assignment" for fault in wrong.faults)


def _count(session: Session, import_id: UUID) -> int:
    counted: Any = session.scalar(select(func.count()).select_from(report.problems(import_id).subquery()))
    return int(counted)


def _home() -> Path:
    home: Path = current_app.config["SETTINGS"].home
    return home
