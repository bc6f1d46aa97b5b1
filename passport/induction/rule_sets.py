"""A receiving organisation's requirement profiles and acceptance policies, and their versions. Flushes, never commits.

Both are rule sets and follow the same rules. In the order of the code: what can be wrong; the two kinds; create one;
add a version, which needs the number of the newest version, so that nobody overwrites what he has not seen; find them.
A version is never changed. What the rules may say is known to `credentials.acceptance_rules`; that they name only
standards of the catalogue is checked when they are written, so that a slip shows at once.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from credentials import acceptance_rules as rules_of_acceptance
from credentials.acceptance_rules import InvalidRulesError, read_policy, read_profile
from credentials.catalogue import Catalogue
from passport.audit import service as audit
from passport.errors import Conflict, Fault, Invalid, NotFound
from passport.induction.models import (
    AcceptancePolicy,
    AcceptancePolicyVersion,
    RequirementProfile,
    RequirementProfileVersion,
    RuleSet,
    RuleSetVersion,
)
from passport.standards import service as standards

NOTHING_ACCEPTED: Final = rules_of_acceptance.AcceptancePolicy(
    id="none",
    version=1,
    accepted_issuer_kinds=(),
    alignment_needed_in=(),
    accreditation_needed_in=(),
    signatory_needed=True,
    practical_deliveries=(),
    shorter_periods=(),
    does_not_lapse=(),
)
_NUL: Final = b"\\u0000"  # PostgreSQL can't hold it in JSON
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[([0-9]+)\]")


class RulesInvalid(Invalid):
    """The rules say what rules can't say. The faults name the places."""

    code = "rules_invalid"
    title = "The rules are not valid"


class VersionMoved(Conflict):
    """Somebody added a version since this one was read."""

    code = "version_moved"
    title = "There is a newer version"


class ProfileNotFound(NotFound):
    """There is no such profile, or it is another organisation's."""

    code = "requirement_profile_not_found"
    title = "There is no such requirement profile"


class PolicyNotFound(NotFound):
    """There is no such policy, or it is another organisation's."""

    code = "acceptance_policy_not_found"
    title = "There is no such acceptance policy"


class ProfileExists(Conflict):
    """The organisation has a profile with this code."""

    code = "requirement_profile_exists"
    title = "There is a requirement profile with this code"
    constraint = "uq_requirement_profile_organisation_id_code"


class PolicyExists(Conflict):
    """The organisation has a policy with this code."""

    code = "acceptance_policy_exists"
    title = "There is an acceptance policy with this code"
    constraint = "uq_acceptance_policy_organisation_id_code"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rule set. `named` are the members of the rules that say which rules they are."""

    name: str
    rule_set: type[RuleSet]
    version: type[RuleSetVersion]
    named: tuple[str, ...]
    check: Callable[[bytes, Catalogue], None]
    not_found: type[NotFound]


@dataclass(frozen=True, slots=True)
class Found:
    """A rule set with one of its versions."""

    rule_set: RuleSet
    version: RuleSetVersion


def _check_profile(text: bytes, catalogue: Catalogue) -> None:
    profile = read_profile(text)
    rules_of_acceptance.check_standards(profile.requirements, NOTHING_ACCEPTED, catalogue)


def _check_policy(text: bytes, catalogue: Catalogue) -> None:
    rules_of_acceptance.check_standards((), read_policy(text), catalogue)


PROFILES: Final = Kind(
    name="requirement_profile",
    rule_set=RequirementProfile,
    version=RequirementProfileVersion,
    named=("id", "version", "title"),
    check=_check_profile,
    not_found=ProfileNotFound,
)
POLICIES: Final = Kind(
    name="acceptance_policy",
    rule_set=AcceptancePolicy,
    version=AcceptancePolicyVersion,
    named=("id", "version"),
    check=_check_policy,
    not_found=PolicyNotFound,
)


def create(
    session: Session,
    kind: Kind,
    *,
    organisation_id: UUID,
    code: str,
    title: str,
    rules: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> Found:
    """Create a rule set with its first version.

    Args:
        session: the transaction.
        kind: `PROFILES` or `POLICIES`.
        organisation_id: whose rules they are.
        code: the name in addresses and decisions, unique in the organisation.
        title: the name for people.
        rules: the rules as the acceptance engine reads them; `id`, `version` and `title` may be left out.
        actor: who writes them.
        now: UTC.

    Raises:
        RulesInvalid: they say what they can't say.
        ProfileExists, PolicyExists: the code is taken (when it is flushed).
    """
    rule_set = kind.rule_set(organisation_id=organisation_id, code=code, title=title, recorded_at=now)
    complete = _complete(session, kind, rule_set, 1, rules)
    session.add(rule_set)
    session.flush()
    return _add(session, kind, rule_set, complete, actor=actor, now=now)


def add_version(
    session: Session,
    kind: Kind,
    *,
    organisation_id: UUID,
    code: str,
    newest_seen: int,
    rules: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> Found:
    """Add a version to a rule set; see `create`.

    Args:
        newest_seen: the version that the writer started from.

    Raises:
        ProfileNotFound, PolicyNotFound: the organisation has none with this code.
        VersionMoved: there is a newer version than the writer has seen.
        RulesInvalid: they say what they can't say.
    """
    rule_set = _rule_set(session, kind, organisation_id, code, lock=True)
    newest = _newest(session, kind, rule_set)
    if newest.version != newest_seen:
        raise VersionMoved(f"The newest version is {newest.version}. Read it, and write yours from it.")
    complete = _complete(session, kind, rule_set, newest.version + 1, rules)
    return _add(session, kind, rule_set, complete, actor=actor, now=now)


def find(session: Session, kind: Kind, *, organisation_id: UUID, code: str, version: int | None = None) -> Found:
    """Return one of an organisation's rule sets with a version, the newest if none is named.

    Raises:
        ProfileNotFound, PolicyNotFound: the organisation has no such rule set or version.
    """
    rule_set = _rule_set(session, kind, organisation_id, code)
    if version is None:
        return Found(rule_set, _newest(session, kind, rule_set))
    named = session.get(kind.version, (rule_set.id, version))
    if named is None:
        raise kind.not_found
    return Found(rule_set, named)


def only(session: Session, kind: Kind, *, organisation_id: UUID) -> Found | None:
    """Return an organisation's rule set with its newest version where it has exactly one, else None."""
    rule_sets = session.scalars(all_of(kind, organisation_id).limit(2)).all()
    return Found(rule_sets[0], _newest(session, kind, rule_sets[0])) if len(rule_sets) == 1 else None


def all_of(kind: Kind, organisation_id: UUID) -> Select[Any]:
    """Return the statement that lists an organisation's rule sets."""
    return select(kind.rule_set).where(kind.rule_set.organisation_id == organisation_id)


def versions_of(session: Session, kind: Kind, *, organisation_id: UUID, code: str) -> Select[Any]:
    """Return the statement that lists the versions of a rule set.

    Raises:
        ProfileNotFound, PolicyNotFound: the organisation has none with this code.
    """
    rule_set = _rule_set(session, kind, organisation_id, code)
    return select(kind.version).where(kind.version.set_id == rule_set.id)


def pointer_of(path: str) -> str:
    """Return the JSON pointer of a path in rules, as `/rules/requirements/2/minutes`."""
    return "/rules" + "".join(f"/{name or index}" for name, index in _STEP.findall(path))


def _rule_set(session: Session, kind: Kind, organisation_id: UUID, code: str, *, lock: bool = False) -> RuleSet:
    statement = all_of(kind, organisation_id).where(kind.rule_set.code == code)
    found: RuleSet | None = session.scalar(statement.with_for_update() if lock else statement)
    if found is None:
        raise kind.not_found
    return found


def _newest(session: Session, kind: Kind, rule_set: RuleSet) -> RuleSetVersion:
    newest = select(kind.version).where(kind.version.set_id == rule_set.id).order_by(kind.version.version.desc())
    return session.scalars(newest.limit(1)).one()


def _complete(
    session: Session, kind: Kind, rule_set: RuleSet, version: int, rules: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the rules with their names, checked.

    Raises:
        RulesInvalid: they say what they can't say, or that they are other rules.
    """
    names = {"id": rule_set.code, "version": version, "title": rule_set.title}
    names = {name: names[name] for name in kind.named}
    if wrong := [name for name in names if rules.get(name, names[name]) != names[name]]:
        faults = tuple(Fault(f"/rules/{name}", f"this must be {names[name]!r}, or left out") for name in wrong)
        raise RulesInvalid("The rules say that they are other rules.", faults)
    complete = {**rules, **names}
    text = msgspec.json.encode(complete)
    if _NUL in text:
        raise RulesInvalid("A text holds the character NUL.", (Fault("/rules", "the character NUL is not allowed"),))
    try:
        kind.check(text, standards.catalogue(session))
    except InvalidRulesError as error:
        fault = Fault(pointer_of(error.path), error.message)
        raise RulesInvalid("Correct the places that are listed.", (fault,)) from error
    return complete


def _add(
    session: Session, kind: Kind, rule_set: RuleSet, complete: dict[str, Any], *, actor: str, now: datetime
) -> Found:
    number = complete["version"]
    version = kind.version(set_id=rule_set.id, version=number, rules=complete, recorded_at=now, recorded_by=actor)
    session.add(version)
    session.flush()
    audit.record(
        session,
        actor=actor,
        organisation_id=rule_set.organisation_id,
        action=f"{kind.name}.versioned",
        subject=f"{kind.name}:{rule_set.id}",
        detail={"version": number},
        now=now,
    )
    return Found(rule_set, version)
