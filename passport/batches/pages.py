"""Pages for many changes by one file: check it, look at the report, confirm, watch, stop, take it back.

In the order of the code: the list; the file and its check; the one page that shows a batch whatever its state; running
what was checked; the second person; stopping; undo, with the page that says first what it does; the files to download.
A check stays on record, so nothing has to be sent twice. The page of a running batch looks again by itself, with a
script or without.
"""

from typing import Any, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.batches import columns, progress, service, undoing
from passport.batches.forms import KINDS_OF, WORDS, UploadForm
from passport.batches.models import Batch, BatchRow
from passport.batches.reading import MAX_BYTES, BatchFileInvalid
from passport.db import reading, transaction
from passport.errors import Conflict
from passport.staff import numbers
from passport.web.body import body_limit
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.forms import Form
from passport.web.pages import PageBlueprint, page, say
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

LINKS_SHOWN: Final = 10
LARGEST_UPLOAD: Final = 5 * MAX_BYTES  # a file that is not much too large is refused on its own page, in words
STATES: Final = {
    "refused": ("Not allowed", "red"),
    "checked": ("Checked only", "grey"),
    "waiting": ("Waiting for a colleague", "yellow"),
    "running": ("Running", "blue"),
    "cancelled": ("Stopped", "orange"),
    "finished": ("Finished", "green"),
}
OUTCOMES: Final = {"ready": "Not yet", "done": "Done", "failed": "Not done", "cancelled": "Stopped"}

blueprint = PageBlueprint("batch_pages", __name__, url_prefix="/batches")
blueprint.menu("hr", "Batches", "batch_pages.batches", order=30)
blueprint.menu("academy", "Batches", "batch_pages.batches", order=30)


@blueprint.route("")
@for_role("hr", "academy")
def batches() -> Response:
    """List the batches of the organisation, the newest first."""
    newest_first = (Batch.requested_at, Batch.id)
    with reading() as session:
        listed = service.listing(session, visitor().organisation_id).where(Batch.kind.in_(KINDS_OF[visitor().role]))
        found = page_of(session, listed, newest_first, request.args.get("cursor"), descending=True)
        stand = progress.progress(session, found.items)
        return page(
            "batches/batches.html", batches=found.items, stand=stand, next_cursor=found.next, words=WORDS, states=STATES
        )


@blueprint.route("/new", methods=["GET", "POST"])
@body_limit(LARGEST_UPLOAD)
@for_role("hr", "academy")
def upload() -> AnyResponse:
    """Take a file and check it."""
    form = UploadForm.of(visitor().role)
    if form.submitted():
        try:
            with transaction() as session:
                checked = service.request(
                    session, form.file.data.stream.read(MAX_BYTES + 1), kind=form.kind.data, dry_run=True, **_acting()
                )
                checked_id = checked.id
            return redirect(url_for("batch_pages.show", batch_id=checked_id), code=303)
        except BatchFileInvalid as wrong:
            form.refuse("file", wrong.detail)
    kinds = KINDS_OF[visitor().role]
    return page("batches/upload.html", form=form, kinds=kinds, words=WORDS, status=422 if form.has_errors else 200)


@blueprint.route("/templates/<kind>.csv")
@for_role("hr", "academy")
def template(kind: str) -> Response:
    """Return the file to fill in for a kind."""
    if kind not in KINDS_OF[visitor().role]:
        raise service.BatchNotFound
    headings = [column.heading for column in columns.COLUMNS[kind]]
    example = [column.example for column in columns.COLUMNS[kind]]
    return csv_answer(f"{kind.replace('_', '-')}.csv", headings, [example])


@blueprint.route("/<uuid:batch_id>")
@for_role("hr", "academy")
def show(batch_id: UUID) -> Response:
    """Show where a batch stands, and the rows that were not done."""
    with reading() as session:
        batch = _own(session, batch_id)
        failed = service.rows(batch_id, "failed")
        found = page_of(session, failed, (BatchRow.line,), request.args.get("cursor"))
        return page(
            "batches/batch.html",
            **_told(session, batch),
            rows=found.items,
            linked=found.items[:LINKS_SHOWN],
            next_cursor=found.next,
            undone_by=service.undone_by(session, batch),
            can_undo=_can_undo(session, batch),
            own_request=batch.requested_by == visitor().actor,
        )


@blueprint.route("/<uuid:batch_id>/run", methods=["GET", "POST"])
@for_role("hr", "academy")
def run(batch_id: UUID) -> AnyResponse:
    """Show what will be done, and do what was checked."""
    form = Form()
    if form.submitted():
        with transaction() as session:
            _own(session, batch_id)
            begun_id = service.run(session, batch_id, **_acting()).id
        return redirect(url_for("batch_pages.show", batch_id=begun_id), code=303)
    with reading() as session:
        batch = _own(session, batch_id)
        service.check_runnable(session, batch)
        return page("batches/run.html", **_told(session, batch))


@blueprint.route("/<uuid:batch_id>/confirm", methods=["GET", "POST"])
@for_role("hr", "academy")
def confirm(batch_id: UUID) -> AnyResponse:
    """Let the second person look, and confirm."""
    form = Form()
    if form.submitted():
        with transaction() as session:
            _own(session, batch_id)
            service.confirm(session, batch_id, **_acting())
            say(session, "You confirmed the batch.")
        return redirect(url_for("batch_pages.show", batch_id=batch_id), code=303)
    with reading() as session:
        batch = _own(session, batch_id)
        service.check_confirmable(batch, visitor().actor)
        return page("batches/confirm.html", **_told(session, batch))


@blueprint.route("/<uuid:batch_id>/stop", methods=["POST"])
@for_role("hr", "academy")
def stop(batch_id: UUID) -> AnyResponse:
    """Stop what has not begun."""
    with transaction() as session:
        _own(session, batch_id)
        service.cancel(session, batch_id, **_acting())
        say(session, "What had not begun was stopped.")
    return redirect(url_for("batch_pages.show", batch_id=batch_id), code=303)


@blueprint.route("/<uuid:batch_id>/undo", methods=["GET", "POST"])
@for_role("hr", "academy")
def undo(batch_id: UUID) -> AnyResponse:
    """Say what an undo does and which rows must be left, and undo."""
    form = Form()
    if form.submitted():
        with transaction() as session:
            _own(session, batch_id)
            back_id = service.undo(session, batch_id, dry_run=False, **_acting()).id
        return redirect(url_for("batch_pages.show", batch_id=back_id), code=303)
    with reading() as session:
        batch = _own(session, batch_id)
        service.check_undo(session, batch)
        rows = undoing.rows(session, batch)
        left = [row for row in rows if row.fault]
        return page("batches/undo.html", **_told(session, batch), many=len(rows) - len(left), left=left[:LINKS_SHOWN],
                    left_count=len(left))  # fmt: skip


@blueprint.route("/<uuid:batch_id>/rows.csv")
@for_role("hr", "academy")
def rows_file(batch_id: UUID) -> Response:
    """Return whom and what every row means and what became of it, or of those that were not done (`?only=failed`)."""
    only = "failed" if request.args.get("only") == "failed" else None
    with reading() as session:
        _own(session, batch_id)
        cells = [
            (
                row.line, OUTCOMES[row.outcome], row.column, row.sentence, number and numbers.show(number), standard,
                row.award_id, row.result_id, row.credential_id,
            )
            for row, number, standard in session.execute(service.told_rows(batch_id, only))
        ]  # fmt: skip
    head = ("Line", "Result", "Column", "Reason", "Passport number", "Standard", "Award", "New award", "Copy")
    return csv_answer("batch-rows.csv", head, cells)


def _own(session: Session, batch_id: UUID) -> Batch:
    """Return a batch of the visitor's organisation that the visitor's role may have.

    Raises:
        BatchNotFound: there is none.
    """
    batch = service.by_id(session, batch_id, organisation_id=visitor().organisation_id)
    if batch.kind not in KINDS_OF[visitor().role]:
        raise service.BatchNotFound
    return batch


def _told(session: Session, batch: Batch) -> dict[str, Any]:
    """Return what every page of a batch shows."""
    told = progress.progress(session, [batch])[batch.id]
    name = WORDS[batch.kind][0]
    return {
        "batch": batch,
        "told": told,
        "name": f"Undo: {name.lower()}" if batch.undoes_id else name,
        "state": STATES[told.state],
        "finished": told.total - told.left,
        "ready": told.total - told.failed,
        "outcomes": OUTCOMES,
    }


def _can_undo(session: Session, batch: Batch) -> bool:
    try:
        service.check_undo(session, batch)
    except Conflict:
        return False
    return True


def _acting() -> dict[str, Any]:
    return {"organisation_id": visitor().organisation_id, "actor": visitor().actor, "now": now()}
