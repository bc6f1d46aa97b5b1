"""The receiving organisation's decision: what of its induction a starter need not repeat, until when, and why.

In the order of the code: the decision of one requirement; `decide`, which takes every award of the person as a
candidate and lets the best outcome win; and the plan, which adds up what is saved and what is left. It is
deterministic, needs no clock and no network, and explains itself: each decision carries its code, one plain sentence,
the rule with its source and the versions that it was made under (facts, section 6; docs/acceptance.md). Adding an
award never makes a decision worse. How one award is judged is in `judgement`; whether an award is genuine was decided
before, by the verifier. Responsibility stays with the employer: what is unclear is referred, not accepted.

    decisions = decide(verified.awards, profile.requirements, policy=policy, catalogue=catalogue, on=starts_on)
    print(plan(decisions).minutes_saved)
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import msgspec

from credentials.acceptance_rules import AcceptancePolicy, Requirement, Rule, check_standards
from credentials.catalogue import Catalogue, Standard
from credentials.checks import OUTCOME_OF_CODE, Case, Code, Outcome
from credentials.cover import cover
from credentials.judgement import Judgement, best, judge
from credentials.records import Record, VerifiedAward
from credentials.sentences import general_rule, name_of, rule_of, sentence_of, sentence_without_award


class Basis(Record, frozen=True):
    """What a decision was made under: the start date, the receiver's policy and the catalogue, with their versions."""

    on: date
    policy: str
    policy_version: int
    catalogue_version: int


class Decision(Record, frozen=True):
    """The answer to one requirement, complete enough to be shown to an auditor years later.

    `requirement` is the requirement's id; `standard` is None for local content. `awards` are the ids of the awards
    that decided. `accepted_until` is the last day that counts, that day included, and is set for ACCEPT_UNTIL alone.
    `minutes_saved` and `minutes_left` add up to what the requirement takes; what a person must decide counts as left.
    """

    requirement: str
    title: str
    standard: str | None
    outcome: Outcome
    code: Code
    sentence: str
    rule: Rule
    awards: tuple[str, ...]
    accepted_until: date | None
    minutes_saved: int
    minutes_left: int
    basis: Basis


class InductionPlan(Record, frozen=True):
    """What a list of decisions comes to.

    `minutes_referred` is the share of `minutes_left` that a person may still save by deciding. The three lists hold
    ids of requirements: nothing to do, a person must decide, something to do at induction.
    """

    minutes_saved: int
    minutes_left: int
    minutes_referred: int
    accepted: tuple[str, ...]
    to_check: tuple[str, ...]
    to_do: tuple[str, ...]


def decide(
    records: Sequence[VerifiedAward],
    requirements: Sequence[Requirement],
    *,
    policy: AcceptancePolicy,
    catalogue: Catalogue,
    on: date,
    today: date | None = None,
) -> tuple[Decision, ...]:
    """Decide each requirement, in order, as at the start date.

    Args:
        records: every award of the one person, superseded ones too, as the verifier gave them. An award of a standard
            that the catalogue does not have is no candidate.
        requirements: what the receiving organisation requires.
        policy: what it accepts.
        catalogue: the standards, with the renewal rules of which those in force on `on` hold.
        on: the start date.
        today: the day of deciding. Where it is given, an award that is over already is `lapsed` and one that will be
            over by the start is `lapses_before_start`; without it both are `lapses_before_start`.

    Returns:
        One decision a requirement.

    Raises:
        InvalidRulesError: a requirement or the policy names a standard that the catalogue does not have.
    """
    check_standards(requirements, policy, catalogue)
    setting = _Setting(_by_standard(records, catalogue), policy, catalogue, on, today)
    return tuple(_decide_one(requirement, setting) for requirement in requirements)


def plan(decisions: Iterable[Decision]) -> InductionPlan:
    """Add up decisions to a plan for the induction."""
    decisions = tuple(decisions)

    def ids(*outcomes: Outcome) -> tuple[str, ...]:
        return tuple(decision.requirement for decision in decisions if decision.outcome in outcomes)

    return InductionPlan(
        minutes_saved=sum(decision.minutes_saved for decision in decisions),
        minutes_left=sum(decision.minutes_left for decision in decisions),
        minutes_referred=sum(decision.minutes_left for decision in decisions if decision.outcome == "REFER"),
        accepted=ids("ACCEPT", "ACCEPT_UNTIL"),
        to_check=ids("REFER"),
        to_do=ids("PARTIAL", "REFUSE"),
    )


@dataclass(frozen=True)
class _Setting:
    """What is the same for every requirement of one call."""

    held: tuple[tuple[Standard, tuple[VerifiedAward, ...]], ...]
    policy: AcceptancePolicy
    catalogue: Catalogue
    on: date
    today: date | None

    @property
    def basis(self) -> Basis:
        return Basis(
            on=self.on,
            policy=self.policy.id,
            policy_version=self.policy.version,
            catalogue_version=self.catalogue.version,
        )


def _by_standard(
    records: Sequence[VerifiedAward], catalogue: Catalogue
) -> tuple[tuple[Standard, tuple[VerifiedAward, ...]], ...]:
    """Group the awards by their standard, in an order that does not depend on the order in which they came."""
    held: dict[str, list[VerifiedAward]] = {}
    for record in sorted(records, key=msgspec.json.encode):
        held.setdefault(record.award.standard, []).append(record)
    known = sorted(held.keys() & catalogue.by_code.keys())
    return tuple((catalogue.by_code[code], tuple(held[code])) for code in known)


def _decide_one(requirement: Requirement, setting: _Setting) -> Decision:
    if requirement.standard is None:
        title = requirement.local or ""
        return _without_award(requirement, "local_only", title=title, name=title, setting=setting)
    required = setting.catalogue.by_code[requirement.standard]
    judgement = best(_judgements(requirement, required, setting))
    if judgement is None:
        return _without_award(requirement, "not_held", title=required.title, name=name_of(required), setting=setting)
    return Decision(
        requirement=requirement.id,
        title=required.title,
        standard=required.code,
        outcome=judgement.outcome,
        code=judgement.code,
        sentence=sentence_of(judgement),
        rule=rule_of(judgement),
        awards=tuple(case.record.award.id for case in judgement.cases),
        accepted_until=judgement.accepted_until,
        minutes_saved=requirement.minutes - judgement.minutes_left,
        minutes_left=judgement.minutes_left,
        basis=setting.basis,
    )


def _judgements(requirement: Requirement, required: Standard, setting: _Setting) -> Iterator[Judgement]:
    """Judge every award that has to do with the required standard, one held standard after the other."""
    for held, records in setting.held:
        if cover(held, required) != "unrelated":
            yield from judge(
                [
                    Case(record, held, required, requirement, setting.policy, setting.on, setting.today)
                    for record in records
                ]
            )


def _without_award(requirement: Requirement, code: Code, *, title: str, name: str, setting: _Setting) -> Decision:
    """Decide what no award speaks of: all of it is left to do."""
    return Decision(
        requirement=requirement.id,
        title=title,
        standard=requirement.standard,
        outcome=OUTCOME_OF_CODE[code],
        code=code,
        sentence=sentence_without_award(code, name),
        rule=general_rule(code),
        awards=(),
        accepted_until=None,
        minutes_saved=0,
        minutes_left=requirement.minutes,
        basis=setting.basis,
    )
