"""The rules of applications for recognition. Flushes, never commits.

In the order of the code: begin one; what the employer says; reach a step; recognise; end one without a recognition;
let those lapse that missed their last day. Finding applications is in `finding`, evidence and looks at the register in
`evidence`. The order of the steps and the deadlines are in `steps`.

Whoever recognises is accredited for the level, and decides; the employer of an applicant by ePortfolio confirms the
eligibility and does nothing else. A recognition is made by `recognise` from what people recorded, step by step; an open
application makes somebody a trainee, and nothing here or elsewhere reads a job title (facts, section 5).
"""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from credentials.records import PracticeLevel, RecognitionRoute
from passport.audit import service as audit
from passport.awards import recognition as recognitions
from passport.awards.models import Recognition
from passport.awards.recognition import EDITIONS, LEVELS, NotEligible
from passport.errors import Invalid
from passport.recognition import evidence
from passport.recognition.errors import (
    ApplicationEnded,
    ApplicationOpen,
    EvidenceMissing,
    RecognisedAlready,
    StepOutOfOrder,
)
from passport.recognition.finding import of_employer, of_organisation, open_of, reached
from passport.recognition.models import ApplicationStep, RecognitionApplication
from passport.recognition.steps import COMPLETE, GRACE, STEPS_OF, Ending, Step, deadlines, next_step
from passport.staff import service as staff
from passport.standards import service as standards

MOST_CHARACTERS: Final = 200
SAID_BY_EMPLOYER: Final = "eligibility_confirmed"


def begin(
    session: Session,
    *,
    person_id: UUID,
    organisation_id: UUID,
    route: RecognitionRoute,
    level: PracticeLevel,
    edition: str,
    base_profession: str,
    begun_on: date,
    employer_id: UUID | None = None,
    programme: str | None = None,
    actor: str,
    now: datetime,
) -> RecognitionApplication:
    """Begin an application: an expression of interest by ePortfolio, or the enrolment on an accredited programme.

    Args:
        session: an open transaction.
        person_id: who applies.
        organisation_id: who will decide: accredited for the level.
        route: the ePortfolio or a programme.
        level: of practice.
        edition: of the framework, as `2025`.
        base_profession: as the register calls it.
        begun_on: the day; not in the future.
        employer_id: who employs the person and will confirm the eligibility; by ePortfolio only.
        programme: the title of the degree; by programme only.
        actor: who acts.
        now: UTC.

    Raises:
        Invalid: something of it can't be; PersonNotFound: the employer does not employ the person.
        NotAccredited: the organisation may not recognise this level, or is suspended (`standards.ProviderSuspended`).
        NotEligible: the person is on no register whose practitioners are recognised.
        RecognisedAlready: at this level, or a higher one.
        ApplicationOpen: the person has an open application.
    """
    _check(route, level, edition, base_profession, begun_on, employer_id, programme, now.date())
    standard = standards.standard_by_code(session, f"MPF-{level.upper()}")
    standards.check_award(
        session, organisation_id=organisation_id, standard=standard, on=begun_on, recorded_on=now.date()
    )
    person_id = staff.take(session, person_id)
    if employer_id is not None:
        staff.member(session, person_id, organisation_id=employer_id, now=now)
    if not recognitions.is_eligible(session, person_id):
        raise NotEligible
    _check_not_recognised(session, person_id, level)
    if open_of(session, person_id) is not None:
        raise ApplicationOpen
    application = RecognitionApplication(
        person_id=person_id, organisation_id=organisation_id, employer_id=employer_id, route=route, level=level,
        edition=edition, base_profession=base_profession.strip(), programme=programme.strip() if programme else None,
        begun_on=begun_on, step=STEPS_OF[route][0], recorded_at=now, recorded_by=actor,
    )  # fmt: skip
    session.add(application)
    session.flush()
    _reach(session, application, STEPS_OF[route][0], begun_on, actor, now)
    return application


def confirm_eligibility(
    session: Session,
    *,
    application_id: UUID,
    organisation_id: UUID,
    eligible: bool,
    on: date,
    actor: str,
    now: datetime,
) -> RecognitionApplication:
    """Say as the employer whether an applicant is eligible. Nobody else can; a no ends the application.

    Args:
        session: an open transaction.
        application_id: which.
        organisation_id: the employer that the application names.
        eligible: what the employer says.
        on: the day of the answer.
        actor: who acts.
        now: UTC.

    Raises:
        ApplicationNotFound: there is none, or it names another employer.
        PersonNotFound: the person left this employer.
        ApplicationEnded, StepOutOfOrder: nothing is left to confirm.
        Invalid: the day can't be.
    """
    application = of_employer(session, application_id, organisation_id, lock=True)
    staff.member(session, application.person_id, organisation_id=organisation_id, now=now)
    _check_next(session, application, SAID_BY_EMPLOYER, on, now.date())
    if eligible:
        return _reach(session, application, SAID_BY_EMPLOYER, on, actor, now)
    return _end(session, application, "not_eligible", actor, now)


def reach(
    session: Session, *, application_id: UUID, organisation_id: UUID, step: Step, on: date, actor: str, now: datetime
) -> RecognitionApplication:
    """Record that an application reached the next step. The employer's word and the recognition have their own ways.

    Args:
        session: an open transaction.
        application_id: which.
        organisation_id: who decides on it.
        step: the one that follows; none is skipped.
        on: the day; not before the step before it, not in the future.
        actor: who acts.
        now: UTC.

    Raises:
        ApplicationNotFound: there is none, or it is another organisation's.
        ApplicationEnded: it has ended, or should have lapsed.
        StepOutOfOrder: the step does not follow, or it is not for this organisation to say.
        EvidenceMissing: the evidence does not reach for the step.
        Invalid: the day can't be, or the submission came too late.
    """
    application = of_organisation(session, application_id, organisation_id, lock=True)
    if step in (SAID_BY_EMPLOYER, "recognised"):
        raise StepOutOfOrder
    _check_next(session, application, step, on, now.date())
    if step == "half_of_evidence":
        evidence.check_half(session, application)
    if step in COMPLETE:
        _check_complete(session, application, on)
    if step == "learning_needs_analysis":
        application.evidence_due_on, application.submission_due_on = deadlines(on)
    return _reach(session, application, step, on, actor, now)


def recognise(
    session: Session, *, application_id: UUID, organisation_id: UUID, recognised_on: date, actor: str, now: datetime
) -> Recognition:
    """Recognise an applicant: everything is in, and somebody looked at the live register since.

    Args:
        session: an open transaction.
        application_id: which.
        organisation_id: who recognises.
        recognised_on: the day; not before the submission, not in the future.
        actor: who acts.
        now: UTC.

    Raises:
        ApplicationNotFound, ApplicationEnded, StepOutOfOrder: as `reach`.
        RegisterNotLookedUp: nobody recorded a look at the live register since the submission.
        Invalid, NotEligible, NotAccredited, HigherLevelStands: see `awards.recognition.recognise`.
    """
    application = of_organisation(session, application_id, organisation_id, lock=True)
    _check_next(session, application, "recognised", recognised_on, now.date())
    evidence.check_register(session, application, since=reached(session, application.id)[application.step])
    made = recognitions.recognise(
        session, person_id=application.person_id, organisation_id=organisation_id, level=application.level,
        edition=application.edition, route=application.route, pillars=evidence.pillars_of(session, application.id),
        base_profession=application.base_profession, recognised_on=recognised_on, actor=actor, now=now,
    )  # fmt: skip
    application.recognition_id = made.id
    application.ended_at, application.ending = now, "recognised"
    _reach(session, application, "recognised", recognised_on, actor, now)
    return made


def withdraw(
    session: Session, *, application_id: UUID, organisation_id: UUID, words: str, actor: str, now: datetime
) -> RecognitionApplication:
    """End an application that the applicant gives up, or that the organisation closes.

    Args:
        session: an open transaction.
        application_id: which.
        organisation_id: who decides on it.
        words: why; for the organisation alone.
        actor: who acts.
        now: UTC.

    Raises:
        ApplicationNotFound, ApplicationEnded: as `reach`.
        Invalid: there are no words.
    """
    if not 1 <= len(words.strip()) <= MOST_CHARACTERS:
        raise Invalid.at("/words", f"Say why, in at most {MOST_CHARACTERS} characters.")
    application = of_organisation(session, application_id, organisation_id, lock=True)
    if application.ended_at is not None:
        raise ApplicationEnded
    application.ending_words = words.strip()
    return _end(session, application, "withdrawn", actor, now)


def lapse_overdue(session: Session, *, actor: str, now: datetime) -> int:
    """End every application that missed its last day by more than `GRACE`; return how many. The nightly job asks."""
    missed = select(RecognitionApplication).where(
        RecognitionApplication.ended_at.is_(None),
        RecognitionApplication.step.in_(("learning_needs_analysis", "half_of_evidence")),
        RecognitionApplication.submission_due_on < now.date() - GRACE,
    )
    found = session.scalars(missed.order_by(RecognitionApplication.id).with_for_update(skip_locked=True)).all()
    for application in found:
        _end(session, application, "lapsed", actor, now)
    return len(found)


def _check(
    route: str,
    level: str,
    edition: str,
    base_profession: str,
    begun_on: date,
    employer_id: UUID | None,
    programme: str | None,
    today: date,
) -> None:
    if route not in STEPS_OF:
        raise Invalid.at("/route", f"The route must be one of: {', '.join(STEPS_OF)}.")
    if level not in LEVELS or edition not in EDITIONS:
        raise Invalid.at("/level", f"Levels are {', '.join(LEVELS)}; editions are {', '.join(EDITIONS)}.")
    if not 1 <= len(base_profession.strip()) <= MOST_CHARACTERS:
        raise Invalid.at("/base_profession", "Enter the profession as the register calls it.")
    if (employer_id is not None) != (route == "eportfolio"):
        raise Invalid.at("/employer", "An employer confirms the eligibility by ePortfolio, and only there.")
    if (programme is not None) != (route == "programme") or (programme is not None and not programme.strip()):
        raise Invalid.at("/programme", "An enrolment names the programme, and an ePortfolio has none.")
    if begun_on > today:
        raise Invalid.at("/begun_on", "The day is in the future.")


def _check_not_recognised(session: Session, person_id: UUID, level: PracticeLevel) -> None:
    standing = recognitions.current(session, person_id)
    if standing is not None and LEVELS.index(standing.level) >= LEVELS.index(level):
        raise RecognisedAlready


def _check_next(session: Session, application: RecognitionApplication, step: Step, on: date, today: date) -> None:
    """Refuse a step that does not follow, and a day that can't be."""
    due = application.submission_due_on
    if application.ended_at is not None:
        raise ApplicationEnded
    if application.step not in COMPLETE and due is not None and today > due + GRACE:
        raise ApplicationEnded("Its last day has passed, so it lapses.")
    if next_step(application.route, application.step) != step:
        raise StepOutOfOrder
    if on > today:
        raise Invalid.at("/on", "The day is in the future.")
    if on < reached(session, application.id)[application.step]:
        raise Invalid.at("/on", "The day is before the step before it.")


def _check_complete(session: Session, application: RecognitionApplication, on: date) -> None:
    if application.submission_due_on is not None and on > application.submission_due_on:
        raise Invalid.at("/on", "The last day to submit was before that.")
    evidence.check_all(session, application)
    if evidence.latest_day(session, application.id) > on:
        raise EvidenceMissing("Some evidence is of a later day than the submission.")


def _reach(
    session: Session, application: RecognitionApplication, step: Step, on: date, actor: str, now: datetime
) -> RecognitionApplication:
    application.step = step
    session.add(
        ApplicationStep(application_id=application.id, step=step, reached_on=on, recorded_at=now, recorded_by=actor)
    )
    session.flush()
    _audit(session, "application.step_reached", application, actor, now, step=step)
    return application


def _end(
    session: Session, application: RecognitionApplication, ending: Ending, actor: str, now: datetime
) -> RecognitionApplication:
    application.ended_at, application.ending = now, ending
    session.flush()
    _audit(session, "application.ended", application, actor, now, ending=ending)
    return application


def _audit(
    session: Session, action: str, application: RecognitionApplication, actor: str, now: datetime, **detail: Any
) -> None:
    audit.record(
        session, actor=actor, organisation_id=application.organisation_id, action=action,
        subject=f"application:{application.id}", now=now,
        detail={"person": str(application.person_id), "level": application.level, **detail},
    )  # fmt: skip
