"""The offline QR: a whole passport in one QR code that any phone opens and any verifier checks without a network.

It is a CWT (`qr_claims`) around a passport's content in small integers (`qr_layout`), signed as COSE_Sign1 (`cose`) and
written as the digits of a web address (`qr_text`); docs/qr.cddl has the exact form, docs/offline-qr.md explains it
(wire formats, section 5).

In the order of the code: making one in two steps, so that what will be signed can be recorded first and the same text
be made again later; and verifying one. The picture is left to the service.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha512
from typing import Final

from credentials import cose
from credentials.code_list import CodeList
from credentials.errors import KidUnknownError, QrMalformedError
from credentials.keys import Signer
from credentials.passport_type import content_shown
from credentials.qr_choice import LeftOut, choose_fitting, choose_sayable, is_superseded
from credentials.qr_claims import ID_BYTES, LIFE, QrClaims, read_claims, write_claims
from credentials.qr_layout import start_of, utc_day
from credentials.qr_reading import read_content
from credentials.qr_text import PATH, digits_with_room, looks_like_qr, read_text, write_text
from credentials.qr_writing import write_content
from credentials.records import Issuer, PassportContent
from credentials.sd_jwt_vc import StatusReference, Terms
from credentials.status_list import StatusList
from credentials.trust import TrustList
from credentials.verified import Verified
from credentials.verify import check_times, verify_content

__all__ = ["UnsignedQr", "looks_like_qr", "prepare_qr", "verify_qr"]

DOMAIN: Final = b"staff-passport-qr/1"
SLACK_DIGITS: Final = 24  # once packed, signatures differ in size by a few bytes


@dataclass(frozen=True, slots=True)
class UnsignedQr:
    """A QR but for its signature. `left_out` names the awards that it does not carry, for the page to say so."""

    address: str
    claims: QrClaims
    message: cose.UnsignedMessage
    left_out: tuple[LeftOut, ...] = ()

    def signed(self, signature: bytes) -> str:
        """Return the text of the QR with a signature of 64 bytes."""
        return write_text(self.address, self.message.signed(signature))

    def sign(self, signer: Signer) -> str:
        """Sign it. The signer must be the one that it was prepared for."""
        return self.signed(signer.sign(self.message.to_be_signed))


def prepare_qr(
    content: PassportContent,
    *,
    issuer: str,
    code_list: CodeList,
    kid: str,
    now: datetime,
    status: StatusReference | None = None,
    address: str | None = None,
    qr_id: bytes | None = None,
) -> UnsignedQr:
    """Make all of a QR but its signature.

    With a status it is for print and lives until the nearest expiry in it, at most 90 days. Without one it is for a
    screen and lives ten minutes, because nothing can withdraw it.

    Args:
        content: the passport. Awards that a QR can't carry, or has no room for, are left out and named.
        issuer: the service's https identity.
        code_list: the version that is published now.
        kid: the name of the key that will sign; its purpose is `qr`.
        now: UTC.
        status: this copy's own place on one of the issuer's status lists.
        address: where the QR leads, if not to the issuer itself.
        qr_id: 8 bytes, random if not given. The same arguments with the same id make the same QR.

    Raises:
        ClaimTypeError: the issuer, the status or a record has a form that a QR can't carry.
        TooLargeError: the names and registrations alone are too large.
    """
    issued_at = now.replace(microsecond=0)
    qr_id = secrets.token_bytes(ID_BYTES) if qr_id is None else qr_id
    address = issuer if address is None else address

    def unsigned(part: PassportContent) -> UnsignedQr:
        expires_at = issued_at + LIFE["screen"] if status is None else _print_expires_at(part, issued_at)
        terms = Terms(issuer=issuer, issued_at=issued_at, expires_at=expires_at, status=status)
        rows = write_content(part, code_list=code_list, issued_on=utc_day(issued_at))
        claims = QrClaims(terms, qr_id, rows)
        return UnsignedQr(address, claims, cose.prepare(write_claims(claims), kid=kid, domain=DOMAIN))

    sayable, unsayable = choose_sayable(content, code_list)
    chosen, left_out = choose_fitting(sayable, lambda part: _fits(unsigned(part)))
    return replace(unsigned(chosen), left_out=unsayable + left_out)


def _print_expires_at(content: PassportContent, issued_at: datetime) -> datetime:
    """Return the end of the nearest last day in a content, at most 90 days away. What has lapsed already is passed."""
    last_days = (
        award.valid_until
        for award in (*content.training, *content.credentials)
        if award.valid_until is not None and not is_superseded(award, content)
    )
    ends = (start_of(last_day + timedelta(days=1)) for last_day in last_days)
    return min([issued_at + LIFE["print"], *(end for end in ends if end > issued_at)])


def _fits(qr: UnsignedQr) -> bool:
    """Say whether a QR, once signed, is small enough to be read well. 64 bytes of a hash stand for the signature."""
    text = qr.signed(sha512(qr.message.to_be_signed).digest())
    return len(text) - len(f"{qr.address}{PATH}") + SLACK_DIGITS <= digits_with_room(qr.address)


def verify_qr(
    text: str,
    *,
    trust: TrustList,
    code_list: CodeList,
    statuses: Mapping[str, StatusList],
    now: datetime,
    addresses: Collection[str] = (),
    status_max_age: timedelta | None = None,
) -> Verified:
    """Check the text of an offline QR.

    The steps are those of `verify`: the trust list is fresh; form; key on the trust list for this issuer, purpose and
    time; signature; times; content; and then, as for every carrier, the issuers of the awards and the status.

    Args:
        text: as it was scanned.
        trust: the trust list.
        code_list: the newest code list at hand.
        statuses: the status lists at hand, by their addresses.
        now: UTC.
        addresses: where codes of the issuer may lead, beside the issuer itself.
        status_max_age: shortens the time for which a status list may be used below the list's own.

    Returns:
        What it says, and what is known of its life; the passport is genuine. Awards have the ids of `short_award_id`.

    Raises:
        QrMalformedError, QrVersionError, AlgNotAllowedError: it is not a QR of ours, or leads to somebody else.
        QrCodeListUnknownError: the code list at hand is too old to read it.
        CredentialError: it is refused; the class is the reason.
    """
    trust.check_fresh(now)
    scanned = read_text(text)
    message = cose.read(scanned.message, domain=DOMAIN)
    claims = read_claims(message.payload)
    terms = claims.terms
    key = trust.key(terms.issuer, _kid(message.key_id, trust), "qr", terms.issued_at)
    message.verify(key)
    if scanned.address not in {terms.issuer, *addresses}:
        raise QrMalformedError("leads to an address that is not the issuer's")
    check_times(terms, now)
    content = read_content(
        claims.content,
        code_list=code_list,
        issued_on=utc_day(terms.issued_at),
        organisation=lambda ods: trust.issuer(ods) or Issuer(ods=ods, name=ods, kind="other"),
    )
    return verify_content(
        content_shown(content),
        terms,
        kid=key.kid,
        trust=trust,
        statuses=statuses,
        now=now,
        carrier="qr",
        status_max_age=status_max_age,
    )


def _kid(key_id: bytes, trust: TrustList) -> str:
    """Return the name of the one listed key that begins with these 8 bytes.

    Raises:
        KidUnknownError: there is none, or more than one.
    """
    signing = (entry.kid for entry in trust.content.keys if entry.purpose != "audit")  # those are Ed25519
    kids = {kid for kid in signing if cose.key_id_of(kid) == key_id}
    if len(kids) != 1:
        raise KidUnknownError
    return kids.pop()
