"""The rules of inspections: what an organisation's log says, and what it knew of a person on a day. Never commits.

In the order of the code: the entries of the organisation's part of the audit log; beginning an inspection, which is
recorded with its reason before anything is shown; reading it again; and what was known at the end of that day: who
employed the person, the awards on record then and what became of them later, the checks the organisation had made and
the decisions that stood. Facts are add-only, so the past is read from the same rows as the present.

An organisation inspects people whom it employs or employed, whose passport it checked, or to whom it awarded
something. It sees all awards of its own staff, and of others only its own. For anybody else there is no record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select
from sqlalchemy.orm import Session

from passport.audit import service as audit
from passport.audit.models import AuditEntry
from passport.awards.models import Award
from passport.errors import Invalid, NotFound
from passport.holder.looks import INSPECTED
from passport.induction.models import InductionPlan
from passport.inspection.models import Inspection
from passport.organisations import service as organisations
from passport.organisations.models import Organisation
from passport.staff import service as staff
from passport.staff.models import Employment, Person
from passport.standards.models import Standard
from passport.verifying.models import Verification

SHORTEST_REASON: Final = 5
LONGEST_REASON: Final = 500


class NoRecordHere(NotFound):
    """The organisation has nothing to do with such a person."""

    code = "no_record_here"
    title = "Your organisation has no record of this person"


class InspectionNotFound(NotFound):
    """There is no such inspection, or another organisation made it."""

    code = "inspection_not_found"
    title = "There is no such inspection"


@dataclass(frozen=True, slots=True)
class KnownAward:
    """An award that was on record, and how it ended since or before (`award.ended_at`)."""

    award: Award
    standard: Standard
    issuer: Organisation
    stood: bool


@dataclass(frozen=True, slots=True)
class KnownThen:
    """What an organisation knew of a person at the end of a day. `until` is the instant at which that day ended."""

    person: Person
    until: datetime
    employments: Sequence[Employment]
    awards: Sequence[KnownAward]
    checks: Sequence[Verification]
    plans: Sequence[InductionPlan]


def entries(
    organisation_id: UUID, *, action: str = "", from_on: date | None = None, until_on: date | None = None
) -> Select[AuditEntry]:
    """Return the statement that lists an organisation's part of the audit log.

    Args:
        organisation_id: whose.
        action: the beginning of the action, as `award`; empty for all.
        from_on: the first day, UTC.
        until_on: the last day, UTC.
    """
    found = select(AuditEntry).where(AuditEntry.organisation_id == organisation_id)
    if action:
        found = found.where(AuditEntry.action.startswith(action, autoescape=True))
    if from_on is not None:
        found = found.where(AuditEntry.at >= _midnight(from_on))
    if until_on is not None:
        found = found.where(AuditEntry.at < _end_of(until_on))
    return found


def inspect(
    session: Session, *, organisation_id: UUID, number: str, as_of_on: date, reason: str, actor: str, now: datetime
) -> Inspection:
    """Record that somebody inspects what is known of a person, and why.

    Args:
        session: an open transaction.
        organisation_id: for whom.
        number: the passport number, in any spelling.
        as_of_on: the day at whose end, UTC, the record is looked at.
        reason: why, in words; kept for the organisation.
        actor: who looks.
        now: UTC.

    Raises:
        Invalid: the day is in the future, or there is no reason.
        NoRecordHere: the organisation has nothing to do with such a person.
    """
    if as_of_on > now.date():
        raise Invalid.at("/as_of_on", "The day must be today or in the past")
    if not SHORTEST_REASON <= len(reason.strip()) <= LONGEST_REASON:
        raise Invalid.at("/reason", f"Give a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters")
    person = _person(session, number, organisation_id)
    begun = Inspection(
        organisation_id=organisation_id, person_id=person.id, as_of_on=as_of_on, reason=reason.strip(),
        inspected_by=actor, inspected_at=now,
    )  # fmt: skip
    session.add(begun)
    session.flush()
    detail = {"inspection": str(begun.id), "as_of": as_of_on.isoformat()}
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=INSPECTED, subject=f"person:{person.id}",
        now=now, detail=detail,
    )  # fmt: skip
    return begun


def by_id(session: Session, inspection_id: UUID, *, organisation_id: UUID) -> Inspection:
    """Return an inspection that an organisation made.

    Raises:
        InspectionNotFound: there is none.
    """
    found: Inspection | None = session.scalar(all_of(organisation_id).where(Inspection.id == inspection_id))
    if found is None:
        raise InspectionNotFound
    return found


def all_of(organisation_id: UUID) -> Select[Any]:
    """Return the statement that lists an organisation's inspections."""
    return select(Inspection).where(Inspection.organisation_id == organisation_id)


def known_then(session: Session, inspection: Inspection) -> KnownThen:
    """Return what the organisation of an inspection knew of the person at the end of the inspection's day."""
    until, mine = _end_of(inspection.as_of_on), inspection.organisation_id
    everyone = staff.same_person_ids(session, staff.stands_for(session, inspection.person_id))
    employments = session.scalars(
        select(Employment)
        .where(Employment.person_id.in_(everyone), Employment.organisation_id == mine)
        .order_by(Employment.started_on)
    ).all()
    on_staff = any(
        _works(each, inspection.as_of_on) or _works(each, inspection.inspected_at.date()) for each in employments
    )
    return KnownThen(
        person=session.get_one(Person, staff.stands_for(session, inspection.person_id)),
        until=until,
        employments=[each for each in employments if each.started_on <= inspection.as_of_on],
        awards=_awards(session, everyone, until, None if on_staff else mine),
        checks=session.scalars(
            select(Verification)
            .where(
                Verification.person_id.in_(everyone),
                Verification.organisation_id == mine,
                Verification.checked_at < until,
            )
            .order_by(Verification.checked_at.desc())
        ).all(),
        plans=session.scalars(
            select(InductionPlan)
            .join(Verification, Verification.id == InductionPlan.verification_id)
            .where(
                Verification.person_id.in_(everyone),
                InductionPlan.organisation_id == mine,
                InductionPlan.decided_at < until,
            )
            .order_by(InductionPlan.decided_at.desc())
        ).all(),
    )


def _awards(session: Session, everyone: Sequence[UUID], until: datetime, issuer_id: UUID | None) -> list[KnownAward]:
    rows = (
        select(Award, Standard, Organisation)
        .join(Standard, Standard.id == Award.standard_id)
        .join(Organisation, Organisation.id == Award.organisation_id)
        .where(Award.person_id.in_(everyone), Award.recorded_at < until)
        .order_by(Standard.title, Award.awarded_on.desc(), Award.id)
    )
    if issuer_id is not None:
        rows = rows.where(Award.organisation_id.in_(organisations.with_predecessors(issuer_id)))
    return [
        KnownAward(award, standard, issuer, stood=award.ended_at is None or award.ended_at >= until)
        for award, standard, issuer in session.execute(rows)
    ]


def _person(session: Session, number: str, organisation_id: UUID) -> Person:
    try:
        person = staff.by_number(session, number)
    except (NotFound, Invalid) as error:
        raise NoRecordHere from error
    everyone = staff.same_person_ids(session, person.id)
    if not session.scalar(select(or_(*_ties(everyone, organisation_id)))):
        raise NoRecordHere
    return person


def _ties(everyone: Sequence[UUID], organisation_id: UUID) -> list[ColumnElement[bool]]:
    """Return what ties a person to an organisation: a job, a check of the passport, an award."""
    return [
        exists().where(Employment.person_id.in_(everyone), Employment.organisation_id == organisation_id),
        exists().where(Verification.person_id.in_(everyone), Verification.organisation_id == organisation_id),
        exists().where(
            Award.person_id.in_(everyone),
            Award.organisation_id.in_(organisations.with_predecessors(organisation_id)),
        ),
    ]


def _works(employment: Employment, on: date) -> bool:
    return employment.started_on <= on and (employment.ended_on is None or employment.ended_on >= on)


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time.min, UTC)


def _end_of(on: date) -> datetime:
    return _midnight(on + timedelta(days=1))
