"""Applications for recognition at the later steps, by both routes: made step by step by the services that people use.

Each is of somebody at the first employer who is neither recognised nor in training. The Academy acts by its first
officer, the employer confirms what is the employer's to confirm.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.recognition import PILLARS
from passport.demo import accounts
from passport.demo.invented_staff import Invented, staff
from passport.organisations import service as organisations
from passport.recognition import evidence
from passport.recognition import service as recognition
from passport.recognition.models import PillarEvidence, RecognitionApplication
from passport.recognition.steps import STEPS_OF, Step
from passport.staff.models import Employment, Registration

ACADEMY: Final = "X4A5D"
EMPLOYER: Final = "X1V2A"
PROGRAMME: Final = "MSc Advanced Clinical Practice (invented)"
STEP_APART: Final = 55  # days
BY_EMPLOYER: Final = "eligibility_confirmed"
# The route, the step that was reached, whether somebody looked at the register since, and whether it was given up.
WANTED: Final[tuple[tuple[Any, Step, bool, bool], ...]] = (
    ("eportfolio", "half_of_evidence", False, False),
    ("eportfolio", "submitted", False, False),
    ("eportfolio", "submitted", True, False),
    ("programme", "programme_completed", False, False),
    ("programme", "programme_completed", True, False),
    ("eportfolio", "eligibility_confirmed", False, True),
)


@dataclass(frozen=True, slots=True)
class Acting:
    """Who acts for whom, when."""

    session: Session
    academy: UUID
    employer: UUID
    actor: str
    today: date
    now: datetime

    def common(self) -> dict[str, Any]:
        """Return what every call of the Academy says."""
        return {"organisation_id": self.academy, "actor": self.actor, "now": self.now}


def fill(session: Session, *, today: date, now: datetime) -> bool:
    """Make the applications, unless they are there; return whether they were missing."""
    if session.scalar(select(PillarEvidence.id).limit(1)):
        return False
    academy, employer = (organisations.by_ods(session, code).id for code in (ACADEMY, EMPLOYER))
    actor = f"account:{accounts.account_of(session, 'academy').id}"
    acting = Acting(session, academy, employer, actor, today, now)
    free = [one for one in staff(today=today)[0] if one.employer == EMPLOYER and not one.role and not one.ended_on]
    for one, (route, last, looked, given_up) in zip(free, WANTED, strict=False):
        application = _begin(acting, one, route, len(STEPS_OF[route][: STEPS_OF[route].index(last)]))
        _advance(acting, application, last)
        if looked:
            _look_at_register(acting, application)
        if given_up:
            recognition.withdraw(session, application_id=application.id, words="Moved abroad", **acting.common())
    return True


def _begin(acting: Acting, one: Invented, route: Any, steps: int) -> RecognitionApplication:
    by_number = select(Employment.person_id).filter_by(
        organisation_id=acting.employer, assignment_number=one.assignment
    )
    eportfolio = route == "eportfolio"
    return recognition.begin(
        acting.session, person_id=acting.session.scalars(by_number).one(), route=route, level="advanced",
        edition="2025", base_profession=one.profession, begun_on=acting.today - timedelta(days=STEP_APART * steps),
        employer_id=acting.employer if eportfolio else None, programme=None if eportfolio else PROGRAMME,
        **acting.common(),
    )  # fmt: skip


def _advance(acting: Acting, application: RecognitionApplication, last: Step) -> None:
    steps = STEPS_OF[application.route]
    for place, step in enumerate(steps[1 : steps.index(last) + 1], start=1):
        on = application.begun_on + timedelta(days=STEP_APART * place)
        if step == BY_EMPLOYER:
            recognition.confirm_eligibility(
                acting.session, application_id=application.id, eligible=True, on=on,
                **acting.common() | {"organisation_id": acting.employer},
            )  # fmt: skip
            continue
        if step in ("half_of_evidence", "submitted", "programme_completed"):
            _add_evidence(acting, application, PILLARS[:2] if step == "half_of_evidence" else PILLARS, on)
        recognition.reach(acting.session, application_id=application.id, step=step, on=on, **acting.common())


def _add_evidence(acting: Acting, application: RecognitionApplication, pillars: Any, on: date) -> None:
    for number, pillar in enumerate(pillars, start=1):
        evidence.add_evidence(
            acting.session, application_id=application.id, pillar=pillar,
            title=f"Invented case study of {pillar.replace('_', ' ')}", dated_on=on - timedelta(days=7),
            reference=f"Portfolio of {on:%B}, item {number}", assessed_by="Prof Asa Pretend", **acting.common(),
        )  # fmt: skip


def _look_at_register(acting: Acting, application: RecognitionApplication) -> None:
    registered = select(Registration.id).where(Registration.person_id == application.person_id)
    evidence.record_check(
        acting.session, application_id=application.id, registration_id=acting.session.scalars(registered).one(),
        checked_on=acting.today, method="register_lookup", **acting.common(),
    )  # fmt: skip
