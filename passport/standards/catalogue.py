"""The catalogue as a value: what the code list publishes and what decisions read. Flushes, never commits.

In the order of the code: find a standard or a framework; the framework version of a day; the whole catalogue; its
version. Each content has its own version number, which grows by one whenever the content changes: `publish` compares
the content's SHA-256 with the newest row of `catalogue_version`. Whatever changes these tables does so through this
room and publishes.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials import catalogue as published
from credentials.encoding import canonical_json
from passport.errors import NotFound
from passport.standards.models import (
    CarryOver,
    CatalogueVersion,
    Framework,
    FrameworkVersion,
    RenewalRule,
    Standard,
    StandardPart,
)

CATALOGUE_LOCK: Final = 0x6361_7461  # "cata": changes of the catalogue take turns
NO_VERSION: Final = 0  # before anything was published
Grouped = TypeVar("Grouped")
_kept: tuple[int, bytes, published.Catalogue] | None = None


class StandardNotFound(NotFound):
    """There is no standard with this code."""

    code = "standard_not_found"
    title = "There is no such standard"


class FrameworkNotFound(NotFound):
    """There is no framework with this code, or it has no version."""

    code = "framework_not_found"
    title = "There is no such framework"


def standard_by_code(session: Session, code: str) -> Standard:
    """Return the standard with a code; case matters.

    Raises:
        StandardNotFound: there is none.
    """
    standard = session.scalar(select(Standard).where(Standard.code == code))
    if standard is None:
        raise StandardNotFound
    return standard


def framework_by_code(session: Session, code: str) -> Framework:
    """Return the framework with a code; case matters.

    Raises:
        FrameworkNotFound: there is none.
    """
    framework = session.scalar(select(Framework).where(Framework.code == code))
    if framework is None:
        raise FrameworkNotFound
    return framework


def framework_version(session: Session, framework_id: UUID, on: date) -> FrameworkVersion:
    """Return the version of a framework that was in force on a day.

    Raises:
        FrameworkNotFound: the framework has no version.
    """
    versions = session.scalars(select(FrameworkVersion).where(FrameworkVersion.framework_id == framework_id)).all()
    if not versions:
        raise FrameworkNotFound
    return in_force(versions, on)


def in_force(versions: Sequence[FrameworkVersion], on: date | None) -> FrameworkVersion:
    """Return which of a framework's versions was in force on a day; None asks for the latest.

    Where the days are not known, the latest edition counts. A day before the first version gets the first.
    """
    ordered = sorted(versions, key=lambda version: (version.from_on or date.min, version.version))
    begun = [version for version in ordered if on is None or version.from_on is None or version.from_on <= on]
    return begun[-1] if begun else ordered[0]


def catalogue(session: Session, on: date | None = None) -> published.Catalogue:
    """Return all standards with their parts and renewal rules, in the order of their numbers.

    The latest is kept in this process, by its number and hash: to ask again costs one look-up.

    Args:
        session: an open transaction.
        on: the day whose framework versions the standards name; None for the latest.
    """
    global _kept
    newest, kept = _newest(session), _kept
    if newest is not None and on is None and kept is not None and kept[:2] == (newest.number, newest.content_hash):
        return kept[2]
    content = published.Catalogue(version=newest.number if newest else NO_VERSION, standards=_standards(session, on))
    if version(session) != content.version:  # somebody published while we read
        return catalogue(session, on)
    if newest is not None and on is None:
        _kept = (newest.number, newest.content_hash, content)
    return content


def version(session: Session) -> int:
    """Return the number of the catalogue's version: 0 before the first was published."""
    newest = _newest(session)
    return newest.number if newest else NO_VERSION


def publish(session: Session, *, now: datetime) -> int:
    """Give the content a new version number if it is not the content of the newest version.

    Args:
        session: the transaction that changed the catalogue.
        now: UTC.

    Returns:
        The number of the version that now holds.
    """
    session.flush()
    newest = _newest(session)
    content_hash = hashlib.sha256(canonical_json(_standards(session, None))).digest()
    if newest is not None and newest.content_hash == content_hash:
        return newest.number
    number = newest.number + 1 if newest else 1
    session.add(CatalogueVersion(number=number, content_hash=content_hash, recorded_at=now))
    session.flush()
    return number


def take_turn(session: Session) -> None:
    """Wait until no other transaction is changing the catalogue; held until this one ends."""
    session.execute(select(func.pg_advisory_xact_lock(CATALOGUE_LOCK)))


def _newest(session: Session) -> CatalogueVersion | None:
    return session.scalar(select(CatalogueVersion).order_by(CatalogueVersion.number.desc()).limit(1))


def _standards(session: Session, on: date | None) -> tuple[published.Standard, ...]:
    frameworks = {framework.id: framework for framework in session.scalars(select(Framework))}
    versions = _grouped(session.scalars(select(FrameworkVersion)), "framework_id")
    parts = _grouped(session.scalars(select(StandardPart).order_by(StandardPart.number)), "standard_id")
    rules = _grouped(session.scalars(select(RenewalRule).order_by(RenewalRule.from_on.nulls_first())), "standard_id")
    carried = _carry_overs(session)
    return tuple(
        published.Standard(
            code=standard.code,
            number=standard.number,
            kind=standard.kind,
            framework=frameworks[standard.framework_id].code,
            framework_version=in_force(versions[standard.framework_id], on).version,
            subject=standard.subject,
            title=standard.title,
            level=standard.level,
            rank=standard.rank,
            variant=standard.variant,
            parts=tuple(published.Part(number=part.number, title=part.title) for part in parts[standard.id]),
            satisfies=tuple(standard.satisfies),
            renewals=tuple(_renewal(rule) for rule in rules[standard.id]),
            carry_overs=tuple(carried[standard.id]),
        )
        for standard in session.scalars(select(Standard).order_by(Standard.number))
    )


def _renewal(rule: RenewalRule) -> published.RenewalRule:
    return published.RenewalRule(source=rule.source, months=rule.months, from_on=rule.from_on, until_on=rule.until_on)


def _carry_overs(session: Session) -> dict[UUID, list[published.CarryOver]]:
    found: dict[UUID, list[published.CarryOver]] = defaultdict(list)
    rows = session.execute(
        select(CarryOver, FrameworkVersion)
        .join(FrameworkVersion, FrameworkVersion.id == CarryOver.framework_version_id)
        .order_by(FrameworkVersion.from_on)
    )
    for said, new in rows:
        if new.from_on is not None:
            value = published.CarryOver(version=new.version, from_on=new.from_on, worth=said.worth, source=new.source)
            found[said.standard_id].append(value)
    return found


def _grouped(rows: Iterable[Grouped], column: str) -> dict[UUID, list[Grouped]]:
    groups: dict[UUID, list[Grouped]] = defaultdict(list)
    for row in rows:
        groups[getattr(row, column)].append(row)
    return groups
