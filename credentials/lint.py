"""What must hold before a real key signs: the finished credential passes our own verifier's rules, and its content is
fit for people and for other programs.

The credential is given with an empty signature to the very functions that `verify` uses, so the two can't drift apart.
Beyond them: the key may sign now and its certificate outlives the credential, the status index is on the list, every
personal claim is hidden in a disclosure and every digest has one; text is in Unicode's form C, trimmed, without
controls, direction marks or look-alikes of nothing; days and times lie in the past and follow each other; no award
stands twice. Which certificate lifetimes and validity periods are wise is left to the service's policy.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from credentials.claims import LEEWAY
from credentials.errors import (
    ClaimMissingError,
    ClaimTypeError,
    DisclosureUnreferencedError,
    StatusIndexOutOfRangeError,
)
from credentials.passport_type import CLAIM_OF, DisclosedContent, to_content
from credentials.records import Award, PassportContent
from credentials.sd_jwt import DIGESTS, ELEMENT, read_disclosures, split_presentation
from credentials.sd_jwt_vc import (
    UnsignedCredential,
    check_leaf,
    find_key,
    parse_issuer_token,
    read_terms,
    reveal_claims,
)
from credentials.status_list import ENTRIES
from credentials.trust import TrustList
from credentials.verify import check_times

MAX_TEXT: Final = 300
EARLIEST_ON: Final = date(1948, 7, 5)  # the first day of the NHS
UK_AHEAD: Final = timedelta(hours=1)  # British Summer Time: today may have begun there before it has in UTC
NO_SIGNATURE: Final = bytes(64)

# Controls, format characters (direction marks, tags, zero-width), surrogates, private use and unassigned characters,
# line and paragraph separators. The two joiners are letters' business in some scripts.
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS: Final = frozenset("\u200c\u200d")
_NOT_PLAIN: Final = ("\\", "\x7f", '""', '" ', ' "')
_ENCODE: Final = msgspec.json.Encoder().encode


def lint(unsigned: UnsignedCredential, *, trust: TrustList, now: datetime, entries: int = ENTRIES) -> None:
    """Check a credential before it is signed; returning means that it may be.

    Args:
        unsigned: the prepared credential.
        trust: the trust list as verifiers have it, or will have when the credential leaves.
        now: UTC.
        entries: the size of the status list.

    Raises:
        CredentialError: the reason that a verifier would give, or what makes the content unfit.
    """
    shown = split_presentation(unsigned.signed(NO_SIGNATURE))
    jws = parse_issuer_token(shown.issuer_jwt)
    check_leaf(jws, find_key(jws, trust), trust)
    terms = read_terms(jws.claims)
    check_times(terms, now)
    if terms.status is None or terms.status.idx >= entries:
        raise StatusIndexOutOfRangeError
    disclosures = read_disclosures(shown.disclosures)
    claims = reveal_claims(jws.claims, disclosures)
    _check_hidden(jws.claims, len(disclosures))
    lint_content(to_content(claims), now=now)


def lint_content(content: DisclosedContent | PassportContent, *, now: datetime) -> None:
    """Check that what a passport says is fit to be signed, whatever carries it.

    Raises:
        ClaimMissingError: no number or no name.
        ClaimTypeError: with the path of the first unfit text, day or time.
    """
    for member in ("number", "given_name", "family_name"):
        if not getattr(content, member):
            raise ClaimMissingError(member)
    if not _is_plain(_ENCODE(content).decode("utf-8")):
        for path, text in _texts(msgspec.to_builtins(content), "$"):
            if not is_fit_text(text):
                raise ClaimTypeError(path)
    awards = (*content.training, *content.credentials)
    if len({award.id for award in awards}) != len(awards):
        raise ClaimTypeError("an award stands twice")
    for award in awards:
        _check_award_days(award, now)
    practice = content.advanced_practice
    if practice is not None and not EARLIEST_ON <= practice.recognised_on <= (now + UK_AHEAD).date():
        raise ClaimTypeError("advanced_practice: recognised_on")
    if any(registration.checked_at > now + LEEWAY for registration in content.registrations):
        raise ClaimTypeError("registrations: checked_at")


def is_fit_text(text: str) -> bool:
    """Say whether a text may stand in a passport: names of all scripts may, invisible and misleading marks may not."""
    if text.isascii():
        return 0 < len(text) <= MAX_TEXT and text.isprintable() and text == text.strip()
    return (
        0 < len(text) <= MAX_TEXT
        and text == text.strip()
        and unicodedata.is_normalized("NFC", text)
        and all(unicodedata.category(mark) not in _REFUSED_CATEGORIES or mark in _JOINERS for mark in text)
    )


def _is_plain(record: str) -> bool:
    """Say whether all texts of a record, given as compact JSON, are so plain that none needs a look by itself.

    Printable ASCII without an escape, and no text empty, too long, or with a blank at its begin or end: most records
    are, and to look at one text after the other takes many times as long. It may say no to a fit text, never yes to an
    unfit one: outside of its texts compact JSON holds no blank, and between two quotes stands a whole text or less.
    All controls of ASCII but the last are escaped in JSON.
    """
    return record.isascii() and not any(mark in record for mark in _NOT_PLAIN) and not _has_long_text(record)


def _has_long_text(record: str) -> bool:
    """Say whether more characters than a text may have stand between two quotes, with a look at few of them."""
    start = 0
    while start + MAX_TEXT < len(record):
        start = record.rfind('"', start, start + MAX_TEXT + 1) + 1
        if start == 0:
            return True
    return False


def _check_award_days(award: Award, now: datetime) -> None:
    if not EARLIEST_ON <= award.awarded_on <= (now + UK_AHEAD).date():
        raise ClaimTypeError("awarded_on")
    if award.valid_until is not None and award.valid_until < award.awarded_on:
        raise ClaimTypeError("valid_until")
    if award.assurance.recorded_at > now + LEEWAY:
        raise ClaimTypeError("recorded_at")


def _check_hidden(payload: Mapping[str, object], disclosures: int) -> None:
    """Check that the payload shows no personal claim, and that it holds one digest for each disclosure."""
    hidden = payload.get(DIGESTS, [])
    digests = len(hidden) if isinstance(hidden, list) else 0
    for claim in CLAIM_OF.values():
        elements = payload.get(claim, [])
        if not isinstance(elements, list) or not all(_is_digest(element) for element in elements):
            raise ClaimTypeError(f"{claim}: not hidden")
        digests += len(elements)
    if digests != disclosures:
        raise DisclosureUnreferencedError("not one digest for each disclosure")


def _is_digest(element: object) -> bool:
    return isinstance(element, dict) and set(element) == {ELEMENT}


def _texts(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Yield every text within a record's plain members, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield from _texts(member, f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, element in enumerate(value):
            yield from _texts(element, f"{path}[{index}]")
