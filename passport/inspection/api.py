"""`/audit-checkpoint`: the newest signed checkpoint of the audit log, for whoever wants to keep a copy elsewhere."""

from typing import Final

from flask import Response

from credentials.audit_checkpoint import TYPE
from passport.db import reading
from passport.inspection import checkpoints
from passport.web.api import Blueprint
from passport.web.edge import share_publicly
from passport.web.rules import public

MEDIA_TYPE: Final = f"application/{TYPE}"
MAX_AGE: Final = 300  # seconds; one is signed every hour
blueprint = Blueprint("inspection_api", __name__, description="Proof that the audit log was not changed")


@blueprint.route("/audit-checkpoint")
@public
@blueprint.response(200, {"type": "string"}, content_type=MEDIA_TYPE)
def newest() -> Response:
    """Read how far the audit log went, signed. Keep it: later it shows whether the log was cut or changed."""
    with reading() as session:
        return share_publicly(Response(checkpoints.newest(session).token, mimetype=MEDIA_TYPE), seconds=MAX_AGE)
