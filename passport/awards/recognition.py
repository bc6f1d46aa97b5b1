"""The rules of recognition at a level of practice. Flushes, never commits.

Advanced practice is a level and not a job title, with four pillars, for registered practitioners other than doctors
and dentists (facts, section 5): advanced and consultant practice have all four, enhanced practice has not. Whoever
recognises is accredited for the level's standard (`MPF-ADVANCED`): the Academy, or a programme that it approved. A new
recognition takes the place of the one before, which stays on record.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, get_args
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.records import Pillar, PracticeLevel, RecognitionRoute
from passport import jobs
from passport.audit import service as audit
from passport.awards.models import WITHDRAWAL_REASONS, Recognition
from passport.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from passport.staff.models import Registration
from passport.standards import service as standards

PILLARS: Final = get_args(Pillar)
LEVELS: Final = get_args(PracticeLevel)
EDITIONS: Final = ("2017", "2025")
# Registers of doctors and dentists. A GMC number with an A is a physician or anaesthesia associate.
MEDICAL_REGISTERS: Final = ("GMC", "GDC")
ASSOCIATE_PREFIX: Final = "A"


class NotEligible(Conflict):
    """The person is on no register whose practitioners are recognised."""

    code = "not_eligible"
    title = "The person is not a registered practitioner whose level of practice is recognised"


class RecognitionNotFound(NotFound):
    """There is no such recognition, or the caller's organisation did not make it."""

    code = "recognition_not_found"
    title = "There is no such recognition"


class NotAccreditedToRecognise(Forbidden):
    """The organisation may not recognise this level of practice."""

    code = "not_accredited"
    title = "The organisation may not recognise this level of practice"


def recognise(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    level: PracticeLevel,
    edition: str,
    route: RecognitionRoute,
    pillars: Sequence[Pillar],
    base_profession: str,
    recognised_on: date,
    actor: str,
    now: datetime,
) -> Recognition:
    """Record that a person was recognised at a level of practice.

    Args:
        session: an open transaction.
        person_id: who.
        organisation_id: who recognises.
        level: of practice.
        edition: of the framework, as `2025`.
        route: the programme or the ePortfolio.
        pillars: those that were shown.
        base_profession: as the register calls it.
        recognised_on: the day.
        actor: who acts.
        now: UTC.

    Raises:
        Invalid: the pillars do not fit the level, or the day or edition can't be.
        NotAccreditedToRecognise: the organisation may not recognise this level on that day.
        NotEligible: the person is on no register of a profession that is recognised.
    """
    _check(level, edition, pillars, recognised_on, now.date())
    standard = standards.standard_by_code(session, f"MPF-{level.upper()}")
    if not standards.may_award(session, organisation_id, standard.id, recognised_on):
        raise NotAccreditedToRecognise
    if not _is_eligible(session, person_id):
        raise NotEligible
    before = _current(session, person_id)
    if before is not None:
        _end(before, "superseded", now)
        session.flush()
    recognition = Recognition(
        person_id=person_id, organisation_id=organisation_id, level=level, edition=edition, route=route,
        pillars=[pillar for pillar in PILLARS if pillar in pillars], base_profession=base_profession,
        recognised_on=recognised_on, recorded_at=now, recorded_by=actor,
    )  # fmt: skip
    session.add(recognition)
    session.flush()
    if before is not None:
        before.replaced_by_id = recognition.id
        session.flush()
    _audit(session, "recognition.recorded", recognition, actor, organisation_id, now)
    jobs.defer(session, "issuing.reissue", person_id=str(person_id))
    return recognition


def end_recognition(
    session: Session, *, recognition_id: UUID, organisation_id: UUID, reason: str, actor: str, now: datetime
) -> Recognition:
    """Withdraw a recognition.

    Args:
        session: an open transaction.
        recognition_id: which.
        organisation_id: who made it.
        reason: one of `WITHDRAWAL_REASONS`.
        actor: who acts.
        now: UTC.

    Raises:
        RecognitionNotFound: there is no current one with this id that the organisation made.
        Invalid: the reason is not one.
    """
    if reason not in WITHDRAWAL_REASONS:
        raise _invalid("/reason", f"The reason must be one of: {', '.join(WITHDRAWAL_REASONS)}.")
    found = session.scalar(select(Recognition).where(Recognition.id == recognition_id).with_for_update())
    if found is None or found.organisation_id != organisation_id or found.ended_at is not None:
        raise RecognitionNotFound
    _end(found, "withdrawn", now, reason=reason)
    session.flush()
    _audit(session, "recognition.withdrawn", found, actor, organisation_id, now)
    jobs.defer(session, "issuing.reissue", person_id=str(found.person_id))
    return found


def _check(level: str, edition: str, pillars: Sequence[str], recognised_on: date, today: date) -> None:
    if level not in LEVELS:
        raise _invalid("/level", f"The level must be one of: {', '.join(LEVELS)}.")
    if edition not in EDITIONS:
        raise _invalid("/edition", f"The edition must be one of: {', '.join(EDITIONS)}.")
    if not pillars or not set(pillars) <= set(PILLARS) or len(set(pillars)) != len(pillars):
        raise _invalid("/pillars", f"Name each pillar once: {', '.join(PILLARS)}.")
    if (len(pillars) == len(PILLARS)) != (level != "enhanced"):
        raise _invalid("/pillars", "Advanced and consultant practice have all four pillars, enhanced practice has not.")
    if recognised_on > today:
        raise _invalid("/recognised_on", "The day is in the future.")


def _is_eligible(session: Session, person_id: UUID) -> bool:
    held = session.execute(select(Registration.body, Registration.number).where(Registration.person_id == person_id))
    return any(body not in MEDICAL_REGISTERS or number.startswith(ASSOCIATE_PREFIX) for body, number in held)


def _current(session: Session, person_id: UUID) -> Recognition | None:
    return session.scalar(
        select(Recognition).where(Recognition.person_id == person_id, Recognition.ended_at.is_(None)).with_for_update()
    )


def _end(recognition: Recognition, ending: str, now: datetime, *, reason: str | None = None) -> None:
    recognition.ended_at, recognition.ending, recognition.ending_reason = now, ending, reason


def _invalid(pointer: str, message: str) -> Invalid:
    return Invalid(message, (Fault(pointer, message),))


def _audit(
    session: Session, action: str, recognition: Recognition, actor: str, organisation_id: UUID, now: datetime
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"recognition:{recognition.id}",
        now=now, detail={"person": str(recognition.person_id), "level": recognition.level},
    )  # fmt: skip
