"""What a check of a passport found: separate facts, never one "valid" (wire formats, section 6; contract, "Verdict").

In the order of the code: the facts (current, not withdrawn, each with its time), the holder as far as shown, the whole
finding, and the verdict: the one JSON form of a finding or a refusal that the service, the command line and the
browser's verifier share. A passport that was read but could not be looked up is "could not check", never genuine.
"""

from datetime import datetime
from typing import Any, Final, Literal

import msgspec

from credentials.errors import (
    ClaimsError,
    CredentialError,
    DisclosureError,
    KeyBindingError,
    SignatureError,
    StatusError,
    TrustError,
)
from credentials.records import NO_SCOPE_OF_PRACTICE, AdvancedPractice, Employer, Record, Registration, VerifiedAward
from credentials.sd_jwt_vc import StatusReference

Carrier = Literal["sd_jwt", "qr"]
Outcome = Literal["genuine", "refused", "could_not_check"]
CheckName = Literal[
    "trust_list", "form", "signature", "claims", "disclosures", "key_binding", "status", "expiry", "award_issuers"
]

EXPIRED: Final = "expired"
WITHDRAWN: Final = "withdrawn"

CHECKS: Final[tuple[CheckName, ...]] = (
    "trust_list", "form", "signature", "claims", "disclosures", "key_binding", "status", "expiry", "award_issuers",
)  # fmt: skip
# The check in which a refusal falls; everything else (unreadable text, envelope, QR) is the form.
_CHECK_OF: Final[dict[type[CredentialError], CheckName]] = {
    TrustError: "trust_list",
    SignatureError: "signature",
    ClaimsError: "claims",
    DisclosureError: "disclosures",
    KeyBindingError: "key_binding",
    StatusError: "status",
}


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """The base of what stands in a verdict: all members are always there."""


class Check(Fact, frozen=True, kw_only=True):
    """One thing that was looked at, how it came out, and as of when."""

    check: CheckName
    result: Literal["passed", "failed", "not_checked"]
    reason: str | None = None
    at: datetime | None = None


class Current(Fact, frozen=True, kw_only=True):
    """Whether the signature's life has not ended. None: nothing is known."""

    result: bool | None
    expires_at: datetime | None


class NotWithdrawn(Fact, frozen=True, kw_only=True):
    """Whether this copy was not withdrawn, as of the list's time. None: could not check, and `reason` says why."""

    result: bool | None
    as_of: datetime | None
    reason: str | None = None


class Holder(Record, frozen=True):
    """Whose passport it is, as far as that was shown. A passport proves the record, not the person who holds it."""

    number: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    registrations: tuple[Registration, ...] = ()
    employer: Employer | None = None


class Accredited(Fact, frozen=True, kw_only=True):
    """Whether an organisation might do what it did, on the day when it did it and at the time of checking."""

    accredited_then: bool
    accredited_now: bool
    suspended_now: bool


class Verified(Fact, frozen=True, kw_only=True):
    """A genuine passport: all that was shown of it, and what is known of its life."""

    carrier: Carrier
    issuer: str
    kid: str
    issued_at: datetime
    checked_at: datetime
    holder: Holder
    awards: tuple[VerifiedAward, ...]
    advanced_practice: AdvancedPractice | None
    current: Current
    not_withdrawn: NotWithdrawn
    status: StatusReference | None
    holder_bound: bool
    unlisted_issuers: tuple[str, ...] = ()
    practice_accredited: Accredited | None = None

    @property
    def outcome(self) -> Outcome:
        """Genuine, unless nobody could say whether it was withdrawn."""
        return "could_not_check" if self.not_withdrawn.result is None else "genuine"

    @property
    def reason(self) -> str | None:
        """Why it is not good as it stands, or None."""
        if self.not_withdrawn.reason is not None:
            return self.not_withdrawn.reason
        return None if self.current.result else EXPIRED

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check, in order."""
        return tuple(self._check(name) for name in CHECKS)

    def _check(self, name: CheckName) -> Check:
        if name == "status":
            return self._status_check()
        if (name == "disclosures" and self.carrier == "qr") or (name == "key_binding" and not self.holder_bound):
            return Check(check=name, result="not_checked")
        if name == "expiry" and not self.current.result:
            return Check(check=name, result="failed", reason=EXPIRED, at=self.checked_at)
        if name == "award_issuers" and self.unlisted_issuers:
            return Check(check=name, result="failed", reason="issuer_untrusted", at=self.checked_at)
        return Check(check=name, result="passed", at=self.checked_at)

    def _status_check(self) -> Check:
        found = self.not_withdrawn
        if found.result is None:
            return Check(check="status", result="not_checked", reason=found.reason, at=found.as_of)
        return Check(check="status", result="passed" if found.result else "failed", reason=found.reason, at=found.as_of)


def verdict(result: Verified | CredentialError, *, at: datetime) -> dict[str, Any]:
    """Return the verdict on a presentation, ready for JSON.

    Args:
        result: what `verify` returned, or the refusal that it raised.
        at: when it was checked, UTC.
    """
    return _verdict_on(result) if isinstance(result, Verified) else _refusal(result, at)


def _verdict_on(verified: Verified) -> dict[str, Any]:
    members: dict[str, object] = {
        "outcome": verified.outcome,
        "reason": verified.reason,
        "checks": verified.checks,
        "current": verified.current,
        "not_withdrawn": {"result": verified.not_withdrawn.result, "as_of": verified.not_withdrawn.as_of},
        "holder": verified.holder,
        "awards": [_award(award) for award in verified.awards],
    }
    if verified.advanced_practice is not None:
        practice: dict[str, Any] = msgspec.to_builtins(verified.advanced_practice)
        standing: dict[str, bool] = msgspec.to_builtins(verified.practice_accredited) or {}
        members["advanced_practice"] = practice | standing | {"notice": NO_SCOPE_OF_PRACTICE}
    return _as_json(members)


def _award(verified: VerifiedAward) -> dict[str, Any]:
    """Return an award as it was claimed, but with the trust list's name of its issuer, and what the list says."""
    award: dict[str, Any] = msgspec.to_builtins(verified.award)
    return award | {
        "issuer": verified.issuer,
        "accredited_then": verified.accredited_then,
        "accredited_now": verified.accredited_now,
        "aligned_then": verified.aligned_then,
        "aligned_now": verified.aligned_now,
        "suspended_now": verified.suspended_now,
        "signatory": verified.signatory,
    }


def _refusal(error: CredentialError, at: datetime) -> dict[str, Any]:
    """Return the verdict on a refusal. It says nothing of the checks that the refusal cut short."""
    failed = next((name for branch, name in _CHECK_OF.items() if isinstance(error, branch)), "form")
    result: Literal["failed", "not_checked"] = "not_checked" if error.could_not_check else "failed"
    checks = [
        Check(check=name, result=result, reason=error.code, at=at)
        if name == failed
        else Check(check=name, result="not_checked")
        for name in CHECKS
    ]
    return _as_json({
        "outcome": "could_not_check" if error.could_not_check else "refused",
        "reason": error.code,
        "checks": checks,
        "current": Current(result=None, expires_at=None),
        "not_withdrawn": {"result": None, "as_of": None},
        "holder": {},
        "awards": [],
    })  # fmt: skip


def _as_json(members: dict[str, object]) -> dict[str, Any]:
    """Return members as JSON has them: times as text, and lists only."""
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(members))
    return built
