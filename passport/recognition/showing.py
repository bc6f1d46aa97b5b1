"""An application in words: its steps as a task list, its evidence by pillar, what is overdue."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy.orm import Session

from passport.access import accounts
from passport.awards.recognition import PILLARS
from passport.organisations import service as organisations
from passport.recognition import evidence, finding, forms
from passport.recognition.models import RecognitionApplication
from passport.recognition.steps import STEPS_OF, TITLES, Step, next_step, overdue
from passport.staff import numbers
from passport.staff.models import Person, Registration

LEVELS: Final = dict(forms.LEVELS)
ROUTES: Final = {route: text for route, text, _ in forms.ROUTES}
PILLAR_TITLES: Final = dict(forms.PILLARS)
METHODS: Final = {
    "register_lookup": "Live register looked up", "document": "Document seen", "employer_record": "Employer's record",
}  # fmt: skip
ENDINGS: Final = {
    "recognised": "Recognised", "withdrawn": "Withdrawn", "lapsed": "Lapsed", "not_eligible": "Not eligible",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """One step in the list: `state` is done, next, overdue or later; `day` is when it was done or is due."""

    step: Step
    title: str
    state: str
    day: date | None


@dataclass(frozen=True, slots=True)
class Line:
    """An application in a list."""

    application: RecognitionApplication
    person: Person
    overdue: date | None

    @property
    def step(self) -> str:
        """The step that was reached, in words."""
        return TITLES[self.application.step]

    @property
    def due(self) -> date | None:
        """The deadline that it runs towards."""
        dues = {
            "learning_needs_analysis": self.application.evidence_due_on,
            "half_of_evidence": self.application.submission_due_on,
        }
        return dues.get(self.application.step)

    @property
    def ending(self) -> str | None:
        """How it ended, in words; None: it is open."""
        return ENDINGS.get(self.application.ending or "")

    @property
    def level(self) -> str:
        """The level in words."""
        return LEVELS[self.application.level]


def overdue_of(application: RecognitionApplication, today: date) -> date | None:
    """Return the last day that an open application missed; None: nothing is overdue."""
    if application.ended_at is not None:
        return None
    return overdue(
        application.step, evidence_due_on=application.evidence_due_on,
        submission_due_on=application.submission_due_on, today=today,
    )  # fmt: skip


def tasks(session: Session, application: RecognitionApplication, *, today: date) -> list[Task]:
    """Return the steps of an application with their days."""
    done = finding.reached(session, application.id)
    follows = None if application.ended_at else next_step(application.route, application.step)
    due = {"half_of_evidence": application.evidence_due_on, "submitted": application.submission_due_on}
    late = overdue_of(application, today)
    found = []
    for step in STEPS_OF[application.route]:
        state = "done" if step in done else "later"
        if step == follows:
            state = "overdue" if late else "next"
        found.append(Task(step, TITLES[step], state, done.get(step) or due.get(step)))
    return found


def described(session: Session, application: RecognitionApplication, *, today: date) -> dict[str, Any]:
    """Return everything that the page of one application shows."""
    person = session.get_one(Person, application.person_id)
    found = evidence.evidence_of(session, application.id)
    return {
        "application": application,
        "person": person,
        "number": numbers.show(person.passport_number),
        "level": LEVELS[application.level],
        "route": ROUTES[application.route],
        "ending": ENDINGS.get(application.ending or ""),
        "employer": organisations.by_id(session, application.employer_id) if application.employer_id else None,
        "decides": organisations.by_id(session, application.organisation_id),
        "tasks": tasks(session, application, today=today),
        "next": None if application.ended_at else next_step(application.route, application.step),
        "pillars": [(PILLAR_TITLES[each], [one for one in found if one.pillar == each]) for each in PILLARS],
        "checks": [
            (METHODS[check.method], check, session.get_one(Registration, check.registration_id),
             accounts.name_of_actor(session, check.recorded_by))
            for check in evidence.checks_of(session, application.id)
        ],
    }  # fmt: skip
