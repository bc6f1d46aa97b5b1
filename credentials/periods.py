"""How long an award counts: the last day, and the rule that sets it.

In the order of the code: month arithmetic; a limit, which is a last day with its rule; every limit that applies to an
award; the shortest of them, which decides. The framework, the issuer and the receiving organisation may each set a
limit. The last day is included. Because the shortest wins, a receiver can shorten and never lengthen. What follows
from the last day is decided in `judgement`.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, date
from typing import Final

from credentials.acceptance_rules import AcceptancePolicy, Requirement, Rule
from credentials.catalogue import Standard
from credentials.records import Award

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


def add_months(day: date, months: int) -> date:
    """Return the day `months` calendar months later, or the last day of that month where the day does not exist.

    31 August and six months is the last day of February; 29 February and 24 months is 28 February. A day past the
    end of the calendar becomes its last day.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def in_months(months: int) -> str:
    """Write a number of months in words, as `1 month` or `24 months`."""
    return "1 month" if months == 1 else f"{months} months"


def in_words(day: date) -> str:
    """Write a date as people do in British English, as `6 August 2026`; without regard to the machine's locale."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


@dataclass(frozen=True)
class Limit:
    """The last day on which an award counts, and the rule that says so."""

    last_day: date
    rule: Rule


def shortest_limit(
    award: Award, standards: tuple[Standard, ...], *, requirement: Requirement, policy: AcceptancePolicy, on: date
) -> Limit | None:
    """Return the limit that ends first; None where nobody has set one.

    Args:
        award: the award in question.
        standards: the standard that is required and, where it is another one, the standard that was awarded. An
            award that covers another standard counts no longer than either of the two allows.
        requirement: what is required; it may set a maximum age.
        policy: the receiving organisation's policy; it may set shorter periods.
        on: the day whose framework rules are in force (the start date).
    """
    limits = (
        *_framework_limits(award, standards, on),
        *_issuer_limits(award),
        *_receiver_limits(award, standards, requirement, policy),
    )
    return min(limits, key=lambda limit: limit.last_day, default=None)


def _framework_limits(award: Award, standards: tuple[Standard, ...], on: date) -> Iterator[Limit]:
    for standard in standards:
        rule = standard.renewal_on(on)
        if rule is not None and rule.months is not None:
            text = f"the framework lets it count for {in_months(rule.months)}"
            yield Limit(add_months(award.awarded_on, rule.months), Rule(text=text, source=rule.source))


def _issuer_limits(award: Award) -> Iterator[Limit]:
    if award.valid_until is not None:
        text = f"its issuer set {in_words(award.valid_until)} as the last day"
        yield Limit(award.valid_until, Rule(text=text, source=f"award {award.id}"))


def _receiver_limits(
    award: Award, standards: tuple[Standard, ...], requirement: Requirement, policy: AcceptancePolicy
) -> Iterator[Limit]:
    if requirement.maximum_age_months is not None:
        yield _receiver_limit(award, requirement.maximum_age_months, f"requirement {requirement.id}")
    codes = {standard.code for standard in standards}
    for period in policy.shorter_periods:
        if period.standard in codes:
            yield _receiver_limit(award, period.months, f"{policy.name}: {period.source}")


def _receiver_limit(award: Award, months: int, source: str) -> Limit:
    text = f"the receiving organisation accepts it for {in_months(months)}"
    return Limit(add_months(award.awarded_on, months), Rule(text=text, source=source))
