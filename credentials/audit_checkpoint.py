"""A signed statement of how far the audit log went at an instant, and the hash of its last entry.

Whoever keeps one can tell later that the log was cut, or written anew: the entry with that number must still have that
hash. It is a JWT of its own type, signed with the trust-list key that the trust root names, so that an auditor needs
nothing but the root. In the order of the code: making one, and reading one strictly. Comparing it with the log is left
to the service that has the log.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from credentials.claims import LEEWAY, Seconds, record_of, time_claim
from credentials.encoding import canonical_json
from credentials.errors import IatFutureError, IssuerUntrustedError, KidUnknownError
from credentials.jws import parse_compact, sign_compact
from credentials.keys import Signer
from credentials.trust_root import TrustRoot

TYPE: Final = "audit-checkpoint+jwt"
MAX_CHARACTERS: Final = 4096


class AuditCheckpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The log's last entry at an instant: its number, counted from 1, and its SHA-256 in hexadecimal."""

    iss: str
    iat: Seconds
    sequence: Annotated[int, msgspec.Meta(ge=1)]
    hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


def issue_checkpoint(checkpoint: AuditCheckpoint, *, signer: Signer) -> str:
    """Sign a checkpoint. `signer` is the trust-list key."""
    return sign_compact({"typ": TYPE}, canonical_json(checkpoint), signer=signer)


def read_checkpoint(token: str, root: TrustRoot, *, issuer: str, now: datetime) -> AuditCheckpoint:
    """Read a checkpoint under a root. It does not expire: an old one is what shows that a log was cut.

    Args:
        token: the signed checkpoint.
        root: the trust root.
        issuer: the https identity of the service whose log it is.
        now: UTC.

    Raises:
        KidUnknownError, SignatureInvalidError: its signer.
        IssuerUntrustedError: it is of another service's log.
        IatFutureError: it was made after now.
        CredentialError: it can't be read.
    """
    jws = parse_compact(token, typ=TYPE, max_characters=MAX_CHARACTERS)
    key = root.keys_for("trust_list").get(jws.kid)
    if key is None:
        raise KidUnknownError
    jws.verify(key)
    checkpoint = record_of(AuditCheckpoint, jws.claims)
    if checkpoint.iss != issuer:
        raise IssuerUntrustedError
    if time_claim(jws.claims, "iat") > now + LEEWAY:
        raise IatFutureError
    return checkpoint
