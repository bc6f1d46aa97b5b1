"""The content of an induction plan: the decisions for one starter, and the evidence that they rest on.

Pure values, no database: what is stored, hashed and given again byte for byte. The evidence holds everything that the
decisions came from, the receiver's rules in full and every standard that they or the awards name; so the same
decisions can be made from it again, years later, by anybody (`passport decide` offline). The hash is the SHA-256 of the
canonical JSON of `{"evidence": ..., "plan": ...}`.

Where a person departs from what the rules propose, the plan holds both: `decisions` as the rules made them, and
`departures`, each with its reason; the sums and lists are those after the departures.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import msgspec

from credentials.acceptance import Decision, InductionPlan, decide, plan
from credentials.acceptance_rules import AcceptancePolicy, RequirementProfile
from credentials.catalogue import Catalogue
from credentials.encoding import canonical_json
from credentials.records import VerifiedAward


@dataclass(frozen=True, slots=True, kw_only=True)
class Starter:
    """Who starts and what was checked of them: the recorded check, its verdict and the lists that it used."""

    verification_id: str
    verdict: dict[str, Any]
    records: tuple[VerifiedAward, ...]
    checked_at: datetime
    trust_list_sequence: int | None
    code_list_version: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the receiving organisation decides by."""

    profile: RequirementProfile
    policy: AcceptancePolicy
    catalogue: Catalogue


class Departure(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided for one requirement, by its id, other than the rules propose, and why."""

    requirement: str
    decision: Literal["accept", "to_do"]
    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """A plan and its evidence as they are stored: JSON values."""

    plan: dict[str, Any]
    evidence: dict[str, Any]

    @property
    def sha256(self) -> bytes:
        """The hash over both."""
        return hashlib.sha256(canonical_json({"evidence": self.evidence, "plan": self.plan})).digest()


def make(
    starter: Starter,
    rules: Rules,
    *,
    starts_on: date,
    decided_by: str,
    ods_code: str,
    now: datetime,
    departures: tuple[Departure, ...] = (),
) -> Content:
    """Decide, and put the plan and its evidence together.

    Args:
        starter: what was checked.
        rules: what to decide by.
        starts_on: the start date, for which everything is decided.
        decided_by: who asked for the decision.
        ods_code: the receiving organisation.
        now: UTC.
        departures: where a person decided otherwise than the rules propose.

    Raises:
        InvalidRulesError: the rules name a standard that the catalogue no longer has.
    """
    decisions = decide(
        starter.records,
        rules.profile.requirements,
        policy=rules.policy,
        catalogue=rules.catalogue,
        on=starts_on,
        today=now.date(),
    )
    content = {
        "organisation": ods_code,
        "starts_on": starts_on,
        "decided_at": now,
        "decided_by": decided_by,
        "verification_id": starter.verification_id,
        "profile": {"code": rules.profile.id, "version": rules.profile.version, "title": rules.profile.title},
        "policy": {"code": rules.policy.id, "version": rules.policy.version},
        "catalogue_version": rules.catalogue.version,
        "holder": starter.verdict["holder"],
        "awards": starter.verdict["awards"],
        "decisions": decisions,
        **msgspec.structs.asdict(settle(decisions, departures)),
    }
    if departures:
        content["departures"] = departures
    return Content(plan=_values(content), evidence=_evidence(starter, rules))


def settle(decisions: Iterable[Decision], departures: Iterable[Departure]) -> InductionPlan:
    """Add up decisions to a plan, each departure in the place of what was proposed."""
    by_requirement = {departure.requirement: departure for departure in departures}
    return plan(_settled(decision, by_requirement.get(decision.requirement)) for decision in decisions)


def _settled(decision: Decision, departure: Departure | None) -> Decision:
    if departure is None:
        return decision
    minutes, accepted = decision.minutes_saved + decision.minutes_left, departure.decision == "accept"
    return msgspec.structs.replace(
        decision,
        outcome="ACCEPT" if accepted else "REFUSE",
        minutes_saved=minutes if accepted else 0,
        minutes_left=0 if accepted else minutes,
    )


def _evidence(starter: Starter, rules: Rules) -> dict[str, Any]:
    named = {requirement.standard for requirement in rules.profile.requirements}
    named |= {record.award.standard for record in starter.records}
    named |= {period.standard for period in rules.policy.shorter_periods}
    named |= {statement.standard for statement in rules.policy.does_not_lapse}
    return _values({
        "verdict": starter.verdict,
        "records": starter.records,
        "checked_at": starter.checked_at,
        "status_list_as_of": starter.verdict["not_withdrawn"]["as_of"],
        "trust_list_sequence": starter.trust_list_sequence,
        "code_list_version": starter.code_list_version,
        "profile": rules.profile,
        "policy": rules.policy,
        "catalogue": {
            "version": rules.catalogue.version,
            "standards": [standard for standard in rules.catalogue.standards if standard.code in named],
        },
    })  # fmt: skip


def _values(content: object) -> dict[str, Any]:
    """Return the JSON values of a content, as the database gives them back."""
    values: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(content))
    return values
