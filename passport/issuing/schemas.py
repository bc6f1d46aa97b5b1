"""JSON in and out of issuing."""

from typing import Final

from marshmallow import Schema, fields

from passport.issuing.service import REVOCATION_REASONS
from passport.web.fields import Instant, OneOf

REASON: Final = {"description": "why the copy is withdrawn"}


class StatusListOut(Schema):
    """A place on a status list."""

    uri = fields.String(required=True, metadata={"description": "where the signed list is published"})
    idx = fields.Integer(required=True, metadata={"description": "the place of this copy on it"})


class StatusOut(Schema):
    """Where the status of a copy is published, in the form of the credential's own claim."""

    status_list = fields.Nested(StatusListOut, required=True)


class CredentialOut(Schema):
    """An issued copy of a passport."""

    id = fields.UUID(required=True)
    credential = fields.String(required=True, metadata={"description": "SD-JWT VC with all its disclosures"})
    expires_at = Instant(required=True, metadata={"description": "end of the signature's life"})
    status = fields.Nested(StatusOut, required=True)


class RevocationIn(Schema):
    """A revocation."""

    reason = OneOf(REVOCATION_REASONS, required=True, metadata=REASON)


class RevocationOut(Schema):
    """A withdrawn copy."""

    id = fields.UUID(required=True)
    revoked_at = Instant(required=True)
    reason = fields.String(required=True)
