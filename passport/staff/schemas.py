"""People, registrations and employments as JSON: what comes in, and what goes out."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from passport.staff import numbers, registrations, service
from passport.staff.cautions import Caution
from passport.staff.models import EMPLOYMENT_KINDS, REGISTRATION_METHODS, Employment, Person, Registration
from passport.web.fields import Day, Instant, OneOf, Text


class EmploymentIn(Schema):
    """An employment at the caller's organisation. `date_of_birth` is asked of somebody who joins from elsewhere."""

    employee_number = Text(max_length=8, load_default=None, allow_none=True)
    assignment_number = Text(max_length=11, load_default=None, allow_none=True)
    started_on = Day(required=True)
    kind = OneOf(EMPLOYMENT_KINDS, load_default="substantive")


class JoinerIn(EmploymentIn):
    """An employment of a person who has a passport already."""

    date_of_birth = Day(
        load_default=None, allow_none=True,
        metadata={"description": "needed where your organisation does not employ the person yet"},
    )  # fmt: skip


class PersonIn(EmploymentIn):
    """A person whom the caller's organisation employs, or is about to."""

    given_name = Text(max_length=200, required=True)
    family_name = Text(max_length=200, required=True)
    date_of_birth = Day(required=True)


class RegistrationIn(Schema):
    """A professional registration, as it was when the register was looked at."""

    body = Text(max_length=30, required=True, metadata={"description": "as NMC", "enum": list(registrations.forms())})
    number = Text(max_length=30, required=True)
    checked_at = Instant(required=True)
    method = OneOf(REGISTRATION_METHODS, required=True)
    annotations = fields.List(OneOf(registrations.ANNOTATIONS), load_default=list)


class EndIn(Schema):
    """The last day of an employment."""

    on = Day(required=True)


class AssignmentIn(Schema):
    """A new assignment number, and the first day on which it holds."""

    assignment_number = Text(max_length=11, required=True)
    on = Day(required=True)


class StaffQuery(Schema):
    """Whom to look for: exactly one of the three. There is no search by name."""

    registration = Text(max_length=61, load_default=None, metadata={"description": "body and number, as NMC:71A2998E"})
    assignment = Text(max_length=11, load_default=None)
    employee = Text(max_length=8, load_default=None)


class CautionOut(Schema):
    """Something to look at twice. It stops nothing."""

    code = fields.String(required=True)
    message = fields.String(required=True)


class RegistrationOut(Schema):
    """A registration on record. It never replaces a look at the live register."""

    body = fields.String(required=True)
    number = fields.String(required=True)
    checked_at = Instant(required=True)
    method = OneOf(REGISTRATION_METHODS, required=True)
    annotations = fields.List(fields.String(), required=True)
    cautions = fields.List(fields.Nested(CautionOut), required=True)


class EmploymentOut(Schema):
    """An employment at the caller's organisation."""

    id = fields.UUID(required=True)
    kind = OneOf(EMPLOYMENT_KINDS, required=True)
    employee_number = fields.String(required=True, allow_none=True)
    assignment_number = fields.String(required=True, allow_none=True)
    started_on = Day(required=True)
    ended_on = Day(required=True, allow_none=True)


class PersonOut(Schema):
    """A person. `employments` are those at the caller's organisation alone."""

    number = fields.String(required=True, metadata={"description": "passport number, as 0123-4567-T"})
    given_name = fields.String(required=True)
    family_name = fields.String(required=True)
    date_of_birth = Day(required=True)
    registrations = fields.List(fields.Nested(RegistrationOut), required=True)
    employments = fields.List(fields.Nested(EmploymentOut), required=True)
    cautions = fields.List(fields.Nested(CautionOut), required=True)


class PeopleOut(Schema):
    """The people who carry a number. They are few, so there is no further page."""

    items = fields.List(fields.Nested(PersonOut), required=True)
    next = fields.String(required=True, allow_none=True)


def person_shown(person: Person, organisation_id: UUID) -> dict[str, Any]:
    """Return what `PersonOut` writes for an organisation, read while the session is open."""
    employments = [row for row in person.employments if row.organisation_id == organisation_id]
    return {
        "number": numbers.show(person.passport_number),
        "given_name": person.given_name,
        "family_name": person.family_name,
        "date_of_birth": person.date_of_birth,
        "registrations": [registration_shown(row) for row in person.registrations],
        "employments": [employment_shown(row) for row in employments],
        "cautions": [_caution(caution) for caution in service.cautions(person)],
    }


def registration_shown(row: Registration) -> dict[str, Any]:
    """Return what `RegistrationOut` writes."""
    cautions = registrations.normalise(row.body, row.number).cautions
    return {
        "body": row.body,
        "number": row.number,
        "checked_at": row.checked_at,
        "method": row.method,
        "annotations": list(row.annotations),
        "cautions": [_caution(caution) for caution in cautions],
    }


def employment_shown(row: Employment) -> dict[str, Any]:
    """Return what `EmploymentOut` writes."""
    return {
        "id": row.id,
        "kind": row.kind,
        "employee_number": row.employee_number,
        "assignment_number": row.assignment_number,
        "started_on": row.started_on,
        "ended_on": row.ended_on,
    }


def _caution(caution: Caution) -> dict[str, str]:
    return {"code": caution.code, "message": caution.message}
