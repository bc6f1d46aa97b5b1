"""The claims of an offline QR: a CWT (RFC 8392) with integer keys, as `claims` of docs/qr.cddl.

There are two kinds. One for a screen lives ten minutes and has no status, so nothing can withdraw it. One for print has
a place of its own on a status list and lives at most 90 days. To save bytes the issuer stands without `https://`, and
the status as index and number of the list, because our lists stand below our issuer (`/status-lists/<number>`).

In the order of the code: the kinds, the claims that are not content, writing, reading.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec

from credentials.claims import MAX_SECONDS, seconds
from credentials.cose import decode_cbor, encode_cbor
from credentials.errors import ClaimTypeError, QrMalformedError
from credentials.qr_layout import Number
from credentials.sd_jwt_vc import StatusReference, Terms

Kind = Literal["screen", "print"]
LIFE: Final[dict[Kind, timedelta]] = {"screen": timedelta(minutes=10), "print": timedelta(days=90)}

SCHEME: Final = "https://"
STATUS_LISTS: Final = "/status-lists/"
ID_BYTES: Final = 8

# RFC 8392 section 4; Token Status List draft 20 section 14.3.1; a key of our own from the private range.
ISSUER, EXPIRES_AT, ISSUED_AT, ID, STATUS, CONTENT = 1, 4, 6, 7, 65535, -65537
_REQUIRED: Final = frozenset({ISSUER, EXPIRES_AT, ISSUED_AT, ID, CONTENT})

Seconds = Annotated[int, msgspec.Meta(ge=0, le=MAX_SECONDS)]


@dataclass(frozen=True, slots=True)
class QrClaims:
    """Everything that is signed: the terms, as of any credential (without a holder), the QR's id, and the content.

    The id is 8 bytes. `content` are the arrays of `qr_layout`, plain lists and numbers.
    """

    terms: Terms
    id: bytes
    content: object


def kind_of(terms: Terms) -> Kind:
    """Return what a QR with these terms is for."""
    return "screen" if terms.status is None else "print"


class _Claims(msgspec.Struct, frozen=True):
    """The claims as they stand in the CBOR map, for msgspec to check their types."""

    issuer: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[!-~]*\Z")]
    expires_at: Seconds
    issued_at: Seconds
    id: Annotated[bytes, msgspec.Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
    status: tuple[Number, Number] | None


def write_claims(claims: QrClaims) -> bytes:
    """Return the CWT of a QR.

    Raises:
        ClaimTypeError: the issuer or the status list has an address that a QR can't carry.
    """
    terms = claims.terms
    if not terms.issuer.startswith(SCHEME):
        raise ClaimTypeError("issuer: not https")
    members: dict[int, object] = {
        ISSUER: terms.issuer.removeprefix(SCHEME),
        EXPIRES_AT: seconds(terms.expires_at),
        ISSUED_AT: seconds(terms.issued_at),
        ID: claims.id,
        CONTENT: claims.content,
    }
    if terms.status is not None:
        members[STATUS] = [terms.status.idx, _list_number(terms.status, terms.issuer)]
    return encode_cbor(members)


def read_claims(payload: bytes) -> QrClaims:
    """Read the CWT of a QR. Its content stays as it was decoded.

    Raises:
        QrMalformedError: a claim is missing, unknown or wrong, or the life is longer than that of its kind.
    """
    members = decode_cbor(payload)
    if not isinstance(members, dict) or members.keys() - {STATUS} != _REQUIRED:
        raise QrMalformedError("not our claims")
    checked = _checked(members)
    issuer = SCHEME + checked.issuer
    terms = Terms(
        issuer=issuer,
        issued_at=datetime.fromtimestamp(checked.issued_at, UTC),
        expires_at=datetime.fromtimestamp(checked.expires_at, UTC),
        status=None if checked.status is None else _status(issuer, *checked.status),
    )
    if not timedelta(0) < terms.expires_at - terms.issued_at <= LIFE[kind_of(terms)]:
        raise QrMalformedError("life")
    return QrClaims(terms, checked.id, members[CONTENT])


def _checked(members: dict[int, object]) -> _Claims:
    named = {
        "issuer": members[ISSUER],
        "expires_at": members[EXPIRES_AT],
        "issued_at": members[ISSUED_AT],
        "id": members[ID],
        "status": members.get(STATUS),
    }
    try:
        # bytes as built in: else msgspec would take base64 text for them
        return msgspec.convert(named, _Claims, builtin_types=(bytes,))
    except msgspec.ValidationError:
        raise QrMalformedError("claims") from None  # the cause would quote the value


def _status(issuer: str, index: int, list_number: int) -> StatusReference:
    return StatusReference(uri=f"{issuer}{STATUS_LISTS}{list_number}", idx=index)


def _list_number(status: StatusReference, issuer: str) -> int:
    number = status.uri.removeprefix(f"{issuer}{STATUS_LISTS}")
    if not (number.isascii() and number.isdigit()) or _status(issuer, status.idx, int(number)) != status:
        raise ClaimTypeError("status: not one of the issuer's own lists")
    return int(number)
