"""`/v1/accreditations` and `/v1/alignments`: who may award what, and whose training is aligned with a framework.

Everybody may read who may award what; what was only applied for, notes and reviews are for the standards body
(`standards:write`), which alone changes anything and says with `If-Match` that it saw the newest state. Alignment is
what an organisation says of itself (`alignments:write`); the standards body may say and end it for others.
"""

from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.exceptions import PreconditionFailed

from passport.db import reading, transaction
from passport.errors import Forbidden
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.standards import accreditation, alignment, providers, reviews, service
from passport.standards.changes import ChangedMeanwhile
from passport.standards.models import Accreditation, Alignment, Framework, Standard
from passport.standards.provider_schemas import (
    AccreditationIn,
    AccreditationOut,
    AccreditationQuery,
    AccreditationWithReviewsOut,
    AlignmentEndIn,
    AlignmentIn,
    AlignmentOut,
    AlignmentQuery,
    ReviewIn,
    ReviewOut,
    StandingQuery,
    StateIn,
    accreditation_shown,
    alignment_shown,
    review_shown,
    reviewed_shown,
)
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.paging import Page, page, page_schema
from passport.web.preconditions import IF_MATCH, matched, tagged
from passport.web.rules import caller, public, requires

STANDARDS_BODY = "standards:write"
blueprint = Blueprint("providers", __name__, url_prefix="/v1", description="Who may award what, and who is aligned")


@blueprint.route("/accreditations", methods=["GET"])
@public
@blueprint.arguments(AccreditationQuery, location="query")
@blueprint.response(200, page_schema(AccreditationOut))
def list_accreditations(query: dict[str, Any]) -> Page:
    """List who may award what, with every state that was. What was only applied for is not in it."""
    with reading() as session:
        provider = organisations.by_ods(session, query["organisation"]).id if query["organisation"] else None
        statement = (
            service.accreditations(provider, query["standard"])
            .where(Accreditation.state != providers.INSIDE)
            .join(Organisation, Organisation.id == Accreditation.organisation_id)
            .add_columns(Organisation.ods_code)
        )
        rows = page(session, statement, (Accreditation.id,), query["cursor"], query["limit"])
        codes = {standard.id: standard.code for standard in session.scalars(select(Standard))}
        shown = [accreditation_shown(row, ods_code, codes[row.standard_id]) for row, ods_code in rows.items]
        return Page(shown, rows.next_cursor)


@blueprint.route("/accreditations", methods=["POST"])
@requires(STANDARDS_BODY)
@idempotent
@blueprint.arguments(AccreditationIn)
@blueprint.response(201, AccreditationOut)
def begin_accreditation(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Record that an organisation applied, or is approved, or any other state that follows from the one before."""
    with transaction() as session:
        provider = organisations.by_ods(session, body.pop("organisation"))
        standard_code = body.pop("standard")
        row = service.accredit(
            session, organisation_id=provider.id, standard_code=standard_code, actor=caller().actor, now=now(), **body
        )
        answer, revision = accreditation_shown(row, provider.ods_code, standard_code), row.revision
    return answer, 201, {"Location": url_for("providers.read_accreditation", accreditation_id=answer["id"]),
                         **tagged(revision)}  # fmt: skip


@blueprint.route("/accreditation-standings", methods=["GET"])
@requires(STANDARDS_BODY)
@blueprint.arguments(StandingQuery, location="query")
@blueprint.response(200, page_schema(AccreditationOut))
def list_standings(query: dict[str, Any]) -> Page:
    """List the newest state of each provider towards each standard: applications, and whose review is due, too."""
    due_by = query["review_due_by"]
    statement = providers.due_for_review(due_by) if due_by else providers.standings()
    if query["state"] is not None:
        statement = statement.where(Accreditation.state == query["state"])
    with reading() as session:
        rows = page(session, statement, (Accreditation.id,), query["cursor"], query["limit"])
        shown = [accreditation_shown(row, provider.ods_code, standard.code) for row, provider, standard in rows.items]
        return Page(shown, rows.next_cursor)


@blueprint.route("/accreditations/<uuid:accreditation_id>", methods=["GET"])
@requires(STANDARDS_BODY)
@blueprint.response(200, AccreditationWithReviewsOut)
def read_accreditation(accreditation_id: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Read one state of a provider, with the note and the reviews."""
    with reading() as session:
        row = accreditation.by_id(session, accreditation_id)
        ods_code, code = _named(session, row)
        return reviewed_shown(row, ods_code, code, reviews.reviews_of(session, row)), 200, tagged(row.revision)


@blueprint.route("/accreditations/<uuid:accreditation_id>/state", methods=["POST"])
@requires(STANDARDS_BODY)
@idempotent
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(StateIn)
@blueprint.response(200, AccreditationOut)
def change_accreditation(body: dict[str, Any], accreditation_id: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Approve, set conditions, suspend, lift a suspension or end: the newest state of a provider moves on."""
    seen = accreditation_id, matched()
    with transaction() as session:
        before = accreditation.by_id(session, accreditation_id)
        ods_code, code = _named(session, before)
        try:
            row = service.accredit(
                session, organisation_id=before.organisation_id, standard_code=code, seen=seen, actor=caller().actor,
                now=now(), **body,
            )  # fmt: skip
        except ChangedMeanwhile as changed:
            raise PreconditionFailed(changed.detail) from changed
        return accreditation_shown(row, ods_code, code), 200, tagged(row.revision)


@blueprint.route("/accreditations/<uuid:accreditation_id>/reviews", methods=["POST"])
@requires(STANDARDS_BODY)
@idempotent
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.arguments(ReviewIn)
@blueprint.response(201, ReviewOut)
def record_review(body: dict[str, Any], accreditation_id: UUID) -> tuple[dict[str, Any], int]:
    """Record a yearly review with its outcome; the next one is due a year later."""
    seen = accreditation_id, matched()
    with transaction() as session:
        try:
            review = reviews.record_review(
                session, accreditation_id=accreditation_id, seen=seen, actor=caller().actor, now=now(), **body
            )
        except ChangedMeanwhile as changed:
            raise PreconditionFailed(changed.detail) from changed
        return review_shown(review), 201


@blueprint.route("/alignments", methods=["GET"])
@public
@blueprint.arguments(AlignmentQuery, location="query")
@blueprint.response(200, page_schema(AlignmentOut))
def list_alignments(query: dict[str, Any]) -> Page:
    """List who declared which subject to be aligned with a framework, and for which days."""
    with reading() as session:
        declaring = organisations.by_ods(session, query["organisation"]).id if query["organisation"] else None
        statement = alignment.alignments(declaring, query["framework"])
        rows = page(session, statement, (Alignment.id,), query["cursor"], query["limit"])
        shown = [alignment_shown(row, ods_code, framework_code) for row, ods_code, framework_code in rows.items]
        return Page(shown, rows.next_cursor)


@blueprint.route("/alignments", methods=["POST"])
@requires("alignments:write")
@idempotent
@blueprint.arguments(AlignmentIn)
@blueprint.response(201, AlignmentOut)
def declare_alignment(body: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Declare your organisation's training on a subject to be aligned with a framework."""
    acting, named = caller(), body.pop("organisation")
    with transaction() as session:
        own = organisations.by_id(session, acting.organisation_id)
        declaring = organisations.by_ods(session, named) if named else own
        if declaring is not own and STANDARDS_BODY not in acting.scopes:
            raise Forbidden("Your program declares alignment for your own organisation only.")
        framework_code = body.pop("framework")
        row = service.declare_alignment(
            session, organisation_id=declaring.id, framework_code=framework_code, actor=acting.actor, now=now(), **body
        )
        return alignment_shown(row, declaring.ods_code, framework_code), 201


@blueprint.route("/alignments/<uuid:alignment_id>/end", methods=["POST"])
@requires("alignments:write")
@idempotent
@blueprint.arguments(AlignmentEndIn)
@blueprint.response(200, AlignmentOut)
def end_alignment(body: dict[str, Any], alignment_id: UUID) -> dict[str, Any]:
    """Set the last day of an alignment that your organisation declared."""
    acting = caller()
    whose = None if STANDARDS_BODY in acting.scopes else acting.organisation_id
    with transaction() as session:
        row = alignment.end_by_id(
            session, alignment_id=alignment_id, organisation_id=whose, until_on=body["until_on"], actor=acting.actor,
            now=now(),
        )  # fmt: skip
        ods_code = organisations.by_id(session, row.organisation_id).ods_code
        return alignment_shown(row, ods_code, session.get_one(Framework, row.framework_id).code)


def _named(session: Session, row: Accreditation) -> tuple[str, str]:
    """Return the codes of the provider and of the standard of a row."""
    provider = organisations.by_id(session, row.organisation_id)
    return provider.ods_code, session.get_one(Standard, row.standard_id).code
