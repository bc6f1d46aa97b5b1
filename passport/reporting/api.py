"""`/v1/statistics`: counts of the workforce below the caller's organisation, through disclosure control."""

from typing import Any

from passport.db import reading
from passport.reporting import schemas, service, tables
from passport.reporting.establishment import gaps
from passport.reporting.schemas import (
    ComplianceQuery,
    CredentialsQuery,
    GapsOut,
    PlaceQuery,
    PractitionersQuery,
    StatisticsOut,
    TimeSavedQuery,
)
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.rules import caller, requires

blueprint = Blueprint(
    "statistics",
    __name__,
    url_prefix="/v1/statistics",
    description="Counts of the workforce: 0 as 0, 1 to 7 hidden, else to the nearest 5; your own organisation exactly",
)


@blueprint.route("/practitioners", methods=["GET"])
@requires("statistics:read")
@blueprint.arguments(PractitionersQuery, location="query")
@blueprint.response(200, StatisticsOut)
def practitioners(query: dict[str, Any]) -> dict[str, Any]:
    """Count practitioners at a level of practice, or trainees, by place, by profession or by month."""
    by = {"profession": "category"}.get(query["by"], query["by"])
    return _counted(query, query["level"], by=by, category=query["profession"])


@blueprint.route("/credentials", methods=["GET"])
@requires("statistics:read")
@blueprint.arguments(CredentialsQuery, location="query")
@blueprint.response(200, StatisticsOut)
def credentials(query: dict[str, Any]) -> dict[str, Any]:
    """Count holders of multiprofessional credentials by place, by standard or by month."""
    by = {"standard": "category"}.get(query["by"], query["by"])
    return _counted(query, service.CREDENTIAL, by=by, category=query["standard"])


@blueprint.route("/compliance", methods=["GET"])
@requires("statistics:read")
@blueprint.arguments(ComplianceQuery, location="query")
@blueprint.response(200, StatisticsOut)
def training(query: dict[str, Any]) -> dict[str, Any]:
    """Count how staff stand with statutory training; how many never held it for your own organisation alone."""
    with reading() as session:
        asked = service.ask(session, caller().organisation_id, place=query["place"])
        table, as_of = tables.training(session, asked, subject=query["subject"], today=now().date())
        return schemas.table(table, at=asked.place, as_of=as_of)


@blueprint.route("/time-saved", methods=["GET"])
@requires("statistics:read")
@blueprint.arguments(TimeSavedQuery, location="query")
@blueprint.response(200, StatisticsOut)
def time_saved(query: dict[str, Any]) -> dict[str, Any]:
    """Sum the induction time that accepted training saved in the last twelve months."""
    with reading() as session:
        asked = service.ask(session, caller().organisation_id, place=query["place"])
        table, as_of = tables.saved(session, asked, by=query["by"], today=now().date())
        return schemas.table(table, at=asked.place, as_of=as_of)


@blueprint.route("/gaps", methods=["GET"])
@requires("statistics:read")
@blueprint.arguments(PlaceQuery, location="query")
@blueprint.response(200, GapsOut)
def list_gaps(query: dict[str, Any]) -> dict[str, Any]:
    """Compare what ICBs and regions require with who counts today."""
    with reading() as session:
        asked = service.ask(session, caller().organisation_id, place=query["place"])
        found = gaps(session, asked, today=now().date())
        return {"place": schemas.place(asked.place), "gaps": [schemas.gap(each) for each in found]}


def _counted(query: dict[str, Any], measure: Any, *, by: str, category: str | None) -> dict[str, Any]:
    with reading() as session:
        asked = service.ask(session, caller().organisation_id, place=query["place"])
        table, as_of = tables.counted(
            session, asked, measure, by=by, category=category, month=query["month"], today=now().date()
        )
        return schemas.table(table, at=asked.place, as_of=as_of)
