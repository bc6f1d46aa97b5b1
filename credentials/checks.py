"""The checks that one award must pass to meet one requirement, and the outcome of each reason for which it fails.

In the order of the code: outcomes, codes and which code leads to which outcome; the case, which is one award beside
one requirement; the single checks; and their chain, of which the first that applies decides. The chain runs from the
reasons that refuse, over those that a person must settle, to those that leave a part to do, so an award gets its
worst outcome, and the further down its reason stands the closer the award came. Refused is what a rule says no to,
referred is what the facts or the rules leave open. `judgement` runs the chain; `sentences` puts it into words.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final, Literal, get_args

from credentials.acceptance_rules import AcceptancePolicy, Requirement
from credentials.catalogue import CarryOver, Standard, Worth
from credentials.cover import Cover, cover
from credentials.periods import Limit, shortest_limit
from credentials.records import VerifiedAward

Outcome = Literal["ACCEPT", "ACCEPT_UNTIL", "PARTIAL", "REFER", "REFUSE"]
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
"""Best first."""

Code = Literal[
    "current", "lapses_before_start", "lapsed", "not_held", "lower_level", "other_variant", "issuer_kind_not_accepted",
    "issuer_not_aligned", "issuer_not_accredited", "issuer_not_signatory", "practical_outstanding", "part_outstanding",
    "not_assessed", "local_only", "disputed", "withdrawn", "period_not_set", "level_cover_unclear",
    "awarded_after_start", "version_unclear", "new_content_outstanding",
]  # fmt: skip

OUTCOME_OF_CODE: Final[Mapping[Code, Outcome]] = {
    "local_only": "REFUSE",
    "not_held": "REFUSE",
    "withdrawn": "REFUSE",
    "awarded_after_start": "REFUSE",
    "lower_level": "REFUSE",
    "other_variant": "REFUSE",
    "issuer_kind_not_accepted": "REFUSE",
    "issuer_not_aligned": "REFUSE",
    "issuer_not_accredited": "REFUSE",
    "issuer_not_signatory": "REFUSE",
    "lapsed": "REFUSE",
    "lapses_before_start": "REFUSE",
    "disputed": "REFER",
    "level_cover_unclear": "REFER",
    "not_assessed": "REFER",
    "version_unclear": "REFER",
    "period_not_set": "REFER",
    "new_content_outstanding": "PARTIAL",
    "practical_outstanding": "PARTIAL",
    "part_outstanding": "PARTIAL",
    "current": "ACCEPT",
}
"""The outcome of each code, furthest from acceptance first. `current` is ACCEPT_UNTIL where the award lapses."""

CLOSENESS: Final[Mapping[Code, int]] = {code: place for place, code in enumerate(OUTCOME_OF_CODE)}
"""How close to acceptance a code is: its place in that table."""


@dataclass(frozen=True)
class Case:
    """One award beside one requirement, with everything that a check looks at.

    `on` is the start date; `today`, where it is known, tells what has lapsed from what will have lapsed by then.
    """

    record: VerifiedAward
    held: Standard
    required: Standard
    requirement: Requirement
    policy: AcceptancePolicy
    on: date
    today: date | None

    @cached_property
    def limit(self) -> Limit | None:
        """The last day on which the award counts, with its rule."""
        standards = (self.required,) if self.held.code == self.required.code else (self.required, self.held)
        return shortest_limit(
            self.record.award, standards, requirement=self.requirement, policy=self.policy, on=self.on
        )

    @cached_property
    def cover(self) -> Cover:
        """How the held standard stands to the required one."""
        return cover(self.held, self.required)

    @cached_property
    def carried_over(self) -> CarryOver | None:
        """What a newer version of the framework, in force on the start date, takes from the award; None: nothing."""
        return self.held.carried_over(self.record.award.framework_version, self.on)

    @property
    def is_part(self) -> bool:
        """Whether the award covers one of the parts that its standard has."""
        return self.record.award.part in {part.number for part in self.held.parts}

    @property
    def shows_practical(self) -> bool:
        """Whether the award was delivered in a way that shows a practical part."""
        return self.record.award.assurance.delivery in self.policy.practical_deliveries


Check = Callable[[Case], bool]


def _ends_before_start(case: Case) -> bool:
    return case.limit is not None and case.limit.last_day < case.on


def _has_ended_already(case: Case) -> bool:
    return (
        _ends_before_start(case)
        and case.limit is not None
        and case.today is not None
        and case.limit.last_day < case.today
    )


def _cover_is_unclear(case: Case) -> bool:
    """A part that the standard does not have says nothing about the standard."""
    return case.cover == "unclear" or (case.record.award.part is not None and not case.is_part)


def _lacks_alignment(case: Case) -> bool:
    return case.held.framework in case.policy.alignment_needed_in and not case.record.aligned_then


def _lacks_accreditation(case: Case) -> bool:
    return case.held.framework in case.policy.accreditation_needed_in and not case.record.accredited_then


def _has_no_period(case: Case) -> bool:
    return case.limit is None and case.policy.source_of_no_lapse(case.required.code) is None


def _is_worth(case: Case, worth: Worth) -> bool:
    return case.carried_over is not None and case.carried_over.worth == worth


def _lacks_practical(case: Case) -> bool:
    """Parts are looked at together: the practical may be in another part."""
    return case.requirement.practical_needed and not case.is_part and not case.shows_practical


CHECKS: Final[tuple[tuple[Code, Check], ...]] = (
    ("withdrawn", lambda case: case.record.withdrawn),
    ("awarded_after_start", lambda case: case.record.award.awarded_on > case.on),
    ("lower_level", lambda case: case.cover == "lower_level"),
    ("other_variant", lambda case: case.cover == "other_variant"),
    ("issuer_kind_not_accepted", lambda case: case.record.issuer.kind not in case.policy.accepted_issuer_kinds),
    ("issuer_not_aligned", _lacks_alignment),
    ("issuer_not_accredited", _lacks_accreditation),
    ("issuer_not_signatory", lambda case: case.policy.signatory_needed and not case.record.signatory),
    ("lapsed", _has_ended_already),
    ("lapses_before_start", _ends_before_start),
    ("disputed", lambda case: case.record.disputed),
    ("level_cover_unclear", _cover_is_unclear),
    ("not_assessed", lambda case: case.requirement.assessed_needed and not case.record.award.assurance.assessed),
    ("version_unclear", lambda case: _is_worth(case, "unclear")),
    ("period_not_set", _has_no_period),
    ("new_content_outstanding", lambda case: _is_worth(case, "in_part")),
    ("practical_outstanding", _lacks_practical),
)
"""The first that applies decides; an award to which none applies is `current`."""
