"""The rules of organisations. Flushes, never commits; raises the kinds of `passport.errors`.

In the order of the code: find one; register; its place under a parent; its end, with or without a successor; its VPDs;
its time in the training agreement. An organisation is closed and never deleted, because records that it made outlive
it (facts, section 8). A parent always stands on a higher tier (national body, region, ICB, the rest), so there is no
circle. Successors form chains (A into B, B into C) which `successor` follows to the end; `merge` lets no chain bite
its own tail. Every change writes an audit entry in the same transaction.
"""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from credentials.records import OrganisationKind
from passport import jobs
from passport.audit import service as audit
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations.codes import normalise_ods_code, normalise_vpd
from passport.organisations.models import Organisation, VirtualPrivateDatabase

TIERS: Final[dict[OrganisationKind, int]] = {"national_body": 0, "region": 1, "icb": 2}
LOWEST_TIER: Final = 3
MERGER_LOCK: Final = 0x6D65_7267  # "merg": mergers take turns, so that two can't close a circle

REFRESH: Final = "publishing.refresh"


class OrganisationNotFound(NotFound):
    """There is no organisation with this code."""

    code = "organisation_not_found"
    title = "There is no such organisation"


class OrganisationExists(Conflict):
    """The ODS code is taken; it is never used again."""

    code = "organisation_exists"
    title = "This ODS code is taken"
    constraint = "uq_organisation_ods_code"


class OrganisationClosed(Conflict):
    """The organisation ended, or ended on another day."""

    code = "organisation_closed"
    title = "The organisation is closed"


class SuccessorConflict(Conflict):
    """The successor does not fit: it is the organisation itself, one of its predecessors, or closed before."""

    code = "successor_conflict"
    title = "The successor does not fit"


def by_ods(session: Session, ods_code: str) -> Organisation:
    """Return the organisation with an ODS code.

    Raises:
        OrganisationNotFound: there is none, or the text is no ODS code.
    """
    try:
        code = normalise_ods_code(ods_code)
    except Invalid:
        raise OrganisationNotFound from None
    found = session.scalar(select(Organisation).where(Organisation.ods_code == code))
    if found is None:
        raise OrganisationNotFound
    return found


def by_id(session: Session, organisation_id: UUID) -> Organisation:
    """Return the organisation with an id.

    Raises:
        OrganisationNotFound: there is none.
    """
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise OrganisationNotFound
    return found


def by_vpd(session: Session, vpd: str) -> Organisation:
    """Return the organisation behind an ESR VPD number.

    Raises:
        OrganisationNotFound: the VPD is not on the map.
    """
    found = session.scalar(
        select(Organisation)
        .join(VirtualPrivateDatabase, VirtualPrivateDatabase.organisation_id == Organisation.id)
        .where(VirtualPrivateDatabase.vpd == vpd.strip())
    )
    if found is None:
        raise OrganisationNotFound
    return found


def listing(kind: OrganisationKind | None = None) -> Select[Organisation]:
    """Return the statement that lists organisations, closed ones too, with all that a page of them shows."""
    statement = select(Organisation).options(
        joinedload(Organisation.parent), joinedload(Organisation.direct_successor), selectinload(Organisation.vpds)
    )
    return statement if kind is None else statement.where(Organisation.kind == kind)


def register(
    session: Session,
    *,
    ods_code: str,
    name: str,
    kind: OrganisationKind,
    parent_ods: str | None = None,
    opened_on: date | None = None,
    source: str,
    actor: str,
    now: datetime,
) -> Organisation:
    """Add an organisation.

    Args:
        session: an open transaction.
        ods_code: its ODS code, in any case.
        name: as it calls itself.
        kind: what it is.
        parent_ods: the organisation directly above it, where known.
        opened_on: its first day, where known.
        source: where these facts come from.
        actor: who acts.
        now: UTC.

    Raises:
        Invalid: the code has not the form of one, or the parent does not stand above.
        OrganisationExists: the code is taken, be it by a closed organisation.
    """
    code = normalise_ods_code(ods_code)
    if session.scalar(select(Organisation.id).where(Organisation.ods_code == code)):
        raise OrganisationExists
    organisation = Organisation(
        ods_code=code, name=name, kind=kind, opened_on=opened_on, source=source, recorded_at=now,
        parent_id=_parent(session, kind, parent_ods).id if parent_ods else None,
    )  # fmt: skip
    session.add(organisation)
    session.flush()
    _record(session, "organisation.registered", organisation, actor, now, kind=kind)
    return organisation


def place(session: Session, *, ods_code: str, parent_ods: str, actor: str, now: datetime) -> Organisation:
    """Put an organisation under another parent.

    Raises:
        OrganisationNotFound: there is no such organisation.
        Invalid: the parent does not exist or does not stand above.
    """
    organisation = by_ods(session, ods_code)
    organisation.parent = _parent(session, organisation.kind, parent_ods)
    session.flush()
    _record(session, "organisation.placed", organisation, actor, now, parent=organisation.parent.ods_code)
    return organisation


def close(session: Session, *, ods_code: str, on: date, actor: str, now: datetime) -> Organisation:
    """End an organisation without a successor; one can still be named by `merge` with the same day.

    Args:
        session: an open transaction.
        ods_code: which.
        on: its last day.
        actor: who acts.
        now: UTC.

    Raises:
        OrganisationNotFound: there is no such organisation.
        OrganisationClosed: it is closed already.
        Invalid: the day is before its first one.
    """
    organisation = by_ods(session, ods_code)
    if organisation.closed_on is not None:
        raise OrganisationClosed
    _end(organisation, on)
    session.flush()
    _record(session, "organisation.closed", organisation, actor, now, on=on.isoformat())
    return organisation


def merge(session: Session, *, ods_code: str, into: str, on: date, actor: str, now: datetime) -> Organisation:
    """End an organisation and name the one that it became part of.

    Args:
        session: an open transaction.
        ods_code: the organisation that ends.
        into: the ODS code of its successor, which may itself end later.
        on: the last day of the organisation that ends.
        actor: who acts.
        now: UTC.

    Raises:
        OrganisationNotFound: one of the two does not exist.
        OrganisationClosed: it has a successor already, or ended on another day.
        SuccessorConflict: the successor is the organisation itself or comes before it in the chain, or ended before;
            or the organisation took in another one after that day.
        Invalid: the day is before its first one.
    """
    session.execute(select(func.pg_advisory_xact_lock(MERGER_LOCK)))
    ending, successor = by_ods(session, ods_code), by_ods(session, into)
    if ending.successor_id is not None or ending.closed_on not in (None, on):
        raise OrganisationClosed
    if ending in _chain(successor):
        raise SuccessorConflict("An organisation can't become part of itself or of its own predecessor.")
    if successor.closed_on is not None and successor.closed_on < on:
        raise SuccessorConflict("The successor was closed before this day.")
    if _gained_after(session, ending, on):
        raise SuccessorConflict("Another organisation became part of it after this day.")
    _end(ending, on)
    ending.direct_successor = successor
    session.flush()
    _record(session, "organisation.merged", ending, actor, now, into=successor.ods_code, on=on.isoformat())
    return ending


def successor(organisation: Organisation) -> Organisation:
    """Return the organisation that stands at the end of the chain of mergers; itself where it never merged."""
    return _chain(organisation)[-1]


def open_on(on: date) -> ColumnElement[bool]:
    """Return the condition that an organisation is not closed before a day."""
    return or_(Organisation.closed_on.is_(None), Organisation.closed_on >= on)


def with_predecessors(organisation_id: UUID) -> Select[tuple[UUID]]:
    """Return the statement of an organisation's id and the ids of all that merged into it, however long the chain."""
    chain = select(Organisation.id).where(Organisation.id == organisation_id).cte(recursive=True)
    chain = chain.union(select(Organisation.id).join(chain, Organisation.successor_id == chain.c.id))
    return select(chain.c.id)


def map_vpd(session: Session, *, vpd: str, ods_code: str, actor: str, now: datetime) -> Organisation:
    """Say which organisation stands behind an ESR VPD number; a VPD on the map moves to it.

    Raises:
        Invalid: a VPD has three digits.
        OrganisationNotFound: there is no such organisation.
    """
    number, organisation = normalise_vpd(vpd), by_ods(session, ods_code)
    session.merge(VirtualPrivateDatabase(vpd=number, organisation_id=organisation.id))
    session.flush()
    session.expire(organisation, ["vpds"])
    _record(session, "organisation.vpd_mapped", organisation, actor, now, vpd=number)
    return organisation


def join_agreement(
    session: Session, *, ods_code: str, from_on: date, until_on: date | None = None, actor: str, now: datetime
) -> Organisation:
    """Say from when till when an organisation is party to the training agreement, both days included.

    Raises:
        OrganisationNotFound: there is no such organisation.
        Invalid: the last day is before the first.
    """
    if until_on is not None and until_on < from_on:
        raise Invalid.at("/until_on", "The last day can't be before the first.")
    organisation = by_ods(session, ods_code)
    organisation.signatory_from, organisation.signatory_until = from_on, until_on
    session.flush()
    period = {"from_on": from_on.isoformat(), "until_on": until_on.isoformat() if until_on else None}
    _record(session, "organisation.agreement_set", organisation, actor, now, **period)
    return organisation


def is_signatory(organisation: Organisation, on: date) -> bool:
    """Say whether an organisation is party to the training agreement on a day."""
    begun = organisation.signatory_from is not None and organisation.signatory_from <= on
    return begun and (organisation.signatory_until is None or on <= organisation.signatory_until)


def _parent(session: Session, kind: OrganisationKind, parent_ods: str) -> Organisation:
    try:
        parent = by_ods(session, parent_ods)
    except OrganisationNotFound:
        raise Invalid.at("/parent", "There is no such organisation.") from None
    if _tier(parent.kind) >= _tier(kind):
        raise Invalid.at("/parent", "A parent must stand above: national body, region, ICB, then all others.")
    return parent


def _tier(kind: OrganisationKind) -> int:
    return TIERS.get(kind, LOWEST_TIER)


def _chain(organisation: Organisation) -> list[Organisation]:
    chain = [organisation]
    while (following := chain[-1].direct_successor) is not None:
        chain.append(following)
    return chain


def _gained_after(session: Session, organisation: Organisation, on: date) -> bool:
    later = select(Organisation.id).where(Organisation.successor_id == organisation.id, Organisation.closed_on > on)
    return session.scalar(later.limit(1)) is not None


def _end(organisation: Organisation, on: date) -> None:
    if organisation.opened_on is not None and on < organisation.opened_on:
        raise Invalid.at("/on", "An organisation can't end before its first day.")
    organisation.closed_on = on


def _record(
    session: Session, action: str, organisation: Organisation, actor: str, now: datetime, **detail: str | None
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation.id, action=action,
        subject=f"organisation:{organisation.id}", now=now, detail={"ods": organisation.ods_code, **detail},
    )  # fmt: skip
    jobs.defer_once(session, REFRESH)
