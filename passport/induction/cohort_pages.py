"""Pages for many starters at once: a cohort is everybody whose newest plan has the same profile and start date.

So there is nothing to keep up by hand: who gets a plan is in it. In the order of the code: the cohorts, and the form
that checks and decides for many; the matrix of people by requirement, filtered, on a page and as a file.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID, uuid4

from flask import Response, redirect, request, url_for
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, defer
from werkzeug.wrappers import Response as AnyResponse

from passport.access import drafts
from passport.db import reading, transaction
from passport.errors import Invalid, PassportError
from passport.induction import rule_sets, service, showing
from passport.induction.forms import LONGEST_UPLOAD, CohortForm
from passport.induction.models import InductionPlan, RequirementProfile
from passport.induction.pages import offered
from passport.induction.rule_sets import POLICIES, PROFILES
from passport.induction.showing import Matrix
from passport.verifying import service as verifying
from passport.verifying import wording
from passport.verifying.checking import unusable_because
from passport.verifying.models import Verification
from passport.verifying.report import sentence_of
from passport.verifying.service import MOST_AT_ONCE
from passport.web.body import body_limit
from passport.web.clock import now
from passport.web.csv_files import csv_answer
from passport.web.limits import Limit, limited
from passport.web.pages import PageBlueprint, page, say
from passport.web.rules import for_role, visitor
from passport.web.words import moment

MANY: Final = Limit("cohort", per_minute=20)
FORM_BYTES: Final = 4 * LONGEST_UPLOAD
MOST_GROUPS: Final = 50
REFUSED: Final = "cohort_refused"  # the kind of draft that tells for whom there is no plan
blueprint = PageBlueprint("cohorts", __name__, url_prefix="/cohorts")
blueprint.menu("ward_manager", "Groups of starters", "cohorts.cohorts", order=30)


@blueprint.route("")
@for_role("ward_manager")
def cohorts() -> Response:
    """Show the cohorts, and the form for many starters."""
    return _cohorts_page(_form())


@blueprint.route("", methods=["POST"])
@for_role("ward_manager")
@limited(MANY)
@body_limit(FORM_BYTES)
def decide_many() -> AnyResponse:
    """Check the texts, and decide for each starter what the rules propose."""
    form = _form()
    texts = _texts(form) if form.submitted() else []
    if not form.has_errors and not texts and not form.checked.data:
        form.refuse("passports", "Choose starters, or paste their passport codes")
    if len(texts) > MOST_AT_ONCE:
        form.refuse("passports", f"Paste {MOST_AT_ONCE} codes or fewer")
    if form.has_errors:
        return _cohorts_page(form, status=422)
    checks = [UUID(each) for each in form.checked.data or ()] + _check(texts)
    refused = _decide(form, checks)
    if refused:
        return _to_refused(refused, tried=len(checks))
    chosen = {"profile": form.profile.data, "starts_on": form.starts_on.data.isoformat()}
    return redirect(url_for("cohorts.matrix", **chosen), code=303)


@blueprint.route("/refused/<uuid:told_id>")
@for_role("ward_manager")
def told(told_id: UUID) -> AnyResponse:
    """Show for whom there is no plan, to the browser that asked: to load it again decides nothing again."""
    with reading() as session:
        found = drafts.find(session, told_id, REFUSED, now=now())
    if found is None:
        return redirect(url_for("cohorts.cohorts"), code=303)
    return _cohorts_page(_form(), refused=found["refused"], tried=found["tried"])


@blueprint.route("/matrix")
@for_role("ward_manager")
def matrix() -> Response:
    """Show people by requirement."""
    with reading() as session:
        found, wanted = _cohort(session), _filtered()
        shown = found.standing(*wanted)
        return page(
            "induction/matrix.html",
            titles=found.titles,
            rows=shown.rows,
            people=len(shown.rows),
            everybody=len(found.rows),
            requirement=wanted[0],
            wanted=wanted[1],
            profile=request.args.get("profile", ""),
            role=_title(session),
            starts_on=_starts_on(),
            standings=showing.STANDINGS,
            name_of=showing.holder_of,
            time=showing.duration,
            query=urlencode(request.args.to_dict()),
        )


@blueprint.route("/matrix.csv")
@for_role("ward_manager")
def matrix_file() -> Response:
    """Return people by requirement as a file."""
    with reading() as session:
        found = _cohort(session).standing(*_filtered())
        rows = [
            [showing.holder_of(stored.plan), stored.plan["holder"].get("number"),
             *[showing.STANDINGS[state]["text"] if state else None for state in cells.values()],
             stored.plan["minutes_left"]]
            for stored, cells in found.rows
        ]  # fmt: skip
        head = ["Name", "Passport number", *found.titles.values(), "Minutes left"]
        return csv_answer(showing.file_name("starters", _starts_on()), head, rows)


def _form() -> CohortForm:
    with reading() as session:
        profiles, policies = (offered(session, kind) for kind in (PROFILES, POLICIES))
        waiting = [
            (str(each.id), wording.name_of(each.verdict), f"Checked on {moment(each.checked_at)}")
            for each in _checked_lately(session)
        ]
    form = CohortForm()
    form.offer(profiles, policies)
    form.checked.offer(waiting)
    return form


def _cohorts_page(form: CohortForm, *, status: int = 200, refused: Sequence[str] = (), tried: int = 0) -> Response:
    with reading() as session:
        groups = _groups(session)
        lacks = not (offered(session, PROFILES) and offered(session, POLICIES))
    return page(
        "induction/cohorts.html", status=status, form=form, groups=groups, lacks=lacks, refused=refused, tried=tried
    )


def _to_refused(refused: Sequence[str], *, tried: int) -> AnyResponse:
    told_id = uuid4()
    with transaction() as session:
        drafts.save(session, told_id, REFUSED, {"refused": list(refused), "tried": tried}, now=now())
    return redirect(url_for("cohorts.told", told_id=told_id), code=303)


def _groups(session: Session) -> Sequence[Any]:
    grouped = (
        select(RequirementProfile.code, RequirementProfile.title, InductionPlan.starts_on, func.count().label("people"))
        .join(RequirementProfile, RequirementProfile.id == InductionPlan.profile_id)
        .where(InductionPlan.organisation_id == visitor().organisation_id)
        .group_by(RequirementProfile.code, RequirementProfile.title, InductionPlan.starts_on)
        .order_by(InductionPlan.starts_on.desc(), RequirementProfile.title)
    )
    return session.execute(grouped.limit(MOST_GROUPS)).all()


def _checked_lately(session: Session) -> list[Verification]:
    """Return the good checks of today on which nothing was decided yet, one for each person."""
    decided = exists().where(InductionPlan.verification_id == Verification.id)
    lately = (
        select(Verification)
        .where(Verification.organisation_id == visitor().organisation_id, Verification.outcome == "genuine")
        .where(Verification.checked_at > now() - service.OLDEST_CHECK, ~decided)
        .options(defer(Verification.evidence))
        .order_by(Verification.checked_at.desc())
        .limit(MOST_AT_ONCE)
    )
    people: dict[object, Verification] = {}
    for each in session.scalars(lately):
        if unusable_because(each.verdict) is None:
            people.setdefault(each.person_id or each.id, each)
    return list(people.values())


def _texts(form: CohortForm) -> list[str]:
    lines = str(form.passports.data or "").splitlines()
    if form.file.data is not None:
        try:
            lines += form.file.data.read(LONGEST_UPLOAD).decode("utf-8-sig").splitlines()
        except UnicodeDecodeError:
            form.refuse("file", "The selected file must be a text file")
    return list(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _check(texts: Sequence[str]) -> list[UUID]:
    if not texts:
        return []
    with transaction() as session:
        done = verifying.verify_many(
            session, presentations=texts, organisation_id=visitor().organisation_id, actor=visitor().actor, now=now()
        )
        return [each.id for each in done]


def _decide(form: CohortForm, checks: Sequence[UUID]) -> list[str]:
    """Decide for each, and return a sentence for each one for whom that failed."""
    refused, asked = [], {"profile": form.profile.data, "starts_on": form.starts_on.data, "now": now()}
    asked |= {"organisation_id": visitor().organisation_id, "actor": visitor().actor}
    asked["policy"] = form.policy.data if "policy" in form else None
    with transaction() as session:
        for place, check in enumerate(checks, 1):
            found = verifying.of_organisation(session, check, visitor().organisation_id)
            reason = unusable_because(found.verdict)
            try:
                service.decide(session, verification_id=check, **asked)
            except PassportError as failure:
                why = sentence_of(reason) if reason else failure.detail
                refused.append(f"Number {place}, {wording.name_of(found.verdict)}: {why}")
        if not refused:
            say(session, f"{len(checks)} of {len(checks)} induction plans are saved.")
    return refused


def _cohort(session: Session) -> Matrix:
    profile = rule_sets.find(
        session, PROFILES, organisation_id=visitor().organisation_id, code=request.args.get("profile", "")
    )
    statement = service.all_of(visitor().organisation_id).where(
        InductionPlan.profile_id == profile.rule_set.id, InductionPlan.starts_on == _starts_on()
    )
    newest_first = statement.options(defer(InductionPlan.evidence)).order_by(InductionPlan.decided_at.desc())
    return showing.matrix(session.scalars(newest_first).all())


def _title(session: Session) -> str:
    own = visitor().organisation_id
    found = rule_sets.find(session, PROFILES, organisation_id=own, code=request.args.get("profile", ""))
    return found.rule_set.title


def _starts_on() -> date:
    try:
        return date.fromisoformat(request.args.get("starts_on", ""))
    except ValueError:
        raise Invalid("Go back and choose a start date.") from None


def _filtered() -> tuple[str | None, str | None]:
    state = request.args.get("state")
    return request.args.get("requirement") or None, state if state in showing.STANDINGS else None
