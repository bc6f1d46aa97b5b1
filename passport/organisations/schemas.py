"""Organisations as JSON: what comes in, and what goes out."""

from typing import Any, get_args

from marshmallow import Schema, fields

from credentials.records import OrganisationKind
from passport.organisations import service
from passport.organisations.models import Organisation
from passport.web.fields import Day, OneOf, Text
from passport.web.paging import PageQuery

KINDS = get_args(OrganisationKind)


class OrganisationIn(Schema):
    """An organisation to be registered."""

    ods = Text(max_length=12, required=True, metadata={"description": "ODS code"})
    name = Text(max_length=200, required=True)
    kind = OneOf(KINDS, required=True)
    parent = Text(max_length=12, load_default=None, allow_none=True, metadata={"description": "ODS code"})
    opened_on = Day(load_default=None, allow_none=True)
    source = Text(max_length=300, required=True, metadata={"description": "where these facts come from"})


class OrganisationQuery(PageQuery):
    """Which organisations to list."""

    kind = OneOf(KINDS, load_default=None)


class MergerIn(Schema):
    """That the organisation became part of another one."""

    into = Text(max_length=12, required=True, metadata={"description": "ODS code of the successor"})
    on = Day(required=True, metadata={"description": "last day of the organisation that ends"})


class ClosureIn(Schema):
    """That the organisation ended without a successor."""

    on = Day(required=True, metadata={"description": "its last day"})


class ParentIn(Schema):
    """The organisation that this one stands under."""

    parent = Text(max_length=12, required=True, metadata={"description": "ODS code"})


class VpdIn(Schema):
    """An ESR VPD number of the organisation."""

    vpd = Text(max_length=3, required=True, metadata={"description": "three digits"})


class PeriodIn(Schema):
    """The organisation's time in the training agreement, both days included."""

    from_on = Day(required=True)
    until_on = Day(load_default=None, allow_none=True)


class PeriodOut(Schema):
    """A time, both days included; null is open."""

    from_on = Day(required=True)
    until_on = Day(required=True, allow_none=True)


class OrganisationOut(Schema):
    """An organisation. `successor` is what it merged into, `current` what that is today after further mergers."""

    ods = fields.String(required=True)
    name = fields.String(required=True)
    kind = OneOf(KINDS, required=True)
    parent = fields.String(required=True, allow_none=True)
    opened_on = Day(required=True, allow_none=True)
    closed_on = Day(required=True, allow_none=True)
    successor = fields.String(required=True, allow_none=True)
    current = fields.String(required=True)
    agreement = fields.Nested(PeriodOut, required=True, allow_none=True)
    vpds = fields.List(fields.String(), required=True)
    source = fields.String(required=True)


def shown(organisation: Organisation) -> dict[str, Any]:
    """Return what `OrganisationOut` writes, read while the session is open."""
    agreement = {"from_on": organisation.signatory_from, "until_on": organisation.signatory_until}
    return {
        "ods": organisation.ods_code,
        "name": organisation.name,
        "kind": organisation.kind,
        "parent": organisation.parent.ods_code if organisation.parent else None,
        "opened_on": organisation.opened_on,
        "closed_on": organisation.closed_on,
        "successor": organisation.direct_successor.ods_code if organisation.direct_successor else None,
        "current": service.successor(organisation).ods_code,
        "agreement": agreement if organisation.signatory_from else None,
        "vpds": [row.vpd for row in organisation.vpds],
        "source": organisation.source,
    }
