"""`/v1/staff`: the people of the caller's organisation, by number alone.

A person whom the organisation does not employ looks like one who does not exist. Addresses hold numbers and no other
personal data.
"""

from typing import Any
from uuid import UUID

from flask import url_for

from passport.db import reading, transaction
from passport.errors import Fault, Invalid
from passport.staff import numbers, service
from passport.staff.schemas import (
    AssignmentIn,
    EmploymentOut,
    EndIn,
    JoinerIn,
    PeopleOut,
    PersonIn,
    PersonOut,
    RegistrationIn,
    RegistrationOut,
    StaffQuery,
    employment_shown,
    person_shown,
    registration_shown,
)
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.rules import caller, requires

blueprint = Blueprint("staff", __name__, url_prefix="/v1/staff", description="People of your organisation")
EMPLOYMENT = ("employee_number", "assignment_number", "started_on", "kind")


@blueprint.route("", methods=["GET"])
@requires("staff:read")
@blueprint.arguments(StaffQuery, location="query")
@blueprint.response(200, PeopleOut)
def find_staff(query: dict[str, Any]) -> dict[str, Any]:
    """Find the people of your organisation who carry a number."""
    organisation_id = caller().organisation_id
    with reading() as session:
        found = service.find(session, organisation_id=organisation_id, now=now(), **query)
        return {"items": [person_shown(person, organisation_id) for person in found], "next": None}


@blueprint.route("", methods=["POST"])
@requires("staff:write")
@idempotent
@blueprint.arguments(PersonIn)
@blueprint.response(201, PersonOut)
def register_person(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Register a person whom your organisation employs, and give them a passport number."""
    acting, employment = caller(), {name: body.pop(name) for name in EMPLOYMENT}
    who: dict[str, Any] = {"organisation_id": acting.organisation_id, "actor": acting.actor, "now": now()}
    with transaction() as session:
        person = service.register(session, **body, **who)
        service.employ(session, person_id=person.id, **employment, **who)
        stored = service.of_organisation(session, person.passport_number, acting.organisation_id, now=now())
        answer = person_shown(stored, acting.organisation_id)
    return answer, 201, {"Location": url_for("staff.read_person", number=answer["number"])}


@blueprint.route("/<number>", methods=["GET"])
@requires("staff:read")
@blueprint.response(200, PersonOut)
def read_person(number: str) -> dict[str, Any]:
    """Read a person of your organisation."""
    organisation_id = caller().organisation_id
    with reading() as session:
        return person_shown(service.of_organisation(session, number, organisation_id, now=now()), organisation_id)


@blueprint.route("/<number>/employments", methods=["POST"])
@requires("staff:write")
@idempotent
@blueprint.arguments(JoinerIn)
@blueprint.response(201, EmploymentOut)
def employ_person(body: dict[str, Any], number: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Employ a person who has a passport. One who comes from elsewhere is found only with their date of birth."""
    acting, birth = caller(), body.pop("date_of_birth")
    with transaction() as session:
        person = service.joiner(session, number, organisation_id=acting.organisation_id, date_of_birth=birth, now=now())
        employment = service.employ(
            session, person_id=person.id, organisation_id=acting.organisation_id, actor=acting.actor, now=now(), **body
        )
        answer, stored = employment_shown(employment), person.passport_number
    return answer, 201, {"Location": url_for("staff.read_person", number=numbers.show(stored))}


@blueprint.route("/<number>/employments/<uuid:employment_id>/end", methods=["POST"])
@requires("staff:write")
@idempotent
@blueprint.arguments(EndIn)
@blueprint.response(200, EmploymentOut)
def end_employment(body: dict[str, Any], number: str, employment_id: UUID) -> dict[str, Any]:
    """Set the last day of an employment."""
    acting = caller()
    with transaction() as session:
        person = service.of_organisation(session, number, acting.organisation_id, now=now())
        service.employment_of(session, employment_id, person_id=person.id, organisation_id=acting.organisation_id)
        ended = service.end_employment(
            session, employment_id=employment_id, organisation_id=acting.organisation_id, on=body["on"],
            actor=acting.actor, now=now(),
        )  # fmt: skip
        return employment_shown(ended)


@blueprint.route("/<number>/employments/<uuid:employment_id>/assignment", methods=["POST"])
@requires("staff:write")
@idempotent
@blueprint.arguments(AssignmentIn)
@blueprint.response(200, EmploymentOut)
def change_assignment(body: dict[str, Any], number: str, employment_id: UUID) -> dict[str, Any]:
    """Give an employment a new assignment number from a day on; the answer is the employment that begins."""
    acting = caller()
    with transaction() as session:
        person = service.of_organisation(session, number, acting.organisation_id, now=now())
        old = service.employment_of(session, employment_id, person_id=person.id, organisation_id=acting.organisation_id)
        if old.assignment_number is None:
            message = "The employment has no assignment number that could change."
            raise Invalid(message, (Fault("/assignment_number", message),))
        changed = service.change_assignment(
            session, organisation_id=acting.organisation_id, old=old.assignment_number, new=body["assignment_number"],
            on=body["on"], actor=acting.actor, now=now(),
        )  # fmt: skip
        return employment_shown(changed)


@blueprint.route("/<number>/registrations", methods=["POST"])
@requires("staff:write")
@idempotent
@blueprint.arguments(RegistrationIn)
@blueprint.response(201, RegistrationOut)
def record_registration(body: dict[str, Any], number: str) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Record a registration of a person of your organisation, or a newer look at it."""
    acting = caller()
    with transaction() as session:
        person = service.of_organisation(session, number, acting.organisation_id, now=now())
        registration = service.add_registration(
            session, person_id=person.id, organisation_id=acting.organisation_id, actor=acting.actor, now=now(), **body
        )
        answer, stored = registration_shown(registration), person.passport_number
    return answer, 201, {"Location": url_for("staff.read_person", number=numbers.show(stored))}
