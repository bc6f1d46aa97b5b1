"""The catalogue, accreditations and alignments as JSON: what comes in, and what goes out."""

from collections.abc import Iterable
from typing import Any, Final, get_args

from marshmallow import Schema, fields

from credentials import catalogue
from credentials.catalogue import StandardKind
from passport.standards.accreditation import STATES
from passport.standards.models import Accreditation, Alignment, Specification
from passport.standards.service import MOST_MONTHS, SPECIFICATION_STATES
from passport.web.fields import Day, OneOf, Text, WholeNumber
from passport.web.paging import PageQuery

KINDS: Final = get_args(StandardKind)
LONGEST_CODE: Final = 60
CODE: Final = "[A-Z][A-Z0-9-]*"


class StandardQuery(PageQuery):
    """Which standards to list."""

    framework = Text(max_length=LONGEST_CODE, load_default=None, metadata={"description": "as CSTF"})
    kind = OneOf(KINDS, load_default=None)


class Origin(Schema):
    """Who says so, and how sure that is."""

    source = Text(max_length=300, required=True)
    confidence = Text(max_length=100, required=True, metadata={"description": "high, medium or low, and why"})


class StandardIn(Origin):
    """A standard to be added. It gets the next free number."""

    code = Text(max_length=LONGEST_CODE, pattern=CODE, required=True)
    kind = OneOf(KINDS, required=True)
    framework = Text(max_length=LONGEST_CODE, required=True)
    subject = Text(max_length=200, required=True)
    title = Text(max_length=200, required=True)
    level = Text(max_length=60, load_default=None, allow_none=True)
    rank = WholeNumber(minimum=1, maximum=100, load_default=None, allow_none=True)
    variant = Text(max_length=60, load_default=None, allow_none=True)
    parts = fields.List(Text(max_length=200), load_default=list)


class RenewalIn(Origin):
    """A new renewal rule. `months` null leaves the period to the employer's policy."""

    months = WholeNumber(minimum=1, maximum=MOST_MONTHS, required=True, allow_none=True)
    from_on = Day(required=True)


class SpecificationIn(Schema):
    """The state that a version of the specification enters."""

    version = Text(max_length=30, required=True)
    state = OneOf(SPECIFICATION_STATES, required=True)
    on = Day(required=True)
    source = Text(max_length=300, required=True)


class AccreditationIn(Schema):
    """The state that an organisation enters towards a standard."""

    organisation = Text(max_length=12, required=True, metadata={"description": "ODS code"})
    standard = Text(max_length=LONGEST_CODE, required=True)
    state = OneOf(STATES, required=True)
    from_on = Day(required=True)
    until_on = Day(load_default=None, allow_none=True)


class AccreditationQuery(PageQuery):
    """Whose accreditations to list, and for what."""

    organisation = Text(max_length=12, load_default=None, metadata={"description": "ODS code"})
    standard = Text(max_length=LONGEST_CODE, load_default=None)


class AlignmentIn(Schema):
    """That an organisation declares a subject to be aligned with a framework."""

    organisation = Text(max_length=12, required=True, metadata={"description": "ODS code"})
    framework = Text(max_length=LONGEST_CODE, required=True)
    subject = Text(max_length=200, required=True)
    from_on = Day(required=True)
    until_on = Day(load_default=None, allow_none=True)


class RenewalOut(Schema):
    """A renewal rule, both days included; null months leave the period to the employer's policy."""

    months = fields.Integer(required=True, allow_none=True)
    from_on = Day(required=True, allow_none=True)
    until_on = Day(required=True, allow_none=True)
    source = fields.String(required=True)


class PartOut(Schema):
    """One part of a standard that is met only with all of them."""

    number = fields.Integer(required=True)
    title = fields.String(required=True)


class SpecificationOut(Schema):
    """A version of a standard's specification. `state` null: the text that was read names none."""

    version = fields.String(required=True)
    state = OneOf(SPECIFICATION_STATES, required=True, allow_none=True)
    state_as_read = fields.String(required=True, allow_none=True)
    from_on = Day(required=True, allow_none=True)
    until_on = Day(required=True, allow_none=True)
    source = fields.String(required=True)
    confidence = fields.String(required=True)


class StandardOut(Schema):
    """A standard of the catalogue. `number` stands for it in the offline QR."""

    code = fields.String(required=True)
    number = fields.Integer(required=True)
    kind = OneOf(KINDS, required=True)
    framework = fields.String(required=True)
    framework_version = fields.String(required=True)
    subject = fields.String(required=True)
    title = fields.String(required=True)
    level = fields.String(required=True, allow_none=True)
    rank = fields.Integer(required=True, allow_none=True)
    variant = fields.String(required=True, allow_none=True)
    parts = fields.List(fields.Nested(PartOut), required=True)
    satisfies = fields.List(fields.String(), required=True)
    renewals = fields.List(fields.Nested(RenewalOut), required=True)


class StandardWithLifeOut(StandardOut):
    """A standard with the life of its specification."""

    specifications = fields.List(fields.Nested(SpecificationOut), required=True)


class AccreditationOut(Schema):
    """A state that an organisation was in towards a standard, both days included."""

    organisation = fields.String(required=True)
    standard = fields.String(required=True)
    state = OneOf(STATES, required=True)
    from_on = Day(required=True)
    until_on = Day(required=True, allow_none=True)
    review_due_on = Day(required=True, allow_none=True)


class AlignmentOut(Schema):
    """An alignment on record, both days included."""

    organisation = fields.String(required=True)
    framework = fields.String(required=True)
    subject = fields.String(required=True)
    from_on = Day(required=True)
    until_on = Day(required=True, allow_none=True)


def standard_shown(standard: catalogue.Standard, specifications: Iterable[Specification] = ()) -> dict[str, Any]:
    """Return what `StandardWithLifeOut` writes, read while the session is open."""
    values = {name: getattr(standard, name) for name in standard.__struct_fields__}
    life = ("version", "state", "state_as_read", "from_on", "until_on", "source", "confidence")
    return values | {"specifications": [{name: getattr(row, name) for name in life} for row in specifications]}


def accreditation_shown(row: Accreditation, ods_code: str, standard_code: str) -> dict[str, Any]:
    """Return what `AccreditationOut` writes."""
    values = {name: getattr(row, name) for name in ("state", "from_on", "until_on", "review_due_on")}
    return {"organisation": ods_code, "standard": standard_code, **values}


def alignment_shown(row: Alignment, ods_code: str, framework_code: str) -> dict[str, Any]:
    """Return what `AlignmentOut` writes."""
    values = {name: getattr(row, name) for name in ("subject", "from_on", "until_on")}
    return {"organisation": ods_code, "framework": framework_code, **values}
