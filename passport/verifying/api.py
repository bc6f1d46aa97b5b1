"""`/v1/verifications`: check passports that somebody shows, and read those checks again.

A text that is no passport gets a verdict and not an error: only a body that is no request is refused (wire formats,
section 6). The answers are written by msgspec (see `bodies`).
"""

from typing import Final
from uuid import UUID

import msgspec
from flask import Response

from passport.db import reading, transaction
from passport.verifying import service
from passport.verifying.bodies import BatchBody, VerificationBody, read_body
from passport.verifying.schemas import BatchIn, BatchOut, VerdictOut, VerificationIn, body_of
from passport.web.api import Blueprint
from passport.web.body import MEGABYTE, body_limit
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.rules import caller, requires

BATCH_BYTES: Final = 4 * MEGABYTE  # a hundred passports of 6 KB, and room for the largest
CHECKS: Final = Limit("verify", per_minute=6_000, block=50)
BATCHES: Final = Limit("verify_batch", per_minute=60)

blueprint = Blueprint("verifications", __name__, url_prefix="/v1/verifications", description="Checks of passports")

_encode: Final = msgspec.json.Encoder().encode


@blueprint.route("", methods=["POST"])
@requires("verify")
@limited(CHECKS)
@idempotent
@blueprint.doc(requestBody=body_of(VerificationIn))
@blueprint.response(200, VerdictOut)
def verify() -> Response:
    """Check a passport: the text of a presentation or of an offline QR. Whatever comes out is recorded."""
    body = read_body(VerificationBody)
    with transaction() as session:
        service.commit_lazily(session)
        checked = service.verify(
            session,
            presentation=body.presentation,
            organisation_id=caller().organisation_id,
            actor=caller().actor,
            now=now(),
            at=body.at,
        )
    return _answer(checked.answer)


@blueprint.route("/batch", methods=["POST"])
@requires("verify")
@limited(BATCHES)
@idempotent
@body_limit(BATCH_BYTES)
@blueprint.doc(requestBody=body_of(BatchIn))
@blueprint.response(200, BatchOut)
def verify_batch() -> Response:
    """Check up to a hundred passports, each by itself: one that is refused changes nothing for the others."""
    body = read_body(BatchBody)
    with transaction() as session:
        service.commit_lazily(session)
        checked = service.verify_many(
            session,
            presentations=body.presentations,
            organisation_id=caller().organisation_id,
            actor=caller().actor,
            now=now(),
        )
    return _answer({"items": [each.answer for each in checked]})


@blueprint.route("/<uuid:verification_id>")
@requires("verify")
@blueprint.response(200, VerdictOut)
def read(verification_id: UUID) -> Response:
    """Read the verdict of a check again, as it was given. Only the organisation that made it can."""
    with reading() as session:
        found = service.of_organisation(session, verification_id, caller().organisation_id)
        return _answer({"id": found.id, **found.verdict})


def _answer(content: object) -> Response:
    return Response(_encode(content), mimetype="application/json")
