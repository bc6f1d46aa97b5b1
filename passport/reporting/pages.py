"""Pages of the workforce picture: practitioners, credentials, training, time saved, gaps; each table as a file too.

Planners and the Academy see the hierarchy below them, a workforce team and an auditor their own organisation. Filters
are links and a form with GET, so a view has an address that can be kept. Every figure comes from `tables` or
`establishment`, as in the API; each file is the table of its page.
"""

from collections.abc import Mapping
from datetime import date
from itertools import product
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from passport.db import reading, transaction
from passport.errors import Forbidden, Invalid, NotFound
from passport.reporting import charts, compliance, establishment, establishment_file, service, tables
from passport.reporting.establishment_file import LARGEST_FILE
from passport.reporting.forms import EstablishmentForm
from passport.reporting.models import Measure
from passport.reporting.picture import Table
from passport.reporting.places import SYSTEM_KINDS
from passport.reporting.service import CREDENTIAL, LEVELS, Asked
from passport.web.body import body_limit
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor

VIEWERS: Final = ("planner", "academy", "hr", "auditor")
LONGEST: Final = 100  # of a filter
TITLES: Final[Mapping[str, str]] = {
    "practitioners": "Advanced practice", "credentials": "Credentials", "training": "Statutory training",
    "time_saved": "Induction time saved", "gaps": "Gaps",
}  # fmt: skip
FILES: Final = tuple(product(("practitioners", "credentials"), ("place", "category", "month")))
GAP_COLUMNS: Final = ("Organisation", "Code", "Profession or credential", "Required", "Held", "Gap")
blueprint = PageBlueprint("workforce", __name__, url_prefix="/workforce")
blueprint.menu("planner", "Workforce", "workforce.practitioners", order=10)
blueprint.menu("academy", "Workforce", "workforce.practitioners", order=60)
blueprint.menu("hr", "Workforce", "workforce.practitioners", order=70)
blueprint.menu("auditor", "Workforce", "workforce.practitioners", order=60)


@blueprint.route("")
@for_role(*VIEWERS)
def practitioners() -> Response:
    """Show practitioners at a level of practice: the year, the places below, the professions."""
    return _counted_page(_level(), "practitioners", "profession")


@blueprint.route("/credentials")
@for_role(*VIEWERS)
def credentials() -> Response:
    """Show holders of credentials: the year, the places below, each credential."""
    return _counted_page(CREDENTIAL, "credentials", "standard")


@blueprint.route("/<what>/<by>.csv")
@for_role(*VIEWERS)
def counted_file(what: str, by: str) -> Response:
    """Return one table of practitioners or credentials as a file."""
    if (what, by) not in FILES:
        raise NotFound
    measure, name = (CREDENTIAL, "standard") if what == "credentials" else (_level(), "profession")
    with reading() as session:
        answer = tables.counted(
            session, _asked(session), measure, by=by, category=_filter(name), month=_filter("month"), today=_today()
        )
        return _file(f"{what}-by-{by}", answer[0])


@blueprint.route("/training")
@for_role(*VIEWERS)
def training() -> Response:
    """Show how staff stand with statutory training, by subject or for one subject by place."""
    with reading() as session:
        asked, subject = _asked(session), _filter("subject")
        table, as_of = tables.training(session, asked, subject=subject, today=_today())
        subjects = compliance.counted_subjects(session)
        counted_on = date.fromisoformat(as_of) if as_of else None
        shown: dict[str, Any] = {"table": table, "as_of": as_of, "counted_on": counted_on, "subject": subject}
        shown["never"] = compliance.STATES["never"]
        return _page("training", asked, subjects=subjects, **shown)


@blueprint.route("/training.csv")
@for_role(*VIEWERS)
def training_file() -> Response:
    """Return the table of training as a file."""
    with reading() as session:
        return _file(
            "training", tables.training(session, _asked(session), subject=_filter("subject"), today=_today())[0]
        )


@blueprint.route("/time-saved")
@for_role(*VIEWERS)
def time_saved() -> Response:
    """Show the induction time saved, and how it is worked out."""
    with reading() as session:
        asked = _asked(session)
        months, _ = tables.saved(session, asked, by="month", today=_today())
        places, _ = tables.saved(session, asked, by="place", today=_today())
        hours = charts.bars("hours", "Hours saved by month", ((row.label, row.figures[2]) for row in months.rows))
        return _page("time_saved", asked, months=months, places=places, chart=hours)


@blueprint.route("/time-saved/<by>.csv")
@for_role(*VIEWERS)
def time_saved_file(by: str) -> Response:
    """Return a table of time saved as a file."""
    if by not in ("month", "place"):
        raise NotFound
    with reading() as session:
        return _file(f"time-saved-by-{by}", tables.saved(session, _asked(session), by=by, today=_today())[0])


@blueprint.route("/gaps", methods=["GET", "POST"])
@for_role(*VIEWERS)
@body_limit(LARGEST_FILE)
def gaps() -> AnyResponse:
    """Show the gaps to what is required; the form of an ICB or a region takes a new version."""
    form, faults = EstablishmentForm(), []
    if form.submitted():
        try:
            return _keep(form)
        except Invalid as wrong:
            faults = [fault.message for fault in wrong.faults]
            form.refuse("file", wrong.detail)
    with reading() as session:
        asked = _asked(session)
        own = asked.view.top
        version = establishment.in_force(session, own.id, on=_today()) if own.id else None
        return _page(
            "gaps", asked, form=form, faults=faults, version=version, sets=_sets(asked), status=422 if faults else 200,
            rows=establishment.gaps(session, asked, today=_today()),
        )  # fmt: skip


@blueprint.route("/gaps.csv")
@for_role(*VIEWERS)
def gaps_file() -> Response:
    """Return the gaps as a file."""
    with reading() as session:
        rows = [
            (gap.organisation.name, gap.organisation.code, gap.label, gap.required, gap.held.text, gap.text)
            for gap in establishment.gaps(session, _asked(session), today=_today())
        ]
        return csv_answer("gaps.csv", GAP_COLUMNS, rows)


def _keep(form: EstablishmentForm) -> AnyResponse:
    content = form.file.data.read(LARGEST_FILE)
    with transaction() as session:
        asked = _asked(session)
        if not _sets(asked):
            raise Forbidden("Only the planner of an ICB or a region sets what is required.")
        lines = establishment_file.read(session, asked, content)
        kept = establishment.keep(
            session, asked, lines, from_on=form.from_on.data, actor=visitor().actor, now=now()
        )  # fmt: skip
        say(session, f"Version {kept.version} is saved, with {len(lines)} lines.")
    return redirect(url_for("workforce.gaps"), code=303)


def _counted_page(measure: Measure, what: str, name: str) -> Response:
    category, month, today = _filter(name), _filter("month"), _today()
    with reading() as session:
        asked = _asked(session)
        months, _ = tables.counted(session, asked, measure, by="month", category=category, today=today)
        places, as_of = tables.counted(session, asked, measure, by="place", category=category, month=month, today=today)
        each, _ = tables.counted(session, asked, measure, by="category", month=month, today=today)
        return _page(
            what, asked, measure=measure, levels=LEVELS, category=category, name=name, months=months, places=places,
            each=each, month=as_of, month_in_words=service.month_in_words(service.month_from(month, today=today)),
            chart=charts.bars("months", "By month", ((row.label, row.figures[0]) for row in months.rows)),
            categories=charts.bars("categories", each.head, _largest(each)),
        )  # fmt: skip


def _largest(table: Table) -> list[tuple[str, Any]]:
    """Return the bars in the order of the names: another order would tell who is larger among those hidden."""
    return [(row.label, row.figures[0]) for row in table.rows if row.figures[0].count != 0]


def _page(what: str, asked: Asked, *, status: int = 200, **context: Any) -> Response:
    query = {name: value for name, value in request.args.items() if name != "place"}
    return page(
        f"reporting/{what}.html", status=status, asked=asked, what=what, titles=TITLES, title=TITLES[what],
        place=asked.place, way=asked.places.way(asked.place, top=asked.view.top)[:-1], others=query,
        query=urlencode(request.args.to_dict()), **context,
    )  # fmt: skip


def _asked(session: Session) -> Asked:
    role = visitor().role
    return service.ask(session, visitor().organisation_id, place=_filter("place"), role=role)


def _sets(asked: Asked) -> bool:
    return visitor().role == "planner" and asked.view.top.kind in SYSTEM_KINDS


def _level() -> Measure:
    wanted = request.args.get("level", "advanced")
    found = next((level for level in LEVELS if level == wanted), None)
    if found is None:
        raise NotFound
    return found


def _filter(name: str) -> str | None:
    return request.args.get(name, "").strip()[:LONGEST] or None


def _today() -> date:
    return now().date()


def _file(name: str, table: Table) -> Response:
    rows = [(row.code, row.label, *(figure.text.replace(",", "") for figure in row.figures)) for row in table.lines]
    return csv_answer(f"{name}.csv", ("Code", table.head, *table.columns), rows)
