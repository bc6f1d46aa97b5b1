"""`/v1/requirement-profiles`, `/v1/acceptance-policies`, `/v1/induction-plans`: a receiving organisation's decisions.

In the order of the code: plans; then the rules that they are decided by. A plan answers the same bytes for ever:
canonical JSON. A passport that comes with the question is checked first, in a transaction of its own, so the check is
on record even where no plan follows. Profiles and policies have the same endpoints, so those are written once and made
twice. Who adds a version says with `If-Match` which version it was written from: 428 without, 412 if there is a newer
one.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar
from uuid import UUID

from flask import Response
from werkzeug.exceptions import PreconditionFailed

from credentials.encoding import canonical_json
from passport.db import reading, transaction
from passport.induction import rule_sets, service
from passport.induction.models import InductionPlan, RuleSetVersion
from passport.induction.rule_sets import POLICIES, PROFILES, Found, Kind, VersionMoved
from passport.induction.schemas import (
    EvidenceOut,
    NewVersionIn,
    PlanIn,
    PlanListed,
    PlanOut,
    RuleSetIn,
    RuleSetListed,
    RuleSetOut,
    SummaryOut,
    VersionListed,
)
from passport.verifying import service as verifying
from passport.web.api import Blueprint
from passport.web.clock import now
from passport.web.idempotency import idempotent
from passport.web.limits import Limit, limited
from passport.web.paging import Page, PageQuery, page, page_schema
from passport.web.preconditions import IF_MATCH, matched, tagged
from passport.web.rules import caller, requires

PATH: Final = "/induction-plans"
DECISIONS: Final = Limit("induction", per_minute=600, block=10)
PLANS_LISTED: Final = page_schema(PlanListed)
LISTED: Final = page_schema(RuleSetListed)
VERSIONS_LISTED: Final = page_schema(VersionListed)
View = TypeVar("View", bound=Callable[..., Any])

blueprint = Blueprint("induction", __name__, url_prefix="/v1", description="Rules of induction, and plans")


@blueprint.route(PATH, methods=["POST"])
@requires("induction:decide")
@limited(DECISIONS)
@idempotent
@blueprint.arguments(PlanIn)
@blueprint.response(201, PlanOut)
def decide(body: dict[str, Any]) -> Response:
    """Decide for each requirement whether the passport covers it, from when till when and by which rule."""
    at = now()
    verification_id = body.get("verification_id") or _check(body["presentation"])
    with transaction() as session:
        kept = service.decide(
            session,
            organisation_id=caller().organisation_id,
            verification_id=verification_id,
            profile=body["profile"],
            policy=body.get("policy"),
            starts_on=body["starts_on"],
            actor=caller().actor,
            now=at,
        )
        answer = _answer(_plan_shown(kept), status=201)
        answer.headers["Location"] = f"/v1{PATH}/{kept.id}"
        return answer


@blueprint.route(PATH)
@requires("induction:decide")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, PLANS_LISTED)
def read_plans(query: dict[str, Any]) -> Page:
    """List the plans of the caller's organisation, the oldest first."""
    with reading() as session:
        statement = service.all_of(caller().organisation_id)
        keys = (InductionPlan.decided_at, InductionPlan.id)
        found = page(session, statement, keys, query["cursor"], query["limit"])
        return Page([_plan_listed(plan) for plan in found.items], found.next_cursor)


@blueprint.route(f"{PATH}/<uuid:plan_id>")
@requires("induction:decide")
@blueprint.response(200, PlanOut)
def read_plan(plan_id: UUID) -> Response:
    """Read a plan as it was decided, whatever has changed since."""
    with reading() as session:
        return _answer(_plan_shown(service.of_organisation(session, plan_id, caller().organisation_id)))


@blueprint.route(f"{PATH}/<uuid:plan_id>/evidence")
@requires("induction:decide")
@blueprint.response(200, EvidenceOut)
def read_evidence(plan_id: UUID) -> Response:
    """Read a plan with all that it rests on, for an auditor."""
    with reading() as session:
        stored = service.of_organisation(session, plan_id, caller().organisation_id)
        evidence = {"plan": stored.plan, "evidence": stored.evidence, "sha256": stored.sha256.hex()}
        return _answer(evidence | {"as_decided": service.is_as_decided(stored)})


def _register(kind: Kind, path: str) -> None:
    """Make the endpoints of one kind of rule set."""

    def route(rest: str, method: str, scope: str) -> Callable[[View], View]:
        def mark(view: View) -> View:
            view.__name__ = f"{view.__name__}_{kind.name}"
            marked: View = blueprint.route(f"{path}{rest}", methods=[method])(requires(scope)(view))
            return marked

        return mark

    @route("", "POST", "induction:write")
    @idempotent
    @blueprint.arguments(RuleSetIn)
    @blueprint.response(201, RuleSetOut)
    def create(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Create with a first version."""
        with transaction() as session:
            return _created(path, rule_sets.create(session, kind, **body, **_acting()))

    @route("", "GET", "induction:read")
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, LISTED)
    def read_all(query: dict[str, Any]) -> Page:
        """List those of the caller's organisation."""
        with reading() as session:
            statement = rule_sets.all_of(kind, caller().organisation_id)
            found = page(session, statement, (kind.rule_set.code,), query["cursor"], query["limit"])
            return Page([{"code": each.code, "title": each.title} for each in found.items], found.next_cursor)

    @route("/<code>", "GET", "induction:read")
    @blueprint.response(200, RuleSetOut)
    def read_newest(code: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Read the newest version."""
        with reading() as session:
            found = rule_sets.find(session, kind, organisation_id=caller().organisation_id, code=code)
            return _rules_shown(found), 200, _tag(found)

    @route("/<code>/versions", "POST", "induction:write")
    @idempotent
    @blueprint.doc(parameters=[IF_MATCH])
    @blueprint.arguments(NewVersionIn)
    @blueprint.response(201, RuleSetOut)
    def add_version(body: dict[str, Any], code: str) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Add a version, written from the newest one. What was decided before stays as it was decided."""
        newest_seen = matched()
        with transaction() as session:
            try:
                found = rule_sets.add_version(
                    session, kind, code=code, newest_seen=newest_seen, rules=body["rules"], **_acting()
                )
            except VersionMoved as moved:
                raise PreconditionFailed(moved.detail) from moved
            return _created(path, found)

    @route("/<code>/versions", "GET", "induction:read")
    @blueprint.arguments(PageQuery, location="query")
    @blueprint.response(200, VERSIONS_LISTED)
    def read_versions(query: dict[str, Any], code: str) -> Page:
        """List the versions, the first one first."""
        with reading() as session:
            statement = rule_sets.versions_of(session, kind, organisation_id=caller().organisation_id, code=code)
            found = page(session, statement, (kind.version.version,), query["cursor"], query["limit"])
            return Page([_version_listed(each) for each in found.items], found.next_cursor)

    @route("/<code>/versions/<int:version>", "GET", "induction:read")
    @blueprint.response(200, RuleSetOut)
    def read_version(code: str, version: int) -> tuple[dict[str, Any], int, dict[str, str]]:
        """Read one version."""
        with reading() as session:
            own = caller().organisation_id
            found = rule_sets.find(session, kind, organisation_id=own, code=code, version=version)
            return _rules_shown(found), 200, _tag(found)


def _acting() -> dict[str, Any]:
    """Return who writes, for whom, and when."""
    return {"organisation_id": caller().organisation_id, "actor": caller().actor, "now": now()}


def _rules_shown(found: Found) -> dict[str, Any]:
    return {
        "code": found.rule_set.code,
        "title": found.rule_set.title,
        "version": found.version.version,
        "rules": found.version.rules,
        "recorded_at": found.version.recorded_at,
        "recorded_by": found.version.recorded_by,
    }


def _version_listed(version: RuleSetVersion) -> dict[str, Any]:
    return {
        "version": version.version,
        "recorded_at": version.recorded_at,
        "recorded_by": version.recorded_by,
    }


def _tag(found: Found) -> dict[str, str]:
    return tagged(found.version.version)


def _created(path: str, found: Found) -> tuple[dict[str, Any], int, dict[str, str]]:
    location = f"/v1{path}/{found.rule_set.code}/versions/{found.version.version}"
    return _rules_shown(found), 201, {"Location": location, **_tag(found)}


def _check(presentation: str) -> UUID:
    with transaction(apart=True) as session:
        return verifying.verify(
            session,
            presentation=presentation,
            organisation_id=caller().organisation_id,
            actor=caller().actor,
            now=now(),
        ).id


def _plan_shown(stored: InductionPlan) -> dict[str, Any]:
    return {"id": stored.id, **stored.plan, "sha256": stored.sha256.hex()}


def _plan_listed(stored: InductionPlan) -> dict[str, Any]:
    members = ("profile", "policy", *SummaryOut().fields)
    return {
        "id": stored.id,
        "starts_on": stored.starts_on,
        "decided_at": stored.decided_at,
        "decided_by": stored.decided_by,
        **{member: stored.plan[member] for member in members},
    }


def _answer(content: object, *, status: int = 200) -> Response:
    return Response(canonical_json(content), status=status, mimetype="application/json")


_register(PROFILES, "/requirement-profiles")
_register(POLICIES, "/acceptance-policies")
