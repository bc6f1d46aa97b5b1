"""Which organisation declared its training to be aligned with a framework. Flushes, never commits.

Alignment is what an organisation says of itself, for each subject of a framework, for the days from `from_on` to
`until_on`; a receiver may ask for it on the award date (facts, section 3). In the order of the code: declare, end,
list, ask.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from passport.errors import Conflict, Invalid, NotFound
from passport.organisations.models import Organisation
from passport.standards.catalogue import framework_by_code
from passport.standards.changes import PROVIDER_LOCK, check_order, record
from passport.standards.models import Alignment, Framework, Standard


class AlreadyAligned(Conflict):
    """The organisation is aligned on that day already."""

    code = "already_aligned"
    title = "The alignment is declared already"


class AlignmentNotFound(NotFound):
    """The organisation is not aligned on that day."""

    code = "alignment_not_found"
    title = "There is no such alignment"


def declare_alignment(
    session: Session,
    *,
    organisation_id: UUID,
    framework_code: str,
    subject: str,
    from_on: date,
    until_on: date | None = None,
    actor: str,
    now: datetime,
) -> Alignment:
    """Record that an organisation declares its training on a subject to be aligned with a framework.

    Args:
        session: an open transaction.
        organisation_id: who declares.
        framework_code: as `CSTF`.
        subject: as the framework's standards name it.
        from_on: the first day.
        until_on: the last day, where known.
        actor: who acts.
        now: UTC.

    Raises:
        FrameworkNotFound: there is no such framework.
        Invalid: the framework has no such subject, or the last day is before the first.
        AlreadyAligned: a day of it is covered by an earlier declaration.
    """
    check_order(from_on, until_on)
    framework = framework_by_code(session, framework_code)
    subjects = select(Standard.id).where(Standard.framework_id == framework.id, Standard.subject == subject)
    if session.scalar(subjects.limit(1)) is None:
        raise Invalid.at("/subject", "The framework has no such subject.")
    session.execute(select(func.pg_advisory_xact_lock(PROVIDER_LOCK)))
    overlapping = _aligned(organisation_id, framework.id, subject).where(
        Alignment.from_on <= (until_on or date.max), or_(Alignment.until_on.is_(None), Alignment.until_on >= from_on)
    )
    if session.scalar(overlapping.limit(1)) is not None:
        raise AlreadyAligned
    alignment = Alignment(
        organisation_id=organisation_id, framework_id=framework.id, subject=subject, from_on=from_on,
        until_on=until_on, recorded_at=now,
    )  # fmt: skip
    session.add(alignment)
    session.flush()
    detail = {"framework": framework.code, "subject": subject, "from_on": from_on, "until_on": until_on}
    record(session, "alignment.declared", alignment.id, organisation_id, actor, now, detail)
    return alignment


def end_alignment(
    session: Session,
    *,
    organisation_id: UUID,
    framework_code: str,
    subject: str,
    until_on: date,
    actor: str,
    now: datetime,
) -> Alignment:
    """Set the last day of the alignment that holds on that day.

    Raises:
        FrameworkNotFound: there is no such framework.
        AlignmentNotFound: the organisation is not aligned on that day.
    """
    framework = framework_by_code(session, framework_code)
    alignment = session.scalar(_on(_aligned(organisation_id, framework.id, subject), until_on))
    if alignment is None:
        raise AlignmentNotFound
    return _end(session, alignment, until_on, actor, now)


def end_by_id(
    session: Session, *, alignment_id: UUID, organisation_id: UUID | None, until_on: date, actor: str, now: datetime
) -> Alignment:
    """Set the last day of an alignment; it can be made shorter, never longer.

    Args:
        session: an open transaction.
        alignment_id: which.
        organisation_id: who asks; None: the standards body, which may end any.
        until_on: the last day.
        actor: who acts.
        now: UTC.

    Raises:
        AlignmentNotFound: there is none with this id, or it is another organisation's.
        Invalid: the day is outside of the alignment's days.
    """
    session.execute(select(func.pg_advisory_xact_lock(PROVIDER_LOCK)))
    alignment = own_by_id(session, alignment_id, organisation_id)
    if until_on < alignment.from_on or (alignment.until_on is not None and until_on > alignment.until_on):
        raise Invalid.at("/until_on", "The day must be one of the alignment's own days.")
    return _end(session, alignment, until_on, actor, now)


def own_by_id(session: Session, alignment_id: UUID, organisation_id: UUID | None) -> Alignment:
    """Return an alignment of an organisation; None for any organisation's.

    Raises:
        AlignmentNotFound: there is none with this id, or it is another organisation's.
    """
    alignment = session.get(Alignment, alignment_id)
    if alignment is None or organisation_id not in (None, alignment.organisation_id):
        raise AlignmentNotFound
    return alignment


def alignments(organisation_id: UUID | None = None, framework_code: str | None = None) -> Select[Alignment, str, str]:
    """Return the statement that lists alignments with the codes of who declared them and of the framework."""
    rows = (
        select(Alignment, Organisation.ods_code, Framework.code)
        .join(Organisation, Organisation.id == Alignment.organisation_id)
        .join(Framework, Framework.id == Alignment.framework_id)
    )
    if organisation_id is not None:
        rows = rows.where(Alignment.organisation_id == organisation_id)
    return rows if framework_code is None else rows.where(Framework.code == framework_code)


def is_aligned(session: Session, organisation_id: UUID, framework_id: UUID, subject: str, on: date) -> bool:
    """Say whether an organisation was aligned on a subject of a framework on a day."""
    return session.scalar(_on(_aligned(organisation_id, framework_id, subject), on)) is not None


def _end(session: Session, alignment: Alignment, until_on: date, actor: str, now: datetime) -> Alignment:
    alignment.until_on = until_on
    session.flush()
    framework = session.get_one(Framework, alignment.framework_id)
    detail = {"framework": framework.code, "subject": alignment.subject, "until_on": until_on}
    record(session, "alignment.ended", alignment.id, alignment.organisation_id, actor, now, detail)
    return alignment


def _aligned(organisation_id: UUID, framework_id: UUID, subject: str) -> Select[Alignment]:
    return select(Alignment).where(
        Alignment.organisation_id == organisation_id,
        Alignment.framework_id == framework_id,
        Alignment.subject == subject,
    )


def _on(rows: Select[Alignment], on: date) -> Select[Alignment]:
    return rows.where(Alignment.from_on <= on, or_(Alignment.until_on.is_(None), Alignment.until_on >= on))
