"""Accreditations, their reviews, and alignments as JSON: what comes in, and what goes out."""

from collections.abc import Iterable
from typing import Any, Final

from marshmallow import Schema, fields

from passport.standards.accreditation import STATES
from passport.standards.models import Accreditation, AccreditationReview, Alignment
from passport.standards.reviews import OUTCOMES
from passport.standards.schemas import LONGEST_CODE, members
from passport.web.fields import Day, OneOf, Text
from passport.web.paging import PageQuery

LONGEST_NOTE: Final = 2000


class StateIn(Schema):
    """The state that an organisation enters. `conditions` are for everybody to read, `note` is not."""

    state = OneOf(STATES, required=True)
    from_on = Day(required=True)
    until_on = Day(load_default=None, allow_none=True)
    conditions = Text(max_length=LONGEST_NOTE, multiline=True, load_default=None, allow_none=True)
    note = Text(max_length=LONGEST_NOTE, multiline=True, load_default=None, allow_none=True)


class AccreditationIn(StateIn):
    """The state that an organisation enters towards a standard."""

    organisation = Text(max_length=12, required=True, metadata={"description": "ODS code"})
    standard = Text(max_length=LONGEST_CODE, required=True)


class ReviewIn(Schema):
    """A yearly review, and the state that it ends in."""

    reviewed_on = Day(required=True)
    outcome = OneOf(OUTCOMES, required=True)
    note = Text(max_length=LONGEST_NOTE, multiline=True, required=True)
    conditions = Text(max_length=LONGEST_NOTE, multiline=True, load_default=None, allow_none=True)


class AccreditationQuery(PageQuery):
    """Whose accreditations to list, and for what."""

    organisation = Text(max_length=12, load_default=None, metadata={"description": "ODS code"})
    standard = Text(max_length=LONGEST_CODE, load_default=None)


class StandingQuery(PageQuery):
    """Which providers to list: by the state that they are in, or whose review is due on a day or before."""

    state = OneOf(STATES, load_default=None)
    review_due_by = Day(load_default=None)


class AlignmentIn(Schema):
    """That an organisation declares a subject to be aligned with a framework."""

    organisation = Text(
        max_length=12, load_default=None, allow_none=True, metadata={"description": "ODS code; your own if left out"}
    )
    framework = Text(max_length=LONGEST_CODE, required=True)
    subject = Text(max_length=200, required=True)
    from_on = Day(required=True)
    until_on = Day(load_default=None, allow_none=True)


class AlignmentEndIn(Schema):
    """The last day of an alignment."""

    until_on = Day(required=True)


class AlignmentQuery(PageQuery):
    """Whose alignments to list."""

    organisation = Text(max_length=12, load_default=None, metadata={"description": "ODS code"})
    framework = Text(max_length=LONGEST_CODE, load_default=None)


class AccreditationOut(Schema):
    """A state that an organisation was in towards a standard, both days included."""

    id = fields.UUID(required=True)
    organisation = fields.String(required=True)
    standard = fields.String(required=True)
    state = OneOf(STATES, required=True)
    from_on = Day(required=True)
    until_on = Day(required=True, allow_none=True)
    review_due_on = Day(required=True, allow_none=True)
    conditions = fields.String(required=True, allow_none=True)


class ReviewOut(Schema):
    """A review on record."""

    id = fields.UUID(required=True)
    reviewed_on = Day(required=True)
    outcome = OneOf(OUTCOMES, required=True)
    note = fields.String(required=True)
    due_on = Day(required=True, allow_none=True)
    next_due_on = Day(required=True, allow_none=True)


class AccreditationWithReviewsOut(AccreditationOut):
    """All that the standards body knows of one state."""

    note = fields.String(required=True, allow_none=True)
    reviews = fields.List(fields.Nested(ReviewOut), required=True)


class AlignmentOut(Schema):
    """An alignment on record, both days included."""

    id = fields.UUID(required=True)
    organisation = fields.String(required=True)
    framework = fields.String(required=True)
    subject = fields.String(required=True)
    from_on = Day(required=True)
    until_on = Day(required=True, allow_none=True)


def accreditation_shown(row: Accreditation, ods_code: str, standard_code: str) -> dict[str, Any]:
    """Return what `AccreditationOut` writes."""
    names = ("id", "state", "from_on", "until_on", "review_due_on", "conditions")
    return {"organisation": ods_code, "standard": standard_code, **{name: getattr(row, name) for name in names}}


def reviewed_shown(
    row: Accreditation, ods_code: str, standard_code: str, reviews: Iterable[AccreditationReview]
) -> dict[str, Any]:
    """Return what `AccreditationWithReviewsOut` writes."""
    shown = accreditation_shown(row, ods_code, standard_code)
    return shown | {"note": row.note, "reviews": [review_shown(each) for each in reviews]}


def review_shown(row: AccreditationReview) -> dict[str, Any]:
    """Return what `ReviewOut` writes."""
    return members(row, ReviewOut)


def alignment_shown(row: Alignment, ods_code: str, framework_code: str) -> dict[str, Any]:
    """Return what `AlignmentOut` writes."""
    values = {name: getattr(row, name) for name in ("id", "subject", "from_on", "until_on")}
    return {"organisation": ods_code, "framework": framework_code, **values}
