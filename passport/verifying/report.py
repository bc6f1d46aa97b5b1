"""A verdict for people, on a terminal: separate facts, the name to check, and each award with its dates.

The words are plain and short, dates are in words. What comes from a passport is shown without characters that could
move the cursor or change the colour of a terminal.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from credentials.errors import every_reason
from credentials.periods import in_words
from credentials.records import NO_SCOPE_OF_PRACTICE, AdvancedPractice, VerifiedAward
from credentials.verified import EXPIRED, WITHDRAWN, Holder, NotWithdrawn, Verified

FACTS: Final = {
    EXPIRED: "The life of this copy has ended. Ask for a fresh one.",
    WITHDRAWN: "This copy was replaced or withdrawn. Ask for a fresh one.",
}
# What the trust list says of an issuer: on the day of the award, and now.
ACCREDITED: Final = {
    (True, True): "accredited for it, then and now",
    (True, False): "accredited for it then, {ended} now",
    (False, True): "not accredited for it then, accredited now",
    (False, False): "",
}
ALIGNED: Final = {
    (True, True): "aligned to {}, then and now",
    (True, False): "aligned to {} then, no longer now",
    (False, True): "not aligned to {} then, aligned now",
    (False, False): "",
}
CHECK_THE_NAME: Final = "Check the name against photo ID: a passport proves the record, not the person who shows it."


def sentence_of(reason: str) -> str:
    """Return what a reason says to people."""
    known = every_reason().get(reason)
    return known.sentence if known else FACTS.get(reason, reason)


def refusal(reason: str, *, could_not_check: bool) -> Iterator[str]:
    """Write the lines about a text that was refused, or that nothing can be said about."""
    yield "COULD NOT CHECK" if could_not_check else "REFUSED: this is not a genuine passport"
    yield f"{sentence_of(reason)} ({reason})"


def report(verified: Verified) -> Iterator[str]:
    """Write the lines about a genuine passport."""
    yield f"Genuine         yes, signed by {shown(verified.issuer)} on {_day(verified.issued_at)}"
    yield f"Current         {_current(verified)}"
    yield f"Not withdrawn   {_not_withdrawn(verified.not_withdrawn)}"
    yield ""
    yield from _holder(verified.holder)
    yield CHECK_THE_NAME
    if verified.awards:
        yield ""
        yield "Awards"
        yield from _awards(verified.awards)
    if verified.advanced_practice is not None:
        yield ""
        yield from _practice(verified.advanced_practice)


def shown(text: str) -> str:
    """Return a text from a passport as a terminal may show it."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _current(verified: Verified) -> str:
    ends_at = verified.current.expires_at
    until = f" {_moment(ends_at)}" if ends_at else ""
    return f"yes, until{until}" if verified.current.result else f"NO, it expired on{until}. {FACTS[EXPIRED]}"


def _not_withdrawn(found: NotWithdrawn) -> str:
    as_of = f", as of {_moment(found.as_of)}" if found.as_of else ""
    if found.result is None:
        return f"COULD NOT CHECK{as_of}. {sentence_of(found.reason or '')} ({found.reason})"
    return f"yes{as_of}" if found.result else f"NO{as_of}. {FACTS[WITHDRAWN]}"


def _holder(holder: Holder) -> Iterator[str]:
    names = [name for name in (holder.given_name, holder.family_name) if name]
    yield f"Name            {shown(' '.join(names)) or 'not shown'}"
    if holder.number:
        yield f"Passport        {shown(holder.number)}"
    for registration in holder.registrations:
        looked_up = f"{shown(registration.method)}, {_day(registration.checked_at)}"
        yield f"Registration    {shown(registration.body)} {shown(registration.number)} ({looked_up})"
    if holder.employer:
        yield f"Employer        {shown(holder.employer.name)} ({shown(holder.employer.ods)})"


def _awards(awards: Sequence[VerifiedAward]) -> Iterator[str]:
    for verified in awards:
        award = verified.award
        part = f", part {award.part}" if award.part else ""
        until = f", valid until {in_words(award.valid_until)}" if award.valid_until else ""
        yield f"  {shown(award.subject)} ({shown(award.standard)}{part})"
        yield f"    awarded on {in_words(award.awarded_on)}{until}"
        yield f"    by {shown(verified.issuer.name)} ({shown(verified.issuer.ods)}); {_standing(verified)}"


def _standing(verified: VerifiedAward) -> str:
    """Say what the trust list says of the issuer. Statutory training asks for alignment and for no accreditation."""
    ended = "suspended" if verified.suspended_now else "no longer"
    accredited = ACCREDITED[verified.accredited_then, verified.accredited_now].format(ended=ended)
    aligned = ALIGNED[verified.aligned_then, verified.aligned_now].format(shown(verified.award.framework))
    suspended = "suspended now" if verified.suspended_now and not accredited else ""
    return "; ".join(filter(None, (accredited, suspended, aligned))) or "no accreditation or alignment listed for it"


def _practice(practice: AdvancedPractice) -> Iterator[str]:
    yield f"Recognised at the level of {practice.level} practice on {in_words(practice.recognised_on)}"
    yield f"    by {shown(practice.issuer.name)}. {NO_SCOPE_OF_PRACTICE}"


def _day(moment: datetime) -> str:
    return in_words(moment.astimezone(UTC).date())


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"
