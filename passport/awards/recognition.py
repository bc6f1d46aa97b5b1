"""The rules of recognition at a level of practice. Flushes, never commits.

Advanced practice is a level and not a job title, with four pillars, for registered practitioners other than doctors
and dentists (facts, section 5): advanced and consultant practice have all four, enhanced practice has not. Whoever
recognises is accredited for the level's standard (`MPF-ADVANCED`): the Academy, or a programme that it approved. A new
recognition takes the place of the one before, which stays on record; one of a lower level does not, because that would
take the higher one away. Two people withdraw a recognition (`withdrawals`). It is always said by somebody who may:
nothing here reads a job title. How a recognition may end is said in `endings`.
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
from passport.awards.endings import RecognitionEnded, SecondPersonNeeded, end
from passport.awards.models import WITHDRAWAL_REASONS, Recognition
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations import service as organisations
from passport.staff import service as staff
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


class HigherLevelStands(Conflict):
    """The person is recognised at a higher level; a lower one does not take its place."""

    code = "higher_level_stands"
    title = "The person is recognised at a higher level already"


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
        NotAccredited, ProviderSuspended, SpecificationNotInForce: as for `standards.check_award`.
        NotEligible: the person is on no register of a profession that is recognised.
        HigherLevelStands: the person is recognised at a higher level.
        PersonNotFound: the person's record was closed.
    """
    _check(level, edition, pillars, recognised_on, now.date())
    standard = standards.standard_by_code(session, f"MPF-{level.upper()}")
    standards.check_award(
        session, organisation_id=organisation_id, standard=standard, on=recognised_on, recorded_on=now.date()
    )
    person_id = staff.take(session, person_id)
    if not is_eligible(session, person_id):
        raise NotEligible
    before = _make_way(session, person_id, level, now)
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
    session: Session,
    *,
    recognition_id: UUID,
    organisation_id: UUID,
    reason: str,
    actor: str,
    now: datetime,
    asked_by: str | None = None,
) -> Recognition:
    """Withdraw a recognition. It takes two people.

    Args:
        session: an open transaction.
        recognition_id: which.
        organisation_id: who made it, or what that became.
        reason: one of `WITHDRAWAL_REASONS`.
        actor: who confirms.
        now: UTC.
        asked_by: who asked for it: somebody else.

    Raises:
        RecognitionNotFound: there is none with this id, or the organisation did not make it.
        RecognitionEnded: it is not current any more.
        SecondPersonNeeded: nobody else asked for it.
        Invalid: the reason is not one.
    """
    if reason not in WITHDRAWAL_REASONS:
        raise Invalid.at("/reason", f"The reason must be one of: {', '.join(WITHDRAWAL_REASONS)}.")
    found = own_recognition(session, recognition_id, organisation_id)
    if asked_by in (None, actor):
        raise SecondPersonNeeded
    end(found, "withdrawn", now=now, reason=reason)
    session.flush()
    _audit(session, "recognition.withdrawn", found, actor, organisation_id, now, asked_by=str(asked_by))
    jobs.defer(session, "issuing.reissue", person_id=str(found.person_id))
    return found


def own_recognition(session: Session, recognition_id: UUID, organisation_id: UUID) -> Recognition:
    """Return a current recognition for the organisation that made it, or what that became; its row is locked.

    Raises:
        RecognitionNotFound: there is none with this id, or the organisation did not make it.
        RecognitionEnded: it is not current any more.
    """
    return seen_recognition(session, recognition_id, organisation_id, lock=True)


def seen_recognition(
    session: Session, recognition_id: UUID, organisation_id: UUID, *, lock: bool = False
) -> Recognition:
    """Return a current recognition for the organisation that made it; raises as `own_recognition`."""
    found = session.get(Recognition, recognition_id, with_for_update=lock or None, populate_existing=lock)
    if found is None:
        raise RecognitionNotFound
    maker = organisations.by_id(session, found.organisation_id)
    if organisation_id not in (maker.id, organisations.successor(maker).id):
        raise RecognitionNotFound
    if found.ended_at is not None:
        raise RecognitionEnded
    return found


def is_eligible(session: Session, person_id: UUID) -> bool:
    """Say whether a person is on a register whose practitioners are recognised."""
    held = session.execute(select(Registration.body, Registration.number).where(Registration.person_id == person_id))
    return any(counts(body, number) for body, number in held)


def counts(body: str, number: str) -> bool:
    """Say whether practitioners of a register are recognised: not doctors and dentists (facts, section 5)."""
    return body not in MEDICAL_REGISTERS or number.startswith(ASSOCIATE_PREFIX)


def current(session: Session, person_id: UUID, *, lock: bool = False) -> Recognition | None:
    """Return the recognition that stands; None: there is none."""
    standing = select(Recognition).where(Recognition.person_id == person_id, Recognition.ended_at.is_(None))
    return session.scalar(standing.with_for_update() if lock else standing)


def _make_way(session: Session, person_id: UUID, level: PracticeLevel, now: datetime) -> Recognition | None:
    """End the current recognition, if there is one, for another of at least its level, and return it."""
    before = current(session, person_id, lock=True)
    if before is not None:
        if LEVELS.index(level) < LEVELS.index(before.level):
            raise HigherLevelStands("Withdraw the higher level first, if it was recorded wrongly.")
        end(before, "superseded", now=now)
        session.flush()
    return before


def _check(level: str, edition: str, pillars: Sequence[str], recognised_on: date, today: date) -> None:
    if level not in LEVELS:
        raise Invalid.at("/level", f"The level must be one of: {', '.join(LEVELS)}.")
    if edition not in EDITIONS:
        raise Invalid.at("/edition", f"The edition must be one of: {', '.join(EDITIONS)}.")
    if not pillars or not set(pillars) <= set(PILLARS) or len(set(pillars)) != len(pillars):
        raise Invalid.at("/pillars", f"Name each pillar once: {', '.join(PILLARS)}.")
    if (len(pillars) == len(PILLARS)) != (level != "enhanced"):
        raise Invalid.at(
            "/pillars", "Advanced and consultant practice have all four pillars, enhanced practice has not."
        )
    if recognised_on > today:
        raise Invalid.at("/recognised_on", "The day is in the future.")


def _audit(
    session: Session,
    action: str,
    recognition: Recognition,
    actor: str,
    organisation_id: UUID,
    now: datetime,
    **detail: str,
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"recognition:{recognition.id}",
        now=now, detail={"person": str(recognition.person_id), "level": recognition.level, **detail},
    )  # fmt: skip
