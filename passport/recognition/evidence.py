"""Evidence by pillar and looks at the register: added, never changed. Flushes, never commits.

In the order of the code: add evidence; record a look at the register; read both; what a step asks of them. Advanced and
consultant practice have all four pillars, enhanced practice has not (facts, section 5). Half of the evidence means at
least one piece in half of the pillars: how many pieces make a pillar is the assessor's judgement and no rule of ours.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from credentials.records import Pillar
from passport.audit import service as audit
from passport.awards.recognition import PILLARS, counts
from passport.errors import Invalid
from passport.recognition.errors import (
    ApplicationEnded,
    EvidenceClosed,
    EvidenceMissing,
    RegisterNotLookedUp,
)
from passport.recognition.finding import of_organisation
from passport.recognition.models import CHECK_METHODS, PillarEvidence, RecognitionApplication, RegisterCheck
from passport.recognition.steps import COMPLETE
from passport.staff.models import Registration

LONGEST: Final = 200
LIVE: Final = "register_lookup"
EARLIEST: Final = date(1960, 1, 1)


def add_evidence(
    session: Session,
    *,
    application_id: UUID,
    organisation_id: UUID,
    pillar: Pillar,
    title: str,
    dated_on: date,
    reference: str,
    assessed_by: str,
    actor: str,
    now: datetime,
) -> PillarEvidence:
    """Add one piece of evidence for one pillar.

    Args:
        session: an open transaction.
        application_id: which.
        organisation_id: who decides on the application.
        pillar: one of `PILLARS`.
        title: what it is.
        dated_on: the day that it is of; not in the future.
        reference: where it is kept, as a number in the portfolio; never the thing itself.
        assessed_by: who assessed it.
        actor: who acts.
        now: UTC.

    Raises:
        ApplicationNotFound: there is none, or it is another organisation's.
        ApplicationEnded: it has ended.
        EvidenceClosed: everything was submitted before.
        Invalid: something of it can't be.
    """
    application = _open(session, application_id, organisation_id)
    if application.step in COMPLETE:
        raise EvidenceClosed
    _check_pillar(session, application, pillar)
    texts = {"title": title, "reference": reference, "assessed_by": assessed_by}
    for name, value in texts.items():
        if not 1 <= len(value.strip()) <= LONGEST:
            raise Invalid.at(f"/{name}", f"Enter 1 to {LONGEST} characters.")
    if not EARLIEST <= dated_on <= now.date():
        raise Invalid.at("/dated_on", "This can't be the day of the evidence.")
    added = PillarEvidence(
        application_id=application.id, pillar=pillar, dated_on=dated_on, recorded_at=now, recorded_by=actor,
        **{name: value.strip() for name, value in texts.items()},
    )  # fmt: skip
    session.add(added)
    session.flush()
    _audit(session, "application.evidence_added", application, actor, now, pillar=pillar)
    return added


def record_check(
    session: Session,
    *,
    application_id: UUID,
    organisation_id: UUID,
    registration_id: UUID,
    checked_on: date,
    method: str,
    actor: str,
    now: datetime,
) -> RegisterCheck:
    """Record that somebody looked at a registration of the applicant.

    Args:
        session: an open transaction.
        application_id: which.
        organisation_id: who looked, and decides on the application.
        registration_id: one of the applicant's registrations whose practitioners are recognised.
        checked_on: the day; not in the future.
        method: one of `CHECK_METHODS`.
        actor: who looked.
        now: UTC.

    Raises:
        ApplicationNotFound, ApplicationEnded: as `add_evidence`.
        Invalid: it is not a registration of the applicant that counts, or the day or method can't be.
    """
    application = _open(session, application_id, organisation_id)
    registration = session.get(Registration, registration_id)
    if registration is None or registration.person_id != application.person_id:
        raise Invalid.at("/registration", "Choose a registration of the applicant.")
    if not counts(registration.body, registration.number):
        raise Invalid.at("/registration", "Practitioners of this register are not recognised.")
    if method not in CHECK_METHODS:
        raise Invalid.at("/method", f"The method must be one of: {', '.join(CHECK_METHODS)}.")
    if not application.begun_on <= checked_on <= now.date():
        raise Invalid.at("/checked_on", "Enter a day since the application began, not in the future.")
    check = RegisterCheck(
        application_id=application.id, registration_id=registration.id, checked_on=checked_on,
        checked_by_id=organisation_id, method=method, recorded_at=now, recorded_by=actor,
    )  # fmt: skip
    session.add(check)
    session.flush()
    _audit(session, "application.register_checked", application, actor, now, method=method)
    return check


def evidence_of(session: Session, application_id: UUID) -> Sequence[PillarEvidence]:
    """Return the evidence of an application, the oldest first."""
    own = select(PillarEvidence).where(PillarEvidence.application_id == application_id)
    return session.scalars(own.order_by(PillarEvidence.dated_on, PillarEvidence.id)).all()


def checks_of(session: Session, application_id: UUID) -> Sequence[RegisterCheck]:
    """Return the looks at the register, the newest first."""
    own = select(RegisterCheck).where(RegisterCheck.application_id == application_id)
    return session.scalars(own.order_by(RegisterCheck.checked_on.desc(), RegisterCheck.id.desc())).all()


def pillars_of(session: Session, application_id: UUID) -> tuple[Pillar, ...]:
    """Return the pillars that have evidence, in the framework's order."""
    own = select(PillarEvidence.pillar).where(PillarEvidence.application_id == application_id).distinct()
    found = set(session.scalars(own))
    return tuple(pillar for pillar in PILLARS if pillar in found)


def latest_day(session: Session, application_id: UUID) -> date:
    """Return the day of the latest evidence."""
    latest = select(func.max(PillarEvidence.dated_on)).where(PillarEvidence.application_id == application_id)
    return session.scalar(latest) or EARLIEST


def check_half(session: Session, application: RecognitionApplication) -> None:
    """Refuse fewer than half of the pillars.

    Raises:
        EvidenceMissing: there is too little.
    """
    needed = 1 if application.level == "enhanced" else len(PILLARS) // 2
    if len(pillars_of(session, application.id)) < needed:
        raise EvidenceMissing(f"Add evidence for at least {needed} of the pillars first.")


def check_all(session: Session, application: RecognitionApplication) -> None:
    """Refuse an application whose pillars are not those of its level.

    Raises:
        EvidenceMissing: a pillar has no evidence.
    """
    found = pillars_of(session, application.id)
    missing = [pillar for pillar in PILLARS if pillar not in found]
    if not found or (missing and application.level != "enhanced"):
        raise EvidenceMissing(f"Add evidence first for: {', '.join(missing).replace('_', ' ')}.")


def check_register(session: Session, application: RecognitionApplication, *, since: date) -> None:
    """Refuse an application whose register nobody has looked up since a day.

    Raises:
        RegisterNotLookedUp: no look at the live register is recorded from that day on.
    """
    looked = any(check.method == LIVE and check.checked_on >= since for check in checks_of(session, application.id))
    if not looked:
        raise RegisterNotLookedUp("Look the number up in the register itself, and record it.")


def _open(session: Session, application_id: UUID, organisation_id: UUID) -> RecognitionApplication:
    application = of_organisation(session, application_id, organisation_id, lock=True)
    if application.ended_at is not None:
        raise ApplicationEnded
    return application


def _check_pillar(session: Session, application: RecognitionApplication, pillar: str) -> None:
    if pillar not in PILLARS:
        raise Invalid.at("/pillar", f"The pillar must be one of: {', '.join(PILLARS)}.")
    shown = {*pillars_of(session, application.id), cast("Pillar", pillar)}
    if application.level == "enhanced" and len(shown) == len(PILLARS):
        raise Invalid.at("/pillar", "Enhanced practice has not all four pillars. Apply for advanced practice.")


def _audit(
    session: Session, action: str, application: RecognitionApplication, actor: str, now: datetime, **detail: str
) -> None:
    audit.record(
        session, actor=actor, organisation_id=application.organisation_id, action=action,
        subject=f"application:{application.id}", now=now, detail={"person": str(application.person_id), **detail},
    )  # fmt: skip
