"""The standards that awards are measured by: subject, level, variant, parts and renewal, as published in the code list.

A catalogue is data with a version; nothing here knows a particular framework. It answers the questions that a
decision asks: which standard is this, how long does it count on a given day, what does it cover. Renewal periods are
rules with effective dates and a source; a rule without months means that the employer's own policy sets the period
(facts, section 3). `satisfies` is filled only where a source says that one standard covers another; silence means
"ask a person". A new version of a framework says of each standard what awards made against earlier versions are worth
from a day on (`carry_overs`).
"""

from datetime import date
from functools import cached_property
from typing import Final, Literal, get_args

import msgspec

from credentials.records import Record

StandardKind = Literal["statutory", "credential", "advanced_practice"]
Worth = Literal["as_before", "in_part", "unclear"]
WORTHS: Final[tuple[Worth, ...]] = get_args(Worth)
"""What an award made against an earlier version is worth under a newer one: the most first."""


class RenewalRule(Record, frozen=True):
    """How long an award counts. `months` None: the framework leaves it to the employer. Both days are included."""

    source: str
    months: int | None = None
    from_on: date | None = None
    until_on: date | None = None

    def in_force(self, on: date) -> bool:
        """Say whether this rule holds on a day."""
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


class CarryOver(Record, frozen=True):
    """What awards of a standard made against earlier versions of its framework are worth from a day on.

    `as_before`: they count as they did. `in_part`: what the version added is left to do. `unclear`: a person decides.
    """

    version: str
    from_on: date
    worth: Worth
    source: str


class Part(Record, frozen=True):
    """One part of a standard that is complete only with all of its parts."""

    number: int
    title: str


class Standard(Record, frozen=True):
    """One thing that can be awarded. `number` is its small integer in the offline QR and is never used again."""

    code: str
    number: int
    kind: StandardKind
    framework: str
    framework_version: str
    subject: str
    title: str
    level: str | None = None
    rank: int | None = None
    variant: str | None = None
    parts: tuple[Part, ...] = ()
    satisfies: tuple[str, ...] = ()
    renewals: tuple[RenewalRule, ...] = ()
    carry_overs: tuple[CarryOver, ...] = ()

    def renewal_on(self, on: date) -> RenewalRule | None:
        """Return the renewal rule in force on a day; the latest begun wins. None: the catalogue has no rule."""
        in_force = [rule for rule in self.renewals if rule.in_force(on)]
        return max(in_force, key=lambda rule: rule.from_on or date.min, default=None)

    def carried_over(self, made_against: str, on: date) -> CarryOver | None:
        """Return what an award is worth under the framework's later versions that began by a day.

        Args:
            made_against: the version of the framework that the award names.
            on: the day.

        Returns:
            Of these versions the one that leaves the least; None where there is none, or where all leave it as it was.
        """
        ordered = sorted(self.carry_overs, key=lambda each: each.from_on)
        versions = [each.version for each in ordered]
        later = ordered[versions.index(made_against) + 1 :] if made_against in versions else ordered
        changing = [each for each in later if each.from_on <= on and each.worth != "as_before"]
        return max(changing, key=lambda each: (WORTHS.index(each.worth), each.from_on), default=None)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """All standards of one version of the code list."""

    version: int
    standards: tuple[Standard, ...]

    @cached_property
    def by_code(self) -> dict[str, Standard]:
        """The standards by their code."""
        return {standard.code: standard for standard in self.standards}

    @cached_property
    def by_number(self) -> dict[int, Standard]:
        """The standards by their number in the offline QR."""
        return {standard.number: standard for standard in self.standards}
