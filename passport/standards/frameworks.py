"""Versions of a framework: what a new one says of the awards that were made against the ones before.

An award names the version it was made against and keeps it; that is a fact. A new version begins on a day and says of
each standard what those awards are worth from then on: as before, in part, or unclear, which a person decides
(`credentials.catalogue.CarryOver`). What it does not speak of is unclear: silence never accepts (facts, section 6).
Decisions read it anew each time, so nothing is re-issued. A version may be entered after it came into force, because
its owner publishes first, but at most a year after, and it begins after the one that it follows: what was decided until
then rests on the evidence that was kept, and awards keep the version that they were recorded with. In the order of the
code: whether a version can be added; adding it; what a framework has. Flushes, never commits.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from credentials.catalogue import Worth
from credentials.periods import in_words
from passport.errors import Conflict, Invalid
from passport.standards.catalogue import framework_by_code, in_force, publish, take_turn
from passport.standards.changes import record
from passport.standards.models import CarryOver, FrameworkVersion, Standard

SILENT: Final[Worth] = "unclear"
MOST_LATE: Final = timedelta(days=366)  # closed months and plans of longer ago should not need explaining
MOST_AHEAD: Final = timedelta(days=5 * 366)  # a slip in the year would bar every version until then


class FrameworkVersionExists(Conflict):
    """The framework has a version of this name."""

    code = "framework_version_exists"
    title = "The framework has this version already"
    constraint = "uq_framework_version_framework_id_version"


class FrameworkVersionOrder(Conflict):
    """A version on record begins on that day or later."""

    code = "framework_version_order"
    title = "A version of the framework begins on that day or later"


def check_version(session: Session, *, framework_code: str, version: str, from_on: date, today: date) -> None:
    """Check that a version of a framework could be added.

    Args:
        session: an open transaction.
        framework_code: as `CSTF`.
        version: its name, as `2.0`.
        from_on: its first day.
        today: the day on which it is entered.

    Raises:
        FrameworkNotFound: there is no such framework.
        FrameworkVersionExists: it has this version.
        FrameworkVersionOrder: a version begins on that day or later.
        Invalid: the day is too long ago or too far ahead.
    """
    others = versions_of(session, framework_code)
    if version in {each.version for each in others}:
        raise FrameworkVersionExists
    earliest, latest = today - MOST_LATE, today + MOST_AHEAD
    if not earliest <= from_on <= latest:
        allowed = f"from {in_words(earliest)} to {in_words(latest)}"
        raise Invalid.at("/from_on", f"A version can begin at most a year ago, and five years ahead: {allowed}.")
    for other in others:
        if other.from_on is not None and other.from_on >= from_on:
            begins = in_words(other.from_on)
            raise FrameworkVersionOrder(f"Version {other.version} begins on {begins}. A new one begins after that day.")


def add_version(
    session: Session,
    *,
    framework_code: str,
    version: str,
    from_on: date,
    worth: Mapping[str, Worth],
    source: str,
    confidence: str,
    actor: str,
    now: datetime,
) -> FrameworkVersion:
    """Add a version of a framework that is in force from a day on. The one until then ends the day before.

    Args:
        session: an open transaction.
        framework_code: as `CSTF`.
        version: its name, as `2.0`.
        from_on: its first day.
        worth: by code of a standard of the framework, what awards made against earlier versions are worth from then
            on; a standard that is not named is `unclear`.
        source: who says so and where.
        confidence: how sure that is.
        actor: who acts.
        now: UTC.

    Raises:
        FrameworkNotFound: there is no such framework.
        Invalid: the framework has no such standard, or the day is too long ago or too far ahead.
        FrameworkVersionExists, FrameworkVersionOrder: as for `check_version`.
    """
    take_turn(session)
    framework = framework_by_code(session, framework_code)
    standards = standards_of(session, framework_code)
    if unknown := sorted(worth.keys() - {each.code for each in standards}):
        raise Invalid.at("/worth", f"The framework has no standard {unknown[0][:60]}.")
    check_version(session, framework_code=framework_code, version=version, from_on=from_on, today=now.date())
    if before := versions_of(session, framework_code):
        _end_before(in_force(before, None), from_on)
    added = FrameworkVersion(
        framework_id=framework.id, version=version, from_on=from_on, source=source, confidence=confidence
    )
    session.add(added)
    session.flush()
    session.add_all(
        CarryOver(framework_version_id=added.id, standard_id=each.id, worth=worth.get(each.code, SILENT))
        for each in standards
    )
    publish(session, now=now)
    detail = {"framework": framework.code, "version": version, "from_on": from_on}
    record(session, "framework.version_added", framework.id, None, actor, now, detail)
    return added


def standards_of(session: Session, framework_code: str) -> Sequence[Standard]:
    """Return a framework's standards, in the order of their numbers.

    Raises:
        FrameworkNotFound: there is no such framework.
    """
    framework = framework_by_code(session, framework_code)
    wanted = select(Standard).where(Standard.framework_id == framework.id)
    return session.scalars(wanted.order_by(Standard.number)).all()


def versions_of(session: Session, framework_code: str) -> Sequence[FrameworkVersion]:
    """Return a framework's versions, the first one first.

    Raises:
        FrameworkNotFound: there is no such framework.
    """
    framework = framework_by_code(session, framework_code)
    wanted = select(FrameworkVersion).where(FrameworkVersion.framework_id == framework.id)
    return session.scalars(wanted.order_by(FrameworkVersion.from_on.nulls_first(), FrameworkVersion.version)).all()


def worths(session: Session, framework_code: str) -> dict[UUID, dict[str, Worth]]:
    """Return by version what awards made against earlier ones are worth, by code of a standard."""
    framework = framework_by_code(session, framework_code)
    rows = session.execute(
        select(CarryOver.framework_version_id, Standard.code, CarryOver.worth)
        .join(Standard, Standard.id == CarryOver.standard_id)
        .where(Standard.framework_id == framework.id)
        .order_by(Standard.number)
    )
    found: dict[UUID, dict[str, Worth]] = {}
    for version_id, code, worth in rows:
        found.setdefault(version_id, {})[code] = worth
    return found


def versions_about(session: Session, standard: Standard) -> list[tuple[FrameworkVersion, Worth | None]]:
    """Return the versions of a standard's framework, the first one first, with what each says of earlier awards.

    None: the version says nothing of the standard, as the first one never does.
    """
    said = and_(CarryOver.framework_version_id == FrameworkVersion.id, CarryOver.standard_id == standard.id)
    rows = session.execute(
        select(FrameworkVersion, CarryOver.worth)
        .outerjoin(CarryOver, said)
        .where(FrameworkVersion.framework_id == standard.framework_id)
        .order_by(FrameworkVersion.from_on.nulls_first(), FrameworkVersion.version)
    )
    return [(version, worth) for version, worth in rows]


def _end_before(version: FrameworkVersion, day: date) -> None:
    """End the version in force until a day. Of earlier ones nothing new is known."""
    if version.until_on is None or version.until_on >= day:
        version.until_on = day - timedelta(days=1)
