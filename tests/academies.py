"""An Academy, a trust that employs a nurse, and applications at every step, for tests of recognition."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from passport.awards.models import Recognition
from passport.awards.recognition import PILLARS
from passport.organisations.models import Organisation
from passport.recognition import evidence, service
from passport.recognition.models import RecognitionApplication
from passport.recognition.steps import STEPS_OF, Step
from passport.staff.models import Registration
from passport.standards import service as standards
from tests.factories import OrganisationFactory
from tests.trusts import Trust, make_trust

DAYS: dict[Step, date] = {
    "expression_of_interest": date(2025, 9, 1), "eligibility_confirmed": date(2025, 9, 8),
    "learning_needs_analysis": date(2025, 10, 31), "half_of_evidence": date(2026, 4, 1), "submitted": date(2026, 7, 1),
    "enrolled": date(2024, 9, 2), "programme_completed": date(2026, 7, 1),
}  # fmt: skip


@dataclass(frozen=True)
class Academy:
    """Who recognises, and whom."""

    session: Session
    organisation: Organisation
    trust: Trust
    now: datetime

    @property
    def acting(self) -> dict[str, Any]:
        """The Academy's officer, for the services."""
        return {"organisation_id": self.organisation.id, "actor": "account:ada", "now": self.now}

    @property
    def employing(self) -> dict[str, Any]:
        """The employer's workforce team, for the services."""
        return self.acting | {"organisation_id": self.trust.organisation.id, "actor": "account:hari"}

    def begin(self, route: str = "eportfolio", **other: Any) -> RecognitionApplication:
        """Begin an application of the nurse: advanced practice unless the test says otherwise."""
        first: Step = "enrolled" if route == "programme" else "expression_of_interest"
        said: dict[str, Any] = {
            "person_id": self.trust.nurse.id, "route": route, "level": "advanced", "edition": "2025",
            "base_profession": "Nurse", "begun_on": DAYS[first],
        }  # fmt: skip
        said |= (
            {"employer_id": self.trust.organisation.id}
            if route != "programme"
            else {"programme": "MSc Advanced Practice (invented)"}
        )
        return service.begin(self.session, **said | self.acting | other)

    def reach(self, application: RecognitionApplication, step: Step, **other: Any) -> None:
        """Record the next step on its usual day."""
        on = other.pop("on", DAYS.get(step))
        if step == "eligibility_confirmed":
            service.confirm_eligibility(
                self.session, application_id=application.id, eligible=True, on=on, **self.employing | other
            )
        else:
            service.reach(self.session, application_id=application.id, step=step, on=on, **self.acting | other)

    def show(self, application: RecognitionApplication, *pillars: str, **other: Any) -> None:
        """Add a piece of evidence for each of these pillars."""
        for pillar in pillars:
            said: dict[str, Any] = {
                "title": "A case study", "dated_on": date(2026, 1, 5), "reference": "P-1", "assessed_by": "Dr Made Up",
                "pillar": pillar,
            }  # fmt: skip
            evidence.add_evidence(self.session, application_id=application.id, **said | self.acting | other)

    def look_up(self, application: RecognitionApplication, **other: Any) -> None:
        """Record a look at the live register."""
        registration = self.session.scalars(select(Registration.id).filter_by(person_id=application.person_id)).first()
        said: dict[str, Any] = {
            "registration_id": registration,
            "checked_on": date(2026, 7, 20),
            "method": "register_lookup",
        }
        evidence.record_check(self.session, application_id=application.id, **said | self.acting | other)

    def recognise(self, application: RecognitionApplication) -> Recognition:
        """Recognise whom a submitted application is about."""
        return service.recognise(
            self.session, application_id=application.id, recognised_on=date(2026, 8, 1), **self.acting
        )

    def at(self, step: Step, route: str = "eportfolio", **other: Any) -> RecognitionApplication:
        """Return an application that has reached a step."""
        application = self.begin(route, **other)
        pillars = PILLARS[:3] if application.level == "enhanced" else PILLARS
        for each in STEPS_OF[application.route][1:]:
            if application.step == step:
                break
            if each in {"half_of_evidence", "programme_completed"}:
                self.show(application, *pillars)
            self.reach(application, each)
        return application


def make_academy(session: Session, now: datetime) -> Academy:
    """Make an Academy that is accredited for every level, and a trust with a nurse."""
    standards.load_catalogue(session, now=now)
    organisation = OrganisationFactory.create(session, kind="academy", name="Invented Academy")
    made = Academy(session, organisation, make_trust(session, now), now)
    for level in ("ENHANCED", "ADVANCED", "CONSULTANT"):
        standards.accredit(session, standard_code=f"MPF-{level}", from_on=date(2020, 1, 1), **made.acting)
    return made
