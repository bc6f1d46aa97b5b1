"""Statistics as JSON: what may be asked, and tables of figures."""

from typing import Any, Final

from marshmallow import Schema, fields

from passport.reporting.control import Figure
from passport.reporting.establishment import Gap
from passport.reporting.models import EstablishmentLine
from passport.reporting.picture import Row, Table
from passport.reporting.places import Place
from passport.reporting.service import LEVELS
from passport.web.fields import Day, Instant, OneOf, Text

PLACE: Final = "ODS code of a region, an ICB or an organisation at or below yours; `national` for the whole country"
MONTH: Final = "a month as `2026-07`; this month where it is left out"
FILE: Final = (
    "CSV in UTF-8 with the heading `organisation,profession or standard,required`, or JSON lines with the members "
    "`organisation`, `profession_or_standard` and `required`"
)
KINDS: Final = ("exact", "rounded", "hidden", "withheld")


class PlaceQuery(Schema):
    """The place whose figures are asked for; the highest that the caller may see where it is left out."""

    place = Text(max_length=12, load_default=None, metadata={"description": PLACE})


class PractitionersQuery(PlaceQuery):
    """Which practitioners, and how their figures are listed."""

    by = OneOf(("place", "profession", "month"), load_default="place")
    level = OneOf(tuple(LEVELS), load_default="advanced")
    profession = Text(max_length=100, load_default=None)
    month = Text(max_length=7, load_default=None, metadata={"description": MONTH})


class CredentialsQuery(PlaceQuery):
    """Which credentials, and how the figures of their holders are listed."""

    by = OneOf(("place", "standard", "month"), load_default="place")
    standard = Text(max_length=64, load_default=None, metadata={"description": "code of a credential"})
    month = Text(max_length=7, load_default=None, metadata={"description": MONTH})


class ComplianceQuery(PlaceQuery):
    """How the figures of training are listed: all subjects of a place, or the places below it for one subject."""

    subject = Text(max_length=200, load_default=None)


class TimeSavedQuery(PlaceQuery):
    """How the time saved is listed."""

    by = OneOf(("month", "place"), load_default="month")


class FigureOut(Schema):
    """One figure. `hidden` stands for 1 to 7, `withheld` for anything, 0 too; the `count` of both is null."""

    count = fields.Integer(allow_none=True, required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})


class FigureRowOut(Schema):
    """One line: its figures stand in the order of `columns`."""

    code = fields.String(required=True)
    label = fields.String(required=True)
    figures = fields.List(fields.Nested(FigureOut), required=True)


class StatisticalPlaceOut(Schema):
    """A place."""

    code = fields.String(required=True)
    name = fields.String(required=True)


class StatisticsOut(Schema):
    """A table of figures of a place."""

    place = fields.Nested(StatisticalPlaceOut, required=True)
    as_of = fields.String(
        required=True, allow_none=True, metadata={"description": "the month, or the day of the count; null: none yet"}
    )
    columns = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "what the figures of each row are; one of which you see none is left out"},
    )
    rows = fields.List(fields.Nested(FigureRowOut), required=True)
    total = fields.Nested(FigureRowOut, required=True, allow_none=True)


class GapOut(Schema):
    """What is required of an organisation, and what lacks: from `least` to `most`."""

    organisation = fields.Nested(StatisticalPlaceOut, required=True)
    counted = fields.String(required=True, metadata={"description": "`advanced` practitioners or `credential` holders"})
    label = fields.String(required=True)
    required = fields.Integer(required=True)
    held = fields.Nested(FigureOut, required=True)
    least = fields.Integer(required=True)
    most = fields.Integer(required=True)


class GapsOut(Schema):
    """The gaps at and below a place."""

    place = fields.Nested(StatisticalPlaceOut, required=True)
    gaps = fields.List(fields.Nested(GapOut), required=True)


class EstablishmentFileIn(Schema):
    """The file."""

    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary", "description": FILE})


class EstablishmentIn(Schema):
    """From when on it counts."""

    from_on = Day(required=True)


class EstablishmentOut(Schema):
    """One version of what an organisation requires."""

    version = fields.Integer(required=True)
    from_on = Day(required=True)
    recorded_at = Instant(required=True)
    line_count = fields.Integer(required=True)


class EstablishmentLineOut(Schema):
    """How many one organisation should have."""

    organisation = fields.String(required=True, metadata={"description": "ODS code"})
    counted = fields.String(required=True, metadata={"description": "`advanced` practitioners or `credential` holders"})
    profession_or_standard = fields.String(required=True)
    required = fields.Integer(required=True)


def establishment_line(line: EstablishmentLine, ods_code: str) -> dict[str, Any]:
    """Return a line of an establishment as JSON."""
    return {
        "organisation": ods_code, "counted": line.measure, "profession_or_standard": line.category,
        "required": line.required,
    }  # fmt: skip


def figure(shown: Figure) -> dict[str, Any]:
    """Return a figure as JSON."""
    if shown.count is None:
        return {"count": None, "kind": "withheld" if shown.withheld else "hidden"}
    return {"count": shown.count, "kind": "exact" if shown.exact else "rounded"}


def place(shown: Place) -> dict[str, Any]:
    """Return a place as JSON."""
    return {"code": shown.code, "name": shown.name}


def table(shown: Table, *, at: Place, as_of: str | None) -> dict[str, Any]:
    """Return a table as JSON."""
    return {
        "place": place(at),
        "as_of": as_of,
        "columns": list(shown.columns),
        "rows": [_row(row) for row in shown.rows],
        "total": _row(shown.total) if shown.total else None,
    }


def gap(shown: Gap) -> dict[str, Any]:
    """Return a gap as JSON."""
    return {
        "organisation": place(shown.organisation), "counted": shown.measure, "label": shown.label,
        "required": shown.required, "held": figure(shown.held), "least": shown.least, "most": shown.most,
    }  # fmt: skip


def _row(shown: Row) -> dict[str, Any]:
    return {"code": shown.code, "label": shown.label, "figures": [figure(each) for each in shown.figures]}
