"""The standards that awards are measured by: subject, level, variant, parts and renewal, as published in the code list.

A catalogue is data with a version; nothing here knows a particular framework. It answers the questions that a
decision asks: which standard is this, how long does it count on a given day, what does it cover. Renewal periods are
rules with effective dates and a source; a rule without months means that the employer's own policy sets the period
(facts, section 3). `satisfies` is filled only where a source says that one standard covers another; silence means
"ask a person".
"""

from datetime import date
from functools import cached_property
from typing import Literal

import msgspec

from credentials.records import Record

StandardKind = Literal["statutory", "credential", "advanced_practice"]


class RenewalRule(Record, frozen=True):
    """How long an award counts. `months` None: the framework leaves it to the employer. Both days are included."""

    source: str
    months: int | None = None
    from_on: date | None = None
    until_on: date | None = None

    def in_force(self, on: date) -> bool:
        """Say whether this rule holds on a day."""
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)


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

    def renewal_on(self, on: date) -> RenewalRule | None:
        """Return the renewal rule in force on a day; the latest begun wins. None: the catalogue has no rule."""
        in_force = [rule for rule in self.renewals if rule.in_force(on)]
        return max(in_force, key=lambda rule: rule.from_on or date.min, default=None)


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
