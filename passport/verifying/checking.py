"""One check of one text, whatever carries the passport: an SD-JWT VC, or the text of an offline QR.

The service and the offline command share it, so both say the same. There is no database, network or clock here. A
refusal is a result like any other, because over HTTP every text is a presentation and gets a verdict (wire formats,
section 6). What the lists are, and where they come from, is left to the callers.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from credentials.code_list import CodeList
from credentials.errors import CredentialError, QrCodeListUnknownError
from credentials.qr import looks_like_qr, verify_qr
from credentials.status_list import StatusList
from credentials.trust import TrustList
from credentials.verified import EXPIRED, WITHDRAWN, Carrier, Verified
from credentials.verify import verify


@dataclass(frozen=True, slots=True)
class Lists:
    """What a passport is checked against. `addresses`: where QR codes may lead, beside the issuer itself."""

    trust: TrustList
    statuses: Mapping[str, StatusList]
    code_list: CodeList | None = None
    addresses: Collection[str] = ()


def carrier_of(presentation: str) -> Carrier:
    """Return what a text means to be, whatever is wrong with it."""
    return "qr" if looks_like_qr(presentation) else "sd_jwt"


def check(presentation: str, lists: Lists, *, now: datetime) -> Verified | CredentialError:
    """Check a text.

    Args:
        presentation: any text.
        lists: what to check it against.
        now: the moment for which it is checked, UTC.

    Returns:
        What was found, or the refusal; its class is the reason.
    """
    try:
        if carrier_of(presentation) == "sd_jwt":
            return verify(presentation, trust=lists.trust, statuses=lists.statuses, now=now)
        return _check_qr(presentation, lists, now)
    except CredentialError as refusal:
        return refusal


def unusable_because(verdict: Mapping[str, Any]) -> str | None:
    """Return why nobody should decide on a verdict; None: the passport is genuine, current and not withdrawn.

    Of several reasons the one that is known to be bad comes first.
    """
    if verdict["outcome"] == "refused":
        return str(verdict["reason"])
    if verdict["not_withdrawn"]["result"] is False:
        return WITHDRAWN
    if verdict["current"]["result"] is False:
        return EXPIRED
    return None if verdict["outcome"] == "genuine" else str(verdict["reason"])


def _check_qr(presentation: str, lists: Lists, now: datetime) -> Verified:
    if lists.code_list is None:
        raise QrCodeListUnknownError("no code list at hand")
    return verify_qr(
        presentation,
        trust=lists.trust,
        code_list=lists.code_list,
        statuses=lists.statuses,
        now=now,
        addresses=lists.addresses,
    )
