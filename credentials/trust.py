"""The signed trust list: whose keys count for what, and which organisation may award what, from when till when.

In the order of the code: the entries (keys with purpose, state and life; organisations with what they may award, which
subjects they declared alignment for, and whether they signed the training agreement), the list as one value with
quick look-ups, signing a list, and reading one (wire formats, section 4): signed by a key that the root names, not
older than one seen before, not expired. Entries may carry members that this version does not know, so that old
verifiers go on reading new lists.

Authorisation is issuer x standard x date. `may_award` names each standard by its code; nothing stands for "all of
them", statutory training included. What follows from an accreditation that ended is left to `verify`, which shows both
dates, and to the receiver.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from credentials.claims import LEEWAY, record_of, time_claim
from credentials.encoding import canonical_json
from credentials.errors import (
    ClaimTypeError,
    IatFutureError,
    IssuerUntrustedError,
    KeyNotForIssuerError,
    KeyNotForPurposeError,
    KeyRetiredError,
    KeyRevokedError,
    KidUnknownError,
    TrustListRolledBackError,
    TrustListStaleError,
)
from credentials.jws import parse_compact, sign_compact
from credentials.keys import PublicKey, Signer
from credentials.records import Instant, Issuer, OrganisationKind
from credentials.trust_root import TrustRoot

TYPE: Final = "trust-list+jwt"
MAX_CHARACTERS: Final = 16 * 2**20

Purpose = Literal["passport", "qr", "trust_list", "access_token", "badge", "request_object"]
KeyState = Literal["planned", "published", "active", "retiring", "retired", "compromised"]
AccreditationState = Literal["applied", "approved", "conditions", "suspended", "ended"]
AUDIT: Final = "audit"  # the one purpose whose keys are not P-256; they sign no tokens
AWARDING_STATES: Final = frozenset({"approved", "conditions"})


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of all entries: immutable, named arguments only, unknown members passed over."""


class Period(Entry, frozen=True):
    """From one day to another, both included; an end that is not set is open."""

    from_on: date | None = msgspec.field(name="from", default=None)
    until_on: date | None = msgspec.field(name="until", default=None)

    def covers(self, on: date) -> bool:
        """Say whether a day lies in this period."""
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


class Accreditation(Period, frozen=True, kw_only=True):
    """That an organisation stood in a state towards one standard during a period."""

    standard: str
    state: AccreditationState


class Alignment(Period, frozen=True, kw_only=True):
    """That an organisation declared alignment of one subject during a period."""

    subject: str


class Organisation(Entry, frozen=True):
    """An organisation that may stand inside awards. It stays on the list after it closed, with its successor."""

    ods: str
    name: str
    kind: OrganisationKind
    parent: str | None = None
    successor: str | None = None
    may_award: tuple[Accreditation, ...] = ()
    aligned: tuple[Alignment, ...] = ()
    signatory: Period | None = None


class Agreement(Entry, frozen=True):
    """The training agreement whose parties the organisations' `signatory` periods name."""

    name: str
    version: str | None = None


class TrustedKey(Entry, frozen=True):
    """A public key of a service, its one purpose and its life.

    A key signs from `active_at` to `retiring_at`, and goes on signing its own status lists to `retired_at`. The times
    decide, so that a key that was `published` when the list was made works at its hour for those who cached the list.
    """

    kid: str
    jwk: dict[str, str]
    purpose: str
    state: KeyState
    active_at: Instant | None = None
    retiring_at: Instant | None = None
    retired_at: Instant | None = None
    issuer: str | None = None

    def could_sign(self, at: datetime, *, status_list: bool) -> bool:
        """Say whether the key was in use for this at an instant."""
        if self.state in ("planned", "compromised") or self.active_at is None or at < self.active_at - LEEWAY:
            return False
        ended_states = ("retired",) if status_list else ("retiring", "retired")
        end_at = self.retired_at if status_list else self.retiring_at
        return self.state not in ended_states if end_at is None else at <= end_at


class TrustListContent(Entry, frozen=True):
    """The claims of a trust list. `certificate_roots` are base64 DER certificates that leaf certificates chain to."""

    iss: str
    iat: int
    exp: int
    seq: int
    keys: tuple[TrustedKey, ...]
    organisations: tuple[Organisation, ...] = ()
    agreement: Agreement | None = None
    certificate_roots: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrustList:
    """A trust list that was read, with everything found by one look-up."""

    content: TrustListContent
    issued_at: datetime
    expires_at: datetime
    issuers: frozenset[str] = field(repr=False)
    _keys: Mapping[str, TrustedKey] = field(repr=False)
    _public: Mapping[str, PublicKey] = field(repr=False)
    _compromised: frozenset[str] = field(repr=False)
    _organisations: Mapping[str, Organisation] = field(repr=False)
    _issuers_by_ods: Mapping[str, Issuer] = field(repr=False)
    _may_award: Mapping[tuple[str, str], list[Accreditation]] = field(repr=False)
    _aligned: Mapping[tuple[str, str], list[Alignment]] = field(repr=False)

    @classmethod
    def of(cls, content: TrustListContent) -> "TrustList":
        """Index the content of a list whose signature was checked, or that is about to be signed.

        Raises:
            ClaimTypeError: a key under a wrong name, or for two purposes, or an organisation that is listed twice.
        """
        claims = {"iat": content.iat, "exp": content.exp}
        keys = _keys_by_kid(content.keys)
        may_award: dict[tuple[str, str], list[Accreditation]] = defaultdict(list)
        aligned: dict[tuple[str, str], list[Alignment]] = defaultdict(list)
        for organisation in content.organisations:
            for accreditation in organisation.may_award:
                may_award[organisation.ods, accreditation.standard].append(accreditation)
            for alignment in organisation.aligned:
                aligned[organisation.ods, alignment.subject].append(alignment)
        organisations = {organisation.ods: organisation for organisation in content.organisations}
        if len(organisations) != len(content.organisations):
            raise ClaimTypeError("organisations: listed twice")
        return cls(
            content=content,
            issued_at=time_claim(claims, "iat"),
            expires_at=time_claim(claims, "exp"),
            issuers=frozenset({content.iss, *(key.issuer for key in content.keys if key.issuer)}),
            _keys=keys,
            _public={kid: PublicKey.from_jwk(key.jwk) for kid, key in keys.items() if key.purpose != AUDIT},
            _compromised=frozenset(key.kid for key in content.keys if key.state == "compromised"),
            _organisations=organisations,
            _issuers_by_ods={ods: Issuer(ods=ods, name=org.name, kind=org.kind) for ods, org in organisations.items()},
            _may_award=dict(may_award),
            _aligned=dict(aligned),
        )

    def check_fresh(self, now: datetime) -> None:
        """Refuse to check with a list that is out of date.

        Raises:
            TrustListStaleError: the list expired.
        """
        if self.expires_at <= now:
            raise TrustListStaleError

    def key(self, issuer: str, kid: str, purpose: Purpose, at: datetime, *, status_list: bool = False) -> PublicKey:
        """Return the key that an issuer used for a purpose at an instant.

        Args:
            issuer: the service's https identity, as in `iss`.
            kid: the key's thumbprint.
            purpose: what the token is for; status lists are signed with the key of their credentials.
            at: when the token says it was signed.
            status_list: whether the token is a status list, which a retiring key may go on signing.

        Raises:
            IssuerUntrustedError, KidUnknownError, KeyNotForIssuerError: nobody listed this key for this issuer.
            KeyRevokedError: the key was compromised; it is blocked by its thumbprint, whatever else is listed.
            KeyNotForPurposeError, KeyRetiredError: it may not have signed this, or not then.
        """
        if issuer not in self.issuers:
            raise IssuerUntrustedError
        if kid in self._compromised:
            raise KeyRevokedError
        entry = self._keys.get(kid)
        if entry is None:
            raise KidUnknownError
        if (entry.issuer or self.content.iss) != issuer:
            raise KeyNotForIssuerError
        if entry.purpose != purpose:
            raise KeyNotForPurposeError
        if not entry.could_sign(at, status_list=status_list):
            raise KeyRetiredError
        return self._public[kid]

    def key_entry(self, kid: str) -> TrustedKey | None:
        """Return a key's entry by its name, or None."""
        return self._keys.get(kid)

    def issuer_of(self, uri: str) -> str:
        """Return the issuer that a web address belongs to.

        Raises:
            IssuerUntrustedError: it belongs to none on this list.
        """
        for issuer in self.issuers:
            if uri.startswith(issuer + "/"):
                return issuer
        raise IssuerUntrustedError

    def organisation(self, ods: str) -> Organisation | None:
        """Return an organisation by its ODS code, or None."""
        return self._organisations.get(ods)

    def issuer(self, ods: str) -> Issuer | None:
        """Return an organisation as an issuer of awards, or None. This is the name that people are shown."""
        return self._issuers_by_ods.get(ods)

    def accredited(self, ods: str, standard: str, on: date) -> bool:
        """Say whether an organisation might award exactly this standard on a day."""
        return any(
            accreditation.state in AWARDING_STATES and accreditation.covers(on)
            for accreditation in self._may_award.get((ods, standard), ())
        )

    def suspended(self, ods: str, standard: str, on: date) -> bool:
        """Say whether an organisation was suspended from awarding exactly this standard on a day."""
        return any(
            accreditation.state == "suspended" and accreditation.covers(on)
            for accreditation in self._may_award.get((ods, standard), ())
        )

    def aligned(self, ods: str, subject: str, on: date) -> bool:
        """Say whether an organisation had declared alignment of a subject on a day."""
        return any(alignment.covers(on) for alignment in self._aligned.get((ods, subject), ()))

    def signatory(self, ods: str, on: date) -> bool:
        """Say whether an organisation was a party to the training agreement on a day."""
        organisation = self._organisations.get(ods)
        return organisation is not None and organisation.signatory is not None and organisation.signatory.covers(on)


def issue_trust_list(content: TrustListContent, *, signer: Signer) -> str:
    """Sign a trust list. `signer` is the online key that the root names for trust lists.

    Raises:
        ClaimTypeError: the list could not be read back.
    """
    TrustList.of(content)
    return sign_compact({"typ": TYPE}, canonical_json(content), signer=signer)


def read_trust_list(token: str, root: TrustRoot, now: datetime, *, newest_seq: int | None = None) -> TrustList:
    """Read a trust list under a root.

    Args:
        token: the signed list.
        root: the root document that was given by hand, or came from it by rotation.
        now: UTC.
        newest_seq: the highest `seq` that this verifier has seen, if any.

    Raises:
        KidUnknownError, KeyNotForPurposeError, KeyRevokedError, SignatureInvalidError: its signer.
        TrustListRolledBackError: older than `newest_seq`.
        TrustListStaleError: the list or the root expired.
        CredentialError: it can't be read.
    """
    root.check_expiry(now)
    jws = parse_compact(token, typ=TYPE, max_characters=MAX_CHARACTERS)
    if jws.kid in root.keys_for("root"):
        raise KeyNotForPurposeError
    key = root.keys_for("trust_list").get(jws.kid)
    if key is None:
        raise KidUnknownError
    jws.verify(key)
    trust = TrustList.of(record_of(TrustListContent, jws.claims))
    if jws.kid in trust._compromised:
        raise KeyRevokedError
    if trust.issued_at > now + LEEWAY:
        raise IatFutureError
    if newest_seq is not None and trust.content.seq < newest_seq:
        raise TrustListRolledBackError
    trust.check_fresh(now)
    return trust


def _keys_by_kid(keys: tuple[TrustedKey, ...]) -> dict[str, TrustedKey]:
    """Index keys by name. Audit keys are Ed25519 and used elsewhere; all others must be what their name says."""
    by_kid: dict[str, TrustedKey] = {}
    for key in keys:
        if key.purpose != AUDIT and PublicKey.from_jwk(key.jwk).kid != key.kid:
            raise ClaimTypeError("keys: the name is not the thumbprint")
        if key.kid in by_kid and "compromised" not in (key.state, by_kid[key.kid].state):
            raise ClaimTypeError("keys: listed twice")
        by_kid[key.kid] = key
    return by_kid
