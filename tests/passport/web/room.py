"""A room of the tests' own: endpoints of every shape, so that the edge is tested apart from the real rooms."""

import uuid
from typing import Any

from flask import Flask, Response, request
from marshmallow import Schema, fields
from sqlalchemy import select

from passport.access.models import ApiClient
from passport.db import reading, transaction
from passport.errors import Conflict, Fault, Invalid, NotFound, Unavailable
from passport.organisations.models import Organisation
from passport.web import edge
from passport.web.api import Api, Blueprint
from passport.web.body import body_limit
from passport.web.clock import now
from passport.web.fields import Day, Flag, Instant, OneOf, Text, WholeNumber
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.paging import PageQuery, page, page_schema
from passport.web.rules import caller, public, requires

SECRET_OF_THE_PROGRAM = "connection string of an invented database"


class ThingIn(Schema):
    family_name = Text(max_length=40)
    notes = Text(max_length=400, min_length=0, multiline=True)
    number = WholeNumber(minimum=0, maximum=1000)
    large = WholeNumber(maximum=2**40)
    revoked = Flag()
    on = Day()
    at = Instant()
    kind = OneOf(("one", "two"))
    parts = fields.List(fields.Nested(Schema.from_dict({"name": Text(max_length=5, required=True)}, name="Part")))


class ThingQuery(PageQuery):
    name = Text(max_length=40, load_default=None)
    newest = Flag(load_default=False)


class OrganisationOut(Schema):
    ods_code = fields.String()


def blueprint(limit: Limit) -> Blueprint:  # noqa: C901 - a list of small endpoints, not one long function
    """Return the room; `limit` is that of its limited endpoint."""
    room = Blueprint("things", __name__, url_prefix="/v1/things", description="Things")

    @room.route("", methods=["POST"])
    @public
    @room.arguments(ThingIn)
    @room.response(200, ThingIn)
    def echo(body: dict[str, Any]) -> dict[str, Any]:
        return body

    @room.route("")
    @public
    @room.arguments(ThingQuery, location="query")
    @room.response(200, page_schema(OrganisationOut))
    def listing(query: dict[str, Any]) -> dict[str, Any]:
        statement = select(Organisation)
        if query["name"]:
            statement = statement.where(Organisation.name == query["name"])
        with reading() as session:
            keys = (Organisation.recorded_at, Organisation.ods_code)
            found = page(session, statement, keys, query["cursor"], query["limit"])
            items = [{"ods_code": organisation.ods_code} for organisation in found.items]
        return {"items": items, "next": found.next_cursor}

    @room.route("/mine")
    @requires("verify")
    @room.arguments(PageQuery, location="query")
    @room.response(200, page_schema(OrganisationOut))
    def mine(query: dict[str, Any]) -> dict[str, Any]:
        with reading() as session:
            found = page(session, select(Organisation.ods_code), (Organisation.id,), query["cursor"], query["limit"])
            return {"items": [{"ods_code": code} for code in found.items], "next": found.next_cursor}

    @room.route("/<name>")
    @public
    @room.response(200)
    def by_name(name: str) -> dict[str, Any]:
        with reading() as session:
            if session.scalar(select(Organisation).filter_by(name=name)) is None:
                raise NotFound
        return {}

    @room.route("/large", methods=["POST"])
    @public
    @body_limit(5_000_000)
    @room.response(200)
    def large() -> dict[str, Any]:
        return {"bytes": len(request.get_data())}

    @room.route("/failing/<kind>")
    @public
    @room.response(200)
    def failing(kind: str) -> dict[str, Any]:
        kinds: dict[str, Exception] = {
            "surprise": ValueError(SECRET_OF_THE_PROGRAM),
            "invalid": Invalid("Something is wrong.", (Fault("/name", "Use letters."),)),
            "conflict": Conflict(),
            "unavailable": Unavailable(),
        }
        raise kinds[kind]

    @room.route("/writing")
    @public
    @room.response(200)
    def writing() -> dict[str, Any]:
        with reading() as session:
            session.add(Organisation(ods_code="X0V0X", name="n", kind="other", source="s", recorded_at=now()))
            session.flush()
        return {}

    @room.route("/programs", methods=["POST"])
    @requires("verify")
    @idempotent
    @room.arguments(Schema.from_dict({"name": Text(max_length=20), "fail": Flag()}, name="ProgramIn"))
    @room.response(201)
    def make(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        with transaction() as session:
            made = ApiClient(
                client_id=str(uuid.uuid4()),
                organisation_id=caller().organisation_id,
                name=body["name"],
                algorithm="ES256",
                scopes=[],
                recorded_at=now(),
            )
            session.add(made)
            session.flush()
            if body.get("fail"):
                raise Conflict("Asked to fail.")
            answer = {"id": made.client_id}
        return answer, 201, {"Location": f"/v1/things/{answer['id']}"}

    @room.route("/upload", methods=["POST"])
    @requires("verify")
    @idempotent
    @room.response(201)
    def upload() -> dict[str, Any]:
        return {"size": len(request.files["file"].read()), "made": str(uuid.uuid4())}

    @room.route("/limited", methods=["POST"])
    @requires("verify")
    @limited(limit)
    @room.response(200)
    def often() -> dict[str, Any]:
        return {}

    @room.route("/shared")
    @public
    def shared() -> Response:
        return edge.share_publicly(Response("{}", mimetype="application/json"), seconds=60)

    return room


def add_to(app: Flask, limit: Limit) -> None:
    """Register the room with an application that has not served yet."""
    api = Api(app, spec_kwargs={"title": "t", "version": "1", "openapi_version": "3.1.0"})
    api.register_blueprint(blueprint(limit))
