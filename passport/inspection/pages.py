"""Pages of an auditor: the organisation's part of the audit log, and what was known of a person on a day.

In the order of the code: the log, on the page and as a file; the inspections that were made; beginning one; what it
shows. An inspection has an id of its own, so no address names a person. What a decision rested on is the page of
evidence in `passport.induction`, which auditors may read too.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.access import accounts
from passport.access.accounts import AccountNotFound
from passport.audit.models import AuditEntry
from passport.db import reading, transaction
from passport.errors import Invalid, NotFound
from passport.induction import service as induction
from passport.induction import showing
from passport.inspection import checkpoints, service
from passport.inspection.forms import InspectionForm, LogForm
from passport.inspection.models import Inspection, SignedCheckpoint
from passport.staff import numbers
from passport.verifying import wording
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.pages import PageBlueprint, page
from passport.web.paging import page as page_of
from passport.web.rules import for_role, visitor

COLUMNS: Final = ("Number", "At (UTC)", "By", "What", "Record", "Detail", "SHA-256")
MOST_ROWS: Final = 50_000  # of a file; a spreadsheet opens it, and memory holds it
ENDINGS: Final = {"superseded": "Replaced by a newer one", "corrected": "Corrected", "withdrawn": "Withdrawn"}
blueprint = PageBlueprint("inspection", __name__)
blueprint.menu("auditor", "Inspections", "inspection.inspections", order=10)
blueprint.menu("auditor", "Audit log", "inspection.log", order=20)


@blueprint.route("/audit-log")
@for_role("auditor")
def log() -> Response:
    """Show the organisation's part of the audit log, the newest entry first."""
    form = _asked_of_log()
    with reading() as session:
        found = page_of(session, _listed(form), (AuditEntry.sequence,), request.args.get("cursor"), descending=True)
        return page(
            "inspection/log.html",
            form=form,
            asked={name: request.args.get(name) for name in request.args if name != "cursor"},
            entries=found.items,
            names=_names(session, [entry.actor for entry in found.items]),
            done=_done,
            checkpoint=_newest(session),
            next_cursor=found.next,
            status=422 if form.has_errors else 200,
        )


@blueprint.route("/audit-log.csv")
@for_role("auditor")
def log_file() -> Response:
    """Return the same entries as a file, the oldest first."""
    with reading() as session:
        listed = _listed(_asked_of_log()).order_by(AuditEntry.sequence).limit(MOST_ROWS)
        return csv_answer("audit-log.csv", COLUMNS, _rows(session.scalars(listed)))


@blueprint.route("/inspections")
@for_role("auditor")
def inspections() -> Response:
    """List the inspections that the organisation made, the newest first."""
    newest_first = (Inspection.inspected_at, Inspection.id)
    with reading() as session:
        listed = service.all_of(visitor().organisation_id)
        found = page_of(session, listed, newest_first, request.args.get("cursor"), descending=True)
        names = _names(session, [each.inspected_by for each in found.items])
        return page("inspection/inspections.html", inspections=found.items, names=names, next_cursor=found.next)


@blueprint.route("/inspections/new", methods=["GET", "POST"])
@for_role("auditor")
def begin() -> AnyResponse:
    """Ask whose record to look at, on which day and why."""
    form = InspectionForm()
    if form.submitted():
        try:
            return _begun(form)
        except NotFound:
            form.refuse("number", "Your organisation has no record of a person with this number")
        except Invalid as wrong:
            for fault in wrong.faults:
                form.refuse(fault.pointer.removeprefix("/"), fault.message)
    return page("inspection/begin.html", form=form, status=422 if form.has_errors else 200)


@blueprint.route("/inspections/<uuid:inspection_id>")
@for_role("auditor")
def inspection(inspection_id: UUID) -> Response:
    """Show what was known of a person at the end of a day."""
    with reading() as session:
        found = service.by_id(session, inspection_id, organisation_id=visitor().organisation_id)
        known = service.known_then(session, found)
        return page(
            "inspection/inspection.html",
            inspection=found,
            inspected_by=_names(session, [found.inspected_by])[found.inspected_by],
            known=known,
            number=numbers.show(known.person.passport_number),
            standing=[each for each in known.awards if each.stood],
            ended=[each for each in known.awards if not each.stood],
            checks=[(check, wording.on_top(check.verdict)) for check in known.checks],
            plans=[(plan, induction.is_as_decided(plan)) for plan in known.plans],
            role_of=lambda plan: plan.plan["profile"]["title"],
            time=showing.duration,
            endings=ENDINGS,
        )


def _asked_of_log() -> LogForm:
    form = LogForm(request.args)
    form.validate()
    return form


def _listed(form: LogForm) -> Any:
    if form.has_errors:
        return service.entries(visitor().organisation_id).where(AuditEntry.sequence < 0)
    return service.entries(
        visitor().organisation_id,
        action=form.action.data or "",
        from_on=form.from_on.data,
        until_on=form.until_on.data,
    )


def _begun(form: InspectionForm) -> AnyResponse:
    acting = visitor()
    with transaction() as session:
        begun = service.inspect(
            session,
            organisation_id=acting.organisation_id,
            number=form.number.data,
            as_of_on=form.as_of_on.data,
            reason=form.reason.data,
            actor=acting.actor,
            now=now(),
        )
        return redirect(url_for("inspection.inspection", inspection_id=begun.id), code=303)


def _newest(session: Session) -> SignedCheckpoint | None:
    try:
        return checkpoints.newest(session)
    except checkpoints.NoCheckpoint:
        return None


def _names(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Return what a page calls those who acted: people by name, programs and the service by what they are."""
    return {actor: _name(session, actor) for actor in set(actors)}


def _name(session: Session, actor: str) -> str:
    kind, _, key = actor.partition(":")
    if kind == "account":
        try:
            return accounts.by_id(session, UUID(key)).name
        except (AccountNotFound, ValueError):
            return "Somebody whose account is gone"
    return {"client": "A program", "job": "The service", "operator": "An operator of the service"}.get(kind, kind)


def _done(action: str) -> str:
    """Write an action in words: `award.withdrawn` is "Award withdrawn"."""
    words = action.replace(".", " ").replace("_", " ").capitalize()
    return words.replace("Esr ", "ESR ")


def _rows(entries: Iterable[AuditEntry]) -> Iterable[tuple[object, ...]]:
    for entry in entries:
        yield (
            entry.sequence, entry.at.isoformat(), entry.actor, entry.action, entry.subject,
            "; ".join(f"{name}: {value}" for name, value in sorted(entry.detail.items())), entry.hash.hex(),
        )  # fmt: skip
