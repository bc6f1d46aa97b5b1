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
from credentials.sd_jwt_vc import StatusReference

Kind = Literal["screen", "print"]
LIFE: Final[dict[Kind, timedelta]] = {"screen": timedelta(minutes=10), "print": timedelta(days=90)}

SCHEME: Final = "https://"
STATUS_LISTS: Final = "/status-lists/"
ID_BYTES: Final = 8

# RFC 8392 section 4; Token Status List draft 20 section 14.3.1; a key of our own from the private range.
ISSUER, EXPIRES_AT, ISSUED_AT, ID, STATUS, CONTENT = 1, 4, 6, 7, 65535, -65537
_REQUIRED: Final = frozenset({ISSUER, EXPIRES_AT, ISSUED_AT, ID, CONTENT})

Seconds = Annotated[int, msgspec.Meta(ge=0, le=MAX_SECONDS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class QrTerms:
    """What a QR says of itself. Times are UTC, whole seconds."""

    issuer: str
    issued_at: datetime
    expires_at: datetime
    id: bytes
    status: StatusReference | None = None

    @property
    def kind(self) -> Kind:
        """What the QR is for."""
        return "screen" if self.status is None else "print"


class _Claims(msgspec.Struct, frozen=True):
    """The claims as they stand in the CBOR map, for msgspec to check their types."""

    issuer: Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[!-~]*$")]
    expires_at: Seconds
    issued_at: Seconds
    id: Annotated[bytes, msgspec.Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
    status: tuple[Number, Number] | None


def write_claims(terms: QrTerms, content: object) -> bytes:
    """Return the CWT of a QR.

    Args:
        terms: what it says of itself.
        content: the arrays of `qr_writing.write_content`.

    Raises:
        ClaimTypeError: the issuer or the status list has an address that a QR can't carry.
    """
    if not terms.issuer.startswith(SCHEME):
        raise ClaimTypeError("issuer: not https")
    claims: dict[int, object] = {
        ISSUER: terms.issuer.removeprefix(SCHEME),
        EXPIRES_AT: seconds(terms.expires_at),
        ISSUED_AT: seconds(terms.issued_at),
        ID: terms.id,
        CONTENT: content,
    }
    if terms.status is not None:
        claims[STATUS] = [terms.status.idx, _list_number(terms.status, terms.issuer)]
    return encode_cbor(claims)


def read_claims(payload: bytes) -> tuple[QrTerms, object]:
    """Return what a QR says of itself, and its content as it was decoded.

    Raises:
        QrMalformedError: a claim is missing, unknown or wrong, or the life is longer than that of its kind.
    """
    claims = decode_cbor(payload)
    if not isinstance(claims, dict) or claims.keys() - {STATUS} != _REQUIRED:
        raise QrMalformedError("not our claims")
    terms = _terms(claims)
    if not timedelta(0) < terms.expires_at - terms.issued_at <= LIFE[terms.kind]:
        raise QrMalformedError("life")
    return terms, claims[CONTENT]


def _terms(claims: dict[int, object]) -> QrTerms:
    members = {
        "issuer": claims[ISSUER],
        "expires_at": claims[EXPIRES_AT],
        "issued_at": claims[ISSUED_AT],
        "id": claims[ID],
        "status": claims.get(STATUS),
    }
    try:
        # bytes are built in: otherwise msgspec would take base64 text for them
        checked = msgspec.convert(members, _Claims, builtin_types=(bytes,))
    except msgspec.ValidationError:
        raise QrMalformedError("claims") from None  # the cause would quote the value
    issuer = SCHEME + checked.issuer
    return QrTerms(
        issuer=issuer,
        issued_at=datetime.fromtimestamp(checked.issued_at, UTC),
        expires_at=datetime.fromtimestamp(checked.expires_at, UTC),
        id=checked.id,
        status=None if checked.status is None else _status(issuer, *checked.status),
    )


def _status(issuer: str, index: int, list_number: int) -> StatusReference:
    return StatusReference(uri=f"{issuer}{STATUS_LISTS}{list_number}", idx=index)


def _list_number(status: StatusReference, issuer: str) -> int:
    number = status.uri.removeprefix(f"{issuer}{STATUS_LISTS}")
    if not (number.isascii() and number.isdigit()) or _status(issuer, status.idx, int(number)) != status:
        raise ClaimTypeError("status: not one of the issuer's own lists")
    return int(number)
