"""Pages of an employer for alignment: the subjects that it declared to be aligned with a framework, with their days.

Alignment is what an organisation says of itself (facts, section 3), so its own workforce team declares and ends it.
"""

from uuid import UUID

from flask import redirect, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Invalid
from passport.standards import alignment, service
from passport.standards.alignment import AlreadyAligned
from passport.standards.forms import AlignmentEndForm, AlignmentForm
from passport.standards.models import Framework, Standard
from passport.web.clock import now
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor

SEPARATOR = ": "  # between the framework's code and the subject, in the value of a choice
blueprint = PageBlueprint("alignments", __name__, url_prefix="/alignments")
blueprint.menu("hr", "Alignment", "alignments.own", order=70)


@blueprint.route("", methods=["GET", "POST"])
@for_role("hr")
def own() -> AnyResponse:
    """List what the organisation declared; the form declares one more subject."""
    form = AlignmentForm()
    with reading() as session:
        subjects = (
            select(Framework.code, Standard.subject)
            .join(Framework, Framework.id == Standard.framework_id)
            .where(Standard.kind == "statutory")
            .distinct()
            .order_by(Framework.code, Standard.subject)
        )
        choices = [f"{code}{SEPARATOR}{subject}" for code, subject in session.execute(subjects)]
        form.subject.offer((each, each) for each in choices)
        listed = alignment.alignments(visitor().organisation_id).order_by(Framework.code, "subject", "from_on")
        declared = list(session.execute(listed))
    if form.submitted():
        framework_code, _, subject = form.subject.data.partition(SEPARATOR)
        try:
            with transaction() as session:
                service.declare_alignment(
                    session, organisation_id=visitor().organisation_id, framework_code=framework_code, subject=subject,
                    from_on=form.from_on.data, until_on=form.until_on.data, actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, f"You declared {subject} to be aligned.")
            return redirect(url_for("alignments.own"), code=303)
        except AlreadyAligned as wrong:
            form.refuse("subject", wrong.detail)
        except Invalid as wrong:
            form.refuse("until_on", wrong.detail)
    status = 422 if form.has_errors else 200
    return page("standards/alignments.html", form=form, declared=declared, today=now().date(), status=status)


@blueprint.route("/<uuid:alignment_id>/end", methods=["GET", "POST"])
@for_role("hr")
def end(alignment_id: UUID) -> AnyResponse:
    """End a declaration with its last day."""
    form = AlignmentEndForm()
    with reading() as session:
        row = alignment.own_by_id(session, alignment_id, visitor().organisation_id)
        subject, from_on = row.subject, row.from_on
    if form.submitted():
        try:
            with transaction() as session:
                alignment.end_by_id(
                    session, alignment_id=alignment_id, organisation_id=visitor().organisation_id,
                    until_on=form.until_on.data, actor=visitor().actor, now=now(),
                )  # fmt: skip
                say(session, f"The alignment of {subject} has its last day.")
            return redirect(url_for("alignments.own"), code=303)
        except Invalid as wrong:
            form.refuse("until_on", wrong.detail)
    status = 422 if form.has_errors else 200
    return page("standards/alignment_end.html", form=form, subject=subject, from_on=from_on, status=status)
