"""The rules of the catalogue, and the face of this room for others. Flushes, never commits.

Here: add a standard, change its renewal rule. A change of a rule closes the one in force the day before and adds the
new one with its source; decisions read the rules anew each time, so nothing is re-issued (house rule 6). Beside it: the
catalogue as a value (`catalogue`), the data that ships (`loading`), the versions of a framework (`frameworks`), those
of a specification and their life (`specifications`), who may award what (`accreditation`, `reviews`, `providers`),
whether an award may be recorded (`awarding`), who is aligned (`alignment`).
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.catalogue import StandardKind
from passport.errors import Conflict, Invalid
from passport.standards.accreditation import accredit, accreditations
from passport.standards.alignment import declare_alignment, end_alignment, is_aligned
from passport.standards.awarding import (
    NotAccredited,
    ProviderSuspended,
    SpecificationNotInForce,
    check_award,
    may_award,
)
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
from passport.standards.changes import record
from passport.standards.frameworks import add_version as add_framework_version
from passport.standards.loading import LoadReport, load_catalogue
from passport.standards.models import RenewalRule, Standard, StandardPart
from passport.standards.reviews import record_review
from passport.standards.specifications import Terms, add_specification, change_specification

__all__ = [
    "FrameworkNotFound", "LoadReport", "NotAccredited", "ProviderSuspended", "SpecificationNotInForce",
    "StandardNotFound", "Terms", "accredit", "accreditations", "add_framework_version", "add_specification",
    "add_standard", "catalogue", "change_renewal", "change_specification", "check_award", "declare_alignment",
    "end_alignment", "framework_by_code", "framework_version", "is_aligned", "load_catalogue", "may_award",
    "record_review", "standard_by_code", "version",
]  # fmt: skip

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
        raise Invalid.at("/months", f"A period has 1 to {MOST_MONTHS} months.")
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
