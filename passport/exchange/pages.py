"""What a member of staff takes away from the own pages in formats for programs: all data as JSON."""

from flask import Response

from passport.db import reading
from passport.exchange.whole_record import whole_record
from passport.holder.pages import me
from passport.web.clock import now
from passport.web.pages import PageBlueprint
from passport.web.rules import for_role

blueprint = PageBlueprint("taking", __name__, url_prefix="/my-passport")


@blueprint.route("/data.json")
@for_role("staff")
def data() -> Response:
    """Return everything that is kept about me."""
    with reading() as session:
        body = whole_record(session, me(), now=now())
    answer = Response(body, content_type="application/json; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="staff-passport.json"'
    return answer
