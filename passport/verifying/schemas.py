"""The JSON of the verifying endpoints, for the OpenAPI document: `bodies` reads and msgspec writes what they describe.

A test compares each answer with these schemas, so the document says what is answered.
"""

from typing import Any, Final

from marshmallow import Schema, fields

from credentials.verified import CHECKS
from passport.verifying.models import OUTCOMES
from passport.verifying.service import MOST_AT_ONCE
from passport.web.fields import Instant, OneOf

PRESENTATION: Final = {"description": "any text: an SD-JWT presentation, or the text of an offline QR"}
RESULTS: Final = ("passed", "failed", "not_checked")


class VerificationIn(Schema):
    """One text to check."""

    presentation = fields.String(required=True, metadata=PRESENTATION)
    at = Instant(metadata={"description": "the moment for which to check, within the year before now; default: now"})


class BatchIn(Schema):
    """Many texts to check, each by itself."""

    presentations = fields.List(
        fields.String(metadata=PRESENTATION),
        required=True,
        metadata={"minItems": 1, "maxItems": MOST_AT_ONCE},
    )


class CheckOut(Schema):
    """One thing that was looked at."""

    check = OneOf(CHECKS, required=True)
    result = OneOf(RESULTS, required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "stable code"})
    at = Instant(required=True, allow_none=True, metadata={"description": "as of when"})


class CurrentOut(Schema):
    """Whether the life of the signature has not ended."""

    result = fields.Boolean(required=True, allow_none=True)
    expires_at = Instant(required=True, allow_none=True)


class NotWithdrawnOut(Schema):
    """Whether the copy was not withdrawn. Null: nobody could say."""

    result = fields.Boolean(required=True, allow_none=True)
    as_of = Instant(required=True, allow_none=True, metadata={"description": "when the status list was signed"})


class RegistrationShownOut(Schema):
    """A professional registration, as of a look-up. It never replaces a live check."""

    body = fields.String(required=True)
    number = fields.String(required=True)
    checked_at = Instant(required=True)
    checked_by = fields.String(required=True)
    method = fields.String(required=True)
    annotations = fields.List(fields.String())


class EmployerShownOut(Schema):
    """The employer that the passport was issued from."""

    ods = fields.String(required=True)
    name = fields.String(required=True)


class HolderOut(Schema):
    """Whose passport it is, as far as that was shown. Check the name against photo ID."""

    number = fields.String()
    given_name = fields.String()
    family_name = fields.String()
    registrations = fields.List(fields.Nested(RegistrationShownOut))
    employer = fields.Nested(EmployerShownOut)


class IssuerOut(Schema):
    """An organisation, under the name that the trust list has for it."""

    ods = fields.String(required=True)
    name = fields.String(required=True)
    kind = fields.String(required=True)


class AssuranceOut(Schema):
    """How sure an award is."""

    delivery = fields.String(required=True)
    assessed = fields.Boolean(required=True, allow_none=True)
    verification_method = fields.String(required=True)
    pedigree = fields.String(required=True)
    recorded_at = Instant(required=True)


class TakenBackOut(Schema):
    """Why the registry no longer stands by an award."""

    reason = fields.String(required=True, metadata={"description": "`corrected`, or why it was withdrawn"})


class AwardShownOut(Schema):
    """An award, and what the trust list says of its issuer."""

    id = fields.String(required=True)
    standard = fields.String(required=True)
    framework = fields.String(required=True)
    framework_version = fields.String(required=True)
    subject = fields.String(required=True)
    level = fields.String()
    variant = fields.String()
    part = fields.Integer()
    awarded_on = fields.Date(required=True)
    valid_until = fields.Date()
    issuer = fields.Nested(IssuerOut, required=True)
    assurance = fields.Nested(AssuranceOut, required=True)
    accredited_then = fields.Boolean(required=True, metadata={"description": "on the day of the award"})
    accredited_now = fields.Boolean(required=True)
    aligned_then = fields.Boolean(
        required=True, metadata={"description": "with the framework in this subject, on the day of the award"}
    )
    aligned_now = fields.Boolean(required=True)
    suspended_now = fields.Boolean(
        required=True, metadata={"description": "the issuer may award nothing new; what it awarded before stays"}
    )
    signatory = fields.Boolean(required=True, metadata={"description": "of the training agreement, on that day"})
    withdrawn = fields.Nested(TakenBackOut, metadata={"description": "there only where the registry took it back"})
    disputed = fields.Boolean(metadata={"description": "there, and true, only while its holder questions it"})


class AdvancedPracticeOut(Schema):
    """Recognition at a level of practice, with what it is not."""

    id = fields.String(required=True)
    level = fields.String(required=True)
    edition = fields.String(required=True)
    route = fields.String(required=True)
    pillars = fields.List(fields.String(), required=True)
    base_profession = fields.String(required=True)
    recognised_on = fields.Date(required=True)
    issuer = fields.Nested(IssuerOut, required=True)
    accredited_then = fields.Boolean(required=True, metadata={"description": "to recognise this level, on that day"})
    accredited_now = fields.Boolean(required=True)
    suspended_now = fields.Boolean(required=True)
    notice = fields.String(
        required=True, metadata={"description": "to be shown with it: it confers no scope of practice"}
    )


class VerdictOut(Schema):
    """What a check found: separate facts, never one "valid"."""

    id = fields.UUID(required=True, metadata={"description": "under which the check was recorded"})
    outcome = OneOf(OUTCOMES, required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "stable code"})
    checks = fields.List(fields.Nested(CheckOut), required=True)
    current = fields.Nested(CurrentOut, required=True)
    not_withdrawn = fields.Nested(NotWithdrawnOut, required=True)
    holder = fields.Nested(HolderOut, required=True)
    awards = fields.List(fields.Nested(AwardShownOut), required=True)
    advanced_practice = fields.Nested(AdvancedPracticeOut)


class BatchOut(Schema):
    """The verdicts, in the order of the texts."""

    items = fields.List(fields.Nested(VerdictOut), required=True)


def body_of(schema: type[Schema]) -> dict[str, Any]:
    """Return how the OpenAPI document describes a body that flask-smorest does not read."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}
