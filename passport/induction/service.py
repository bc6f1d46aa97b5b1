"""The rules of induction plans: what a starter need not repeat, decided once and kept for ever. Flushes, never commits.

In the order of the code: what can be wrong; decide on a recorded check of a passport, under the newest version of the
organisation's own profile and policy; find a plan; say whether a stored plan is still what was decided. Only a passport
that is genuine, current and not withdrawn carries a plan, and only one that was checked within a day, as long as a
status list says anything: what was withdrawn since, an older check can't know. A person may depart from what the rules
propose, for one requirement and with a reason. How each requirement is decided is in
`credentials.acceptance`; what a plan holds, in `plans`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from credentials import acceptance_rules as rules_of_acceptance
from credentials.acceptance_rules import InvalidRulesError
from credentials.verified import WITHDRAWN
from passport.audit import service as audit
from passport.errors import Fault, Invalid, NotFound
from passport.induction import plans
from passport.induction.models import InductionPlan
from passport.induction.plans import Departure
from passport.induction.rule_sets import POLICIES, PROFILES, Found, RulesInvalid, find, only
from passport.organisations.models import Organisation
from passport.standards import service as standards
from passport.verifying import service as verifying
from passport.verifying.checking import unusable_because
from passport.verifying.models import Verification
from passport.verifying.report import sentence_of

OLDEST_CHECK: Final = timedelta(days=1)
EARLIEST_START: Final = timedelta(days=366)
LATEST_START: Final = timedelta(days=731)
LONGEST_REASON: Final = 1_000


class PlanNotFound(NotFound):
    """There is no such plan, or it is another organisation's."""

    code = "induction_plan_not_found"
    title = "There is no such induction plan"


class PassportUnusable(Invalid):
    """The passport carries no plan: refused, expired, withdrawn, or nobody could check it."""

    code = "passport_unusable"
    title = "There is no plan for this passport"


class CheckTooOld(Invalid):
    """The check lies too far back to decide on."""

    code = "verification_too_old"
    title = "The passport must be checked again"


class PolicyNotNamed(Invalid):
    """The organisation has no policy, or several."""

    code = "policy_not_named"
    title = "Name the acceptance policy"


class StartOutOfRange(Invalid):
    """The start date can't be meant."""

    code = "starts_on_out_of_range"
    title = "The start date is out of range"


class DepartureInvalid(Invalid):
    """A departure from what the rules propose names no requirement of the profile, or one twice, or gives no reason."""

    code = "departure_invalid"
    title = "The exception is not complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A plan before it is kept, with the check and the rules that it comes from."""

    content: plans.Content
    verification: Verification
    profile: Found
    policy: Found
    starts_on: date


def decide(session: Session, *, actor: str, now: datetime, **question: Any) -> InductionPlan:
    """Decide what a starter need not repeat, and keep the plan with its evidence.

    Arguments and failures are those of `propose`.
    """
    return _keep(session, propose(session, actor=actor, now=now, **question), now=now, actor=actor)


def propose(
    session: Session,
    *,
    organisation_id: UUID,
    verification_id: UUID,
    profile: str,
    policy: str | None,
    starts_on: date,
    actor: str,
    now: datetime,
    departures: Sequence[Departure] = (),
) -> Proposal:
    """Work out what a starter need not repeat, and keep nothing.

    Args:
        session: the transaction.
        organisation_id: the receiving organisation.
        verification_id: a check of the passport that this organisation made.
        profile: the code of its requirement profile.
        policy: the code of its acceptance policy; None takes the only one.
        starts_on: the start date.
        actor: who asks.
        now: UTC.
        departures: where a person decided otherwise than the rules propose.

    Raises:
        VerificationNotFound, ProfileNotFound, PolicyNotFound: the organisation has no such thing.
        PassportUnusable, CheckTooOld: the check carries no plan.
        PolicyNotNamed, StartOutOfRange: the question is not complete, or can't be meant.
        RulesInvalid: the rules name a standard that the catalogue no longer has.
        DepartureInvalid: a departure is not complete.
    """
    _check_start(starts_on, now)
    verification = verifying.of_organisation(session, verification_id, organisation_id)
    evidence = _usable_evidence(session, verification, now)
    found_profile = find(session, PROFILES, organisation_id=organisation_id, code=profile)
    found_policy = _policy(session, organisation_id, policy)
    organisation = session.get_one(Organisation, organisation_id)
    rules = _rules(session, found_profile, found_policy)
    _check_departures(departures, {requirement.id for requirement in rules.profile.requirements})
    try:
        content = plans.make(
            _starter(verification, evidence),
            rules,
            starts_on=starts_on,
            decided_by=actor,
            ods_code=organisation.ods_code,
            now=now,
            departures=tuple(departures),
        )
    except InvalidRulesError as error:
        fault = Fault("/profile" if error.path.startswith("$.requirements") else "/policy", str(error))
        raise RulesInvalid("Write a new version of the rules.", (fault,)) from error
    return Proposal(
        content=content, verification=verification, profile=found_profile, policy=found_policy, starts_on=starts_on
    )


def of_organisation(session: Session, plan_id: UUID, organisation_id: UUID) -> InductionPlan:
    """Return a plan of an organisation.

    Raises:
        PlanNotFound: there is none, or it is another organisation's.
    """
    found: InductionPlan | None = session.scalar(all_of(organisation_id).where(InductionPlan.id == plan_id))
    if found is None:
        raise PlanNotFound
    return found


def all_of(organisation_id: UUID) -> Select[Any]:
    """Return the statement that lists an organisation's plans."""
    return select(InductionPlan).where(InductionPlan.organisation_id == organisation_id)


def is_as_decided(stored: InductionPlan) -> bool:
    """Say whether a stored plan and its evidence still have the hash that they were stored with."""
    return plans.Content(plan=stored.plan, evidence=stored.evidence).sha256 == stored.sha256


def _check_start(starts_on: date, now: datetime) -> None:
    if not now.date() - EARLIEST_START <= starts_on <= now.date() + LATEST_START:
        raise StartOutOfRange("`starts_on` must lie within a year back and two years ahead.")


def _check_departures(departures: Sequence[Departure], requirements: set[str]) -> None:
    named = [departure.requirement for departure in departures]
    if len(set(named)) != len(named) or not requirements.issuperset(named):
        raise DepartureInvalid("Name each requirement of the profile once at most.")
    if any(not 0 < len(departure.reason.strip()) <= LONGEST_REASON for departure in departures):
        raise DepartureInvalid(f"Give a reason of up to {LONGEST_REASON} characters for each exception.")


def _usable_evidence(session: Session, verification: Verification, now: datetime) -> verifying.Evidence:
    evidence = verifying.evidence_of(verification)
    reason = unusable_because(verification.verdict)
    if reason is None and verifying.withdrawn_since(session, evidence):
        reason = WITHDRAWN
    if reason is not None:
        fault = Fault("/presentation", f"{reason}: {sentence_of(reason)}")
        raise PassportUnusable(f"The passport was not found good: {reason}.", (fault,))
    if evidence.at < now - OLDEST_CHECK:
        raise CheckTooOld("It was checked more than a day ago, or for an earlier moment. Check it again.")
    return evidence


def _policy(session: Session, organisation_id: UUID, code: str | None) -> Found:
    if code is not None:
        return find(session, POLICIES, organisation_id=organisation_id, code=code)
    found = only(session, POLICIES, organisation_id=organisation_id)
    if found is None:
        raise PolicyNotNamed("Your organisation has no acceptance policy, or several. Name one in `policy`.")
    return found


def _starter(verification: Verification, evidence: verifying.Evidence) -> plans.Starter:
    return plans.Starter(
        verification_id=str(verification.id),
        verdict=verification.verdict,
        records=evidence.records,
        checked_at=verification.checked_at,
        trust_list_sequence=evidence.trust_list_sequence,
        code_list_version=evidence.code_list_version,
    )


def _rules(session: Session, profile: Found, policy: Found) -> plans.Rules:
    return plans.Rules(
        profile=msgspec.convert(profile.version.rules, rules_of_acceptance.RequirementProfile),
        policy=msgspec.convert(policy.version.rules, rules_of_acceptance.AcceptancePolicy),
        catalogue=standards.catalogue(session),
    )


def _keep(session: Session, proposal: Proposal, *, actor: str, now: datetime) -> InductionPlan:
    """Store a plan, with an entry in the audit log that holds its hash and which exceptions a person made."""
    content, verification = proposal.content, proposal.verification
    kept = InductionPlan(
        organisation_id=verification.organisation_id,
        verification_id=verification.id,
        profile_id=proposal.profile.rule_set.id,
        profile_version=proposal.profile.version.version,
        policy_id=proposal.policy.rule_set.id,
        policy_version=proposal.policy.version.version,
        starts_on=proposal.starts_on,
        decided_at=now,
        decided_by=actor,
        plan=content.plan,
        evidence=content.evidence,
        sha256=content.sha256,
    )
    session.add(kept)
    session.flush()
    departures = {each["requirement"]: each["decision"] for each in content.plan.get("departures", ())}
    audit.record(
        session,
        actor=actor,
        organisation_id=verification.organisation_id,
        action="induction_plan.decided",
        subject=f"induction_plan:{kept.id}",
        detail={"sha256": content.sha256.hex(), "verification": str(verification.id)}
        | ({"departures": departures} if departures else {}),
        now=now,
    )
    return kept
