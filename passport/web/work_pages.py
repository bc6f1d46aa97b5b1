"""Pages of the registrar about the service itself: is it well, and how is the background work getting on?

The jobs are rows of procrastinate's table (`passport.jobs`). Their arguments are not shown: they are ids of records,
and nobody needs them to see that work stands still.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Response, current_app, request
from sqlalchemy import BigInteger, DateTime, Integer, String, column, func, select, table

from passport.db import reading
from passport.web.pages import PageBlueprint, page
from passport.web.paging import page as page_of
from passport.web.rules import for_role
from passport.web.service_pages import FAULTS

JOBS: Final = table(
    "procrastinate_jobs",
    column("id", BigInteger),
    column("task_name", String),
    column("status", String),
    column("attempts", Integer),
    column("scheduled_at", DateTime(timezone=True)),
)
STATES: Final = {"failed": "Failed", "doing": "At work", "todo": "Waiting"}
blueprint = PageBlueprint("work", __name__, url_prefix="/operations")
blueprint.menu("registrar", "Health and jobs", "work.overview", order=50)


@blueprint.route("")
@for_role("registrar")
def overview() -> Response:
    """Show what keeps the service from its work, and how many jobs there are."""
    faults: Callable[[], list[str]] = current_app.extensions[FAULTS]
    found = faults()
    status = JOBS.c.status.cast(String)
    with reading() as session:
        counts: dict[str, int] = dict(session.execute(select(status, func.count()).group_by(status)).all())
    return page("web/operations.html", faults=found, counts={state: counts.get(state, 0) for state in STATES},
                states=STATES)  # fmt: skip


@blueprint.route("/jobs")
@for_role("registrar")
def jobs() -> Response:
    """List the jobs of a state, the oldest first."""
    wanted = request.args.get("state", "failed")
    state = wanted if wanted in STATES else "failed"
    listed: Any = select(JOBS.c.id, JOBS.c.task_name, JOBS.c.attempts, JOBS.c.scheduled_at)
    with reading() as session:
        rows = listed.where(JOBS.c.status.cast(String) == state)
        found = page_of(session, rows, (JOBS.c.id,), request.args.get("cursor"))
        return page("web/jobs.html", jobs=found.items, state=state, states=STATES, next_cursor=found.next)
