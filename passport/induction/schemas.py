"""JSON in and out of induction: rule sets with versions, and plans."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validates_schema

from credentials.checks import OUTCOMES
from passport.web.fields import Day, Instant, Text, WholeNumber

CODE: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
RULES: Final = {
    "description": "what the acceptance engine reads; see docs/acceptance.md. Its `id`, `version` and `title` "
    "are those said beside it, and may be left out."
}


class RuleSetIn(Schema):
    """A new profile or policy."""

    code = Text(max_length=64, pattern=CODE, required=True)
    title = Text(max_length=200, required=True)
    rules = fields.Dict(keys=fields.String(), required=True, metadata=RULES)


class NewVersionIn(Schema):
    """A new version."""

    rules = fields.Dict(keys=fields.String(), required=True, metadata=RULES)


class RuleSetListed(Schema):
    """A profile or policy in a list."""

    code = fields.String(required=True)
    title = fields.String(required=True)


class VersionListed(Schema):
    """A version in a list."""

    version = WholeNumber(required=True)
    recorded_at = Instant(required=True)
    recorded_by = fields.String(required=True)


class RuleSetOut(Schema):
    """A profile or policy with one version of its rules."""

    code = fields.String(required=True)
    title = fields.String(required=True)
    version = WholeNumber(required=True)
    rules = fields.Dict(required=True, metadata=RULES)
    recorded_at = Instant(required=True)
    recorded_by = fields.String(required=True)


class PlanIn(Schema):
    """The question: what need a starter not repeat? Either a presentation, or the id of a check of it."""

    presentation = fields.String(metadata={"description": "as for POST /v1/verifications"})
    verification_id = fields.UUID(metadata={"description": "a check that your organisation made within a day"})
    profile = Text(max_length=64, required=True, metadata={"description": "code of the requirement profile"})
    policy = Text(max_length=64, metadata={"description": "code of the acceptance policy; default: the only one"})
    starts_on = Day(required=True, metadata={"description": "everything is decided as at this day"})

    @validates_schema
    def has_one_source(self, data: dict[str, Any], **_: object) -> None:
        """Ask for exactly one of the two."""
        if ("presentation" in data) == ("verification_id" in data):
            raise ValidationError("Give either `presentation` or `verification_id`.")


class RuleOut(Schema):
    """A rule as a decision quotes it."""

    text = fields.String(required=True)
    source = fields.String(required=True)


class BasisOut(Schema):
    """What a decision was made under."""

    on = fields.Date(required=True)
    policy = fields.String(required=True)
    policy_version = fields.Integer(required=True)
    catalogue_version = fields.Integer(required=True)


class DecisionOut(Schema):
    """The answer to one requirement."""

    requirement = fields.String(required=True)
    title = fields.String(required=True)
    standard = fields.String(required=True, allow_none=True)
    outcome = fields.String(required=True, metadata={"enum": list(OUTCOMES)})
    code = fields.String(required=True)
    sentence = fields.String(required=True)
    rule = fields.Nested(RuleOut, required=True)
    awards = fields.List(fields.String(), required=True, metadata={"description": "ids of the awards that decided"})
    accepted_until = fields.Date(required=True, allow_none=True)
    minutes_saved = fields.Integer(required=True)
    minutes_left = fields.Integer(required=True)
    basis = fields.Nested(BasisOut, required=True)


class SummaryOut(Schema):
    """What the decisions come to; the lists hold ids of requirements."""

    minutes_saved = fields.Integer(required=True)
    minutes_left = fields.Integer(required=True)
    minutes_referred = fields.Integer(required=True)
    accepted = fields.List(fields.String(), required=True)
    to_check = fields.List(fields.String(), required=True)
    to_do = fields.List(fields.String(), required=True)


class RulesNamed(Schema):
    """A version of a profile or policy."""

    code = fields.String(required=True)
    version = fields.Integer(required=True)
    title = fields.String()


class DepartureOut(Schema):
    """Where a person decided otherwise than the rules propose. The sums and lists of the plan are those after it."""

    requirement = fields.String(required=True)
    decision = fields.String(required=True, metadata={"enum": ["accept", "to_do"]})
    reason = fields.String(required=True)


class PlanOut(SummaryOut):
    """A plan as it was decided; it never changes."""

    id = fields.UUID(required=True)
    organisation = fields.String(required=True, metadata={"description": "ODS code of the receiving organisation"})
    starts_on = fields.Date(required=True)
    decided_at = Instant(required=True)
    decided_by = fields.String(required=True)
    verification_id = fields.UUID(required=True)
    profile = fields.Nested(RulesNamed, required=True)
    policy = fields.Nested(RulesNamed, required=True)
    catalogue_version = fields.Integer(required=True)
    holder = fields.Dict(required=True)
    awards = fields.List(fields.Dict(), required=True)
    decisions = fields.List(fields.Nested(DecisionOut), required=True)
    departures = fields.List(fields.Nested(DepartureOut), metadata={"description": "there only where there are any"})
    sha256 = fields.String(required=True, metadata={"description": "hash over the plan and its evidence"})


class PlanListed(SummaryOut):
    """A plan in a list."""

    id = fields.UUID(required=True)
    starts_on = fields.Date(required=True)
    decided_at = Instant(required=True)
    decided_by = fields.String(required=True)
    profile = fields.Nested(RulesNamed, required=True)
    policy = fields.Nested(RulesNamed, required=True)


class EvidenceOut(Schema):
    """What an auditor needs: `sha256` is the SHA-256 of the canonical JSON of `{"evidence": ..., "plan": ...}`."""

    plan = fields.Dict(required=True)
    evidence = fields.Dict(required=True)
    sha256 = fields.String(required=True)
    as_decided = fields.Boolean(required=True, metadata={"description": "whether the stored plan has this hash still"})
