"""JSON of API clients, in and out."""

from marshmallow import Schema, fields, validate

from passport.access.keys import ALGORITHMS
from passport.access.scopes import SCOPES
from passport.access.service import MOST_KEYS
from passport.web.fields import Instant, OneOf, Text

# A JWK may have members that we don't know (RFC 7517 section 4); `keys.public_jwk` takes what it needs.
Jwk = fields.Dict


class JwksIn(Schema):
    """A JWK Set (RFC 7517 section 5)."""

    keys = fields.List(Jwk(keys=fields.String()), required=True, validate=validate.Length(1, MOST_KEYS))


class ClientIn(Schema):
    """A program to be registered."""

    organisation = Text(max_length=12, required=True, metadata={"description": "ODS code"})
    name = Text(max_length=200, required=True)
    algorithm = OneOf(ALGORITHMS, required=True)
    jwks = fields.Nested(JwksIn, required=True)
    scopes = fields.List(OneOf(tuple(SCOPES)), required=True, validate=validate.Length(1, len(SCOPES)))


class KeyIn(Schema):
    """A further public key of a client."""

    jwk = Jwk(keys=fields.String(), required=True)


class KeyOut(Schema):
    """A public key of a client."""

    kid = fields.String(required=True)
    jwk = Jwk(required=True)
    recorded_at = Instant(required=True)
    retired_at = Instant(required=True, allow_none=True)


class ClientOut(Schema):
    """A registered program."""

    client_id = fields.String(required=True)
    organisation = fields.String(required=True, metadata={"description": "ODS code"})
    name = fields.String(required=True)
    algorithm = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    keys = fields.List(fields.Nested(KeyOut), required=True)
    recorded_at = Instant(required=True)
    disabled_at = Instant(required=True, allow_none=True)
