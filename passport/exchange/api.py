"""`/v1/staff/{number}/fhir` and `/v1/exports/esr`: records in the formats of others, for the caller's own staff.

A person whom the organisation does not employ and one who does not exist are the same 404.
"""

from datetime import date

import msgspec
from flask import Response, current_app

from passport.awards import service as awards
from passport.db import reading
from passport.exchange import esr_files, fhir
from passport.settings import Settings
from passport.staff import service as staff
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.rules import caller, requires

blueprint = Blueprint("exchange", __name__, url_prefix="/v1", description="Records in the formats of others")


@blueprint.route("/staff/<number>/fhir", methods=["GET"])
@requires("staff:read")
@blueprint.response(200, {"type": "object"}, content_type=fhir.MEDIA_TYPE)
def read_practitioner(number: str) -> Response:
    """Read a member of your staff as a FHIR R4 Practitioner with qualifications."""
    settings: Settings = current_app.config["SETTINGS"]
    with reading() as session:
        person = staff.of_organisation(session, number, caller().organisation_id, now=now())
        born_on: date = person.date_of_birth
        content = awards.passport_content(session, person.id, now=now())
    resource = fhir.practitioner(content, born_on=born_on, service=settings.issuer)
    return Response(msgspec.json.encode(resource), mimetype=fhir.MEDIA_TYPE)


@blueprint.route("/exports/esr", methods=["GET"])
@requires("awards:read")
@blueprint.response(200, {"type": "string"}, content_type="text/csv")
def export_to_esr() -> Response:
    """Read the current awards that your organisation made of its staff, in the shape of a bulk file from ESR."""
    with reading() as session:
        rows = list(esr_files.bulk_rows(session, caller().organisation_id, now=now()))
    return csv_answer("awards.csv", esr_files.HEADER, ([row[name] for name in esr_files.HEADER] for row in rows))
