"""The rules of awards: facts that are added, ended and never changed. Flushes, never commits.

In the order of the code: record an award (which supersedes the issuer's older one, or is kept as history where a newer
one stands); correct it; withdraw it; whose it is to end; read it and its history. Recognition at a level of practice
has its rules in `recognition`, what a passport says now is in `content`; both are part of this room's face.

Only the issuer, or the organisation that it became part of, ends an award (facts, section 7); for everybody else a
foreign award and one that does not exist look the same. How an award may end is said in `endings`. To withdraw a
professional credential takes two people: `withdrawals` asks one and then the other, and `withdraw` insists on it. A
correction or withdrawal changes what passports say, so it asks for their re-issue in the same transaction. Whoever
records, corrects or withdraws takes a turn with the imports of the same employer.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Function, Select, func, select
from sqlalchemy.orm import Session

from credentials.records import Delivery, Pedigree, VerificationMethod
from passport import jobs
from passport.audit import service as audit
from passport.awards import awardable
from passport.awards.content import passport_content, passport_contents
from passport.awards.eligibility import NotOnRegister, PrerequisiteMissing, check_person
from passport.awards.endings import AwardEnded, SecondPersonNeeded, end
from passport.awards.lasting import last_day_of
from passport.awards.models import WITHDRAWAL_REASONS, Award
from passport.awards.recognition import (
    NotEligible,
    RecognitionNotFound,
    end_recognition,
    recognise,
)
from passport.errors import Conflict, Invalid, NotFound
from passport.organisations import service as organisations
from passport.staff import service as staff
from passport.staff.models import Person
from passport.standards import service as standards
from passport.standards.models import Standard
from passport.standards.service import NotAccredited

__all__ = [
    "AwardEnded", "AwardExists", "AwardNotFound", "NotAccredited", "NotEligible", "NotOnRegister",
    "PrerequisiteMissing", "RecognitionNotFound", "SecondPersonNeeded", "by_id", "check_award", "correct",
    "end_recognition", "history", "is_issuer", "needs_second_person", "own_current", "passport_content",
    "passport_contents", "recognise", "record", "take_turn", "withdraw",
]  # fmt: skip
TURN: Final = "awards of "  # the advisory lock of an employer's records
# What a correction may change; another person or standard is another award.
CORRECTABLE: Final = frozenset(
    ("awarded_on", "valid_until", "delivery", "assessed", "verification_method", "pedigree", "part")
)


class AwardNotFound(NotFound):
    """There is no such award, or the caller's organisation may not do this with it."""

    code = "award_not_found"
    title = "There is no such award"


class AwardExists(Conflict):
    """The issuer has recorded an award of this standard and day for this person already."""

    code = "award_exists"
    title = "This award is recorded already"
    constraint = "uq_award_current"


def take_turn(session: Session, organisation_id: UUID, *, alone: bool = False) -> None:
    """Wait for whoever is adding to an employer's awards; held until the transaction ends.

    Args:
        session: an open transaction.
        organisation_id: the employer.
        alone: True for an import: nobody else may add at the same time.
    """
    key = _turn(organisation_id)
    session.execute(select(func.pg_advisory_xact_lock(key) if alone else func.pg_advisory_xact_lock_shared(key)))


def take_free_turn(session: Session, organisation_id: UUID) -> bool:
    """Take the turn alone if nobody is adding now; say whether it was free. For who may not wait any more."""
    return bool(session.scalar(select(func.pg_try_advisory_xact_lock(_turn(organisation_id)))))


def record(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    standard_code: str,
    part: int = 0,
    awarded_on: date,
    valid_until: date | None = None,
    delivery: Delivery,
    assessed: bool | None,
    verification_method: VerificationMethod,
    pedigree: Pedigree,
    actor: str,
    now: datetime,
    import_id: UUID | None = None,
) -> Award:
    """Record that a person met a standard. Return the award: ended already where a newer one of the issuer stands.

    Args:
        session: an open transaction.
        person_id: who; of a record that was merged, the one that stands.
        organisation_id: the issuer.
        standard_code: the catalogue's code, as `IPC2`.
        part: the part that was met; 0 for the whole.
        awarded_on: the day on which it was met.
        valid_until: the issuer's own last day; None where it sets none.
        delivery: how it was taught.
        assessed: whether it was assessed; None where nobody recorded it.
        verification_method: how the issuer knows.
        pedigree: whether the issuer is the origin of the record.
        actor: who acts.
        now: UTC.
        import_id: the import that it came with.

    Raises:
        PersonNotFound: the person's record was closed.
        Invalid: there is no such standard or part, or the days can't be.
        NotAccredited, SpecificationNotInForce, NotOnRegister, PrerequisiteMissing: as for `check_award`.
        AwardExists: the issuer has recorded this already.
    """
    take_turn(session, organisation_id)
    person_id = staff.take(session, person_id)
    standard = awardable.standard(session, standard_code, part)
    awardable.check_days(awarded_on, valid_until, now.date())
    check_award(
        session, person_id=person_id, organisation_id=organisation_id, standard=standard, on=awarded_on,
        recorded_on=now.date(),
    )  # fmt: skip
    award = Award(
        id=_new_id(session), person_id=person_id, organisation_id=organisation_id, standard_id=standard.id,
        framework_version_id=standards.framework_version(session, standard.framework_id, awarded_on).id, part=part,
        awarded_on=awarded_on, valid_until=valid_until, delivery=delivery, assessed=assessed,
        verification_method=verification_method, pedigree=pedigree, recorded_at=now, recorded_by=actor,
        import_id=import_id,
    )  # fmt: skip
    _take_place(session, award, now)
    _audit(session, "award.recorded", award, actor, organisation_id, now, standard=standard.code)
    return award


def check_award(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    standard: Standard,
    on: date,
    recorded_on: date | None,
) -> None:
    """Check that an organisation may give a person an award of a standard; every way of recording goes through this.

    Args:
        session: an open transaction.
        person_id: who.
        organisation_id: the issuer.
        standard: what is awarded.
        on: the day of the award.
        recorded_on: the day on which it is recorded; None for an award that is on record already and corrected.

    Raises:
        NotAccredited: the issuer may not award this on that day, or nothing new now (`standards.ProviderSuspended`).
        SpecificationNotInForce: no version of the standard's specification was in force on that day.
        NotOnRegister, PrerequisiteMissing: the person does not meet what the specification asks.
    """
    terms = standards.check_award(
        session, organisation_id=organisation_id, standard=standard, on=on, recorded_on=recorded_on
    )
    check_person(session, person_id, terms, on)


def correct(
    session: Session,
    *,
    award_id: UUID,
    organisation_id: UUID,
    changes: Mapping[str, Any],
    actor: str,
    now: datetime,
) -> Award:
    """Put another award in the place of one whose record was wrong; the old one ends as corrected.

    Args:
        session: an open transaction.
        award_id: the current award.
        organisation_id: who asks: the issuer or its successor.
        changes: what was wrong, by name (`CORRECTABLE`), with the right value; the rest stays.
        actor: who acts.
        now: UTC.

    Returns:
        The new award, issued by the same organisation as the old one.

    Raises:
        AwardNotFound: there is no such award, or it is not theirs to correct.
        AwardEnded: it is not current any more.
        AwardExists: the corrected part is recorded already.
        SecondPersonNeeded: a professional credential would count no more: that is a withdrawal.
        Invalid: nothing changes, or the new values can't be.
        NotAccredited, SpecificationNotInForce, NotOnRegister, PrerequisiteMissing: the new day, as for `check_award`.
    """
    wrong = own_current(session, award_id, organisation_id)
    if not changes.keys() <= CORRECTABLE or all(getattr(wrong, name) == value for name, value in changes.items()):
        raise Invalid.at("/", f"Give at least one of these with another value: {', '.join(sorted(CORRECTABLE))}.")
    kept = {column.name: getattr(wrong, column.name) for column in Award.__table__.columns}
    right = Award(**kept | dict(changes) | {"id": _new_id(session), "recorded_at": now, "recorded_by": actor})
    awardable.check_part(session, right.standard_id, right.part)
    awardable.check_days(right.awarded_on, right.valid_until, now.date())
    if right.part != wrong.part and _current(session, right) is not None:
        raise AwardExists
    _check_still_counts(session, wrong, right, now.date())
    if right.awarded_on != wrong.awarded_on:
        standard = session.get_one(Standard, right.standard_id)
        check_award(
            session, person_id=right.person_id, organisation_id=right.organisation_id, standard=standard,
            on=right.awarded_on, recorded_on=None,
        )  # fmt: skip
    end(wrong, "corrected", now=now, replaced_by=right.id)
    session.flush()
    session.add(right)
    session.flush()
    _audit(session, "award.corrected", wrong, actor, organisation_id, now, replaced_by=str(right.id))
    jobs.defer(session, "issuing.reissue", person_id=str(right.person_id))
    return right


def withdraw(
    session: Session,
    *,
    award_id: UUID,
    organisation_id: UUID,
    reason: str,
    actor: str,
    now: datetime,
    asked_by: str | None = None,
) -> Award:
    """End an award that should not count. Of anything but statutory training it takes two people.

    Args:
        session: an open transaction.
        award_id: the current award.
        organisation_id: whose people act: the issuer or its successor.
        reason: one of `WITHDRAWAL_REASONS`.
        actor: who acts; where two people are needed, the second one.
        now: UTC.
        asked_by: the first person, where two are needed (`withdrawals.confirm`).

    Raises:
        AwardNotFound: there is no such award, or it is not theirs to withdraw.
        AwardEnded: it is not current any more.
        SecondPersonNeeded: it is a professional credential, and nobody else asked for it.
        Invalid: the reason is not one.
    """
    if reason not in WITHDRAWAL_REASONS:
        raise Invalid.at("/reason", f"The reason must be one of: {', '.join(WITHDRAWAL_REASONS)}.")
    award = own_current(session, award_id, organisation_id)
    if asked_by in (None, actor) and needs_second_person(session, award):
        raise SecondPersonNeeded
    end(award, "withdrawn", now=now, reason=reason)
    session.flush()
    asked = {"asked_by": asked_by} if asked_by else {}
    _audit(session, "award.withdrawn", award, actor, organisation_id, now, reason=reason, **asked)
    jobs.defer(session, "issuing.reissue", person_id=str(award.person_id))
    return award


def own_current(session: Session, award_id: UUID, organisation_id: UUID) -> Award:
    """Return a current award of an issuer, locked against others who would end it.

    The turn is taken first: an import that has read the award as current must not end it a second time.

    Raises:
        AwardNotFound: there is no such award, or the organisation neither issued it nor is what the issuer became.
        AwardEnded: it is not current any more.
    """
    issuer_id = session.scalar(select(Award.organisation_id).where(Award.id == award_id))
    if issuer_id is not None:
        take_turn(session, issuer_id)
    award = session.scalar(select(Award).where(Award.id == award_id).with_for_update())
    if award is None or not is_issuer(session, award, organisation_id):
        raise AwardNotFound
    if award.ended_at is not None:
        raise AwardEnded
    return award


def needs_second_person(session: Session, award: Award) -> bool:
    """Say whether two people must agree to withdraw an award: for all but statutory training."""
    return session.get_one(Standard, award.standard_id).kind != "statutory"


def is_issuer(session: Session, award: Award, organisation_id: UUID) -> bool:
    """Say whether an organisation issued an award, or is what the issuer became."""
    if award.organisation_id == organisation_id:
        return True
    issuer = organisations.by_id(session, award.organisation_id)
    return organisations.successor(issuer).id == organisation_id


def by_id(session: Session, award_id: UUID, *, organisation_id: UUID, now: datetime) -> Award:
    """Return an award that an organisation issued, or that one of its staff holds.

    Raises:
        AwardNotFound: there is none, or it is neither.
    """
    award = session.get(Award, award_id)
    if award is None:
        raise AwardNotFound
    if is_issuer(session, award, organisation_id):
        return award
    its_staff = select(Person.id).where(Person.id == award.person_id, staff.employed_by(organisation_id, now.date()))
    if session.scalar(its_staff) is None:
        raise AwardNotFound
    return award


def history(session: Session, person_id: UUID) -> Sequence[Award]:
    """Return every award of a person, ended ones and those of merged records too, the newest day first."""
    everyone = staff.same_person_ids(session, person_id)
    return session.scalars(
        select(Award).where(Award.person_id.in_(everyone)).order_by(Award.awarded_on.desc(), Award.id.desc())
    ).all()


def _take_place(session: Session, award: Award, now: datetime) -> None:
    """Add an award among those of the same issuer, person, standard and part."""
    current = _current(session, award)
    if current is not None and current.awarded_on == award.awarded_on:
        raise AwardExists("An award of this day is recorded. If it is wrong, correct it.")
    if current is not None and current.awarded_on < award.awarded_on:
        end(current, "superseded", now=now, replaced_by=award.id)
        session.flush()
    elif current is not None:
        if _same_day_is_known(session, award):
            raise AwardExists
        end(award, "superseded", now=now, replaced_by=current.id)
    session.add(award)
    session.flush()


def _current(session: Session, award: Award) -> Award | None:
    found: Award | None = session.scalar(_like(award).where(Award.ended_at.is_(None)).with_for_update())
    return found


def _same_day_is_known(session: Session, award: Award) -> bool:
    known = _like(award).where(Award.awarded_on == award.awarded_on, Award.ending == "superseded")
    return session.scalar(known.limit(1)) is not None


def _like(award: Award) -> Select[Award]:
    return select(Award).where(
        Award.organisation_id == award.organisation_id,
        Award.person_id == award.person_id,
        Award.standard_id == award.standard_id,
        Award.part == award.part,
    )


def _check_still_counts(session: Session, wrong: Award, right: Award, today: date) -> None:
    """Check that one person's correction does not end what two people withdraw."""
    if (right.awarded_on, right.valid_until) == (wrong.awarded_on, wrong.valid_until):
        return
    before, after = (last_day_of(session, award, today=today) for award in (wrong, right))
    is_ended = after is not None and after < today
    if is_ended and (before is None or before >= today) and needs_second_person(session, wrong):
        raise SecondPersonNeeded("With these days the credential would count no more. Withdraw it: two people do that.")


def _new_id(session: Session) -> UUID:
    """Return a new id beforehand: the award that ends names the one that takes its place."""
    new: UUID = session.scalars(select(func.uuidv7())).one()
    return new


def _turn(organisation_id: UUID) -> Function[int]:
    return func.hashtextextended(f"{TURN}{organisation_id}", 0)


def _audit(
    session: Session, action: str, award: Award, actor: str, organisation_id: UUID, now: datetime, **detail: str
) -> None:
    audit.record(
        session, actor=actor, organisation_id=organisation_id, action=action, subject=f"award:{award.id}", now=now,
        detail={"person": str(award.person_id), **detail},
    )  # fmt: skip
