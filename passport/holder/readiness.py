"""Am I ready? What a receiving organisation would accept of a passport, asked before the move and kept nowhere.

In the order of the code: which organisations and roles can be asked about (those with a requirement profile and one
acceptance policy); the answer, decided by the same engine, rules and lists as the receiver's own decision
(`passport.induction`). It binds nobody: the receiver decides on what it checks itself.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials import acceptance_rules as rules_of_acceptance
from credentials.acceptance import Decision, InductionPlan, decide, plan
from credentials.passport_type import content_shown
from credentials.records import VerifiedAward
from credentials.sd_jwt_vc import Terms
from credentials.verify import verify_content
from passport.awards import disputes
from passport.awards import service as awards
from passport.errors import NotFound
from passport.induction import rule_sets
from passport.induction.models import AcceptancePolicy, RequirementProfile
from passport.organisations.models import Organisation
from passport.standards import service as standards
from passport.verifying.lists import published

OWN_KEY: Final = ""  # nothing was signed, so no key and no life of a copy is asked for
ANY_LIFE: Final = timedelta(days=1)


class NothingToAsk(NotFound):
    """The organisation has no such role, or no single policy to decide it by."""

    code = "nothing_to_ask"
    title = "This organisation has not published what it accepts for that role"


@dataclass(frozen=True, slots=True)
class Role:
    """A role that can be asked about: its profile's id, and its title at an organisation."""

    id: UUID
    title: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """The answer: each requirement with its decision, and what it adds up to."""

    role: Role
    starts_on: date
    decisions: tuple[Decision, ...]
    plan: InductionPlan

    @property
    def time_saved(self) -> str:
        """The time that nothing has to be repeated in, as `2 hours 30 minutes`."""
        hours, minutes = divmod(self.plan.minutes_saved, 60)
        parts = ((hours, "hour"), (minutes, "minute"))
        return " ".join(f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count)

    def of(self, *requirements: str) -> tuple[Decision, ...]:
        """Return the decisions of these requirements."""
        return tuple(decision for decision in self.decisions if decision.requirement in requirements)


def roles(session: Session) -> list[Role]:
    """Return every role that can be asked about, by organisation and title."""
    one_policy = (
        select(AcceptancePolicy.organisation_id).group_by(AcceptancePolicy.organisation_id).having(func.count() == 1)
    )
    query = (
        select(RequirementProfile.id, RequirementProfile.title, Organisation.name)
        .join(Organisation, Organisation.id == RequirementProfile.organisation_id)
        .where(RequirementProfile.organisation_id.in_(one_policy))
        .order_by(Organisation.name, RequirementProfile.title, RequirementProfile.id)
    )
    return [Role(*row) for row in session.execute(query)]


def readiness(session: Session, person_id: UUID, *, profile_id: UUID, starts_on: date, now: datetime) -> Readiness:
    """Say what a receiving organisation would accept of a passport today. Stores nothing.

    Args:
        session: a reading session.
        person_id: whose passport.
        profile_id: the id of the receiver's requirement profile.
        starts_on: the first day there.
        now: UTC.

    Raises:
        NothingToAsk: there is no such profile, or its organisation has not one policy.
        CredentialError: the lists of this service can't be used just now.
    """
    profile = session.get(RequirementProfile, profile_id)
    if profile is None:
        raise NothingToAsk
    policy = rule_sets.only(session, rule_sets.POLICIES, organisation_id=profile.organisation_id)
    if policy is None:
        raise NothingToAsk
    newest = rule_sets.find(session, rule_sets.PROFILES, organisation_id=profile.organisation_id, code=profile.code)
    decisions = decide(
        _records(session, person_id, now=now),
        msgspec.convert(newest.version.rules, rules_of_acceptance.RequirementProfile).requirements,
        policy=msgspec.convert(policy.version.rules, rules_of_acceptance.AcceptancePolicy),
        catalogue=standards.catalogue(session),
        on=starts_on,
        today=now.date(),
    )
    organisation = session.get_one(Organisation, profile.organisation_id)
    return Readiness(Role(profile.id, profile.title, organisation.name), starts_on, decisions, plan(decisions))


def _records(session: Session, person_id: UUID, *, now: datetime) -> tuple[VerifiedAward, ...]:
    """Return the awards as a verifier would see them that asks this service today."""
    content = awards.passport_content(session, person_id, now=now)
    trust = published(session, now=now).trust
    terms = Terms(issuer=trust.content.iss, issued_at=now, expires_at=now + ANY_LIFE, status=None)
    verified = verify_content(
        content_shown(content), terms, kid=OWN_KEY, trust=trust, statuses={}, now=now, carrier="sd_jwt"
    )
    disputed = {str(award_id) for award_id in disputes.open_awards(session, person_id)}
    return tuple(replace(shown, disputed=shown.award.id in disputed) for shown in verified.awards)
