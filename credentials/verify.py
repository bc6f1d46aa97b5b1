"""Check a passport: `verify` returns what it found, or raises the reason why it is refused.

The steps are those of RFC 9901 section 7 and SD-JWT VC draft 19, in an order in which nothing is worked on that a
cheaper step would have refused: the trust list is fresh; the text is split; the issuer's token has the right form; its
key is on the trust list for this issuer, purpose and time; its signature; its certificate, if it carries one; its
claims and times; its disclosures; the content's types; the holder's proof, if the verifier's policy asks for one; and
only then the status list. There is no network and no clock here: lists and `now` are handed in.

Genuine, current and not withdrawn are separate facts. That a passport is not genuine, or that a status list
contradicts it, raises. That it expired or was withdrawn, or that no fresh status list was at hand, is part of what is
returned. Whether to accept an award is left to `acceptance`.

    trust = read_trust_list(text, read_root(root, now=now), now)
    lists = StatusLists()
    lists.add(token, uri=uri, trust=trust, now=now)
    verified = verify(presentation, trust=trust, statuses=lists, now=now)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Lock
from typing import Final, NamedTuple

from msgspec.structs import replace

from credentials.claims import LEEWAY
from credentials.errors import (
    IatFutureError,
    NotYetValidError,
    StatusMissingError,
    StatusStaleError,
    StatusUriMismatchError,
)
from credentials.jws import Jws
from credentials.key_binding import Question, check_key_binding
from credentials.keys import PublicKey
from credentials.passport_type import DisclosedContent, to_content
from credentials.records import AdvancedPractice, Award, Issuer, VerifiedAward
from credentials.sd_jwt import Presentation, read_disclosures, split_presentation
from credentials.sd_jwt_vc import Terms, check_leaf, find_key, parse_issuer_token, read_terms, reveal_claims
from credentials.status_list import INVALID, VALID, StatusList
from credentials.trust import TrustList
from credentials.verified import WITHDRAWN, Accredited, Carrier, Current, Holder, NotWithdrawn, Verified, verdict

__all__ = ["Expected", "Verified", "check_status", "check_times", "verdict", "verify", "verify_content"]

PRESENTATIONS_REMEMBERED: Final = 1024
_KEY_CLAIMS: Final = ("iss", "iat", "exp")


@dataclass(frozen=True, slots=True)
class Expected:
    """A verifier's policy for a check.

    `question` set: the holder's proof must answer it. Not set: there must be no proof. `status_max_age` shortens the
    time for which a status list may be used below the list's own.
    """

    question: Question | None = None
    status_max_age: timedelta | None = None


ANYBODY: Final = Expected()


def verify(
    presentation: str,
    *,
    trust: TrustList,
    statuses: Mapping[str, StatusList],
    now: datetime,
    expected: Expected = ANYBODY,
) -> Verified:
    """Check a presentation of a passport.

    Args:
        presentation: the text as it was shown: issuer's token, disclosures, maybe the holder's proof.
        trust: the trust list.
        statuses: the status lists at hand, by their addresses; each was read under a trust list.
        now: UTC.
        expected: the verifier's policy.

    Returns:
        What was shown, and what is known of its life; the passport is genuine.

    Raises:
        CredentialError: the passport is refused; the class is the reason.
    """
    trust.check_fresh(now)
    shown = split_presentation(presentation)
    opened = _open(shown, trust, now)
    check_key_binding(shown, holder=opened.terms.holder, question=expected.question, now=now)
    return verify_content(
        opened.content,
        opened.terms,
        kid=opened.key.kid,
        trust=trust,
        statuses=statuses,
        now=now,
        carrier="sd_jwt",
        holder_bound=expected.question is not None,
        status_max_age=expected.status_max_age,
    )


def verify_content(
    content: DisclosedContent,
    terms: Terms,
    *,
    kid: str,
    trust: TrustList,
    statuses: Mapping[str, StatusList],
    now: datetime,
    carrier: Carrier,
    holder_bound: bool = False,
    status_max_age: timedelta | None = None,
) -> Verified:
    """Judge content whose signature, terms and times were checked: the steps that all carriers share.

    Raises:
        StatusUriMismatchError, StatusIndexOutOfRangeError: the status list contradicts the credential.
    """
    today = now.date()
    practice = content.advanced_practice
    awards = tuple([_judge(award, trust, today) for award in (*content.training, *content.credentials)])
    sources = {award.issuer.ods for award in awards} | ({practice.issuer.ods} if practice else set())
    return Verified(
        carrier=carrier,
        issuer=terms.issuer,
        kid=kid,
        issued_at=terms.issued_at,
        checked_at=now,
        holder=Holder(
            number=content.number,
            given_name=content.given_name,
            family_name=content.family_name,
            registrations=content.registrations,
            employer=content.employer,
        ),
        awards=awards,
        advanced_practice=replace(practice, issuer=_listed(practice.issuer, trust)) if practice else None,
        practice_accredited=_accredited(practice, trust, today) if practice else None,
        current=Current(result=now < terms.expires_at + LEEWAY, expires_at=terms.expires_at),
        not_withdrawn=check_status(terms, kid=kid, statuses=statuses, now=now, max_age=status_max_age),
        status=terms.status,
        holder_bound=holder_bound,
        unlisted_issuers=tuple(sorted(ods for ods in sources if trust.issuer(ods) is None)),
    )


def check_times(terms: Terms, now: datetime) -> None:
    """Refuse what comes from the future. That a credential expired is a fact and refuses nothing.

    Raises:
        IatFutureError: issued after now.
        NotYetValidError: not valid yet.
    """
    if terms.issued_at > now + LEEWAY:
        raise IatFutureError
    if terms.not_before is not None and terms.not_before > now + LEEWAY:
        raise NotYetValidError


def check_status(
    terms: Terms, *, kid: str, statuses: Mapping[str, StatusList], now: datetime, max_age: timedelta | None = None
) -> NotWithdrawn:
    """Look a credential up in its status list.

    What has no status lives for minutes only and was true when it was issued. A list that is too old still tells of a
    withdrawal, because an invalid entry never becomes valid again; it can't tell that there was none.

    Raises:
        StatusUriMismatchError: the list is not the one that the credential names, or not signed with its key.
        StatusIndexOutOfRangeError: the credential points past the end of the list.
    """
    if terms.status is None:
        return NotWithdrawn(result=True, as_of=terms.issued_at)
    listed = statuses.get(terms.status.uri)
    if listed is None:
        return NotWithdrawn(result=None, as_of=None, reason=StatusMissingError.code)
    if listed.uri != terms.status.uri or listed.kid != kid:
        raise StatusUriMismatchError
    found = listed.status(terms.status.idx)
    if found != INVALID and listed.is_stale(now, max_age=max_age):
        return NotWithdrawn(result=None, as_of=listed.issued_at, reason=StatusStaleError.code)
    if found != VALID:
        return NotWithdrawn(result=False, as_of=listed.issued_at, reason=WITHDRAWN)
    return NotWithdrawn(result=True, as_of=listed.issued_at)


def _listed(claimed: Issuer, trust: TrustList) -> Issuer:
    """Return the trust list's entry of an issuer. Of one that it does not know, only the code is shown."""
    return trust.issuer(claimed.ods) or Issuer(ods=claimed.ods, name=claimed.ods, kind="other")


def _judge(award: Award, trust: TrustList, today: date) -> VerifiedAward:
    """Put beside an award what the trust list says of its issuer, on the award's day and today."""
    ods, standard, awarded_on = award.issuer.ods, award.standard, award.awarded_on
    return VerifiedAward(
        award=award,
        issuer=_listed(award.issuer, trust),
        accredited_then=trust.accredited(ods, standard, awarded_on),
        accredited_now=trust.accredited(ods, standard, today),
        aligned_then=trust.aligned(ods, award.subject, awarded_on),
        aligned_now=trust.aligned(ods, award.subject, today),
        suspended_now=trust.suspended(ods, standard, today),
        signatory=trust.signatory(ods, awarded_on),
    )


def _accredited(practice: AdvancedPractice, trust: TrustList, today: date) -> Accredited:
    """Say whether whoever recognised a level of practice might do so, on that day and today."""
    ods, standard = practice.issuer.ods, practice.standard
    return Accredited(
        accredited_then=trust.accredited(ods, standard, practice.recognised_on),
        accredited_now=trust.accredited(ods, standard, today),
        suspended_now=trust.suspended(ods, standard, today),
    )


class _Opened(NamedTuple):
    """A presentation whose signature was right under `key`, and what it says; `jws` only as far as its key asks."""

    jws: Jws
    key: PublicKey
    terms: Terms
    content: DisclosedContent


class _Remembered:
    """The presentations that were opened last, by their whole text without the holder's proof.

    That a signature is right under a key never changes, so only that is remembered, with what the text says. The trust
    list, times and status are asked each time. A text whose signature was altered, even into another valid one, is
    another text.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._opened: dict[str, _Opened] = {}
        self._lock = Lock()

    def get(self, text: str) -> _Opened | None:
        return self._opened.get(text)

    def put(self, text: str, opened: _Opened) -> None:
        with self._lock:
            while len(self._opened) >= self._size:
                del self._opened[next(iter(self._opened))]
            self._opened[text] = opened

    def clear(self) -> None:
        with self._lock:
            self._opened.clear()


_REMEMBERED: Final = _Remembered(PRESENTATIONS_REMEMBERED)


def _open(shown: Presentation, trust: TrustList, now: datetime) -> _Opened:
    """Check the issuer's token and read what is shown of it."""
    text = shown.hashed_part
    remembered = _REMEMBERED.get(text)
    if remembered is not None and find_key(remembered.jws, trust) == remembered.key:
        check_leaf(remembered.jws, remembered.key, trust)
        check_times(remembered.terms, now)
        return remembered
    jws = parse_issuer_token(shown.issuer_jwt)
    key = find_key(jws, trust)
    jws.verify(key)
    check_leaf(jws, key, trust)
    terms = read_terms(jws.claims)
    check_times(terms, now)
    disclosures = read_disclosures(shown.disclosures)
    opened = _Opened(_light(jws), key, terms, to_content(reveal_claims(jws.claims, disclosures)))
    _REMEMBERED.put(text, opened)
    return opened


def _light(jws: Jws) -> Jws:
    """Return what the key's checks ask of a token. The rest, kept a thousand times, would only occupy the collector."""
    return Jws(jws.header, {name: jws.claims[name] for name in _KEY_CLAIMS}, b"", b"")
