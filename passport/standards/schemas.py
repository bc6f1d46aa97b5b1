"""The catalogue as JSON: what comes in, and what goes out."""

from collections.abc import Iterable
from typing import Any, Final, get_args

from marshmallow import Schema, ValidationError, fields, validate

from credentials import catalogue
from credentials.catalogue import WORTHS, StandardKind, Worth
from passport.standards.frameworks import SILENT
from passport.standards.models import SPECIFICATION_SCOPES, FrameworkVersion, Specification, SpecificationStep
from passport.standards.service import MOST_MONTHS
from passport.standards.specifications import STATES as SPECIFICATION_STATES
from passport.web.fields import Day, OneOf, Text, WholeNumber
from passport.web.paging import PageQuery

KINDS: Final = get_args(StandardKind)
LONGEST_CODE: Final = 60
MOST_NAMED: Final = 20
CODE: Final = "[A-Z][A-Z0-9-]*"
VERSION: Final = "[A-Za-z0-9][A-Za-z0-9._-]*"  # it stands in addresses


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


class Worths(fields.Dict):
    """What awards are worth, by code of a standard; what is wrong is named by the code alone."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]  # marshmallow's own
        except ValidationError as wrong:
            if not isinstance(wrong.messages, dict):
                raise
            raise ValidationError({code: next(iter(said.values())) for code, said in wrong.messages.items()}) from wrong


class FrameworkVersionIn(Origin):
    """A new version of a framework. Of a standard that `worth` does not name, a person decides (`unclear`)."""

    version = Text(max_length=30, pattern=VERSION, required=True)
    from_on = Day(required=True)
    worth = Worths(
        keys=Text(max_length=LONGEST_CODE), values=OneOf(WORTHS, load_default=SILENT), load_default=dict,
        metadata={"description": "by code of a standard, what awards made against earlier versions are worth"},
    )  # fmt: skip


class TermsIn(Schema):
    """What a version of a specification asks of people."""

    scope = OneOf(SPECIFICATION_SCOPES, load_default=None, allow_none=True)
    registers = fields.List(
        Text(max_length=LONGEST_CODE), load_default=list, validate=validate.Length(max=MOST_NAMED),
        metadata={"description": "bodies, as `NMC`; none stands for any"},
    )  # fmt: skip
    prerequisites = fields.List(
        Text(max_length=LONGEST_CODE), load_default=list, validate=validate.Length(max=MOST_NAMED),
        metadata={"description": "codes of the standards to be held before"},
    )  # fmt: skip


class MoveIn(Schema):
    """The state that a version of the specification enters. `terms` may change until it is endorsed."""

    state = OneOf(SPECIFICATION_STATES, required=True)
    on = Day(required=True)
    source = Text(max_length=300, required=True)
    terms = fields.Nested(TermsIn, load_default=None, allow_none=True)


class SpecificationIn(MoveIn):
    """A version to be added to the specification."""

    version = Text(max_length=30, pattern=VERSION, required=True)
    state = OneOf(SPECIFICATION_STATES, load_default="proposed")


class RenewalOut(Schema):
    """A renewal rule, both days included; null months leave the period to the employer's policy."""

    months = fields.Integer(required=True, allow_none=True)
    from_on = Day(required=True, allow_none=True)
    until_on = Day(required=True, allow_none=True)
    source = fields.String(required=True)


class CarryOverOut(Schema):
    """What awards made against earlier versions of the framework are worth from a day on."""

    version = fields.String(required=True)
    from_on = Day(required=True)
    worth = OneOf(WORTHS, required=True)
    source = fields.String(required=True)


class FrameworkVersionOut(Schema):
    """A version of a framework and the days on which it is in force, both included; null: not known, or open."""

    version = fields.String(required=True)
    from_on = Day(required=True, allow_none=True)
    until_on = Day(required=True, allow_none=True)
    source = fields.String(required=True)


class VersionAboutStandardOut(FrameworkVersionOut):
    """A version with what it says of the standard's awards that were made against earlier ones; null: nothing."""

    worth = OneOf(WORTHS, required=True, allow_none=True)


class FrameworkVersionWithWorthsOut(FrameworkVersionOut):
    """A version with what it says of awards that were made against earlier ones, by code of a standard."""

    worth = fields.Dict(keys=fields.String(), values=OneOf(WORTHS, load_default=SILENT), required=True)


class FrameworkOut(Schema):
    """A framework with its versions, the first one first."""

    code = fields.String(required=True)
    title = fields.String(required=True)
    owner = fields.String(required=True)
    versions = fields.List(fields.Nested(FrameworkVersionWithWorthsOut), required=True)


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
    scope = OneOf(SPECIFICATION_SCOPES, required=True, allow_none=True)
    registers = fields.List(fields.String(), required=True)
    prerequisites = fields.List(fields.String(), required=True)
    source = fields.String(required=True)
    confidence = fields.String(required=True)


class StepOut(Schema):
    """One step of a version's life."""

    state = OneOf(SPECIFICATION_STATES, required=True)
    from_on = Day(required=True)
    source = fields.String(required=True)


class SpecificationWithStepsOut(SpecificationOut):
    """A version with every step of its life that is on record."""

    steps = fields.List(fields.Nested(StepOut), required=True)


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
    carry_overs = fields.List(fields.Nested(CarryOverOut), required=True)


class StandardWithLifeOut(StandardOut):
    """A standard with the versions of its framework and the life of its specification."""

    framework_versions = fields.List(fields.Nested(VersionAboutStandardOut), required=True)
    specifications = fields.List(fields.Nested(SpecificationOut), required=True)


def standard_shown(standard: catalogue.Standard) -> dict[str, Any]:
    """Return what `StandardOut` writes."""
    return {name: getattr(standard, name) for name in standard.__struct_fields__}


def standard_with_life_shown(
    standard: catalogue.Standard,
    versions: Iterable[tuple[FrameworkVersion, Worth | None]],
    specifications: Iterable[Specification],
) -> dict[str, Any]:
    """Return what `StandardWithLifeOut` writes, read while the session is open."""
    return standard_shown(standard) | {
        "framework_versions": [members(row, VersionAboutStandardOut, worth=worth) for row, worth in versions],
        "specifications": [members(row, SpecificationOut) for row in specifications],
    }


def specification_shown(row: Specification, steps: Iterable[SpecificationStep]) -> dict[str, Any]:
    """Return what `SpecificationWithStepsOut` writes."""
    return members(row, SpecificationOut) | {"steps": [members(step, StepOut) for step in steps]}


def members(row: object, schema: type[Schema], **others: Any) -> dict[str, Any]:
    """Return what a schema names: columns of a row, read while the session is open, and others that are none."""
    return {name: getattr(row, name) for name in schema._declared_fields if name not in others} | others
