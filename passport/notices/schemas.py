"""JSON of webhooks, in and out."""

from marshmallow import Schema, fields, validate

from passport.notices.addresses import LONGEST
from passport.notices.events import KINDS, TEST
from passport.notices.models import DELIVERY_STATES, DISABLED_BY
from passport.web.fields import Instant, OneOf, Text


class WebhookIn(Schema):
    """A new endpoint."""

    url = Text(max_length=LONGEST, required=True, metadata={"description": "https address of the public internet"})
    kinds = fields.List(
        OneOf(list(KINDS)), required=True, validate=validate.Length(min=1, max=len(KINDS)),
        metadata={"description": "what to be told of"},
    )  # fmt: skip


class WebhookOut(Schema):
    """An endpoint. `failing_since`: nothing got through since then. `disabled_by`: why nothing is sent."""

    id = fields.UUID(required=True)
    url = fields.String(required=True)
    kinds = fields.List(fields.String(), required=True)
    recorded_at = Instant(required=True)
    failing_since = Instant(allow_none=True, required=True)
    disabled_at = Instant(allow_none=True, required=True)
    disabled_by = OneOf(DISABLED_BY, allow_none=True, required=True)


class WebhookMadeOut(WebhookOut):
    """A new endpoint with its secret, which is shown this once."""

    secret = fields.String(required=True, metadata={"description": "`whsec_...`, for the receiver alone"})


class SecretOut(Schema):
    """A new secret, shown this once. The old one goes on signing too until `previous_until`."""

    secret = fields.String(required=True)
    previous_until = Instant(required=True)


class ReplayIn(Schema):
    """From when on to tell again."""

    since = Instant(required=True, data_key="from", metadata={"description": "of events since this time"})


class ReplayOut(Schema):
    """How many events are told again."""

    since = Instant(required=True, data_key="from")
    events = fields.Integer(required=True)


class DeliveryOut(Schema):
    """One message: which event, how often it was tried, and what came of the last try."""

    id = fields.String(required=True, metadata={"description": "the header `webhook-id`"})
    kind = OneOf([*KINDS, TEST], required=True)
    happened_at = Instant(required=True)
    state = OneOf(DELIVERY_STATES, required=True)
    attempts = fields.Integer(required=True)
    next_attempt_at = Instant(allow_none=True, required=True)
    last_attempt_at = Instant(allow_none=True, required=True)
    last_status = fields.Integer(allow_none=True, required=True, metadata={"description": "HTTP status"})
    last_result = fields.String(allow_none=True, required=True)
    last_milliseconds = fields.Integer(allow_none=True, required=True)
