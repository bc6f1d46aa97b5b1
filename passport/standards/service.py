"""The rules of the catalogue, and the face of this room for others. Flushes, never commits.

Here: the life of a standard. Add one, change its renewal rule, move its specification along (`SPECIFICATION_MOVES`).
A change of a rule closes the one in force the day before and adds the new one with its source; decisions read the rules
anew each time, so nothing is re-issued (house rule 6). Beside it: the catalogue as a value (`catalogue`), the data that
ships (`loading`), who may award what (`accreditation`), who is aligned (`alignment`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final, Literal, cast, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.catalogue import StandardKind
from passport.errors import Conflict
from passport.standards.accreditation import accredit, accreditations, end, may_award, suspend
from passport.standards.alignment import declare_alignment, end_alignment, is_aligned
from passport.standards.catalogue import (
    FrameworkNotFound,
    StandardNotFound,
    catalogue,
    framework_by_code,
    framework_version,
    publish,
    standard_by_code,
    take_turn,
    version,
)
from passport.standards.changes import invalid, record
from passport.standards.loading import LoadReport, load_catalogue
from passport.standards.models import RenewalRule, Specification, Standard, StandardPart

__all__ = [
    "FrameworkNotFound", "LoadReport", "StandardNotFound", "accredit", "accreditations", "add_standard", "catalogue",
    "change_renewal", "change_specification", "declare_alignment", "end", "end_alignment", "framework_by_code",
    "framework_version", "is_aligned", "load_catalogue", "may_award", "standard_by_code", "suspend", "version",
]  # fmt: skip

SpecificationState = Literal[
    "proposed", "in_development", "candidate", "endorsed", "under_review", "superseded", "withdrawn"
]
SPECIFICATION_STATES: Final = get_args(SpecificationState)
# Which state may follow which; None is for a version of which nobody said yet where it stands.
SPECIFICATION_MOVES: Final[dict[SpecificationState | None, frozenset[SpecificationState]]] = {
    None: frozenset(SPECIFICATION_STATES),
    "proposed": frozenset(("in_development", "withdrawn")),
    "in_development": frozenset(("candidate", "withdrawn")),
    "candidate": frozenset(("in_development", "endorsed", "withdrawn")),
    "endorsed": frozenset(("under_review", "superseded", "withdrawn")),
    "under_review": frozenset(("endorsed", "superseded", "withdrawn")),
    "superseded": frozenset(),
    "withdrawn": frozenset(),
}
MOST_MONTHS: Final = 600


class StandardExists(Conflict):
    """The code is taken."""

    code = "standard_exists"
    title = "A standard has this code"
    constraint = "uq_standard_code"


class RenewalConflict(Conflict):
    """A rule on record begins on that day or later."""

    code = "renewal_conflict"
    title = "A renewal rule begins on that day or later"
    constraint = "uq_renewal_rule_standard_id_from_on"


class SpecificationMove(Conflict):
    """The state does not follow from the one before."""

    code = "specification_move"
    title = "The specification can't change in this way"


def add_standard(
    session: Session,
    *,
    code: str,
    kind: StandardKind,
    framework_code: str,
    subject: str,
    title: str,
    level: str | None = None,
    rank: int | None = None,
    variant: str | None = None,
    parts: Sequence[str] = (),
    source: str,
    confidence: str,
    actor: str,
    now: datetime,
) -> Standard:
    """Add a standard with the next free number.

    Args:
        session: an open transaction.
        code: its name for programs, unique.
        kind: what kind of standard.
        framework_code: the framework that it belongs to.
        subject: as the framework names it.
        title: as people read it.
        level: its level, where it has one.
        rank: the order of its level among those of the subject, where a source says so.
        variant: what tells it from others of the same subject and level.
        parts: the titles of its parts, in order, where it is met only with all of them.
        source: where these facts come from.
        confidence: how sure they are.
        actor: who acts.
        now: UTC.

    Raises:
        FrameworkNotFound: there is no such framework.
        StandardExists: the code is taken.
    """
    take_turn(session)
    framework = framework_by_code(session, framework_code)
    if session.scalar(select(Standard.id).where(Standard.code == code)):
        raise StandardExists
    number = (session.scalar(select(func.max(Standard.number))) or 0) + 1  # rows are never removed
    standard = Standard(
        code=code, number=number, kind=kind, framework_id=framework.id, subject=subject, title=title, level=level,
        rank=rank, variant=variant, satisfies=[], source=source, confidence=confidence,
    )  # fmt: skip
    session.add(standard)
    session.flush()
    for place, part in enumerate(parts, start=1):
        session.add(StandardPart(standard_id=standard.id, number=place, title=part))
    publish(session, now=now)
    record(session, "standard.added", standard.id, None, actor, now, {"standard": code, "number": number})
    return standard


def change_renewal(
    session: Session,
    *,
    standard_code: str,
    months: int | None,
    from_on: date,
    source: str,
    confidence: str,
    actor: str,
    now: datetime,
) -> RenewalRule:
    """Set how long awards of a standard count, from a day on. The rule in force until then ends the day before.

    Args:
        session: an open transaction.
        standard_code: the standard.
        months: the period; None leaves it to the employer's policy.
        from_on: the first day of the new rule.
        source: who says so and where.
        confidence: how sure that is.
        actor: who acts.
        now: UTC.

    Raises:
        StandardNotFound: there is no such standard.
        Invalid: the period is not one of 1 to 600 months.
        RenewalConflict: a rule begins on that day or later.
    """
    if months is not None and not 1 <= months <= MOST_MONTHS:
        raise invalid("/months", f"A period has 1 to {MOST_MONTHS} months.")
    take_turn(session)
    standard = standard_by_code(session, standard_code)
    rules = session.scalars(select(RenewalRule).where(RenewalRule.standard_id == standard.id)).all()
    if any(rule.from_on is not None and rule.from_on >= from_on for rule in rules):
        raise RenewalConflict
    for rule in rules:
        if rule.until_on is None or rule.until_on >= from_on:
            rule.until_on = from_on - timedelta(days=1)
    added = RenewalRule(
        standard_id=standard.id, months=months, from_on=from_on, source=source, confidence=confidence, recorded_at=now
    )
    session.add(added)
    publish(session, now=now)
    detail = {"standard": standard.code, "months": months, "from_on": from_on}
    record(session, "standard.renewal_changed", standard.id, None, actor, now, detail)
    return added


def change_specification(
    session: Session,
    *,
    standard_code: str,
    version: str,
    state: SpecificationState,
    on: date,
    source: str,
    confidence: str = "high",
    actor: str,
    now: datetime,
) -> Specification:
    """Move a version of a standard's specification to a state; an unknown version is added.

    Args:
        session: an open transaction.
        standard_code: the standard.
        version: the specification's own version.
        state: the state that begins.
        on: its first day.
        source: who says so and where.
        confidence: how sure that is.
        actor: who acts.
        now: UTC.

    Raises:
        StandardNotFound: there is no such standard.
        SpecificationMove: the state does not follow from the one before, or would end the version before it began.
    """
    take_turn(session)
    standard = standard_by_code(session, standard_code)
    specification = session.scalar(
        select(Specification).where(Specification.standard_id == standard.id, Specification.version == version)
    ) or Specification(standard_id=standard.id, version=version)
    before = cast("SpecificationState | None", specification.state)
    if state not in SPECIFICATION_MOVES[before]:
        raise SpecificationMove(f"After {before} a specification can't be {state}.")
    _enter(specification, state, on)
    specification.source, specification.confidence = source, confidence
    session.add(specification)
    session.flush()
    detail = {"standard": standard.code, "version": version, "before": before, "state": state, "on": on}
    record(session, "specification.changed", specification.id, None, actor, now, detail)
    return specification


def _enter(specification: Specification, state: SpecificationState, on: date) -> None:
    """Set the state, and the days of the version's life in force where they follow from it."""
    if state == "endorsed" and specification.state != "under_review":
        specification.from_on = on
    if state in ("superseded", "withdrawn"):
        last_day = on - timedelta(days=1)
        if specification.from_on is not None and last_day < specification.from_on:
            raise SpecificationMove("The version would end before its first day.")
        specification.until_on = last_day
    specification.state = state
